//! Market-data messages (`alpaca.md` §8.2), written straight from decimals: one object each, without
//! the array around them.
//!
//! What no recording tells is filled in plainly: venue letters by feed, `R` and `@` for conditions,
//! the tape of the listing exchange.

use crate::market::asset::Asset;
use crate::market::bars::MinuteBar;
use st0ck_types::{Halt, Quote, Trade};
use std::io::Write;

/// Which consolidated or single-venue feed a session is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Feed {
    /// All exchanges.
    Sip,
    /// IEX alone.
    Iex,
}

impl Feed {
    /// The venue letter of an event whose recording names none.
    fn venue(self) -> u8 {
        match self {
            Self::Sip => b'P',
            Self::Iex => b'V',
        }
    }
}

/// Appends a quote.
pub(crate) fn quote(out: &mut Vec<u8>, asset: &Asset, quote: &Quote, feed: Feed) {
    let or_feed = |byte| letter(if byte == 0 { feed.venue() } else { byte });
    let condition = if quote.condition == 0 { 'R' } else { letter(quote.condition) };
    put(
        out,
        format_args!(
            r#"{{"T":"q","S":{},"bx":"{}","bp":{},"bs":{},"ax":"{}","ap":{},"as":{},"c":["{}"],"z":"{}","t":"{}"}}"#,
            asset.symbol_json,
            or_feed(quote.bid_venue),
            quote.bid,
            quote.bid_size,
            or_feed(quote.ask_venue),
            quote.ask,
            quote.ask_size,
            condition,
            asset.tape,
            quote.ts_event
        ),
    );
}

/// Appends a print.
pub(crate) fn trade(out: &mut Vec<u8>, asset: &Asset, trade: &Trade, feed: Feed) {
    let venue = letter(if trade.venue == 0 { feed.venue() } else { trade.venue });
    let tape = if trade.tape == 0 { asset.tape } else { letter(trade.tape) };
    put(
        out,
        format_args!(
            r#"{{"T":"t","S":{},"i":{},"x":"{venue}","p":{},"s":{},"c":["#,
            asset.symbol_json, trade.id, trade.price, trade.size
        ),
    );
    conditions(out, &trade.conditions);
    put(out, format_args!(r#"],"z":"{tape}","t":"{}"}}"#, trade.ts_event));
}

fn conditions(out: &mut Vec<u8>, letters: &[u8; 4]) {
    let told = letters.iter().take_while(|byte| **byte != 0);
    if told.clone().next().is_none() {
        return out.extend_from_slice(br#""@""#);
    }
    for (place, byte) in told.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        put(out, format_args!(r#"{comma}"{}""#, letter(*byte)));
    }
}

/// Appends a minute bar.
pub(crate) fn bar(out: &mut Vec<u8>, asset: &Asset, bar: &MinuteBar) {
    put(
        out,
        format_args!(
            r#"{{"T":"b","S":{},"o":{},"h":{},"l":{},"c":{},"v":{},"n":{},"vw":{},"t":"{}"}}"#,
            asset.symbol_json,
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            bar.volume,
            bar.trades,
            bar.vwap(),
            bar.start
        ),
    );
}

/// Appends a trading status.
pub(crate) fn status(out: &mut Vec<u8>, asset: &Asset, halt: &Halt) {
    let text = |bytes: &[u8]| -> String {
        bytes.iter().take_while(|byte| **byte != 0).map(|byte| letter(*byte)).collect()
    };
    let words = if halt.halted == 0 { "Trading Resumed" } else { "Trading Halt" };
    put(
        out,
        format_args!(
            r#"{{"T":"s","S":{},"sc":"{}","sm":"{words}","rc":"{}","rm":"","t":"{}","z":"{}"}}"#,
            asset.symbol_json,
            text(&halt.code),
            text(&halt.reason),
            halt.ts_event,
            asset.tape
        ),
    );
}

/// A code letter as it may stand in a JSON string; a question mark for what may not.
fn letter(byte: u8) -> char {
    let plain = matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    char::from(if plain { byte } else { b'?' })
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a Vec cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::asset::tests::spy;
    use serde_json::Value;
    use st0ck_types::{Nanos, Price, Qty};

    #[test]
    fn a_quote_keeps_its_decimals() {
        let event = Quote {
            ts_event: Nanos(1_608_042_600_000_000_001),
            bid: Price::parse("367.4").unwrap(),
            ask: Price::parse("367.415").unwrap(),
            bid_size: Qty::units(300).unwrap(),
            ask_size: Qty::units(200).unwrap(),
            ..Quote::default()
        };
        let mut out = Vec::new();
        quote(&mut out, &spy(), &event, Feed::Iex);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"T":"q","S":"SPY","bx":"V","bp":367.4,"bs":300,"ax":"V","ap":367.415,"as":200,"c":["R"],"z":"B","t":"2020-12-15T14:30:00.000000001Z"}"#
        );
    }

    #[test]
    fn conditions_are_an_array_of_letters() {
        let told = Trade { conditions: *b"@I\0\0", tape: b'C', venue: b'D', ..Trade::default() };
        let odd = Trade { conditions: *b"\"\\\x01T", ..Trade::default() };
        let cases = [
            (told, vec!["@", "I"]),
            (Trade::default(), vec!["@"]),
            (odd, vec!["?", "?", "?", "T"]),
        ];
        for (event, letters) in cases {
            let mut out = Vec::new();
            trade(&mut out, &spy(), &event, Feed::Sip);
            let parsed: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(parsed["c"], serde_json::json!(letters));
        }
    }

    #[test]
    fn a_halt_tells_its_codes() {
        let halt = Halt { halted: 1, code: *b"H\0", reason: *b"T12\0\0\0\0\0", ..Halt::default() };
        let mut out = Vec::new();
        status(&mut out, &spy(), &halt);
        let parsed: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&parsed["sc"], &parsed["rc"]), (&"H".into(), &"T12".into()));
        assert_eq!(parsed["sm"], "Trading Halt");
    }
}
