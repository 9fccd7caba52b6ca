//! Every sample of Alpaca's trading interface that happens to be at hand is read; this table tells by
//! what, and which of them our client has no use for.
//!
//! ```console
//! $ cargo test -p st0ck-gateway --test it samples -- --nocapture
//! ```

use std::path::Path;

use serde_json::Value;
use st0ck_gateway::InstrumentTable;
use st0ck_gateway::alpaca::decode_order::{Names, account};
use st0ck_gateway::alpaca::replies::{Created, Doubt, created};
use st0ck_gateway::alpaca::updates::{Heard, hear};
use st0ck_gateway::alpaca::wire::{AccountJson, ActivityJson, OrderJson, PositionJson};
use st0ck_types::{ClientOrderId, Text};

use crate::rig::IDENTITY;

const SAMPLES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/protocols/samples/alpaca");

/// Any id of ours.
const OURS: ClientOrderId = ClientOrderId(Text::new("ours"));

fn names() -> Names {
    Names { instruments: InstrumentTable::default(), identity: IDENTITY }
}

/// Names of the samples in a folder, but those of options; none when it is not here.
fn files(part: &str) -> Vec<String> {
    let folder = Path::new(SAMPLES).join(part);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} not here", folder.display());
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.contains("option")).collect();
    names.sort();
    names
}

fn read(part: &str, name: &str) -> String {
    std::fs::read_to_string(Path::new(SAMPLES).join(part).join(name)).unwrap()
}

/// Reads a sample by the decoder of the reply that it is, and says by which.
fn decoded(name: &str, text: &str) -> &'static str {
    let stem = name.trim_end_matches(".json");
    match stem {
        "order_request_equity_spec" | "order_patch_equity_spec" => "a request: nothing to read",
        "orders_cancel_all_207" => "not asked for: our client cancels by id",
        "orders_list" => {
            let orders: Vec<OrderJson<'_>> = serde_json::from_str(text).unwrap();
            assert!(orders.iter().all(|order| names().snapshot(order).broker_id.is_known()));
            "orders"
        }
        "positions_list" => {
            let positions: Vec<PositionJson<'_>> = serde_json::from_str(text).unwrap();
            assert!(!positions.is_empty());
            assert!(positions.iter().all(|position| names().position(position).is_some()));
            "positions"
        }
        "position_spec" => {
            let position: PositionJson<'_> = serde_json::from_str(text).unwrap();
            assert!(names().position(&position).is_some());
            "positions"
        }
        "activity_fill_spec" => {
            let activity: ActivityJson<'_> = serde_json::from_str(text).unwrap();
            assert!(names().activity_fill(&activity).is_some());
            "fills"
        }
        "activity_nontrade_spec" => {
            let activity: ActivityJson<'_> = serde_json::from_str(text).unwrap();
            assert_eq!(names().activity_fill(&activity), None);
            "fills: none (our client asks for FILL alone)"
        }
        "account" | "account_spec" => {
            let json: AccountJson<'_> = serde_json::from_str(text).unwrap();
            assert!(account(&json).is_some());
            "the account"
        }
        "error_body_extra_field" => {
            refused(text);
            "refusals"
        }
        _ if stem.starts_with("order_") || stem == "position_close_qty_order" => {
            placed(text);
            "orders, and replies to placing them"
        }
        _ => unused(stem),
    }
}

/// An order is an order wherever it is told.
fn placed(text: &str) {
    let order: OrderJson<'_> = serde_json::from_str(text).unwrap();
    assert!(names().snapshot(&order).broker_id.is_known());
    // Its client id is too long for one of ours: as a reply it is read, and found to be another's.
    let reply = created(200, text.as_bytes(), &OURS);
    assert_eq!(reply, Created::Unknown(Doubt::AnotherOrder));
}

fn refused(text: &str) {
    let error: Value = serde_json::from_str(text).unwrap();
    let Created::Rejected(refusal) = created(403, text.as_bytes(), &OURS) else {
        panic!("{text}");
    };
    assert_eq!(u64::from(refusal.code), error["code"].as_u64().unwrap());
    assert!(error["message"].as_str().unwrap().starts_with(refusal.words.as_str()));
}

/// What our client does not ask for. It takes its calendar from a table of its own, its instruments
/// from the configuration, and market data from the stream.
fn unused(stem: &str) -> &'static str {
    let begins = [
        "account_configurations",
        "asset",
        "ca_announcements",
        "clock",
        "corporate_actions",
        "news",
        "portfolio_history",
        "screener",
        "stock_",
    ];
    assert!(begins.iter().any(|begin| stem.starts_with(begin)), "{stem}: read by nothing");
    "not asked for"
}

#[test]
fn sampled_replies_are_read_by_what_asks_for_them() {
    let files = files("rest");
    if !files.is_empty() {
        eprintln!("| file | read as |\n|---|---|");
    }
    for name in files {
        let text = read("rest", &name);
        eprintln!("| {name} | {} |", decoded(&name, &text));
    }
}

#[test]
fn sampled_stream_messages_are_heard() {
    for name in files("trade_updates") {
        let text = read("trade_updates", &name);
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        for line in lines.filter(|line| line["dir"] == "server") {
            let message = line["msg"].to_string();
            let heard = hear(message.as_bytes(), &names());
            assert!(!matches!(heard, None | Some(Heard::Other)), "{message}");
            let said = line["msg"]["data"]["event"].as_str().or(line["msg"]["stream"].as_str());
            eprintln!("| {name} | {} |", said.unwrap_or_default());
        }
    }
}
