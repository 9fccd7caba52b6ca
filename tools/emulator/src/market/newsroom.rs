//! Made-up news about the symbols of the session: enough for clients of the news routes and stream,
//! and never about anything that happened.
//!
//! *Invariant:* a day's articles are named by the seed and the day, and are the same for all who ask.

use st0ck_quant::rng::Rng;
use st0ck_recorded::TradingDay;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{Nanos, Symbol};

/// Symbols that are written about.
const SYMBOLS: usize = 50;
/// Longest time between two articles about a symbol.
const QUIET: i64 = 15 * MINUTE;
/// Articles of a day at most, which keeps ids of days apart.
const DAY: u64 = 100_000;

/// Headline and content; nothing in the latter for flashes.
const WORDS: [(&str, &str); 6] = [
    (
        "is quoted at the middle of its range",
        "Quotes of the day are balanced, a made-up desk says.",
    ),
    ("sees steady two-sided interest", ""),
    ("opens its books to nobody in particular", "An invented company invented a remark about it."),
    ("volume is what it was expected to be", "It was expected to be about this much."),
    ("is mentioned at a conference that did not take place", ""),
    ("keeps trading", "Prints went on to come, one after the other, as they do."),
];

/// One article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Article {
    /// Number, of this article alone.
    pub(crate) id: u64,
    /// When it was written.
    pub(crate) at: Nanos,
    /// Title.
    pub(crate) headline: String,
    /// First sentence.
    pub(crate) summary: String,
    /// Text; empty for flashes.
    pub(crate) content: String,
    /// Whom it is about.
    pub(crate) symbols: Vec<String>,
}

/// Who writes.
#[derive(Debug)]
pub(crate) struct Newsroom {
    rng: Rng,
    symbols: Vec<Symbol>,
    day: TradingDay,
    today: Vec<Article>,
    /// Articles of today that the stream has told.
    told: usize,
    /// Articles of today that others wrote.
    published: u64,
}

impl Newsroom {
    /// The newsroom of a session.
    pub(crate) fn new(rng: Rng, symbols: impl Iterator<Item = Symbol>, day: TradingDay) -> Self {
        let symbols = symbols.take(SYMBOLS).collect();
        let mut room = Self { rng, symbols, day, today: Vec::new(), told: 0, published: 0 };
        room.today = room.write(day);
        room
    }

    /// The articles of a day, oldest first; none where there was no session.
    pub(crate) fn of_day(&self, date: Date) -> Vec<Article> {
        if date == self.day.date {
            return self.today.clone();
        }
        let session = NYSE.session(date).ok().flatten();
        let day = session.map(|s| TradingDay { date, open: s.open, close: s.close });
        day.map(|day| self.write(day)).unwrap_or_default()
    }

    /// Today's next article, if it is written by `now` and was not taken before.
    pub(crate) fn take(&mut self, now: Nanos) -> Option<&Article> {
        let next = self.today.get(self.told).filter(|article| article.at <= now)?;
        self.told += 1;
        Some(next)
    }

    /// Takes an article that somebody else wrote; its number is ours, beyond those of the day's own.
    pub(crate) fn publish(&mut self, article: Article) {
        let id = first_id(self.day.date) + DAY / 2 + self.published;
        self.published += 1;
        let place = self.today.partition_point(|other| other.at <= article.at).max(self.told);
        self.today.insert(place, Article { id, ..article });
    }

    fn write(&self, day: TradingDay) -> Vec<Article> {
        let rng = self.rng.fork(&day.date.to_string());
        let mut articles: Vec<Article> =
            self.symbols.iter().flat_map(|symbol| about(*symbol, &rng, day)).collect();
        articles.sort_by(|a, b| (a.at, &a.symbols).cmp(&(b.at, &b.symbols)));
        for (article, id) in articles.iter_mut().zip(first_id(day.date)..) {
            article.id = id;
        }
        articles
    }
}

fn first_id(date: Date) -> u64 {
    u64::try_from(date.days()).unwrap_or(0) * DAY
}

fn about(symbol: Symbol, rng: &Rng, day: TradingDay) -> Vec<Article> {
    let (mut rng, mut at) = (rng.fork(symbol.as_str()), day.open);
    let mut articles = Vec::new();
    loop {
        at = (at + rng.between(MINUTE, QUIET)).floor_to(SECOND);
        if at >= day.close {
            return articles;
        }
        let pick = usize::try_from(rng.below(WORDS.len() as u64)).expect("an index of the table");
        let (headline, content) = WORDS[pick];
        articles.push(Article {
            id: 0,
            at,
            headline: format!("{symbol} {headline}"),
            summary: content.to_owned(),
            content: if content.is_empty() { String::new() } else { format!("<p>{content}</p>") },
            symbols: vec![symbol.as_str().to_owned()],
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Newsroom {
        let session = NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap();
        let day = TradingDay { date: session.date, open: session.open, close: session.close };
        Newsroom::new(Rng::new(7), ["SPY", "QQQ"].map(Symbol::new).into_iter(), day)
    }

    #[test]
    fn articles_are_taken_once_and_not_before_they_are_written() {
        let mut room = room();
        let (all, open) = (room.of_day(room.day.date), room.day.open);
        assert!(all.len() > 20 && all.is_sorted_by_key(|article| (article.at, article.id)));
        assert_eq!(room.take(open), None);
        let first = all[0].at;
        assert_eq!(room.take(first).map(|article| article.id), Some(all[0].id));
        let rest = std::iter::from_fn(|| room.take(Nanos::MAX).cloned()).count();
        assert_eq!(rest, all.len() - 1);
    }

    #[test]
    fn what_others_publish_stands_at_its_time_and_is_taken_once() {
        let mut room = room();
        let (all, open) = (room.of_day(room.day.date), room.day.open);
        while room.take(all[3].at).is_some() {}
        let at = all[3].at;
        let article = Article { headline: "ours".into(), at, ..all[0].clone() };
        room.publish(article);
        let told = room.take(at).cloned().unwrap();
        assert_eq!((told.headline.as_str(), room.take(at)), ("ours", None));
        let today = room.of_day(NYSE.zone().date(open));
        assert_eq!((today.len(), &today[4]), (all.len() + 1, &told));
        assert!(all.iter().all(|article| article.id != told.id));
    }

    #[test]
    fn a_day_is_written_alike_every_time_and_a_holiday_not_at_all() {
        let room = room();
        let [before, christmas] = ["2020-12-14", "2020-12-25"].map(|text| text.parse().unwrap());
        assert_eq!(room.of_day(before), room.of_day(before));
        assert!(room.of_day(before).last().unwrap().id < room.today[0].id);
        assert_eq!(room.of_day(christmas), []);
    }
}
