//! Damaged messages and answers: read or refused, never a panic, and never a definite "no" out of
//! damage.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use st0ck_gateway::InstrumentTable;
use st0ck_gateway::alpaca::decode_order::{Names, account};
use st0ck_gateway::alpaca::replies::{Created, Deleted, Found, created, deleted, found};
use st0ck_gateway::alpaca::updates::{Heard, hear};
use st0ck_gateway::alpaca::wire::{AccountJson, ActivityJson, PositionJson};
use st0ck_types::{InstrumentId, Report, Symbol};

use crate::broker::ACCOUNT;
use crate::rig::{IDENTITY, buy, shown, update};

fn names() -> Names {
    let spy = (Symbol::new("SPY"), InstrumentId(0));
    Names { instruments: InstrumentTable::new([spy]), identity: IDENTITY }
}

/// What Alpaca sends: an update, an order, a refusal, an account, lists.
fn message() -> impl Strategy<Value = String> {
    let lists = [
        r#"[{"symbol":"SPY","qty":"-5","side":"short","avg_entry_price":"1.5"}]"#,
        r#"[{"activity_type":"FILL","id":"2030::2f63ea93-0000-4000-8000-3fdafc10c418","qty":"1"}]"#,
        r#"{"code":40310000,"message":"insufficient buying power"}"#,
        r#"{"code":40010001,"message":"client_order_id must be unique"}"#,
        ACCOUNT,
    ];
    let mut all: Vec<String> = lists.map(String::from).to_vec();
    all.extend(["fill", "new", "canceled", "restated"].map(|name| update(name, 1, "new", "0")));
    all.push(shown(1, "new", "0"));
    prop::sample::select(all)
}

fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edits = vec((any::<Index>(), any::<u8>(), 0u8..4), 0..4);
    (message(), edits).prop_map(|(message, edits)| {
        let mut bytes = message.into_bytes();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn damage_is_read_or_refused_and_never_panics(bytes in damaged(), status in 100u16..600) {
        let (names, id) = (names(), buy(1).client_id);
        if let Some(Heard::Event(event)) = hear(&bytes, &names)
            && let Some(Report::Fill(fill)) = event.report
        {
            prop_assert!(fill.qty.0 > 0, "what cannot be booked is no fill");
        }
        if let Ok(rows) = serde_json::from_slice::<Vec<PositionJson<'_>>>(&bytes) {
            let found = rows.iter().filter_map(|row| names.position(row));
            prop_assert!(found.count() <= rows.len());
        }
        if let Ok(rows) = serde_json::from_slice::<Vec<ActivityJson<'_>>>(&bytes) {
            let mut fills = rows.iter().filter_map(|row| names.activity_fill(row));
            prop_assert!(fills.all(|fill| fill.qty.0 > 0));
        }
        if let Ok(row) = serde_json::from_slice::<AccountJson<'_>>(&bytes) {
            let _ = account(&row);
        }
        let definite = [400, 401, 403, 404, 422, 429].contains(&status);
        let is_refusal = serde_json::from_slice::<serde_json::Value>(&bytes)
            .is_ok_and(|json| json["message"].as_str().is_some_and(|words| !words.is_empty()));
        if matches!(created(status, &bytes, &id), Created::Rejected(_) | Created::Duplicate) {
            prop_assert!(definite && is_refusal);
        }
        if matches!(deleted(status, &bytes), Deleted::Refused(_)) {
            prop_assert!(definite && is_refusal);
        }
        if matches!(found(status, &bytes, &id), Found::Nothing(_)) {
            prop_assert!(status == 404 && is_refusal);
        }
    }
}
