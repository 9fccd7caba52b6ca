//! The risk gate's limits as a table of settings: names, units, ranges, and how each is read.
//!
//! The configuration checks against it, the session header keeps its texts, replay rebuilds from
//! them. Every value is exact decimal text in the unit that people think in.

use st0ck_engine::risk::{EntryHours, RiskLimits};
use st0ck_types::decimal::{self, SCALE_9};
use st0ck_types::time::SECOND;
use st0ck_types::{Money, Price, Qty};

/// One limit as people set it.
pub struct LimitKey {
    /// Name under `risk.`, as in [`RiskLimits`].
    pub name: &'static str,
    /// Unit of its text.
    pub unit: &'static str,
    /// Smallest value allowed.
    pub min: &'static str,
    /// Largest value allowed.
    pub max: &'static str,
    /// One line of help, beginning with its control.
    pub help: &'static str,
    /// What passing it does (control C28).
    pub force: Force,
    get: fn(&RiskLimits) -> i64,
    set: fn(&mut RiskLimits, i64),
}

/// What passing a limit does (control C28). Either kind is set by configuration alone: no command, and
/// nothing that a person types while the lane runs, changes a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// It refuses or halts, and nobody can wave it through.
    Hard,
    /// It alerts, and people decide.
    Soft,
}

const E9: i64 = 1_000_000_000;

/// A value in 1e-9 as a count.
fn count(value: i64) -> u32 {
    u32::try_from(value / E9).unwrap_or(u32::MAX)
}

/// A value in 1e-9 as money.
fn money(value: i64) -> Money {
    Money(i128::from(value) * i128::from(E9))
}

macro_rules! limit {
    ($name:ident, $unit:literal, $min:literal .. $max:literal, $help:literal, $get:expr, $set:expr) => {
        LimitKey {
            name: stringify!($name),
            unit: $unit,
            min: $min,
            max: $max,
            help: $help,
            force: Force::Hard,
            get: |l| $get(l.$name),
            set: |l, v| l.$name = $set(v),
        }
    };
}

/// A limit that alerts.
macro_rules! soft {
    ($limit:expr) => {
        LimitKey { force: Force::Soft, ..$limit }
    };
}

