//! The limits that the gate holds: what each control allows.
//!
//! Filled by configuration (defaults, then the strategy's profile, then what people set), read by
//! the gate. The defaults are those of the control catalogue; no regulator fixes the numbers.
//! *Invariant:* a limit that is zero or negative is not set, and without every limit set nothing
//! trades (control C4).

use st0ck_types::time::{MILLISECOND, MINUTE, SECOND};
use st0ck_types::{Money, Price, Qty};

/// From when to when entries are allowed, in seconds after the exchange's midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryHours {
    /// The first second that allows entries.
    pub from: u32,
    /// The first second that no longer does.
    pub until: u32,
}

/// What one bot may do. Ratios are in 1e-9 of 1, times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskLimits {
    /// C6: most shares of one order.
    pub order_shares_max: Qty,
    /// C6: most contracts of one order of options or futures.
    pub order_contracts_max: Qty,
    /// C7: most money of one opening order.
    pub order_value_max: Money,
    /// C8: how far from the reference an opening order's price may be, shares.
    pub collar_ratio: i64,
    /// C8: the collar of shares is never narrower than this many ticks.
    pub collar_ticks: u32,
    /// C8: how far from the reference, options and futures.
    pub contract_collar_ratio: i64,
    /// C8: the collar of options and futures is never narrower than this.
    pub contract_collar_min: Price,
    /// C8: a closing order may give away this many times the collar.
    pub close_collar_factor: u32,
    /// C9: oldest quote that an opening order may rest on, shares.
    pub quote_age_max: i64,
    /// C9: the same for options and futures.
    pub contract_quote_age_max: i64,
    /// C9: widest spread relative to its middle, shares.
    pub spread_ratio_max: i64,
    /// C9: the same for options and futures.
    pub contract_spread_ratio_max: i64,
    /// C9: furthest that the middle may have moved within a second.
    pub jump_ratio_max: i64,
    /// C10: most money in one position, its working orders included.
    pub position_value_max: Money,
    /// C10: most positions at once.
    pub positions_max: u32,
    /// C11: most money in all positions and opening orders together, each counted as positive.
    pub gross_value_max: Money,
    /// C11: most money in all positions and orders, long less short.
    pub net_value_max: Money,
    /// C12: the part of the broker's buying power that may be used.
    pub buying_power_ratio: i64,
    /// C13: the day's loss that stops opening, realised and unrealised and fees.
    pub daily_loss_max: Money,
    /// C13: the part of its first equity of the day that the account may lose.
    pub account_loss_ratio_max: i64,
    /// C13: the part of their first equities of the day that all accounts may lose together.
    pub accounts_loss_ratio_max: i64,
    /// C14: losses in a row that stop opening.
    pub losses_in_a_row_max: u32,
    /// C15: how far the day's result may fall from its best.
    pub drawdown_max: Money,
    /// C16: most orders open in one instrument.
    pub open_orders_per_instrument_max: u32,
    /// C16: most orders open at once.
    pub open_orders_max: u32,
    /// C17: most orders in any second.
    pub orders_per_second_max: u32,
    /// C17: most orders in any minute.
    pub orders_per_minute_max: u32,
    /// C17: an order over the rate waits for its turn this long at most.
    pub hold_max: i64,
    /// C18: the same order again within this time is a duplicate.
    pub duplicate_window: i64,
    /// C18: this many duplicates within a minute halt the lane.
    pub duplicates_per_minute_max: u32,
    /// C19: most entries a day, per strategy.
    pub entries_per_day_max: u32,
    /// C19: most entries within ten minutes, per strategy.
    pub entries_per_10_min_max: u32,
    /// C23: no entries in this last part of the session.
    pub entry_cutoff: i64,
    /// C23: no entries in options that expire today in this last part of the session.
    pub expiry_cutoff: i64,
    /// C23: the bot's own hours of entry, when it has any.
    pub entry_hours: Option<EntryHours>,
    /// C26: this many orders refused by the broker in a row halt the lane.
    pub broker_rejects_in_a_row_max: u32,
    /// C26: this many orders refused by the broker within a minute halt the lane.
    pub broker_rejects_per_minute_max: u32,
    /// C27, soft: more orders and cancels than this for each execution of an hour alert.
    pub order_to_trade_alert: u32,
    /// C27: most orders and cancels for each execution of an hour.
    pub order_to_trade_max: u32,
    /// C27: fewer orders and cancels than this within an hour are not looked at.
    pub order_to_trade_messages_min: u32,
}

