//! The parameters of ST0CKA: their table, and the checked values as the rules use them.

use super::strategy::BROKEN_OFFERS_MAX;
use crate::parts::session_exit::SessionExit;
use crate::parts::vol_sizing::VolSizing;
use crate::parts::vol_target::VolTarget;
use crate::parts::volatility::VolatilityRule;
use crate::parts::vwap_discount::VwapDiscount;
use st0ck_engine::params::{ParamError, ParamKind, ParamSpec, Params};
use st0ck_engine::risk::{EntryHours, RiskProfile};
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{Money, Qty};

use ParamKind::{Bool, Choice, Int, Price, Ratio, TimeOfDay};

/// What one parameter is.
const fn spec(
    name: &'static str,
    kind: ParamKind,
    unit: &'static str,
    default: &'static str,
    range: [&'static str; 2],
    help: &'static str,
) -> ParamSpec {
    ParamSpec { name, kind, unit, default, min: range[0], max: range[1], choices: &[], help }
}

/// Every parameter, in the order in which the page lists them.
#[rustfmt::skip] // one parameter, two lines
pub(super) static PARAMS: &[ParamSpec] = &[
    ParamSpec {
        choices: &["simple", "enhanced"],
        ..spec("mode", Choice, "", "enhanced", ["", ""],
            "simple: one share for a cent. enhanced: size and target follow volatility.")
    },
    spec("profit_target", Price, "USD/share", "0.01", ["0.0001", "10"],
        "How far above its average cost the position is offered."),
    spec("entry_interval_s", Int, "s", "40", ["40", "23400"],
        "Least time from one entry to the next."),
    spec("position_size_min", Int, "shares", "1", ["1", "100"],
        "Shares per entry in a wild market, and while volatility is not known."),
    spec("position_size_max", Int, "shares", "3", ["1", "100"],
        "Shares per entry in a quiet market."),
    spec("use_volatility_sizing", Bool, "", "true", ["", ""],
        "Let size and target follow volatility; `--volatility-off` sets it to false."),
    spec("low_vol_threshold", Ratio, "per sqrt(year)", "0.10", ["0.001", "10"],
        "Volatility at and below which the size is largest; targets grow from here on."),
    spec("high_vol_threshold", Ratio, "per sqrt(year)", "0.25", ["0.001", "10"],
        "Volatility at and above which the size is smallest."),
    spec("vol_bars_min", Int, "minutes", "5", ["3", "390"],
        "One-minute bars before there is an estimate of volatility."),
    spec("vol_bars_max", Int, "minutes", "60", ["3", "390"],
        "Newest one-minute bars that the intraday estimate looks at."),
    spec("daily_vol_weight", Ratio, "", "0.5", ["0", "1"],
        "Weight of the 20-day estimate in the blend, where there is that much history."),
    spec("use_mean_reversion", Bool, "", "false", ["", ""],
        "Enter only below the session's average price; `--mean-reversion` sets it to true."),
    spec("vwap_deviation", Ratio, "", "0.005", ["0", "0.5"],
        "How far below the session's VWAP the mid must be, as a fraction of it."),
    spec("session_exit_min", Int, "minutes", "5", ["1", "60"],
        "How long before the close the position is sold at market."),
    spec("entry_cutoff_min", Int, "minutes", "10", ["1", "390"],
        "No entries in this last part of the session."),
    spec("max_daily_loss", Price, "USD", "500", ["-1000000", "1000000"],
        "Day's loss that ends opening until the next session; its sign does not matter."),
    spec("max_consecutive_losses", Int, "trades", "3", ["1", "1000"],
        "Losses in a row that end opening until the next session."),
    spec("max_entries_per_day", Int, "orders", "1000", ["1", "100000"],
        "Entries that end opening until the next session."),
    spec("time_exit", TimeOfDay, "New York", "10:55", ["09:31", "15:59"],
        "mode=simple: no entries from here on; what is at breakeven or better is sold."),
    spec("simple_max_daily_loss", Price, "USD", "10", ["-1000000", "1000000"],
        "mode=simple: takes the place of max_daily_loss."),
];

/// The values that the rules use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    /// Whether size and target follow volatility; else the smallest size and the plain target.
    pub(super) by_volatility: bool,
    pub(super) sizing: VolSizing,
    pub(super) target: VolTarget,
    pub(super) volatility: VolatilityRule,
    /// `None`: enter at any price.
    pub(super) discount: Option<VwapDiscount>,
    /// Nanoseconds from one entry to the next.
    pub(super) entry_interval: i64,
    /// Nanoseconds before the close in which nothing is entered.
    pub(super) entry_cutoff: i64,
    /// Seconds after the exchange's midnight; `None`: no such exit.
    pub(super) time_exit: Option<u32>,
    pub(super) session_exit: SessionExit,
}

