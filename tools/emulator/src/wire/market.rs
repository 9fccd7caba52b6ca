//! Market-data messages (`alpaca.md` §8.2) and the same facts as items of REST replies (§9): one map
//! each, without the array around them, in the codec of whoever asks.
//!
//! What no recording tells is filled in plainly: venue letters by feed, `R` and `@` for conditions,
//! the tape of the listing exchange.

use super::encoder::{Encoder, plain};
use super::status::{reason_words, status_words};
use crate::market::asset::Asset;
use crate::market::auction::Cross;
use crate::market::bars::Bar;
use crate::market::notice::{Cancel, Correction};
use crate::market::prints::Print;
use st0ck_types::calendar::Date;
use st0ck_types::{Halt, Nanos, Price, Quote, Trade};

/// Which consolidated or single-venue feed a session is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Feed {
    /// All exchanges.
    Sip,
    /// IEX alone.
    Iex,
    /// All exchanges, fifteen minutes late.
    Delayed,
    /// A made-up symbol for trying out connections.
    Test,
    /// No market at all, but articles.
    News,
}

impl Feed {
    /// The venue letter of an event whose recording names none.
    fn venue(self) -> u8 {
        match self {
            Self::Sip | Self::Delayed | Self::Test | Self::News => b'P',
            Self::Iex => b'V',
        }
    }
}

/// Keys of a message beside those of an item.
const HEAD: u32 = 2;
const QUOTE: u32 = 9;
const TRADE: u32 = 7;
const BAR: u32 = 8;

/// Writes a quote message.
pub(crate) fn quote(to: &mut dyn Encoder, asset: &Asset, quote: &Quote, feed: Feed) {
    to.map(HEAD + QUOTE);
    begin(to, 'q', asset);
    quote_fields(to, asset, quote, feed);
}

/// Writes a quote as an item.
pub(crate) fn quote_item(to: &mut dyn Encoder, asset: &Asset, quote: &Quote, feed: Feed) {
    to.map(QUOTE);
    quote_fields(to, asset, quote, feed);
}

fn quote_fields(to: &mut dyn Encoder, asset: &Asset, quote: &Quote, feed: Feed) {
    to.key("bx");
    to.letter(told(quote.bid_venue, feed.venue()));
    to.key("bp");
    to.price(quote.bid);
    to.key("bs");
    to.qty(quote.bid_size);
    to.key("ax");
    to.letter(told(quote.ask_venue, feed.venue()));
    to.key("ap");
    to.price(quote.ask);
    to.key("as");
    to.qty(quote.ask_size);
    to.key("c");
    to.letters(&[told(quote.condition, b'R')]);
    to.key("z");
    to.letter(asset.tape);
    to.key("t");
    to.time(quote.ts_event);
    to.end();
}

/// Writes a print message.
pub(crate) fn trade(to: &mut dyn Encoder, asset: &Asset, trade: &Trade, feed: Feed) {
    to.map(HEAD + TRADE);
    begin(to, 't', asset);
    trade_fields(to, asset, trade, feed);
    to.end();
}

/// Writes a print as an item, with what became of it.
pub(crate) fn print_item(to: &mut dyn Encoder, asset: &Asset, print: &Print, feed: Feed) {
    to.map(TRADE + u32::from(print.mark.is_some()));
    trade_fields(to, asset, &print.trade, feed);
    if let Some(mark) = print.mark {
        to.key("u");
        to.text(mark.as_str());
    }
    to.end();
}

fn trade_fields(to: &mut dyn Encoder, asset: &Asset, trade: &Trade, feed: Feed) {
    to.key("i");
    to.count(trade.id);
    to.key("x");
    to.letter(told(trade.venue, feed.venue()));
    to.key("p");
    to.price(trade.price);
    to.key("s");
    to.qty(trade.size);
    to.key("c");
    conditions(to, trade);
    to.key("z");
    to.letter(told(trade.tape, asset.tape));
    to.key("t");
    to.time(trade.ts_event);
}

fn conditions(to: &mut dyn Encoder, trade: &Trade) {
    let codes = trade.conditions.iter().take_while(|code| **code != 0).count();
    to.letters(if codes == 0 { b"@" } else { &trade.conditions[..codes] });
}

/// Writes a bar message: `b` of a minute, `d` of the day.
pub(crate) fn bar(to: &mut dyn Encoder, asset: &Asset, kind: char, bar: &Bar) {
    to.map(HEAD + BAR);
    begin(to, kind, asset);
    bar_fields(to, bar);
}

/// Writes a bar as an item.
pub(crate) fn bar_item(to: &mut dyn Encoder, bar: &Bar) {
    to.map(BAR);
    bar_fields(to, bar);
}

fn bar_fields(to: &mut dyn Encoder, bar: &Bar) {
    for (key, price) in [("o", bar.open), ("h", bar.high), ("l", bar.low), ("c", bar.close)] {
        to.key(key);
        to.price(price);
    }
    to.key("v");
    to.qty(bar.volume);
    to.key("n");
    to.count(bar.trades);
    to.key("vw");
    to.price(bar.vwap());
    to.key("t");
    to.time(bar.start);
    to.end();
}