impl RiskLimits {
    /// The default limits of a bot with that much capital.
    #[must_use]
    pub fn for_capital(capital: Money) -> Self {
        let quarter = capital.scale(1, 4).unwrap_or(Money::ZERO);
        Self {
            order_shares_max: Qty(100 * Qty::ONE.0),
            order_contracts_max: Qty(10 * Qty::ONE.0),
            order_value_max: quarter,
            collar_ratio: 5_000_000,
            collar_ticks: 5,
            contract_collar_ratio: 200_000_000,
            contract_collar_min: Price(10 * Price::CENT.0),
            close_collar_factor: 4,
            quote_age_max: SECOND,
            contract_quote_age_max: 2 * SECOND,
            spread_ratio_max: 10_000_000,
            contract_spread_ratio_max: 250_000_000,
            jump_ratio_max: 30_000_000,
            position_value_max: quarter,
            positions_max: 2,
            gross_value_max: capital,
            net_value_max: capital,
            buying_power_ratio: 950_000_000,
            daily_loss_max: Money(500 * Money::ONE.0),
            account_loss_ratio_max: 20_000_000,
            accounts_loss_ratio_max: 30_000_000,
            losses_in_a_row_max: 3,
            drawdown_max: capital.scale(2, 100).unwrap_or(Money::ZERO),
            open_orders_per_instrument_max: 5,
            open_orders_max: 20,
            orders_per_second_max: 3,
            orders_per_minute_max: 150,
            hold_max: 200 * MILLISECOND,
            duplicate_window: 500 * MILLISECOND,
            duplicates_per_minute_max: 3,
            entries_per_day_max: 100,
            entries_per_10_min_max: 20,
            entry_cutoff: 10 * MINUTE,
            expiry_cutoff: 60 * MINUTE,
            entry_hours: None,
            broker_rejects_in_a_row_max: 3,
            broker_rejects_per_minute_max: 5,
            order_to_trade_alert: 20,
            order_to_trade_max: 50,
            order_to_trade_messages_min: 100,
        }
    }

