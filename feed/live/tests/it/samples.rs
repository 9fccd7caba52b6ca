//! Every sample of the stock stream that happens to be at hand decodes as its slow twin says, and is
//! put to the use that this table tells.
//!
//! ```console
//! $ cargo test -p st0ck-feed --test it samples -- --nocapture
//! ```

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use st0ck_feed::SymbolTable;
use st0ck_feed::alpaca::Decoder;
use st0ck_types::{InstrumentId, Nanos, Symbol};

use crate::reference;

const SAMPLES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/protocols/samples/alpaca");

/// Frames by file: conversations line by line; of frames in MessagePack what they say as text, for our
/// client asks for text.
fn frames() -> Vec<(String, Value)> {
    let mut files: Vec<PathBuf> = ["stream_text", "stream_msgpack"]
        .iter()
        .flat_map(|part| std::fs::read_dir(PathBuf::from(SAMPLES).join(part)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut frames = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Options have a stream of their own, which we do not read.
        if name.contains("option") || name.ends_with(".msgpack") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        if name.ends_with(".jsonl") {
            let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let said = lines.filter(|line| line["dir"] == "server");
            frames.extend(said.map(|line| (name.clone(), line["msg"].clone())));
        } else {
            frames.push((name, serde_json::from_str(&text).unwrap()));
        }
    }
    frames
}

/// What a message of each kind is to our client.
fn expected(kind: &str) -> &'static str {
    match kind {
        "t" | "q" | "b" | "s" => "event",
        "success" | "subscription" | "error" => "notice",
        // Bars are never taken back here, and a canceled print stays in them.
        "u" | "x" => "passed over",
        _ => "a kind that this test does not know",
    }
}

fn symbols_of(messages: &[Value]) -> SymbolTable {
    let named: BTreeSet<&str> =
        messages.iter().filter_map(|message| message["S"].as_str()).collect();
    SymbolTable::new(named.into_iter().map(Symbol::new).zip((0..).map(InstrumentId)))
}

#[test]
fn sampled_frames_are_read() {
    if !PathBuf::from(SAMPLES).exists() {
        eprintln!("skipped: {SAMPLES} not here");
        return;
    }
    let frames = frames();
    assert!(frames.len() > 15, "{}", frames.len());
    eprintln!("| file | message | is to us |\n|---|---|---|");
    for (file, frame) in frames {
        let messages = frame.as_array().unwrap();
        let symbols = symbols_of(messages);
        let mut decoder = Decoder::new(symbols.clone());
        let bytes = frame.to_string();
        let want = reference::decode(bytes.as_bytes(), Nanos(1), &symbols);
        let got = decoder.decode_frame(bytes.as_bytes(), Nanos(1)).unwrap();
        assert_eq!(Some(got), want.as_ref(), "{file}: {frame}");
        let count = |what| messages.iter().filter(|m| expected(kind_of(m)) == what).count();
        let found = (got.events.len(), got.notices.len(), got.ignored as usize);
        assert_eq!(found, (count("event"), count("notice"), count("passed over")), "{frame}");
        assert_eq!(got.unknown_symbols, 0);
        for message in messages {
            eprintln!("| {file} | {} | {} |", kind_of(message), expected(kind_of(message)));
        }
    }
}

fn kind_of(message: &Value) -> &str {
    message["T"].as_str().unwrap()
}
