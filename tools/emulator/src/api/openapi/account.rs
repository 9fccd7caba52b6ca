//! Schemas of the account, its settings, lists, activities and history (`alpaca.md` §2, §3.4).

use super::schema::Type::{
    By, Date, Decimal, Flag, List, Number, Of, OrNull, Sized, Text, Time, Uuid, Whole, Words,
};
use super::schema::{Field, Schema, Type, may, must};
use super::{FRAMES, SYMBOL};

pub(super) const SCHEMAS: &[Schema] = &[
    Schema::written("Account", "The account with its figures.", ACCOUNT),
    Schema::written("AccountConfigurations", "What the account may do.", CONFIGURATIONS),
    Schema::open("ConfigurationsPatch", "Any of the settings.", SETTINGS),
    Schema::open("Activity", "A fill, or what else moved money or shares.", ACTIVITY),
    Schema::written("PortfolioHistory", "Equity by window: lists of one length.", HISTORY),
    Schema::written("Watchlist", "A list of assets.", WATCHLIST),
    Schema::written("WatchlistWithoutAssets", "A list as the listing shows it.", BARE),
    Schema::open("WatchlistRequest", "A list to make, or to put in a list's place.", WISH),
    Schema::open("WatchlistEntry", "An asset to put into a list.", &[must("symbol", SYMBOL)]),
];

const NAME: Type = Sized(1, 64);
const LEVEL: Type = Whole(0, 3);
const MULTIPLIERS: &[&str] = &["1", "2", "4"];
const CHECKS: &[&str] = &["both", "entry", "exit"];
const CONFIRMS: &[&str] = &["all", "none"];

const ACCOUNT: &[Field] = &[
    must("id", Uuid),
    must("account_number", Text),
    must("status", Words(&["ACTIVE"])),
    must("crypto_status", Words(&["ACTIVE"])),
    must("currency", Words(&["USD"])),
    must("admin_configurations", By(&Text)),
    must("user_configurations", OrNull(&By(&Text))),
    must("options_approved_level", LEVEL),
    must("options_trading_level", LEVEL),
    must("crypto_tier", Whole(0, 99)),
    must("buying_power", Decimal),
    must("regt_buying_power", Decimal),
    must("effective_buying_power", Decimal),
    must("non_marginable_buying_power", Decimal),
    must("options_buying_power", Decimal),
    must("bod_dtbp", Decimal),
    must("cash", Decimal),
    must("accrued_fees", Decimal),
    must("pending_transfer_in", Decimal),
    must("pending_transfer_out", Decimal),
    must("pending_reg_taf_fees", Decimal),
    must("portfolio_value", Decimal),
    must("equity", Decimal),
    must("last_equity", Decimal),
    must("long_market_value", Decimal),
    must("short_market_value", Decimal),
    must("position_market_value", Decimal),
    must("initial_margin", Decimal),
    must("maintenance_margin", Decimal),
    must("last_maintenance_margin", Decimal),
    must("sma", Decimal),
    must("intraday_adjustments", Decimal),
    must("multiplier", Words(MULTIPLIERS)),
    must("balance_asof", Date),
    must("created_at", Time),
    must("trading_blocked", Flag),
    must("transfers_blocked", Flag),
    must("account_blocked", Flag),
    must("trade_suspended_by_user", Flag),
    must("shorting_enabled", Flag),
    may("pattern_day_trader", Flag),
    may("daytrade_count", Whole(0, i64::MAX)),
    may("daytrading_buying_power", Decimal),
];
const CONFIGURATIONS: &[Field] = &[
    must("fractional_trading", Flag),
    must("max_margin_multiplier", Words(MULTIPLIERS)),
    must("max_options_trading_level", LEVEL),
    must("no_shorting", Flag),
    must("ptp_no_exception_entry", Flag),
    must("suspend_trade", Flag),
    must("trade_confirm_email", Words(CONFIRMS)),
    must("disable_overnight_trading", Flag),
    may("dtbp_check", Words(CHECKS)),
    may("pdt_check", Words(CHECKS)),
];
const SETTINGS: &[Field] = &[
    may("fractional_trading", OrNull(&Flag)),
    may("max_margin_multiplier", OrNull(&Words(MULTIPLIERS))),
    may("max_options_trading_level", OrNull(&LEVEL)),
    may("no_shorting", OrNull(&Flag)),
    may("ptp_no_exception_entry", OrNull(&Flag)),
    may("suspend_trade", OrNull(&Flag)),
    may("trade_confirm_email", OrNull(&Words(CONFIRMS))),
    may("disable_overnight_trading", OrNull(&Flag)),
    may("dtbp_check", OrNull(&Words(CHECKS))),
    may("pdt_check", OrNull(&Words(CHECKS))),
];
/// Keys of both kinds; only the first two are of both.
const ACTIVITY: &[Field] = &[
    must("id", Text),
    must("activity_type", Text),
    may("transaction_time", Time),
    may("type", Words(&["fill", "partial_fill"])),
    may("side", Words(&["buy", "sell", "sell_short"])),
    may("symbol", OrNull(&Text)),
    may("price", OrNull(&Decimal)),
    may("qty", OrNull(&Decimal)),
    may("leaves_qty", Decimal),
    may("cum_qty", Decimal),
    may("order_id", Uuid),
    may("order_status", Words(&["partially_filled", "filled"])),
    may("activity_sub_type", OrNull(&Text)),
    may("date", Date),
    may("created_at", Time),
    may("net_amount", Decimal),
    may("per_share_amount", OrNull(&Decimal)),
    may("currency", Words(&["USD"])),
    may("cusip", OrNull(&Text)),
    may("description", OrNull(&Text)),
    may("group_id", OrNull(&Text)),
    may("status", Words(&["executed", "correct", "canceled"])),
];
const HISTORY: &[Field] = &[
    must("timestamp", List(&Whole(0, i64::MAX))),
    must("equity", List(&OrNull(&Number))),
    must("profit_loss", List(&OrNull(&Number))),
    must("profit_loss_pct", List(&OrNull(&Number))),
    must("base_value", Number),
    must("base_value_asof", Date),
    must("timeframe", Words(FRAMES)),
    must("cashflow", By(&List(&Number))),
];
const BARE: &[Field] = &[
    must("id", Uuid),
    must("account_id", Uuid),
    must("created_at", Time),
    must("updated_at", Time),
    must("name", Text),
];
const WATCHLIST: &[Field] = &[
    must("id", Uuid),
    must("account_id", Uuid),
    must("created_at", Time),
    must("updated_at", Time),
    must("name", Text),
    must("assets", List(&Of("Asset"))),
];
const WISH: &[Field] = &[may("name", NAME), may("symbols", OrNull(&List(&SYMBOL)))];
