//! Alpaca's market data frames: the scanner, simd-json behind it, and serde_json as the slow twin.

use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude, no_seeds};
use st0ck_feed::SymbolTable;
use st0ck_feed::alpaca::{DecodeError, Decoded, Decoder};
use st0ck_types::{InstrumentId, MarketEvent, Nanos, Symbol};
use std::cell::RefCell;

/// The reader that the feed's own tests hold the decoder against: `serde_json` into a tree.
#[path = "../../../../feed/live/tests/it/reference.rs"]
mod reference;

const RECV: Nanos = Nanos(1_700_000_000_000_000_000);
const SYMBOLS: [&str; 5] = ["SPY", "AAPL", "BRK.B", "F", "SPY250620C00600000"];

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\"T\":\"q\"", "\"T\":\"t\"", "\"T\":\"b\"", "\"T\":\"s\"",
    "\"T\":\"success\"", "\"T\":\"subscription\"", "\"T\":\"error\"", "\"S\":\"SPY\"", "\"S\":\"F\"", "\"bp\":",
    "\"ap\":", "\"bs\":", "\"as\":", "\"bx\":", "\"ax\":", "\"c\":[\"R\"]", "\"z\":\"B\"", "\"t\":", "\"p\":",
    "\"s\":", "\"i\":", "\"x\":\"D\"", "\"o\":", "\"h\":", "\"l\":", "\"v\":", "\"sc\":\"H\"", "\"rc\":\"LUDP\"",
    "\"msg\":\"connected\"", "\"code\":406", "\"quotes\":[\"*\"]", "null", "true", "false", "\\u0050",
    "\\ud83d\\ude00", "\"2025-06-20T14:30:00.123456789Z\"", "\"2025-06-20T10:30:00-04:00\"", "{\"a\":[1,{}]}",
];

/// Frames of the stock stream.
pub(super) static MARKET: Target = Target {
    name: "market_json",
    about: "Alpaca's frames: scanner = simd-json = serde_json, all or nothing",
    run,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    // simd-json's tape and string buffers are several words for each byte of structure.
    room: 1 << 20,
    longest: 4 << 10,
    patience: 1,
};

thread_local! {
    /// One decoder for all inputs, as in a session: what one frame left behind must not show in the
    /// next.
    static DECODER: RefCell<Decoder> = RefCell::new(Decoder::new(symbols()));
}

fn symbols() -> SymbolTable {
    SymbolTable::new(SYMBOLS.iter().zip(0..).map(|(s, n)| (Symbol::new(s), InstrumentId(n))))
}

fn run(input: &[u8]) -> Shape {
    let read = decode(input);
    let mut twin = None;
    allocation_counter::opt_out(|| twin = reference::decode(input, RECV, &symbols()));
    assert_eq!(read.as_ref().ok(), twin.as_ref(), "{read:?}");
    // A blank between two tokens makes the scanner give up, and must change nothing.
    if let Some(rest) = input.strip_prefix(b"[") {
        let slow = decode(&[b"[ ", rest].concat());
        assert_eq!(slow.as_ref().ok(), read.as_ref().ok(), "scanner and simd-json differ");
    }
    match &read {
        Ok(decoded) => shape(decoded),
        Err(DecodeError::Field { key, problem, .. }) => Shape::of(&(key, problem.to_string())),
        Err(error) => Shape::of(&std::mem::discriminant(error)),
    }
}

fn decode(input: &[u8]) -> Result<Decoded, DecodeError> {
    DECODER.with_borrow_mut(|decoder| {
        let read = decoder.decode_frame(input, RECV).cloned();
        assert!(read.is_ok() || decoder.decoded() == &Decoded::default(), "half a frame stayed");
        read
    })
}

fn shape(decoded: &Decoded) -> Shape {
    let kinds: Vec<_> = decoded.events.iter().take(3).map(kind).collect();
    let counts =
        (decoded.unknown_symbols.min(2), decoded.ignored.min(2), decoded.notices.len().min(3));
    Shape::of(&(kinds, counts, magnitude(decoded.events.len())))
}

fn kind(event: &MarketEvent) -> (std::mem::Discriminant<MarketEvent>, u32) {
    (std::mem::discriminant(event), event.instrument().0)
}
