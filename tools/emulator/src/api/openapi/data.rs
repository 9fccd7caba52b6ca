//! Schemas of the data API (`alpaca.md` §9): numbers are numbers there.

use super::schema::Type::{
    By, Date, Either, Flag, Keys, List, Number, Of, OrNull, Text, Time, Uuid, Whole, Words,
};
use super::schema::{Field, Schema, Type, may, must};

const COUNT: Type = Whole(0, i64::MAX);
const LETTERS: Type = List(&Text);

pub(super) const SCHEMAS: &[Schema] = &[
    Schema::written("Bar", "A bar.", BAR),
    Schema::written("Trade", "A print.", TRADE),
    Schema::written("Quote", "A quote; a price of 0 means no such side.", QUOTE),
    Schema::written("Cross", "A print of an auction.", CROSS),
    Schema::written("Auctions", "A day's auctions.", AUCTIONS),
    Schema::written("BarsPage", "A page of bars.", &page("bars", &BARS)),
    Schema::written("TradesPage", "A page of prints.", &page("trades", &TRADES)),
    Schema::written("QuotesPage", "A page of quotes.", &page("quotes", &QUOTES)),
    Schema::written("AuctionsPage", "A page of auctions.", &page("auctions", &CROSSES)),
    Schema::written("LatestBars", "Latest bars.", &latest("bars", By(&Of("Bar")))),
    Schema::written("LatestTrades", "Latest prints.", &latest("trades", By(&Of("Trade")))),
    Schema::written("LatestQuotes", "Latest quotes.", &latest("quotes", By(&Of("Quote")))),
    Schema::written("LatestBar", "The latest bar.", &single("bar", Of("Bar"))),
    Schema::written("LatestTrade", "The latest print.", &single("trade", Of("Trade"))),
    Schema::written("LatestQuote", "The latest quote.", &single("quote", Of("Quote"))),
    Schema::written("Snapshot", "What there is of a symbol.", SNAPSHOT),
    Schema::plain("Snapshots", "Snapshots by symbol.", By(&Of("Snapshot"))),
    Schema::plain("Codes", "Names by code.", By(&Text)),
    Schema::written("Article", "A piece of news.", ARTICLE),
    Schema::written("NewsPage", "A page of news.", &listed("news", List(&Of("Article")))),
    Schema::written(
        "CorporateActionsPage",
        "A page of corporate actions by type.",
        &listed("corporate_actions", Keys(ACTIONS)),
    ),
    Schema::written("CashDividend", "A dividend.", DIVIDEND),
    Schema::written("ForwardSplit", "A split.", SPLIT),
    Schema::written("MostActives", "The most active symbols.", ACTIVES),
    Schema::written("Movers", "The symbols that moved most.", MOVERS),
];

const BARS: [Type; 2] = [By(&List(&Of("Bar"))), List(&Of("Bar"))];
const TRADES: [Type; 2] = [By(&List(&Of("Trade"))), List(&Of("Trade"))];
const QUOTES: [Type; 2] = [By(&List(&Of("Quote"))), List(&Of("Quote"))];
const CROSSES: [Type; 2] = [By(&List(&Of("Auctions"))), List(&Of("Auctions"))];

/// Points by symbol, or one symbol's.
const fn page(key: &'static str, points: &'static [Type; 2]) -> [Field; 4] {
    [
        must(key, Either(&points[0], &points[1])),
        may("symbol", Text),
        may("currency", Words(&["USD"])),
        must("next_page_token", OrNull(&Text)),
    ]
}

const fn listed(key: &'static str, of: Type) -> [Field; 2] {
    [must(key, of), must("next_page_token", OrNull(&Text))]
}

const fn latest(key: &'static str, of: Type) -> [Field; 2] {
    [must(key, of), may("currency", Words(&["USD"]))]
}

const fn single(key: &'static str, of: Type) -> [Field; 3] {
    [must("symbol", Text), must(key, of), may("currency", Words(&["USD"]))]
}

const BAR: &[Field] = &[
    must("t", Time),
    must("o", Number),
    must("h", Number),
    must("l", Number),
    must("c", Number),
    must("v", Number),
    must("n", COUNT),
    must("vw", Number),
];
const TRADE: &[Field] = &[
    must("t", Time),
    must("i", COUNT),
    must("x", Text),
    must("p", Number),
    must("s", Number),
    must("c", LETTERS),
    must("z", Text),
    may("u", Words(&["canceled", "incorrect", "corrected"])),
];
const QUOTE: &[Field] = &[
    must("t", Time),
    must("ax", Text),
    must("ap", Number),
    must("as", Number),
    must("bx", Text),
    must("bp", Number),
    must("bs", Number),
    must("c", LETTERS),
    must("z", Text),
];
const CROSS: &[Field] =
    &[must("t", Time), must("x", Text), must("p", Number), may("s", Number), must("c", Text)];
const AUCTIONS: &[Field] =
    &[must("d", Date), must("o", List(&Of("Cross"))), must("c", List(&Of("Cross")))];
const SNAPSHOT: &[Field] = &[
    may("symbol", Text),
    may("currency", Words(&["USD"])),
    must("latestTrade", OrNull(&Of("Trade"))),
    must("latestQuote", OrNull(&Of("Quote"))),
    must("minuteBar", OrNull(&Of("Bar"))),
    must("dailyBar", OrNull(&Of("Bar"))),
    must("prevDailyBar", OrNull(&Of("Bar"))),
];
const ARTICLE: &[Field] = &[
    must("id", COUNT),
    must("headline", Text),
    must("summary", Text),
    must("author", Text),
    must("created_at", Time),
    must("updated_at", Time),
    must("url", Text),
    must("content", Text),
    must("symbols", LETTERS),
    must("source", Text),
    must("images", List(&Keys(&[must("size", Text), must("url", Text)]))),
];
const ACTIONS: &[Field] = &[
    may("cash_dividends", List(&Of("CashDividend"))),
    may("forward_splits", List(&Of("ForwardSplit"))),
];
const DIVIDEND: &[Field] = &[
    must("id", Uuid),
    must("symbol", Text),
    must("cusip", Text),
    must("rate", Number),
    must("special", Flag),
    must("foreign", Flag),
    must("process_date", Date),
    must("ex_date", Date),
    must("record_date", Date),
    must("payable_date", Date),
];
const SPLIT: &[Field] = &[
    must("id", Uuid),
    must("symbol", Text),
    must("cusip", Text),
    must("new_rate", Number),
    must("old_rate", Number),
    must("process_date", Date),
    must("ex_date", Date),
    must("record_date", Date),
    must("payable_date", Date),
    must("due_bill_redemption_date", Date),
];
const ACTIVES: &[Field] = &[must("most_actives", List(&Keys(ACTIVE))), must("last_updated", Time)];
const ACTIVE: &[Field] =
    &[must("symbol", Text), must("volume", Number), must("trade_count", COUNT)];
const MOVERS: &[Field] = &[
    must("gainers", List(&Keys(MOVE))),
    must("losers", List(&Keys(MOVE))),
    must("market_type", Words(&["stocks"])),
    must("last_updated", Time),
];
const MOVE: &[Field] = &[
    must("symbol", Text),
    must("percent_change", Number),
    must("change", Number),
    must("price", Number),
];
