//! Long answers in pages: `limit` counts the points of all symbols together; symbols follow each
//! other by the alphabet, points by time.
//!
//! *Invariant:* the pages of one question, put together, are the answer in one page.

use super::ask::{Ask, Sort, Symbols, limit};
use super::sheet::Sheet;
use crate::api::query::Query;
use crate::api::{Answer, Desk};
use crate::market::asset::Asset;
use crate::market::past::{Past, Span};
use crate::refusal::Refusal;
use crate::wire::base64::{base64, from_base64};
use crate::wire::encoder::Encoder;
use crate::wire::market::Feed;
use st0ck_recorded::DataError;
use st0ck_types::{Nanos, rfc3339};

/// Points of a page unless told.
const DEFAULT: usize = 1_000;
/// Points of a page at most.
pub(crate) const MOST: usize = 10_000;

/// Where a page ended: after the `count`-th point of `symbol` at `at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The symbol.
    pub(crate) symbol: String,
    /// What kind of points: a token of others is refused.
    pub(crate) unit: char,
    /// Time of the last point told.
    pub(crate) at: Nanos,
    /// Points of that time that were told.
    pub(crate) count: usize,
}

impl Token {
    /// As sent. The real one is base64 of symbol, unit and time, too; clients give it back unread.
    pub(crate) fn text(&self) -> String {
        let Self { symbol, unit, at, count } = self;
        base64(format!("{symbol}|{unit}|{at}|{count}").as_bytes())
    }

    /// The query's token, if there is one.
    pub(crate) fn of(query: &Query, unit: char) -> Result<Option<Self>, Refusal> {
        let Some(text) = query.get("page_token") else { return Ok(None) };
        let token = Self::read(text).filter(|token| token.unit == unit);
        token.map(Some).ok_or_else(|| Refusal::data("invalid page_token"))
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = from_base64(text)?;
        let mut parts = std::str::from_utf8(&bytes).ok()?.split('|');
        let token = Self {
            symbol: parts.next()?.to_owned(),
            unit: parts.next()?.parse().ok()?,
            at: rfc3339::parse(parts.next()?.as_bytes())?,
            count: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(token)
    }
}

/// One kind of points: how they are found, when they were, how they look.
pub(crate) struct Points<T> {
    /// Name in the reply.
    pub(crate) name: &'static str,
    /// Letter in tokens.
    pub(crate) unit: char,
    /// The points of an asset inside a span, in the order asked, at least so many if there are.
    pub(crate) find: Find<T>,
    /// Their time.
    pub(crate) at: fn(&T) -> Nanos,
    /// Their looks.
    pub(crate) write: fn(&mut dyn Encoder, &Asset, &T, Feed),
}

type Find<T> = Box<dyn Fn(&mut Past, usize, &Ask, Span, usize) -> Result<Vec<T>, DataError>>;

/// Answers with one page.
pub(crate) fn answer<T>(
    desk: &mut Desk<'_>,
    query: &Query,
    ask: &Ask,
    points: &Points<T>,
) -> Answer {
    let mut left = limit(query, DEFAULT, MOST)?;
    let mut token = Token::of(query, points.unit)?;
    let mut sheet = Sheet::object();
    sheet.name(points.name);
    if matches!(ask.symbols, Symbols::Many(_)) {
        sheet.open(b'{');
    }
    let mut next = None;
    for symbol in ask.symbols.all() {
        if token.as_ref().is_some_and(|token| *symbol < token.symbol) {
            continue;
        }
        let resumed = token.take().filter(|token| token.symbol == *symbol);
        let skip = resumed.as_ref().map_or(0, |token| token.count);
        let span = resumed.map_or(ask.span, |token| narrowed(ask, token.at));
        // A token may say anything: no sum with its count may overflow.
        let want = skip.saturating_add(left + 1);
        let found = find(desk, ask, points, symbol, span, want)?;
        let shown = &found[skip.min(found.len())..];
        let cut = &shown[..shown.len().min(left)];
        write(&mut sheet, desk, ask, points, symbol, cut);
        left -= cut.len();
        if cut.len() < shown.len() {
            next = Some(token_after(symbol, points, &found[..skip + cut.len()]));
            break;
        }
    }
    if let Symbols::One(symbol) = &ask.symbols {
        sheet.name("symbol").value(symbol);
    } else {
        sheet.close(b'}');
    }
    if let Some(currency) = &ask.currency {
        sheet.name("currency").value(currency);
    }
    sheet.name("next_page_token").value(&next.flatten());
    Ok(sheet.reply())
}

/// The span from where a page ended.
fn narrowed(ask: &Ask, at: Nanos) -> Span {
    match ask.sort {
        Sort::Ascending => Span { from: ask.span.from.max(at), ..ask.span },
        Sort::Descending => Span { to: ask.span.to.min(at), ..ask.span },
    }
}

fn find<T>(
    desk: &mut Desk<'_>,
    ask: &Ask,
    points: &Points<T>,
    symbol: &str,
    span: Span,
    want: usize,
) -> Result<Vec<T>, Refusal> {
    let index = desk.house.asset(symbol).filter(|_| ask.feed.is_some());
    let Some(index) = index else { return Ok(Vec::new()) };
    (points.find)(desk.past, index, ask, span, want).map_err(|error| Refusal::lost(&error))
}

/// A symbol's points; a symbol without any is not told, unless it is the only one.
fn write<T>(
    sheet: &mut Sheet,
    desk: &Desk<'_>,
    ask: &Ask,
    points: &Points<T>,
    symbol: &str,
    cut: &[T],
) {
    match ask.symbols {
        Symbols::Many(_) if cut.is_empty() => return,
        Symbols::Many(_) => sheet.name(symbol).open(b'['),
        Symbols::One(_) => sheet.open(b'['),
    }
    if let (Some(feed), Some(index)) = (ask.feed, desk.house.asset(symbol)) {
        let asset = &desk.house.assets[index];
        cut.iter().for_each(|point| sheet.item(|to| (points.write)(to, asset, point, feed)));
    }
    sheet.close(b']');
}

/// The token behind the last of the points found so far; none when a page holds none.
fn token_after<T>(symbol: &str, points: &Points<T>, told: &[T]) -> Option<String> {
    let at = (points.at)(told.last()?);
    let count = told.iter().rev().take_while(|point| (points.at)(point) == at).count();
    let token = Token { symbol: symbol.to_owned(), unit: points.unit, at, count };
    Some(token.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_and_nonsense_is_refused() {
        let token = Token {
            symbol: "BRK.B".into(),
            unit: 'T',
            at: Nanos(1_608_042_600_000_000_001),
            count: 3,
        };
        assert_eq!(Token::read(&token.text()), Some(token.clone()));
        let query = |text: &str| Query::parse(&format!("page_token={}", text.replace('+', "%2B")));
        assert_eq!(Token::of(&query(&token.text()), 'T'), Ok(Some(token.clone())));
        for bad in
            ["x", "QUFQTA==", "====", &base64(b"A|T|2020-12-15T14:30:00Z|1|2"), &token.text()]
        {
            let refusal = Token::of(&query(bad), 'Q').unwrap_err();
            assert_eq!((refusal.status, refusal.message.as_str()), (400, "invalid page_token"));
        }
    }
}
