//! What a broker says: `trade_updates`, and the bodies of answers to requests.

use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude, no_seeds};
use st0ck_gateway::alpaca::decode_order::{Names, account};
use st0ck_gateway::alpaca::replies::{Created, Deleted, Found, created, deleted, found};
use st0ck_gateway::alpaca::updates::{Heard, hear};
use st0ck_gateway::alpaca::wire::{AccountJson, ActivityJson, ErrorJson, OrderJson, PositionJson};
use st0ck_gateway::{Identity, InstrumentTable};
use st0ck_types::{BotCode, ClientOrderId, Epoch, InstrumentId, Nonce, OrderNo, Report, Symbol};

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "false", "\"stream\":\"trade_updates\"",
    "\"data\":", "\"event\":\"fill\"", "\"event\":\"canceled\"", "\"event\":\"rejected\"", "\"order\":",
    "\"client_order_id\":", "\"id\":", "\"qty\":", "\"filled_qty\":", "\"price\":", "\"status\":\"new\"",
    "\"side\":\"sell_short\"", "\"legs\":[{}]", "\"execution_id\":", "\"code\":40310000", "\"message\":",
    "client_order_id must be unique", "\"cash\":", "\"equity\":", "\"trading_blocked\":true", "\\u0041",
    "\"2f63ea93-0000-4000-8000-3fdafc10c418\"", "\"2025-06-20T14:30:00.123456789Z\"", "\"limit_price\":",
];

/// The order updates.
pub(super) static UPDATES: Target = Target {
    name: "trade_updates",
    about: "Alpaca's order updates: what cannot be booked is no fill, what is no event is none",
    run: updates,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    room: 16 << 10,
    longest: 4 << 10,
    patience: 1,
};

/// The answers.
pub(super) static REPLIES: Target = Target {
    name: "rest_replies",
    about: "Alpaca's answers: only its own refusal is a definite no; lists, account, positions",
    run: replies,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    // A list of positions holds a few words for each `{},` of three bytes.
    room: 256 << 10,
    longest: 4 << 10,
    patience: 1,
};

const IDENTITY: Identity = Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"ska") };

fn names() -> Names {
    let spy = (Symbol::new("SPY"), InstrumentId(0));
    Names { instruments: InstrumentTable::new([spy]), identity: IDENTITY }
}

fn our_id() -> ClientOrderId {
    ClientOrderId::mint(IDENTITY.nonce, IDENTITY.bot, Epoch(1_795_000_000), OrderNo(1))
}

fn updates(input: &[u8]) -> Shape {
    let heard = hear(input, &names());
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(input).is_ok();
    assert!(heard.is_none() || is_json, "heard {heard:?} in what is no JSON");
    let Some(Heard::Event(event)) = heard else {
        return Shape::of(&heard.map(|heard| std::mem::discriminant(&heard)));
    };
    let ours = event.order.client_id;
    assert!(ours == ClientOrderId::default() || IDENTITY.ours(ours.as_str()) == Some(ours));
    if let Some(Report::Fill(fill)) = &event.report {
        assert!(fill.qty.0 > 0, "what cannot be booked is no fill");
        assert_eq!((fill.client_id, fill.instrument), (ours, event.order.instrument));
    }
    let report = event.report.map(|report| std::mem::discriminant(&report));
    Shape::of(&(report, event.doubtful, event.order.stage as u8, ours == ClientOrderId::default()))
}

fn replies(input: &[u8]) -> Shape {
    let id = our_id();
    let refusal = is_refusal(input);
    let mut outcomes = Vec::new();
    for status in [200, 400, 404, 422, 429, 500] {
        let created = created(status, input, &id);
        let definite = matches!(created, Created::Rejected(_) | Created::Duplicate);
        assert_eq!(definite, refusal && (400..500).contains(&status), "{status} {created:?}");
        if let Created::Accepted(order) = &created {
            assert_eq!(order.client_order_id.as_str(), id.as_str());
        }
        let deleted = deleted(status, input);
        assert!(!matches!(deleted, Deleted::Refused(_)) || (refusal && status >= 400));
        let found = found(status, input, &id);
        assert_eq!(matches!(found, Found::Nothing(_)), status == 404 && refusal);
        outcomes.push(std::mem::discriminant(&created));
    }
    Shape::of(&(outcomes, lists(input)))
}

/// Whether it is Alpaca's own refusal: a JSON object with a message.
fn is_refusal(input: &[u8]) -> bool {
    serde_json::from_slice::<ErrorJson<'_>>(input).is_ok_and(|e| !e.message.as_str().is_empty())
}

/// The same bytes as each kind of list and as an account: how many rows each gives.
fn lists(input: &[u8]) -> [Option<u32>; 4] {
    let names = names();
    let positions = serde_json::from_slice::<Vec<PositionJson<'_>>>(input)
        .ok()
        .map(|rows| magnitude(rows.iter().filter_map(|row| names.position(row)).count()));
    let fills = serde_json::from_slice::<Vec<ActivityJson<'_>>>(input).ok().map(|rows| {
        let fills: Vec<_> = rows.iter().filter_map(|row| names.activity_fill(row)).collect();
        assert!(fills.iter().all(|fill| fill.qty.0 > 0));
        magnitude(fills.len())
    });
    let orders = serde_json::from_slice::<Vec<OrderJson<'_>>>(input).ok().map(|rows| {
        magnitude(rows.iter().map(|row| names.snapshot(row)).collect::<Vec<_>>().len())
    });
    let account = serde_json::from_slice::<AccountJson<'_>>(input).ok();
    [positions, fills, orders, account.map(|row| u32::from(account_is_told(&row)))]
}

fn account_is_told(row: &AccountJson<'_>) -> bool {
    let told = account(row);
    let blocked = row.trading_blocked || row.account_blocked || row.trade_suspended_by_user;
    assert!(!told.is_some_and(|account| account.tradable && blocked));
    told.is_some()
}
