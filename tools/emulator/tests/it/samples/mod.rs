//! What the emulator emits has the keys and types of recorded and specified Alpaca payloads, when
//! those are at hand: every stock payload, asked for as it was asked for there, in one table.
//!
//! A difference is explained in [`table::EXPLAINED`] or fails the test; so does an explanation that
//! nothing needs any more, and a sample that nothing is compared with.
//!
//! ```console
//! $ cargo test -p st0ck-emulator --test it samples -- --nocapture
//! ```

mod data;
mod kinds;
mod shape;
mod streams;
mod table;
mod trading;

use serde_json::Value;
use std::path::PathBuf;
use table::Table;

/// The folder of samples beside the project.
fn folder() -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/protocols/samples/alpaca");
    PathBuf::from(root)
}

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn sample(path: &str) -> Value {
    serde_json::from_slice(&bytes(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What was said in a recorded conversation, and by whom.
fn lines(path: &str) -> Vec<Value> {
    let text = String::from_utf8(bytes(path)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Messages of a recorded conversation by one side.
fn conversation(path: &str, by: &str) -> Vec<Value> {
    let said = lines(path).into_iter().filter(|line| line["dir"] == by);
    said.map(|line| line["msg"].clone()).collect()
}

#[test]
fn every_stock_payload_has_the_keys_and_types_of_its_sample() {
    if !folder().exists() {
        eprintln!("skipped: {} not here", folder().display());
        return;
    }
    let mut table = Table::default();
    trading::compare(&mut table);
    data::compare(&mut table);
    streams::compare(&mut table);
    eprintln!("{}", table.text());
    assert_eq!(table.mistakes(&folder()), Vec::<String>::new());
}
