//! What was settled when a session began and is no setting: its strategy's make, its resolved hours, and
//! the tables it used, those that are empty by name.
//!
//! Part of `session.json`; for people and for whoever asks later whether two sessions can be compared.

use serde::{Deserialize, Serialize};
use st0ck_engine::risk::RiskLimits;
use st0ck_engine::strategy::Recipe;
use st0ck_types::calendar::{NYSE, Session};
use st0ck_types::state::{StateHasher, StateSink};

/// What was settled at a session's start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circumstances {
    /// The strategies of the lane.
    pub strategies: Vec<StrategyMake>,
    /// The trading day's times; `None` in format 1.
    pub hours: Option<Hours>,
    /// Interest rates by date, as (date, rate) texts. Empty: no strategy of this version uses any.
    pub rates: Vec<(String, String)>,
    /// Dividends, as (symbol, ex-date, amount) texts. Empty: no strategy of this version uses any.
    pub dividends: Vec<(String, String, String)>,
    /// Models, as (name, hash) texts. Empty: no strategy of this version uses any.
    pub models: Vec<(String, String)>,
}

/// Which strategy, and which edition of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyMake {
    /// Its name in the registry.
    pub name: String,
    /// The three characters that name it inside order ids.
    pub code: String,
    /// Hash of its rules and of its parameters with their ranges, 16 hex digits.
    pub hash: String,
}

/// The times of a trading day, resolved from the calendar: RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The exchange's calendar.
    pub market: String,
    /// First moment of the session before the core one.
    pub pre_open: String,
    /// First moment of the core session.
    pub open: String,
    /// First moment after it.
    pub close: String,
    /// First moment after the session that follows it.
    pub post_close: String,
    /// Whether it is a short day.
    pub early_close: bool,
    /// First moment at which the gate lets an entry pass (C23).
    pub entries_from: String,
    /// First moment at which it no longer does.
    pub entries_until: String,
}

impl Circumstances {
    /// Those of a session of one strategy on a day.
    #[must_use]
    pub fn of(recipe: &dyn Recipe, day: &Session, limits: &RiskLimits) -> Self {
        let strategies = vec![StrategyMake::of(recipe)];
        Self { strategies, hours: Some(Hours::of(day, limits)), ..Self::default() }
    }
}

impl StrategyMake {
    fn of(recipe: &dyn Recipe) -> Self {
        let mut hasher = StateHasher::default();
        hasher.bytes(recipe.rules().as_bytes());
        for spec in recipe.params() {
            for text in [spec.name, spec.unit, spec.default, spec.min, spec.max] {
                hasher.bytes(text.as_bytes());
                hasher.bytes(b"\0");
            }
        }
        Self {
            name: recipe.name().to_owned(),
            code: String::from_utf8_lossy(&recipe.code().0).into_owned(),
            hash: format!("{:016x}", hasher.finish()),
        }
    }
}

impl Hours {
    fn of(day: &Session, limits: &RiskLimits) -> Self {
        let cutoff = day.close - limits.entry_cutoff;
        let local =
            |second: u32| NYSE.at_local(day.date, second / 3_600, second / 60 % 60, second % 60);
        let (from, until) = match limits.entry_hours {
            None => (day.open, cutoff),
            Some(hours) => (local(hours.from).max(day.open), local(hours.until).min(cutoff)),
        };
        Self {
            market: NYSE.code().to_owned(),
            pre_open: day.pre_open.to_string(),
            open: day.open.to_string(),
            close: day.close.to_string(),
            post_close: day.post_close.to_string(),
            early_close: day.early_close,
            entries_from: from.to_string(),
            entries_until: until.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_engine::risk::EntryHours;
    use st0ck_strategy::registry;
    use st0ck_types::Money;
    use st0ck_types::calendar::Date;

    fn of(day: &str, entry_hours: Option<EntryHours>) -> Hours {
        let date: Date = day.parse().unwrap();
        let day = NYSE.session(date).unwrap().unwrap();
        let limits = RiskLimits::for_capital(Money::parse("10000").unwrap());
        let recipe = registry::find("st0cka").unwrap().recipe;
        let limits = RiskLimits { entry_hours, ..limits };
        Circumstances::of(recipe, &day, &limits).hours.unwrap()
    }

    #[test]
    fn a_short_day_ends_its_entries_earlier() {
        let (short, whole) = (of("2020-11-27", None), of("2020-12-15", None));
        assert!(short.early_close && !whole.early_close);
        assert_eq!(short.entries_until, "2020-11-27T17:50:00.000000000Z");
        assert_eq!(whole.entries_until, "2020-12-15T20:50:00.000000000Z");
        assert_eq!(whole.entries_from, whole.open);
    }

    #[test]
    fn hours_of_ones_own_narrow_the_day_and_never_widen_it() {
        let morning = of("2020-12-15", Some(EntryHours { from: 0, until: 39_300 }));
        assert_eq!(morning.entries_from, morning.open);
        assert_eq!(morning.entries_until, "2020-12-15T15:55:00.000000000Z");
    }
}