/// All limits, in the order of their controls.
pub static LIMITS: &[LimitKey] = &[
    limit!(
        order_shares_max,
        "shares",
        "0.000000001".."1000000",
        "C6: most shares of one order",
        |q: Qty| q.0,
        Qty
    ),
    limit!(
        order_contracts_max,
        "contracts",
        "1".."100000",
        "C6: most contracts of one order",
        |q: Qty| q.0,
        Qty
    ),
    limit!(
        order_value_max,
        "USD",
        "0.01".."1000000000",
        "C7: most money of one opening order",
        Money::to_e9,
        money
    ),
    limit!(
        collar_ratio,
        "ratio",
        "0.000001".."1",
        "C8: how far from the reference an order may be",
        |v| v,
        |v| v
    ),
    limit!(
        collar_ticks,
        "ticks",
        "1".."1000",
        "C8: the collar is never narrower than this",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        contract_collar_ratio,
        "ratio",
        "0.000001".."1",
        "C8: the same for options and futures",
        |v| v,
        |v| v
    ),
    limit!(
        contract_collar_min,
        "USD",
        "0.01".."1000",
        "C8: never narrower than this for contracts",
        |p: Price| p.0,
        Price
    ),
    limit!(
        close_collar_factor,
        "times",
        "1".."100",
        "C8: a closing order may give away this many collars",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        quote_age_max,
        "s",
        "0.001".."3600",
        "C9: oldest quote an opening order may rest on",
        |v| v,
        |v| v
    ),
    limit!(
        contract_quote_age_max,
        "s",
        "0.001".."3600",
        "C9: the same for options and futures",
        |v| v,
        |v| v
    ),
    limit!(
        spread_ratio_max,
        "ratio",
        "0.000001".."1",
        "C9: widest spread relative to its middle",
        |v| v,
        |v| v
    ),
    limit!(
        contract_spread_ratio_max,
        "ratio",
        "0.000001".."1",
        "C9: the same for options and futures",
        |v| v,
        |v| v
    ),
    limit!(
        jump_ratio_max,
        "ratio",
        "0.000001".."1",
        "C9: furthest the middle may have moved in a second",
        |v| v,
        |v| v
    ),
    limit!(
        position_value_max,
        "USD",
        "0.01".."1000000000",
        "C10: most money in one position, working orders included",
        Money::to_e9,
        money
    ),
    limit!(
        positions_max,
        "count",
        "1".."1000",
        "C10: most positions at once",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        gross_value_max,
        "USD",
        "0.01".."1000000000",
        "C11: most money in all positions and opening orders, each counted as positive",
        Money::to_e9,
        money
    ),
    limit!(
        net_value_max,
        "USD",
        "0.01".."1000000000",
        "C11: most money in all positions and orders, long less short",
        Money::to_e9,
        money
    ),
    limit!(
        buying_power_ratio,
        "ratio",
        "0.01".."1",
        "C12: the part of the broker's buying power that may be used",
        |v| v,
        |v| v
    ),
    limit!(
        daily_loss_max,
        "USD",
        "0.01".."1000000000",
        "C13: the day's loss that stops opening",
        Money::to_e9,
        money
    ),
    limit!(
        account_loss_ratio_max,
        "ratio",
        "0.0001".."1",
        "C13: the part of its first equity of the day that the account may lose",
        |v| v,
        |v| v
    ),
    limit!(
        accounts_loss_ratio_max,
        "ratio",
        "0.0001".."1",
        "C13: the part of their first equities that all accounts may lose together",
        |v| v,
        |v| v
    ),
    limit!(
        losses_in_a_row_max,
        "count",
        "1".."1000",
        "C14: losses in a row that stop opening",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        drawdown_max,
        "USD",
        "0.01".."1000000000",
        "C15: how far the day's result may fall from its best",
        Money::to_e9,
        money
    ),
    limit!(
        open_orders_per_instrument_max,
        "count",
        "1".."64",
        "C16: most orders open in one instrument",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        open_orders_max,
        "count",
        "1".."64",
        "C16: most orders open at once",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        orders_per_second_max,
        "count",
        "1".."1000",
        "C17: most orders in any second",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        orders_per_minute_max,
        "count",
        "1".."10000",
        "C17: most orders in any minute",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        hold_max,
        "s",
        "0.001".."0.2",
        "C17: longest that an order over the rate waits for its turn",
        |v| v,
        |v| v
    ),
    limit!(
        duplicate_window,
        "s",
        "0.001".."60",
        "C18: the same order again within this time is a duplicate",
        |v| v,
        |v| v
    ),
    limit!(
        duplicates_per_minute_max,
        "count",
        "1".."1000",
        "C18: this many duplicates in a minute halt the lane",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        entries_per_day_max,
        "count",
        "1".."100000",
        "C19: most entries of a strategy a day",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        entries_per_10_min_max,
        "count",
        "1".."10000",
        "C19: most entries of a strategy within ten minutes",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        entry_cutoff,
        "s",
        "1".."23400",
        "C23: no entries in this last part of the session",
        |v| v,
        |v| v
    ),
    limit!(
        expiry_cutoff,
        "s",
        "1".."23400",
        "C23: no entries in options that expire today in this last part of the session",
        |v| v,
        |v| v
    ),
    limit!(
        broker_rejects_in_a_row_max,
        "count",
        "1".."1000",
        "C26: this many orders refused by the broker in a row halt the lane",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        broker_rejects_per_minute_max,
        "count",
        "1".."10000",
        "C26: this many orders refused by the broker within a minute halt the lane",
        |n| i64::from(n) * E9,
        count
    ),
    soft!(limit!(
        order_to_trade_alert,
        "times",
        "1".."100000",
        "C27: more orders and cancels than this for each execution of an hour alert",
        |n| i64::from(n) * E9,
        count
    )),
    limit!(
        order_to_trade_max,
        "times",
        "1".."100000",
        "C27: most orders and cancels for each execution of an hour",
        |n| i64::from(n) * E9,
        count
    ),
    limit!(
        order_to_trade_messages_min,
        "count",
        "1".."100000",
        "C27: from this many orders and cancels within an hour on",
        |n| i64::from(n) * E9,
        count
    ),
];

impl LimitKey {
    /// The limit's value as exact decimal text.
    #[must_use]
    pub fn text(&self, limits: &RiskLimits) -> String {
        Price((self.get)(limits)).to_string()
    }

