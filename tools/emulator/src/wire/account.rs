//! The account object (`alpaca.md` §2).

use super::{Shown, Uuid};
use crate::account::configurations::Configurations;
use crate::book::account::{Account, Figures};
use serde::Serialize;
use serde_json::{Map, Value};
use st0ck_types::calendar::Date;
use st0ck_types::{Money, Nanos};

/// The account with its figures.
#[derive(Debug, Serialize)]
pub(crate) struct AccountView<'a> {
    id: Uuid,
    admin_configurations: Map<String, Value>,
    user_configurations: Option<()>,
    account_number: &'a str,
    status: &'static str,
    crypto_status: &'static str,
    options_approved_level: u8,
    options_trading_level: u8,
    currency: &'static str,
    buying_power: Shown<Money>,
    regt_buying_power: Shown<Money>,
    effective_buying_power: Shown<Money>,
    non_marginable_buying_power: Shown<Money>,
    options_buying_power: Shown<Money>,
    bod_dtbp: Shown<Money>,
    cash: Shown<Money>,
    accrued_fees: Shown<Money>,
    pending_transfer_in: Shown<Money>,
    pending_transfer_out: Shown<Money>,
    pending_reg_taf_fees: Shown<Money>,
    portfolio_value: Shown<Money>,
    trading_blocked: bool,
    transfers_blocked: bool,
    account_blocked: bool,
    created_at: Shown<Nanos>,
    trade_suspended_by_user: bool,
    multiplier: Shown<u8>,
    shorting_enabled: bool,
    equity: Shown<Money>,
    last_equity: Shown<Money>,
    long_market_value: Shown<Money>,
    short_market_value: Shown<Money>,
    position_market_value: Shown<Money>,
    initial_margin: Shown<Money>,
    maintenance_margin: Shown<Money>,
    last_maintenance_margin: Shown<Money>,
    sma: Shown<Money>,
    balance_asof: Shown<Date>,
    crypto_tier: u8,
    intraday_adjustments: Shown<Money>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    day_trading: Option<DayTradingView>,
}

/// The keys of the pattern-day-trader rule, gone since 2026-07-06.
#[derive(Debug, Serialize)]
struct DayTradingView {
    pattern_day_trader: bool,
    daytrade_count: u32,
    daytrading_buying_power: Shown<Money>,
}

impl<'a> AccountView<'a> {
    /// The view; `pdt_keys` brings back the keys of the pattern-day-trader rule.
    pub(crate) fn new(
        account: &'a Account,
        settings: &Configurations,
        figures: &Figures,
        pdt_keys: bool,
    ) -> Self {
        let zero = Shown(Money::ZERO);
        let free = (figures.equity - figures.initial_margin).max(Money::ZERO);
        let day_trading = DayTradingView {
            pattern_day_trader: false,
            daytrade_count: 0,
            daytrading_buying_power: zero,
        };
        Self {
            id: Uuid(account.id),
            admin_configurations: Map::new(),
            user_configurations: None,
            account_number: &account.number,
            status: "ACTIVE",
            crypto_status: "ACTIVE",
            options_approved_level: 3,
            options_trading_level: settings.options_level(),
            currency: "USD",
            buying_power: Shown(figures.buying_power),
            regt_buying_power: Shown(figures.buying_power),
            effective_buying_power: Shown(figures.buying_power),
            non_marginable_buying_power: Shown(figures.cash.min(free).max(Money::ZERO)),
            options_buying_power: Shown(free),
            bod_dtbp: zero,
            cash: Shown(figures.cash),
            accrued_fees: zero,
            pending_transfer_in: zero,
            pending_transfer_out: zero,
            pending_reg_taf_fees: zero,
            portfolio_value: Shown(figures.equity),
            trading_blocked: false,
            transfers_blocked: false,
            account_blocked: false,
            created_at: Shown(account.created_at),
            trade_suspended_by_user: settings.suspend_trade,
            multiplier: Shown(figures.multiplier),
            shorting_enabled: settings.may_short(figures.equity),
            equity: Shown(figures.equity),
            last_equity: Shown(account.last_equity),
            long_market_value: Shown(figures.long),
            short_market_value: Shown(figures.short),
            position_market_value: Shown(figures.long - figures.short),
            initial_margin: Shown(figures.initial_margin),
            maintenance_margin: Shown(figures.maintenance_margin),
            last_maintenance_margin: zero,
            sma: Shown(free),
            balance_asof: Shown(account.balance_as_of),
            crypto_tier: 1,
            intraday_adjustments: zero,
            day_trading: pdt_keys.then_some(day_trading),
        }
    }
}