    /// The first limit that is not set, by its name; `None` when all are.
    #[must_use]
    pub fn unset(&self) -> Option<&'static str> {
        self.magnitudes().into_iter().find(|(_, set)| !set).map(|(name, _)| name)
    }

    /// How many limits are not set.
    #[must_use]
    pub(crate) fn unset_count(&self) -> usize {
        self.magnitudes().into_iter().filter(|(_, set)| !set).count()
    }

    /// Every limit's name and whether it is set.
    fn magnitudes(&self) -> [(&'static str, bool); 39] {
        [
            ("order_shares_max", self.order_shares_max.0 > 0),
            ("order_contracts_max", self.order_contracts_max.0 > 0),
            ("order_value_max", self.order_value_max.0 > 0),
            ("collar_ratio", self.collar_ratio > 0),
            ("collar_ticks", self.collar_ticks > 0),
            ("contract_collar_ratio", self.contract_collar_ratio > 0),
            ("contract_collar_min", self.contract_collar_min.0 > 0),
            ("close_collar_factor", self.close_collar_factor > 0),
            ("quote_age_max", self.quote_age_max > 0),
            ("contract_quote_age_max", self.contract_quote_age_max > 0),
            ("spread_ratio_max", self.spread_ratio_max > 0),
            ("contract_spread_ratio_max", self.contract_spread_ratio_max > 0),
            ("jump_ratio_max", self.jump_ratio_max > 0),
            ("position_value_max", self.position_value_max.0 > 0),
            ("positions_max", self.positions_max > 0),
            ("gross_value_max", self.gross_value_max.0 > 0),
            ("net_value_max", self.net_value_max.0 > 0),
            ("buying_power_ratio", self.buying_power_ratio > 0),
            ("daily_loss_max", self.daily_loss_max.0 > 0),
            ("account_loss_ratio_max", self.account_loss_ratio_max > 0),
            ("accounts_loss_ratio_max", self.accounts_loss_ratio_max > 0),
            ("losses_in_a_row_max", self.losses_in_a_row_max > 0),
            ("drawdown_max", self.drawdown_max.0 > 0),
            ("open_orders_per_instrument_max", self.open_orders_per_instrument_max > 0),
            ("open_orders_max", self.open_orders_max > 0),
            ("orders_per_second_max", self.orders_per_second_max > 0),
            ("orders_per_minute_max", self.orders_per_minute_max > 0),
            ("hold_max", self.hold_max > 0),
            ("duplicate_window", self.duplicate_window > 0),
            ("duplicates_per_minute_max", self.duplicates_per_minute_max > 0),
            ("entries_per_day_max", self.entries_per_day_max > 0),
            ("entries_per_10_min_max", self.entries_per_10_min_max > 0),
            ("entry_cutoff", self.entry_cutoff > 0),
            ("expiry_cutoff", self.expiry_cutoff > 0),
            ("broker_rejects_in_a_row_max", self.broker_rejects_in_a_row_max > 0),
            ("broker_rejects_per_minute_max", self.broker_rejects_per_minute_max > 0),
            ("order_to_trade_alert", self.order_to_trade_alert > 0),
            ("order_to_trade_max", self.order_to_trade_max > 0),
            ("order_to_trade_messages_min", self.order_to_trade_messages_min > 0),
        ]
    }
}

/// Limits that a strategy needs other than the defaults; `None` keeps the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RiskProfile {
    /// C6.
    pub order_shares_max: Option<Qty>,
    /// C7.
    pub order_value_max: Option<Money>,
    /// C10.
    pub position_value_max: Option<Money>,
    /// C10.
    pub positions_max: Option<u32>,
    /// C13.
    pub daily_loss_max: Option<Money>,
    /// C14.
    pub losses_in_a_row_max: Option<u32>,
    /// C19.
    pub entries_per_day_max: Option<u32>,
    /// C23.
    pub entry_cutoff: Option<i64>,
    /// C23.
    pub entry_hours: Option<EntryHours>,
    /// C26.
    pub broker_rejects_in_a_row_max: Option<u32>,
}