    /// Sets the limit from text.
    ///
    /// # Errors
    /// Says what would be accepted.
    pub fn apply(&self, limits: &mut RiskLimits, text: &str) -> Result<(), String> {
        let expected =
            || format!("expected a number from {} to {} ({})", self.min, self.max, self.unit);
        let parse = |t: &str| decimal::parse(t.as_bytes(), SCALE_9);
        let value = parse(text).map_err(|e| format!("{}: {e}", expected()))?;
        let low = parse(self.min).expect("the table's bounds are decimals");
        let high = parse(self.max).expect("the table's bounds are decimals");
        let whole = matches!(self.unit, "count" | "ticks" | "times" | "contracts");
        if !(low..=high).contains(&value) || (whole && value % i128::from(E9) != 0) {
            return Err(expected());
        }
        (self.set)(limits, i64::try_from(value).map_err(|_| expected())?);
        Ok(())
    }
}

/// Hours of entry as text: seconds after the exchange's midnight, `34200-57000`; empty for none.
#[must_use]
pub fn hours_text(hours: Option<EntryHours>) -> String {
    hours.map_or_else(String::new, |h| format!("{}-{}", h.from, h.until))
}

/// Reads what [`hours_text`] wrote.
///
/// # Errors
/// Says what would be accepted.
pub fn parse_hours(text: &str) -> Result<Option<EntryHours>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts = text.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let (from, until) = parts.ok_or_else(|| format!("{text}: expected FROM-UNTIL in seconds"))?;
    Ok(Some(EntryHours { from, until }))
}

const _: () = assert!(SECOND == E9, "times in nanoseconds read as seconds in 1e-9");

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_engine::orders::Identity;
    use st0ck_engine::{Engine, EngineConfig, InstrumentConfig, Strategy};
    use st0ck_types::calendar::{Date, NYSE};
    use st0ck_types::state::StateError;
    use st0ck_types::{BotCode, Epoch, Nonce, StateReader, StateSink, StrategyId};

    fn limits() -> RiskLimits {
        RiskLimits::for_capital(Money::parse("10000").unwrap())
    }

    #[test]
    fn every_limit_reads_back_what_it_prints_and_changes_only_itself() {
        for key in LIMITS {
            let mut other = limits();
            key.apply(&mut other, key.max).unwrap();
            assert_eq!(key.text(&other), key.max, "{}", key.name);
            let changed = LIMITS.iter().filter(|k| k.text(&other) != k.text(&limits())).count();
            assert!(changed <= 1, "{} changed {changed} limits", key.name);
            key.apply(&mut other, &key.text(&limits())).unwrap();
            assert_eq!(other, limits(), "{}", key.name);
        }
    }

    #[test]
    fn an_engine_can_be_made_with_any_limit_at_either_end_of_its_range() {
        let date = Date::new(2020, 12, 15).unwrap();
        let session = NYSE.session(date).unwrap().unwrap();
        let identity = Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"tst"), epoch: Epoch(1) };
        let capital = Money::parse("10000").unwrap();
        for key in LIMITS {
            for end in [key.min, key.max] {
                let spy = vec![InstrumentConfig::new("SPY")];
                let mut config = EngineConfig::new(spy, session, NYSE.zone(), identity, capital);
                key.apply(&mut config.limits, end).unwrap();
                let made = Engine::new(config, vec![(StrategyId(0), Box::new(Idle))]);
                assert!(made.is_ok(), "{} = {end}: {:?}", key.name, made.err());
            }
        }
    }

    #[derive(Debug)]
    struct Idle;

    impl Strategy for Idle {
        fn save(&self, _: &mut dyn StateSink) {}
        fn resume(&mut self, _: &mut StateReader<'_>) -> Result<(), StateError> {
            Ok(())
        }
    }

    #[test]
    fn only_the_alert_of_the_order_to_trade_ratio_is_soft() {
        let soft: Vec<_> = LIMITS.iter().filter(|key| key.force == Force::Soft).collect();
        assert_eq!(soft.iter().map(|key| key.name).collect::<Vec<_>>(), ["order_to_trade_alert"]);
    }

    #[test]
    fn hours_of_entry_round_trip() {
        let hours = Some(EntryHours { from: 34_200, until: 39_300 });
        assert_eq!(parse_hours(&hours_text(hours)), Ok(hours));
        assert_eq!(parse_hours(&hours_text(None)), Ok(None));
        assert!(parse_hours("soon").is_err());
    }

    #[test]
    fn what_is_out_of_range_or_no_number_says_what_is_accepted() {
        let key = LIMITS.iter().find(|k| k.name == "positions_max").unwrap();
        for text in ["0", "1.5", "many", "1001", "-1", ""] {
            let words = key.apply(&mut limits(), text).unwrap_err();
            assert!(words.contains("from 1 to 1000"), "{text}: {words}");
        }
    }
}
