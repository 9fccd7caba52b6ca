//! Schemas of orders and positions (`alpaca.md` §4, §5).

use super::schema::Type::{
    Amount, Decimal, Either, Flag, List, Of, OrNull, Sized, Text, Time, Uuid, Whole, Words,
};
use super::schema::{Field, Schema, Type, may, must};
use super::{SIDES, SYMBOL};

pub(super) const SCHEMAS: &[Schema] = &[
    Schema::open("OrderRequest", "An order to place: one of qty and notional.", REQUEST),
    Schema::open("TakeProfit", "The exit with a gain.", &[must("limit_price", Amount)]),
    Schema::open("StopLoss", "The exit with a loss.", STOP_LOSS),
    Schema::open("OrderPatch", "What shall be different; what is not named stays.", PATCH),
    Schema::written("Order", "An order.", ORDER),
    Schema::written("CanceledOrder", "What became of one cancel.", CANCELED),
    Schema::written("Position", "An open position; short ones are negative.", POSITION),
    Schema::written("ClosedPosition", "What became of closing one position.", CLOSED),
];

const TYPES: &[&str] = &["market", "limit", "stop", "stop_limit", "trailing_stop"];
const LIFETIMES: &[&str] = &["day", "gtc", "opg", "cls", "ioc", "fok"];
const CLASSES: &[&str] = &["", "simple", "bracket", "oco", "oto"];
const INTENTS: &[&str] = &["buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"];
const STATUSES: &[&str] = &[
    "pending_new",
    "accepted",
    "held",
    "new",
    "partially_filled",
    "filled",
    "pending_cancel",
    "canceled",
    "pending_replace",
    "replaced",
    "expired",
    "rejected",
];
const CLIENT_ID: Type = Sized(1, 128);
const MAYBE_DECIMAL: Type = OrNull(&Decimal);
const MAYBE_TIME: Type = OrNull(&Time);
const MAYBE_UUID: Type = OrNull(&Uuid);
const MAYBE_AMOUNT: Type = OrNull(&Amount);

const REQUEST: &[Field] = &[
    must("symbol", SYMBOL),
    must("side", Words(SIDES)),
    must("type", Words(TYPES)),
    must("time_in_force", Words(LIFETIMES)),
    may("qty", MAYBE_AMOUNT),
    may("notional", MAYBE_AMOUNT),
    may("limit_price", MAYBE_AMOUNT),
    may("stop_price", MAYBE_AMOUNT),
    may("trail_price", MAYBE_AMOUNT),
    may("trail_percent", MAYBE_AMOUNT),
    may("extended_hours", OrNull(&Flag)),
    may("client_order_id", OrNull(&CLIENT_ID)),
    may("order_class", OrNull(&Words(CLASSES))),
    may("take_profit", OrNull(&Of("TakeProfit"))),
    may("stop_loss", OrNull(&Of("StopLoss"))),
    may("position_intent", OrNull(&Words(INTENTS))),
];
const STOP_LOSS: &[Field] = &[must("stop_price", Amount), may("limit_price", MAYBE_AMOUNT)];
const PATCH: &[Field] = &[
    may("qty", MAYBE_AMOUNT),
    may("time_in_force", OrNull(&Words(&["day", "gtc"]))),
    may("limit_price", MAYBE_AMOUNT),
    may("stop_price", MAYBE_AMOUNT),
    may("trail", MAYBE_AMOUNT),
    may("client_order_id", OrNull(&CLIENT_ID)),
];
const ORDER: &[Field] = &[
    must("id", Uuid),
    must("client_order_id", Text),
    must("created_at", Time),
    must("updated_at", Time),
    must("submitted_at", Time),
    must("filled_at", MAYBE_TIME),
    must("expired_at", MAYBE_TIME),
    must("expires_at", MAYBE_TIME),
    must("canceled_at", MAYBE_TIME),
    must("failed_at", MAYBE_TIME),
    must("replaced_at", MAYBE_TIME),
    must("replaced_by", MAYBE_UUID),
    must("replaces", MAYBE_UUID),
    must("asset_id", Uuid),
    must("symbol", Text),
    must("asset_class", Words(&["us_equity"])),
    must("notional", MAYBE_DECIMAL),
    must("qty", MAYBE_DECIMAL),
    must("filled_qty", Decimal),
    must("filled_avg_price", MAYBE_DECIMAL),
    must("order_class", Words(CLASSES)),
    must("order_type", Words(TYPES)),
    must("type", Words(TYPES)),
    must("side", Words(SIDES)),
    must("position_intent", Words(INTENTS)),
    must("time_in_force", Words(LIFETIMES)),
    must("limit_price", MAYBE_DECIMAL),
    must("stop_price", MAYBE_DECIMAL),
    must("status", Words(STATUSES)),
    must("extended_hours", Flag),
    must("legs", OrNull(&List(&Of("Order")))),
    must("trail_percent", MAYBE_DECIMAL),
    must("trail_price", MAYBE_DECIMAL),
    must("hwm", MAYBE_DECIMAL),
    must("subtag", OrNull(&Text)),
    must("source", OrNull(&Text)),
];
const CANCELED: &[Field] =
    &[must("id", Uuid), must("status", Whole(200, 599)), may("body", Of("Error"))];
const POSITION: &[Field] = &[
    must("asset_id", Uuid),
    must("symbol", Text),
    must("exchange", Text),
    must("asset_class", Words(&["us_equity"])),
    must("asset_marginable", Flag),
    must("qty", Decimal),
    must("qty_available", Decimal),
    must("avg_entry_price", MAYBE_DECIMAL),
    must("side", Words(&["long", "short"])),
    must("market_value", MAYBE_DECIMAL),
    must("cost_basis", Decimal),
    must("unrealized_pl", MAYBE_DECIMAL),
    must("unrealized_plpc", MAYBE_DECIMAL),
    must("unrealized_intraday_pl", MAYBE_DECIMAL),
    must("unrealized_intraday_plpc", MAYBE_DECIMAL),
    must("current_price", MAYBE_DECIMAL),
    must("lastday_price", MAYBE_DECIMAL),
    must("change_today", MAYBE_DECIMAL),
];
const CLOSED: &[Field] = &[
    must("symbol", Text),
    must("status", Whole(200, 599)),
    must("body", Either(&Of("Order"), &Of("Error"))),
];