impl RiskProfile {
    /// The limits with this profile laid over them.
    #[must_use]
    pub fn over(&self, limits: RiskLimits) -> RiskLimits {
        RiskLimits {
            order_shares_max: self.order_shares_max.unwrap_or(limits.order_shares_max),
            order_value_max: self.order_value_max.unwrap_or(limits.order_value_max),
            position_value_max: self.position_value_max.unwrap_or(limits.position_value_max),
            positions_max: self.positions_max.unwrap_or(limits.positions_max),
            daily_loss_max: self.daily_loss_max.unwrap_or(limits.daily_loss_max),
            losses_in_a_row_max: self.losses_in_a_row_max.unwrap_or(limits.losses_in_a_row_max),
            entries_per_day_max: self.entries_per_day_max.unwrap_or(limits.entries_per_day_max),
            entry_cutoff: self.entry_cutoff.unwrap_or(limits.entry_cutoff),
            entry_hours: self.entry_hours.or(limits.entry_hours),
            broker_rejects_in_a_row_max: self
                .broker_rejects_in_a_row_max
                .unwrap_or(limits.broker_rejects_in_a_row_max),
            ..limits
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capital() -> Money {
        Money::parse("10000").unwrap()
    }

    #[test]
    fn the_defaults_are_those_of_the_catalogue() {
        let limits = RiskLimits::for_capital(capital());
        assert_eq!(limits.order_value_max, Money::parse("2500").unwrap());
        assert_eq!(limits.position_value_max, Money::parse("2500").unwrap());
        assert_eq!(limits.daily_loss_max, Money::parse("500").unwrap());
        assert_eq!(limits.unset(), None);
    }

    #[test]
    fn a_limit_that_is_not_set_is_named() {
        let limits = RiskLimits::for_capital(Money::ZERO);
        assert_eq!((limits.unset(), limits.unset_count()), (Some("order_value_max"), 5));
        let limits = RiskLimits { entry_cutoff: 0, ..RiskLimits::for_capital(capital()) };
        assert_eq!((limits.unset(), limits.unset_count()), (Some("entry_cutoff"), 1));
    }

    /// The default limits with one of them at nothing, for each that is named.
    macro_rules! each_at_nothing {
        ($($name:ident)+) => {
            [$((stringify!($name), RiskLimits {
                $name: Default::default(),
                ..RiskLimits::for_capital(capital())
            })),+]
        };
    }

    #[test]
    fn each_limit_at_nothing_is_not_set() {
        let cases = each_at_nothing!(
            order_shares_max order_contracts_max order_value_max collar_ratio collar_ticks
            contract_collar_ratio contract_collar_min close_collar_factor quote_age_max
            contract_quote_age_max spread_ratio_max contract_spread_ratio_max jump_ratio_max
            position_value_max positions_max gross_value_max net_value_max buying_power_ratio
            daily_loss_max account_loss_ratio_max accounts_loss_ratio_max losses_in_a_row_max
            drawdown_max open_orders_per_instrument_max
            open_orders_max orders_per_second_max orders_per_minute_max hold_max duplicate_window
            duplicates_per_minute_max entries_per_day_max entries_per_10_min_max entry_cutoff
            expiry_cutoff broker_rejects_in_a_row_max broker_rejects_per_minute_max
            order_to_trade_alert order_to_trade_max order_to_trade_messages_min
        );
        assert_eq!(cases.len(), RiskLimits::for_capital(capital()).magnitudes().len());
        for (name, limits) in cases {
            assert_eq!((limits.unset(), limits.unset_count()), (Some(name), 1));
        }
    }

    #[test]
    fn a_profile_changes_what_it_names_and_nothing_else() {
        let base = RiskLimits::for_capital(capital());
        assert_eq!(RiskProfile::default().over(base), base);
        let hours = EntryHours { from: 34_200, until: 57_600 };
        let profile = RiskProfile {
            entries_per_day_max: Some(1_000),
            entry_hours: Some(hours),
            ..RiskProfile::default()
        };
        let wanted = RiskLimits { entries_per_day_max: 1_000, entry_hours: Some(hours), ..base };
        assert_eq!(profile.over(base), wanted);
    }

    #[test]
    fn a_profile_that_names_every_limit_it_can_decides_them_all() {
        let base = RiskLimits::for_capital(capital());
        let profile = RiskProfile {
            order_shares_max: Some(Qty(1)),
            order_value_max: Some(Money(2)),
            position_value_max: Some(Money(3)),
            positions_max: Some(4),
            daily_loss_max: Some(Money(5)),
            losses_in_a_row_max: Some(6),
            entries_per_day_max: Some(7),
            entry_cutoff: Some(8),
            entry_hours: Some(EntryHours { from: 9, until: 10 }),
            broker_rejects_in_a_row_max: Some(11),
        };
        let wanted = RiskLimits {
            order_shares_max: Qty(1),
            order_value_max: Money(2),
            position_value_max: Money(3),
            positions_max: 4,
            daily_loss_max: Money(5),
            losses_in_a_row_max: 6,
            entries_per_day_max: 7,
            entry_cutoff: 8,
            entry_hours: Some(EntryHours { from: 9, until: 10 }),
            broker_rejects_in_a_row_max: 11,
            ..base
        };
        assert_eq!(profile.over(base), wanted);
    }
}