impl Rules {
    /// Reads them out of checked parameters.
    ///
    /// # Errors
    /// [`ParamError::Conflict`] when two contradict each other.
    pub(super) fn of(params: &Params) -> Result<Self, ParamError> {
        check(params)?;
        let simple = is_simple(params);
        let shares_min = if simple { 1 } else { params.int("position_size_min") };
        let low_vol = params.fx("low_vol_threshold");
        Ok(Self {
            by_volatility: !simple && params.bool("use_volatility_sizing"),
            sizing: VolSizing {
                shares_min,
                shares_max: params.int("position_size_max").max(shares_min),
                low_vol,
                high_vol: params.fx("high_vol_threshold"),
            },
            target: VolTarget { target: params.price("profit_target"), low_vol },
            volatility: VolatilityRule {
                bars_max: count(params, "vol_bars_max"),
                bars_min: count(params, "vol_bars_min"),
                daily_weight: params.fx("daily_vol_weight"),
            },
            discount: (!simple && params.bool("use_mean_reversion"))
                .then(|| VwapDiscount { below: params.fx("vwap_deviation") }),
            entry_interval: params.int("entry_interval_s") * SECOND,
            entry_cutoff: params.int("entry_cutoff_min") * MINUTE,
            time_exit: simple.then(|| params.second_of_day("time_exit")),
            session_exit: SessionExit { minutes_before_close: params.int("session_exit_min") },
        })
    }
}

/// The limits that ST0CKA needs other than the defaults of the control catalogue.
pub(super) fn profile(params: &Params) -> RiskProfile {
    RiskProfile {
        daily_loss_max: Some(Money(params.price(loss_name(params)).times(Qty::ONE).0.abs())),
        losses_in_a_row_max: Some(narrow(params, "max_consecutive_losses")),
        entries_per_day_max: Some(narrow(params, "max_entries_per_day")),
        // After its broken offers it still has to sell at market.
        broker_rejects_in_a_row_max: Some(BROKEN_OFFERS_MAX + 1),
        entry_cutoff: Some(params.int("entry_cutoff_min") * MINUTE),
        entry_hours: is_simple(params)
            .then(|| EntryHours { from: 0, until: params.second_of_day("time_exit") }),
        ..RiskProfile::default()
    }
}

fn is_simple(params: &Params) -> bool {
    params.choice("mode") == "simple"
}

/// Which parameter limits the day's loss.
fn loss_name(params: &Params) -> &'static str {
    if is_simple(params) { "simple_max_daily_loss" } else { "max_daily_loss" }
}

fn check(params: &Params) -> Result<(), ParamError> {
    let at_least = |key, other: &'static str| {
        let good = params.int(key) >= params.int(other);
        require(params, key, good, || format!("at least {other} = {}", params.int(other)))
    };
    at_least("position_size_max", "position_size_min")?;
    at_least("vol_bars_max", "vol_bars_min")?;
    at_least("entry_cutoff_min", "session_exit_min")?;
    let low = params.fx("low_vol_threshold");
    let above = params.fx("high_vol_threshold") > low;
    require(params, "high_vol_threshold", above, || format!("above low_vol_threshold = {low}"))?;
    let loss = loss_name(params);
    let limited = params.price(loss) != st0ck_types::Price::ZERO;
    require(params, loss, limited, || "some amount: without a limit nothing trades".into())
}

fn require(
    params: &Params,
    key: &'static str,
    good: bool,
    needs: impl FnOnce() -> String,
) -> Result<(), ParamError> {
    if good {
        return Ok(());
    }
    let value = params.texts().find(|(name, _)| *name == key).map_or("", |(_, text)| text);
    Err(ParamError::Conflict { key, value: value.into(), needs: needs() })
}