/// Writes a day's opening and close as an item: two lists, each of what has been.
pub(crate) fn auction_item(
    to: &mut dyn Encoder,
    date: Date,
    crosses: [Option<Cross>; 2],
    feed: Feed,
) {
    to.map(3);
    to.key("d");
    to.text(&date.to_string());
    for (key, cross) in ["o", "c"].into_iter().zip(crosses) {
        to.key(key);
        to.list(u32::from(cross.is_some()));
        if let Some(cross) = cross {
            cross_item(to, &cross, feed);
        }
        to.end_list();
    }
    to.end();
}

/// The size is left out where an ordinary print stands for the auction.
fn cross_item(to: &mut dyn Encoder, cross: &Cross, feed: Feed) {
    to.map(4 + u32::from(cross.size.is_some()));
    to.key("t");
    to.time(cross.at);
    to.key("x");
    to.letter(told(cross.venue, feed.venue()));
    to.key("p");
    to.price(cross.price);
    if let Some(size) = cross.size {
        to.key("s");
        to.qty(size);
    }
    to.key("c");
    to.letter(cross.condition);
    to.end();
}

/// Writes a trading status.
pub(crate) fn status(to: &mut dyn Encoder, asset: &Asset, halt: &Halt) {
    to.map(8);
    begin(to, 's', asset);
    to.key("sc");
    to.text(&code(&halt.code));
    to.key("sm");
    to.text(status_words(&code(&halt.code), halt.halted != 0));
    to.key("rc");
    to.text(&code(&halt.reason));
    to.key("rm");
    to.text(reason_words(&code(&halt.reason)));
    to.key("t");
    to.time(halt.ts_event);
    to.key("z");
    to.letter(asset.tape);
    to.end();
}

/// Writes price bands.
pub(crate) fn bands(
    to: &mut dyn Encoder,
    asset: &Asset,
    (at, [low, high], indicator): (Nanos, [Price; 2], u8),
) {
    to.map(HEAD + 5);
    begin(to, 'l', asset);
    to.key("u");
    to.price(high);
    to.key("d");
    to.price(low);
    to.key("i");
    to.letter(indicator);
    end_at(to, asset, at);
}

/// Writes an order imbalance.
pub(crate) fn imbalance(to: &mut dyn Encoder, asset: &Asset, at: Nanos, price: Price) {
    to.map(HEAD + 3);
    begin(to, 'i', asset);
    to.key("p");
    to.price(price);
    end_at(to, asset, at);
}

/// Writes that a print did not happen.
pub(crate) fn cancel(to: &mut dyn Encoder, asset: &Asset, cancel: &Cancel, feed: Feed) {
    let trade = &cancel.trade;
    to.map(HEAD + 7);
    begin(to, 'x', asset);
    to.key("i");
    to.count(trade.id);
    to.key("x");
    to.letter(told(trade.venue, feed.venue()));
    to.key("p");
    to.price(trade.price);
    to.key("s");
    to.qty(trade.size);
    to.key("a");
    to.letter(cancel.action);
    end_at(to, asset, cancel.at);
}

/// Writes that a print was another one.
pub(crate) fn correction(to: &mut dyn Encoder, asset: &Asset, both: &Correction, feed: Feed) {
    let [told_first, right] = [&both.told, &both.right];
    to.map(HEAD + 11);
    begin(to, 'c', asset);
    to.key("x");
    to.letter(told(told_first.venue, feed.venue()));
    for (trade, [id, price, size, codes]) in
        [(told_first, ["oi", "op", "os", "oc"]), (right, ["ci", "cp", "cs", "cc"])]
    {
        to.key(id);
        to.count(trade.id);
        to.key(price);
        to.price(trade.price);
        to.key(size);
        to.qty(trade.size);
        to.key(codes);
        conditions(to, trade);
    }
    end_at(to, asset, both.at);
}

/// The last two keys: tape and time.
fn end_at(to: &mut dyn Encoder, asset: &Asset, at: Nanos) {
    to.key("z");
    to.letter(asset.tape);
    to.key("t");
    to.time(at);
    to.end();
}

/// The first two keys of every message. `T` leads, as clients look there first.
fn begin(to: &mut dyn Encoder, kind: char, asset: &Asset) {
    to.key("T");
    to.letter(kind as u8);
    to.key("S");
    to.text(asset.symbol.as_str());
}

/// A code that the recording tells, or what stands in for it.
fn told(code: u8, otherwise: u8) -> u8 {
    if code == 0 { otherwise } else { code }
}

/// A code of several letters, as long as it was written.
fn code(letters: &[u8]) -> String {
    letters.iter().take_while(|letter| **letter != 0).map(|letter| plain(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::asset::tests::spy;
    use crate::wire::json::Json;
    use serde_json::Value;
    use st0ck_types::Qty;

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
        quote(&mut Json::new(&mut out), &spy(), &event, Feed::Iex);
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
            trade(&mut Json::new(&mut out), &spy(), &event, Feed::Sip);
            let parsed: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(parsed["c"], serde_json::json!(letters));
        }
    }

    #[test]
    fn a_halt_tells_its_codes() {
        let halt = Halt { halted: 1, code: *b"H\0", reason: *b"T12\0\0\0\0\0", ..Halt::default() };
        let mut out = Vec::new();
        status(&mut Json::new(&mut out), &spy(), &halt);
        let parsed: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&parsed["sc"], &parsed["rc"]), (&"H".into(), &"T12".into()));
        assert_eq!(parsed["sm"], "Trading Halt");
        assert!(parsed["rm"].as_str().unwrap().starts_with("Trading Halted; "));
    }
}
