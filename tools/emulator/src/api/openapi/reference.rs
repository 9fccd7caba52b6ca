//! Schemas of errors, assets, clocks, calendars and contracts (`alpaca.md` §1.3, §3).

use super::SYMBOL;
use super::schema::Type::{
    Date, Decimal, Flag, List, Number, Of, OrNull, Text, Time, Uuid, Whole, Words,
};
use super::schema::{Field, Schema, may, must};

pub(super) const SCHEMAS: &[Schema] = &[
    Schema::open("Error", "A refusal; some carry further keys.", ERROR),
    Schema::written("Asset", "An asset.", ASSET),
    Schema::written("Clock", "New York's clock.", CLOCK),
    Schema::written("CalendarDay", "A day on which the market opens.", DAY),
    Schema::written("Market", "A market.", MARKET),
    Schema::written(
        "MarketClocks",
        "Clocks of markets.",
        &[must("clocks", List(&Of("MarketClock")))],
    ),
    Schema::written("MarketClock", "One market's clock.", MARKET_CLOCK),
    Schema::written("MarketCalendar", "Days of a market.", CALENDAR),
    Schema::written("MarketDay", "The phases of a day, those that the market has.", MARKET_DAY),
    Schema::written("OptionContracts", "A page of contracts.", CONTRACTS),
    Schema::open("OptionContract", "A contract.", CONTRACT),
    Schema::written("Announcement", "A corporate action in its older form.", ANNOUNCEMENT),
];

const ERROR: &[Field] = &[
    must("message", Text),
    may("code", Whole(40_000_000, 59_999_999)),
    may("available", Decimal),
    may("existing_qty", Decimal),
    may("held_for_orders", Decimal),
    may("related_orders", List(&Uuid)),
    may("symbol", Text),
    may("buying_power", Decimal),
    may("cost_basis", Decimal),
    may("base_price", Decimal),
    may("existing_order_id", Uuid),
    may("reject_reason", Text),
];
const ASSET: &[Field] = &[
    must("id", Uuid),
    must("class", Words(&["us_equity"])),
    must("exchange", Words(EXCHANGES)),
    must("symbol", SYMBOL),
    must("name", Text),
    must("status", Words(&["active", "inactive"])),
    must("tradable", Flag),
    must("marginable", Flag),
    must("shortable", Flag),
    must("easy_to_borrow", Flag),
    must("borrow_status", Words(&["easy_to_borrow", "hard_to_borrow"])),
    must("fractionable", Flag),
    must("maintenance_margin_requirement", Number),
    must("margin_requirement_long", Decimal),
    must("margin_requirement_short", Decimal),
    must("cusip", OrNull(&Text)),
    must("attributes", List(&Text)),
];
const EXCHANGES: &[&str] = &["AMEX", "ARCA", "BATS", "NYSE", "NASDAQ", "NYSEARCA", "OTC"];
const CLOCK: &[Field] = &[
    must("timestamp", Time),
    must("is_open", Flag),
    must("next_open", Time),
    must("next_close", Time),
];
const DAY: &[Field] = &[
    must("date", Date),
    must("open", Text),
    must("close", Text),
    must("session_open", Text),
    must("session_close", Text),
    must("settlement_date", Date),
];
const MARKET: &[Field] = &[
    must("acronym", Words(&["NYSE", "NASDAQ", "OPRA"])),
    may("mic", Words(&["XNYS", "XNAS"])),
    must("name", Text),
    must("timezone", Words(&["America/New_York"])),
];
const MARKET_CLOCK: &[Field] = &[
    must("market", Of("Market")),
    must("timestamp", Time),
    must("is_market_day", Flag),
    must("next_market_open", Time),
    must("next_market_close", Time),
    must("phase", Words(&["closed", "pre", "core", "lunch", "post"])),
    must("phase_until", Time),
];
const CALENDAR: &[Field] =
    &[must("market", Of("Market")), must("calendar", List(&Of("MarketDay")))];
const MARKET_DAY: &[Field] = &[
    must("date", Date),
    may("pre_start", Time),
    may("pre_end", Time),
    must("core_start", Time),
    must("core_end", Time),
    may("post_start", Time),
    may("post_end", Time),
    must("settlement_date", Date),
];
const CONTRACTS: &[Field] = &[
    must("option_contracts", List(&Of("OptionContract"))),
    must("next_page_token", OrNull(&Text)),
];
const CONTRACT: &[Field] = &[
    must("id", Uuid),
    must("symbol", Text),
    must("name", Text),
    must("status", Words(&["active", "inactive"])),
    must("tradable", Flag),
    must("expiration_date", Date),
    must("underlying_symbol", Text),
    must("type", Words(&["call", "put"])),
    must("style", Words(&["american", "european"])),
    must("strike_price", Decimal),
    must("multiplier", Decimal),
    must("size", Decimal),
];
const ANNOUNCEMENT: &[Field] = &[
    must("id", Uuid),
    must("corporate_action_id", Text),
    must("ca_type", Words(&["dividend", "split"])),
    must("ca_sub_type", Words(&["cash", "stock_split"])),
    must("initiating_symbol", Text),
    must("initiating_original_cusip", Text),
    must("target_symbol", Text),
    must("target_original_cusip", Text),
    must("declaration_date", OrNull(&Date)),
    must("ex_date", Date),
    must("expiration_date", OrNull(&Date)),
    must("record_date", Date),
    must("payable_date", Date),
    must("cash", Decimal),
    must("old_rate", Decimal),
    must("new_rate", Decimal),
];
