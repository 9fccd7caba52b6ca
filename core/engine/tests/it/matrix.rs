//! Which control is tested where relative to its limit: counted from the rows themselves, held against
//! what each control must show, and printed as CONTROLS.md.
//!
//! A row's side is not written down: the check that the row meets tells its value and its limit, and
//! their order is the side. So a row that moves away from its limit is missed here.

use crate::controls::{Row, explain, request, rows};
use st0ck_engine::risk::{Check, RiskLimits};
use st0ck_types::reject::Unit;
use st0ck_types::{Money, Price, Qty, RejectCode};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A limit by its name, and its value in words.
type Limit = (&'static str, fn(&RiskLimits) -> String);

macro_rules! limit {
    ($name:ident) => {
        (stringify!($name), |limits| limits.$name.words())
    };
}

/// A limit's value as people read it.
trait Words {
    fn words(&self) -> String;
}

macro_rules! words {
    ($($kind:ty: |$value:ident| $words:expr;)+) => {
        $(impl Words for $kind {
            fn words(&self) -> String {
                let $value = self;
                $words
            }
        })+
    };
}

words! {
    u32: |count| count.to_string();
    i64: |ratio_or_time| Price(*ratio_or_time).to_string();
    Qty: |qty| qty.to_string();
    Money: |money| money.to_string();
    Price: |price| price.to_string();
}

/// What is known of one control beside its code.
struct Control {
    code: RejectCode,
    /// Its settings under `risk.`; empty when nothing sets it.
    keys: &'static [Limit],
    /// What a refusal leads to.
    action: &'static str,
    /// Where the demand comes from.
    norm: &'static str,
    /// Sides of the limit on which there must be a row, and why not on every one.
    sides: Sides,
}

/// The sides of a limit that can be met.
enum Sides {
    /// Below, at and above.
    All,
    /// It holds or it does not: the two values there are.
    Two,
    /// Not above: the breaker breaks at its limit, and nothing comes after.
    BreaksAt,
    /// By no order of a strategy: tests of their own, by name.
    Own(&'static str),
}

const fn control(
    code: RejectCode,
    keys: &'static [Limit],
    action: &'static str,
    norm: &'static str,
    sides: Sides,
) -> Control {
    Control { code, keys, action, norm, sides }
}

const RTS6: &str = "RTS 6";
const MARKET_ACCESS: &str = "15c3-5";
const FIA: &str = "FIA";

/// Every code of the gate, in the order of its number.
const TABLE: &[Control] = &[
    control(RejectCode::TradingState, &[], "deny", "RTS 6 12, FIA", Sides::All),
    control(
        RejectCode::AccountBinding,
        &[],
        "deny, HALTED",
        "RTS 6 12(3), 15c3-5(b)",
        Sides::Own("an_order_of_another_installation_or_strategy_is_not_ours_to_send"),
    ),
    control(RejectCode::NotAllowed, &[], "deny", MARKET_ACCESS, Sides::Two),
    control(RejectCode::SessionClosed, &[], "deny", MARKET_ACCESS, Sides::All),
    control(RejectCode::Halted, &[], "deny", FIA, Sides::Two),
    control(RejectCode::LimitMissing, &[], "deny, not armed", FIA, Sides::Two),
    control(RejectCode::QtyNotPositive, &[], "deny", FIA, Sides::All),
    control(RejectCode::PriceNotPositive, &[], "deny", FIA, Sides::All),
    control(RejectCode::OffTick, &[], "deny", FIA, Sides::All),
    control(RejectCode::OffLot, &[], "deny", FIA, Sides::All),
    control(
        RejectCode::OrderQty,
        &[limit!(order_shares_max), limit!(order_contracts_max)],
        "deny",
        "RTS 6 15(1)(c), 15c3-5(c)(1)(ii)",
        Sides::All,
    ),
    control(
        RejectCode::OrderValue,
        &[limit!(order_value_max)],
        "deny opening",
        "RTS 6 15(1)(b), Citi 2022",
        Sides::All,
    ),
    control(
        RejectCode::PriceCollar,
        &[
            limit!(collar_ratio),
            limit!(collar_ticks),
            limit!(contract_collar_ratio),
            limit!(contract_collar_min),
            limit!(close_collar_factor),
        ],
        "deny",
        "RTS 6 15(1)(a), Knight 2012",
        Sides::All,
    ),
    control(RejectCode::NoReference, &[], "deny", "RTS 6 15(1)(a)", Sides::Two),
    control(RejectCode::NoQuote, &[], "deny", FIA, Sides::Two),
    control(
        RejectCode::StaleQuote,
        &[limit!(quote_age_max), limit!(contract_quote_age_max)],
        "deny opening",
        FIA,
        Sides::All,
    ),
    control(RejectCode::BadQuote, &[], "deny opening", FIA, Sides::All),
    control(
        RejectCode::WideSpread,
        &[limit!(spread_ratio_max), limit!(contract_spread_ratio_max)],
        "deny opening",
        FIA,
        Sides::All,
    ),
    control(RejectCode::PriceJump, &[limit!(jump_ratio_max)], "deny opening", FIA, Sides::All),
    control(
        RejectCode::PositionValue,
        &[limit!(position_value_max)],
        "deny opening",
        "RTS 6 17(4), Knight 2012",
        Sides::All,
    ),
    control(RejectCode::PositionCount, &[limit!(positions_max)], "deny opening", FIA, Sides::All),
    control(
        RejectCode::GrossValue,
        &[limit!(gross_value_max)],
        "deny opening",
        "15c3-5(c)(1)(i)",
        Sides::All,
    ),
    control(
        RejectCode::NetValue,
        &[limit!(net_value_max)],
        "deny opening",
        "RTS 6 15(4)",
        Sides::All,
    ),
    control(
        RejectCode::BuyingPower,
        &[limit!(buying_power_ratio)],
        "deny opening",
        "15c3-5(c)(1)(i)",
        Sides::All,
    ),
    control(
        RejectCode::DailyLoss,
        &[limit!(daily_loss_max)],
        "cancel opening orders, REDUCING, latched",
        "RTS 6 15(4), FIA",
        Sides::All,
    ),
    control(
        RejectCode::AccountLoss,
        &[limit!(account_loss_ratio_max)],
        "cancel opening orders, REDUCING, latched",
        "RTS 6 15(4), FIA",
        Sides::All,
    ),
    control(
        RejectCode::AccountsLoss,
        &[limit!(accounts_loss_ratio_max)],
        "cancel opening orders, REDUCING, latched",
        "RTS 6 15(4), FIA",
        Sides::All,
    ),
    control(
        RejectCode::ConsecutiveLosses,
        &[limit!(losses_in_a_row_max)],
        "cancel opening orders, REDUCING, latched",
        FIA,
        Sides::All,
    ),
    control(
        RejectCode::Drawdown,
        &[limit!(drawdown_max)],
        "cancel opening orders, REDUCING, latched",
        "RTS 6 15(4)",
        Sides::All,
    ),
    control(
        RejectCode::OpenOrders,
        &[limit!(open_orders_per_instrument_max), limit!(open_orders_max)],
        "deny opening",
        FIA,
        Sides::All,
    ),
    control(
        RejectCode::MessageRate,
        &[limit!(orders_per_second_max), limit!(orders_per_minute_max), limit!(hold_max)],
        "wait up to `hold_max`, then deny",
        "RTS 6 15(1)(d), SEBI/NSE",
        Sides::All,
    ),
    control(
        RejectCode::Duplicate,
        &[limit!(duplicate_window)],
        "deny",
        "15c3-5(c)(1)(ii)",
        Sides::All,
    ),
    control(
        RejectCode::DuplicateStorm,
        &[limit!(duplicates_per_minute_max)],
        "HALTED, latched",
        "15c3-5(c)(1)(ii)",
        Sides::BreaksAt,
    ),
    control(
        RejectCode::EntriesPerDay,
        &[limit!(entries_per_day_max)],
        "deny opening, disable the strategy",
        "RTS 6 15(3)",
        Sides::All,
    ),
    control(
        RejectCode::EntriesPer10Min,
        &[limit!(entries_per_10_min_max)],
        "deny opening, disable the strategy",
        "RTS 6 15(3)",
        Sides::All,
    ),
    control(RejectCode::StrategyDisabled, &[], "deny opening, latched", "RTS 6 15(3)", Sides::Two),
    control(
        RejectCode::InOut,
        &[],
        "cancel opening orders, HALTED, latched",
        "Knight 2012",
        Sides::Two,
    ),
    control(RejectCode::SelfTrade, &[], "deny", "FINRA 5210, FIA", Sides::All),
    control(RejectCode::SellMoreThanHeld, &[], "deny", MARKET_ACCESS, Sides::All),
    control(
        RejectCode::EntryWindow,
        &[limit!(entry_cutoff)],
        "deny opening",
        "FINRA 15-09",
        Sides::All,
    ),
    control(
        RejectCode::ExpiryCutoff,
        &[limit!(expiry_cutoff)],
        "deny opening",
        "FINRA 15-09",
        Sides::All,
    ),
    control(
        RejectCode::BrokerRejects,
        &[limit!(broker_rejects_in_a_row_max), limit!(broker_rejects_per_minute_max)],
        "HALTED, latched",
        "FIA, Knight 2012",
        Sides::All,
    ),
    control(
        RejectCode::OrderToTrade,
        &[
            limit!(order_to_trade_max),
            limit!(order_to_trade_messages_min),
            limit!(order_to_trade_alert),
        ],
        "deny opening, HALTED, latched; the alert counts",
        "RTS 9, SEBI",
        Sides::All,
    ),
    control(RejectCode::OrderTable, &[], "deny", RTS6, Sides::All),
    control(
        RejectCode::NothingToCancel,
        &[],
        "tell",
        RTS6,
        Sides::Own("there_is_nothing_to_cancel_but_live_orders_of_ones_own"),
    ),
];

/// The row's own check: the one that refused, or, where none did, the nearest to refusing.
fn met(row: &Row) -> Check {
    let (mut lane, order) = (row.setup)();
    lane.nudge();
    let checks = explain(&lane, &request(&lane, &order));
    let own = checks.iter().filter(|check| check.code == row.code);
    let distance = |check: &&Check| (check.passed, check.value.abs_diff(check.limit));
    *own.min_by_key(distance).expect("every code of a row is one that the gate asks for")
}

type Places = BTreeMap<RejectCode, BTreeMap<Ordering, Vec<String>>>;

/// The rows of each code, by the side of the limit on which they stand.
fn places() -> Places {
    let mut places = Places::new();
    for row in rows() {
        let check = met(row);
        let side = check.value.cmp(&check.limit);
        let what = format!("{} ({})", row.what, if check.passed { "passes" } else { "refused" });
        places.entry(row.code).or_default().entry(side).or_default().push(what);
    }
    places
}

#[test]
fn every_control_is_met_on_every_side_of_its_limit() {
    let places = places();
    let codes: Vec<RejectCode> = TABLE.iter().map(|control| control.code).collect();
    assert_eq!(codes, RejectCode::ALL, "every code of the gate has its line, in order");
    let mut missing = Vec::new();
    for control in TABLE {
        let met: Vec<Ordering> = places
            .get(&control.code)
            .map(|sides| sides.keys().copied().collect())
            .unwrap_or_default();
        let enough = match control.sides {
            Sides::All => met.len() == 3,
            Sides::Two => met.len() == 2,
            Sides::BreaksAt => met == [Ordering::Less, Ordering::Equal],
            Sides::Own(_) => met.is_empty(),
        };
        if !enough {
            missing.push(format!("{}: only {met:?}", control.code));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_committed_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/CONTROLS.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == page(), "CONTROLS.md is old: BLESS=1 cargo test -p st0ck-engine matrix");
}

const HEAD: &str = "\
<!-- Printed from the tests' own table: BLESS=1 cargo test -p st0ck-engine matrix -->

# Controls

What the risk gate asks of every order, in the order of its codes, and where each answer is tested. The
order in which it asks stands in [gate.rs](src/risk/gate.rs); every limit is a row of
[CONFIG.md](../../CONFIG.md), the defaults here are those of a bot with $10,000. A refusal is a record of
the journal with its code, the value met and the limit. All limits are hard but `order_to_trade_alert`,
which counts and tells. What is latched, a named person takes back: `st0ck reset`. No command changes
a limit.

C28 is the configuration's: where a key is pinned, the limits come from a file signed with it or are the
defaults, a flag or variable for one of them is refused, and the session's header names the signer; what
`reset` takes back it lists with a reason each, and wants the bot's name typed
([signed](../../tools/st0ck/tests/it/signed.rs), [reset](../../tools/st0ck/tests/it/reset.rs)).

The last column counts the rows of the matrix below, at and above the limit, each driven through the
engine's inputs; a test fails when a control has none on a side that can be met.

C20 has its other half in the gateway (each order number passes once, in rising order, and what the
adapter wrote, refused and holds is what it was given) and in the order table (no order trades more than
it asked for); C29, the age of an intent, is the gateway's alone. Both are tested in
[agent.rs](../../gateway/live/src/agent.rs). C24 and C25 belong to brokers that are not there yet.

| code | limits | default | unit | action | norm | below · at · above |
|---|---|---|---|---|---|---|
";

fn page() -> String {
    let (places, mut page) = (places(), String::from(HEAD));
    let limits = RiskLimits::for_capital(Money::parse("10000").unwrap());
    for control in TABLE {
        let code = control.code;
        let keys: Vec<String> = control.keys.iter().map(|(key, _)| format!("`{key}`")).collect();
        let defaults: Vec<String> = control.keys.iter().map(|(_, value)| value(&limits)).collect();
        let (keys, defaults) = (keys.join(", "), defaults.join(", "));
        let tests = match control.sides {
            Sides::Own(test) => format!("`{test}`"),
            _ => {
                let rows = |side| places[&code].get(&side).map_or(0, Vec::len);
                let sides = [Ordering::Less, Ordering::Equal, Ordering::Greater].map(rows);
                format!("{} · {} · {}", sides[0], sides[1], sides[2])
            }
        };
        let (unit, action, norm) = (unit(code.unit()), control.action, control.norm);
        writeln!(page, "| {code} | {keys} | {defaults} | {unit} | {action} | {norm} | {tests} |")
            .unwrap();
    }
    rows_below(&mut page, &places);
    page
}

/// What each row does, in its own words.
fn rows_below(page: &mut String, places: &Places) {
    page.push_str("\n## The rows\n");
    for (code, sides) in places {
        write!(page, "\n**{code}**\n").unwrap();
        for (side, rows) in sides {
            let side = match side {
                Ordering::Less => "below",
                Ordering::Equal => "at",
                Ordering::Greater => "above",
            };
            writeln!(page, "- {side}: {}", rows.join("; ")).unwrap();
        }
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "count",
        Unit::Money => "USD",
        Unit::Shares => "shares",
        Unit::Ratio => "ratio",
        Unit::Seconds => "s",
    }
}
