//! Every sample of Alpaca's trading interface that happens to be at hand is read.

use std::path::Path;

use st0ck_gateway::InstrumentTable;
use st0ck_gateway::alpaca::decode_order::{Names, account};
use st0ck_gateway::alpaca::updates::{Heard, hear};
use st0ck_gateway::alpaca::wire::{AccountJson, ActivityJson, OrderJson, PositionJson};

use crate::rig::IDENTITY;

const SAMPLES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/protocols/samples/alpaca");

fn names() -> Names {
    Names { instruments: InstrumentTable::default(), identity: IDENTITY }
}

fn sample(name: &str) -> Option<String> {
    let path = Path::new(SAMPLES).join(name);
    if !path.exists() {
        eprintln!("skipped: {} not here", path.display());
        return None;
    }
    Some(std::fs::read_to_string(path).unwrap())
}

#[test]
fn sampled_orders_positions_accounts_and_fills_are_read() {
    for name in ["order_limit", "order_market", "order_equity_accepted_spec"] {
        let Some(text) = sample(&format!("rest/{name}.json")) else { return };
        let order: OrderJson<'_> = serde_json::from_str(&text).unwrap();
        assert!(names().snapshot(&order).broker_id.is_known(), "{name}");
    }
    let Some(text) = sample("rest/orders_list.json") else { return };
    let orders: Vec<OrderJson<'_>> = serde_json::from_str(&text).unwrap();
    assert!(!orders.is_empty());
    let Some(text) = sample("rest/positions_list.json") else { return };
    let positions: Vec<PositionJson<'_>> = serde_json::from_str(&text).unwrap();
    assert!(positions.iter().all(|position| names().position(position).is_some()));
    let Some(text) = sample("rest/activity_fill_spec.json") else { return };
    let activity: ActivityJson<'_> = serde_json::from_str(&text).unwrap();
    assert!(names().activity_fill(&activity).is_some());
    for name in ["account", "account_spec"] {
        let Some(text) = sample(&format!("rest/{name}.json")) else { return };
        let json: AccountJson<'_> = serde_json::from_str(&text).unwrap();
        assert!(account(&json).is_some(), "{name}");
    }
}

#[test]
fn sampled_stream_messages_are_heard() {
    for name in ["paper_binary_frames_happy", "live_text_unauthorized"] {
        let Some(text) = sample(&format!("trade_updates/{name}.jsonl")) else { return };
        let lines =
            text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        for line in lines.filter(|line| line["dir"] == "server") {
            let message = line["msg"].to_string();
            let heard = hear(message.as_bytes(), &names());
            assert!(!matches!(heard, None | Some(Heard::Other)), "{message}");
        }
    }
}