fn count(params: &Params, name: &str) -> usize {
    usize::try_from(params.int(name)).expect("its range begins above zero")
}

fn narrow(params: &Params, name: &str) -> u32 {
    u32::try_from(params.int(name)).expect("its range lies within u32")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(given: &[(&str, &str)]) -> Params {
        Params::resolve(PARAMS, given).unwrap()
    }

    fn conflict(given: &[(&str, &str)]) -> String {
        Rules::of(&params(given)).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_those_of_the_seeds() {
        let rules = Rules::of(&params(&[])).unwrap();
        assert!(rules.by_volatility && rules.discount.is_none() && rules.time_exit.is_none());
        assert_eq!((rules.sizing.shares_min, rules.sizing.shares_max), (1, 3));
        assert_eq!(rules.sizing.low_vol.to_string(), "0.1");
        assert_eq!(rules.sizing.high_vol.to_string(), "0.25");
        assert_eq!(rules.target.target, st0ck_types::Price::CENT);
        assert_eq!(rules.entry_interval, 40 * SECOND);
        let profile = profile(&params(&[]));
        assert_eq!(profile.daily_loss_max, Money::parse("500").ok());
        assert_eq!(profile.losses_in_a_row_max, Some(3));
        assert_eq!(profile.entries_per_day_max, Some(1_000));
        assert_eq!((profile.entry_cutoff, profile.entry_hours), (Some(10 * MINUTE), None));
    }

    #[test]
    fn simple_mode_is_one_share_ten_dollars_and_five_to_eleven() {
        let simple = params(&[("mode", "simple"), ("position_size_min", "2")]);
        let rules = Rules::of(&simple).unwrap();
        assert!(!rules.by_volatility && rules.discount.is_none());
        assert_eq!(rules.sizing.unknown().shares, 1);
        assert_eq!(rules.time_exit, Some(10 * 3_600 + 55 * 60));
        let profile = profile(&simple);
        assert_eq!(profile.daily_loss_max, Money::parse("10").ok());
        assert_eq!(profile.entry_hours, Some(EntryHours { from: 0, until: 39_300 }));
    }

    #[test]
    fn the_two_switches_of_the_command_line_are_parameters() {
        let off = Rules::of(&params(&[("use_volatility_sizing", "false")])).unwrap();
        assert!(!off.by_volatility);
        let reverting = Rules::of(&params(&[("use_mean_reversion", "true")])).unwrap();
        assert_eq!(reverting.discount.unwrap().below.to_string(), "0.005");
    }

    #[test]
    fn a_loss_limit_may_be_written_as_the_seeds_write_it() {
        let negative = profile(&params(&[("max_daily_loss", "-500.0")]));
        assert_eq!(negative.daily_loss_max, Money::parse("500").ok());
    }

    #[test]
    fn what_contradicts_itself_is_named_with_its_fix() {
        assert_eq!(
            conflict(&[("position_size_min", "4")]),
            "parameter `position_size_max` = `3` must be at least position_size_min = 4"
        );
        assert_eq!(
            conflict(&[("low_vol_threshold", "0.25")]),
            "parameter `high_vol_threshold` = `0.25` must be above low_vol_threshold = 0.25"
        );
        assert_eq!(
            conflict(&[("vol_bars_min", "61")]),
            "parameter `vol_bars_max` = `60` must be at least vol_bars_min = 61"
        );
        assert_eq!(
            conflict(&[("entry_cutoff_min", "4")]),
            "parameter `entry_cutoff_min` = `4` must be at least session_exit_min = 5"
        );
        assert_eq!(
            conflict(&[("mode", "simple"), ("simple_max_daily_loss", "0")]),
            "parameter `simple_max_daily_loss` = `0` must be some amount: without a limit nothing \
             trades"
        );
    }

    #[test]
    fn every_parameter_is_within_its_range_and_says_what_it_does() {
        assert_eq!(params(&[]).texts().count(), PARAMS.len());
        for spec in PARAMS {
            assert!(spec.help.ends_with('.') && spec.help.len() < 90, "{}", spec.name);
        }
    }
}
