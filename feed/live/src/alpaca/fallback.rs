//! The general way through a frame: simd-json's tape, for whatever the scanner gave up on.
//!
//! Control messages and trading statuses always come this way; quotes, trades and bars when they
//! are not in Alpaca's usual compact form.
//!
//! *Invariant:* gives what the scanner gives for the same values. Of a key that is told twice the
//! last one counts, as in every JSON reader. A missing field and a null one are the same.

use std::fmt::Write;

use simd_json::{Node, StaticNode, Tape};
use st0ck_types::market::IRREGULAR;
use st0ck_types::{
    Bar, Halt, InstrumentId, MarketEvent, Nanos, Price, Qty, Quote, Text, Trade, rfc3339,
};

use super::conditions::{halts, is_irregular};
use super::json::{DecodeError, FieldProblem, Notice, Subscribed};
use super::message::Target;
use crate::symbols::SymbolTable;

/// Nesting beyond this is refused, as serde_json does.
const MAX_DEPTH: usize = 127;
/// Room for a usual frame; larger ones make the buffers grow.
const ROOM: usize = 64 << 10;

/// Memory that is used again for each frame.
pub(super) struct Buffers {
    scratch: Vec<u8>,
    simd: simd_json::Buffers,
    tape: Tape<'static>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            scratch: Vec::with_capacity(ROOM),
            simd: simd_json::Buffers::with_max_depth(ROOM, MAX_DEPTH),
            tape: Tape::null(),
        }
    }
}

/// Reads a whole frame.
pub(super) fn read_frame(
    bytes: &[u8],
    buffers: &mut Buffers,
    target: Target<'_>,
) -> Result<(), DecodeError> {
    // simd-json unescapes in place, so it needs a copy of its own.
    buffers.scratch.clear();
    buffers.scratch.extend_from_slice(bytes);
    let mut tape = std::mem::replace(&mut buffers.tape, Tape(Vec::new())).reset();
    let parsed = simd_json::fill_tape(&mut buffers.scratch, &mut buffers.simd, &mut tape);
    let read = match parsed {
        Ok(()) => read_tape(&tape.0, target),
        Err(error) => {
            Err(DecodeError::Syntax { at: error.index(), reason: format!("{:?}", error.error()) })
        }
    };
    buffers.tape = tape.reset();
    read
}

fn read_tape(nodes: &[Node<'_>], mut target: Target<'_>) -> Result<(), DecodeError> {
    let Some((&Node::Array { len, .. }, mut rest)) = nodes.split_first() else {
        return Err(DecodeError::NotAnArray);
    };
    for message in 0..len {
        let Some((&Node::Object { len: keys, count }, body)) = rest.split_first() else {
            return Err(DecodeError::NotAnObject { message });
        };
        Fields { nodes: &body[..count], keys, message }.read(&mut target)?;
        rest = &body[count..];
    }
    Ok(())
}

/// One object of the frame: its keys and values on the tape, and its place for error messages.
#[derive(Clone, Copy)]
struct Fields<'t, 'i> {
    nodes: &'t [Node<'i>],
    keys: usize,
    message: usize,
}

impl<'t, 'i> Fields<'t, 'i> {
    fn read(self, target: &mut Target<'_>) -> Result<(), DecodeError> {
        match self.text("T")? {
            "q" | "t" | "b" | "s" => self.read_market(target),
            "success" => {
                match self.text("msg")? {
                    "connected" => target.out.notices.push(Notice::Connected),
                    "authenticated" => target.out.notices.push(Notice::Authenticated),
                    _ => target.out.ignored += 1,
                }
                Ok(())
            }
            "subscription" => {
                target.out.notices.push(Notice::Subscribed(self.subscribed(target.symbols)));
                Ok(())
            }
            "error" => {
                let code = u32::try_from(self.unsigned("code")?).unwrap_or(u32::MAX);
                let words = Text::new(self.text("msg").unwrap_or_default());
                target.out.notices.push(Notice::Error { code, words });
                Ok(())
            }
            _ => {
                target.out.ignored += 1;
                Ok(())
            }
        }
    }

    fn read_market(self, target: &mut Target<'_>) -> Result<(), DecodeError> {
        let found = target.symbols.find(self.text("S")?.as_bytes());
        let instrument = found.unwrap_or(InstrumentId::ALL);
        let time = self.time("t")?;
        let event = match self.text("T")? {
            "q" => Some(MarketEvent::Quote(self.quote(instrument, time, target.t_recv)?)),
            "t" => Some(MarketEvent::Trade(self.trade(instrument, time, target.t_recv)?)),
            "b" => Some(MarketEvent::Bar(self.bar(instrument, time)?)),
            _ => self.halt(instrument, time, target.t_recv)?.map(MarketEvent::Halt),
        };
        match event {
            None => target.out.ignored += 1,
            Some(_) if found.is_none() => target.out.unknown_symbols += 1,
            Some(event) => target.out.events.push(event),
        }
        Ok(())
    }

    fn quote(self, instrument: InstrumentId, at: Nanos, recv: Nanos) -> Result<Quote, DecodeError> {
        Ok(Quote {
            ts_event: at,
            ts_recv: recv,
            bid: Price(self.e9_or_zero("bp")?),
            ask: Price(self.e9_or_zero("ap")?),
            bid_size: Qty(self.e9_or_zero("bs")?),
            ask_size: Qty(self.e9_or_zero("as")?),
            instrument,
            flags: 0,
            bid_venue: self.letter("bx"),
            ask_venue: self.letter("ax"),
            condition: self.conditions().next().unwrap_or(0),
        })
    }

    fn trade(self, instrument: InstrumentId, at: Nanos, recv: Nanos) -> Result<Trade, DecodeError> {
        let tape = self.letter("z");
        let mut conditions = [0; 4];
        conditions.iter_mut().zip(self.conditions()).for_each(|(slot, letter)| *slot = letter);
        let irregular = self.conditions().any(|letter| is_irregular(letter, tape));
        Ok(Trade {
            ts_event: at,
            ts_recv: recv,
            price: Price(self.e9("p")?),
            size: Qty(self.e9("s")?),
            id: if self.get("i").is_some() { self.unsigned("i")? } else { 0 },
            instrument,
            flags: if irregular { IRREGULAR } else { 0 },
            venue: self.letter("x"),
            tape,
            conditions,
            reserved: [0; 5],
        })
    }

    fn bar(self, instrument: InstrumentId, start: Nanos) -> Result<Bar, DecodeError> {
        Ok(Bar {
            start,
            open: Price(self.e9("o")?),
            high: Price(self.e9("h")?),
            low: Price(self.e9("l")?),
            close: Price(self.e9("c")?),
            volume: Qty(self.e9_or_zero("v")?),
            instrument,
            flags: 0,
            reserved: 0,
            seconds: 60,
        })
    }

    fn halt(
        self,
        instrument: InstrumentId,
        at: Nanos,
        recv: Nanos,
    ) -> Result<Option<Halt>, DecodeError> {
        let code = self.text("sc")?;
        let reason = self.text("rc").unwrap_or_default();
        let Some(halted) = halts(code, reason) else { return Ok(None) };
        let (code, reason) = (Text::<2>::new(code), Text::<8>::new(reason));
        Ok(Some(Halt {
            ts_event: at,
            ts_recv: recv,
            instrument,
            flags: 0,
            halted: u8::from(halted),
            code: *code.padded(),
            reason: *reason.padded(),
            reserved: [0; 24],
        }))
    }

    fn subscribed(self, symbols: &SymbolTable) -> Subscribed {
        let known = |key| match self.get(key).and_then(<[_]>::split_first) {
            Some((Node::Array { .. }, items)) => known_symbols(items, symbols),
            _ => 0,
        };
        Subscribed {
            trades: known("trades"),
            quotes: known("quotes"),
            bars: known("bars"),
            statuses: known("statuses"),
        }
    }
}

/// How many of a list's symbols are in the table; all of them when the list holds `*`.
fn known_symbols(items: &[Node<'_>], symbols: &SymbolTable) -> u32 {
    let texts = || {
        items
            .iter()
            .filter_map(|item| if let Node::String(text) = item { Some(*text) } else { None })
    };
    if texts().any(|text| text == "*") {
        return symbols.listed().len() as u32;
    }
    texts().filter(|text| symbols.find(text.as_bytes()).is_some()).count() as u32
}

/// Reading one field.
impl<'t, 'i> Fields<'t, 'i> {
    /// The last value of this key, with what it contains; nothing when it is absent or null.
    fn get(self, key: &str) -> Option<&'t [Node<'i>]> {
        let mut rest = self.nodes;
        let mut found = None;
        for _ in 0..self.keys {
            let (name, values) = rest.split_first()?;
            let (value, behind) = values.split_at_checked(size(values.first()?))?;
            if matches!(name, Node::String(name) if *name == key) {
                found = Some(value);
            }
            rest = behind;
        }
        found.filter(|value| !matches!(value, [Node::Static(StaticNode::Null)]))
    }

    fn one(self, key: &'static str) -> Result<&'t Node<'i>, DecodeError> {
        let value = self.get(key).and_then(<[_]>::first);
        value.ok_or_else(|| self.wrong(key, FieldProblem::Missing))
    }

    fn text(self, key: &'static str) -> Result<&'i str, DecodeError> {
        match self.one(key)? {
            Node::String(text) => Ok(text),
            _ => Err(self.wrong(key, FieldProblem::WrongType)),
        }
    }

    fn time(self, key: &'static str) -> Result<Nanos, DecodeError> {
        rfc3339::parse(self.text(key)?.as_bytes())
            .ok_or_else(|| self.wrong(key, FieldProblem::NotATime))
    }

    fn unsigned(self, key: &'static str) -> Result<u64, DecodeError> {
        match self.one(key)? {
            Node::Static(StaticNode::U64(value)) => Ok(*value),
            // Whatever has a minus sign, -0 too: without one simd-json gives a `U64`.
            Node::Static(StaticNode::I64(_)) => Err(self.wrong(key, FieldProblem::OutOfRange)),
            _ => Err(self.wrong(key, FieldProblem::WrongType)),
        }
    }

    fn e9_or_zero(self, key: &'static str) -> Result<i64, DecodeError> {
        if self.get(key).is_none() { Ok(0) } else { self.e9(key) }
    }

    /// A number in 1e-9.
    fn e9(self, key: &'static str) -> Result<i64, DecodeError> {
        let value = match self.one(key)? {
            Node::Static(StaticNode::I64(value)) => value.checked_mul(1_000_000_000),
            Node::Static(StaticNode::U64(value)) => {
                i64::try_from(*value).ok().and_then(|value| value.checked_mul(1_000_000_000))
            }
            Node::Static(StaticNode::F64(value)) => e9_of_float(*value),
            _ => return Err(self.wrong(key, FieldProblem::WrongType)),
        };
        value.ok_or_else(|| self.wrong(key, FieldProblem::OutOfRange))
    }

    /// A letter code: the first byte of a string; 0 for anything else.
    fn letter(self, key: &'static str) -> u8 {
        match self.get(key) {
            Some([Node::String(text)]) => first_letter(text),
            _ => 0,
        }
    }

    /// The letters of the array `c`. Strings that hold none, and what is no string, do not count.
    fn conditions(self) -> impl Iterator<Item = u8> {
        let mut rest = match self.get("c").and_then(<[_]>::split_first) {
            Some((Node::Array { .. }, items)) => items,
            _ => &[],
        };
        let letters = std::iter::from_fn(move || {
            let (item, behind) = rest.split_first()?;
            let nested = size(item) - 1;
            rest = behind.get(nested..)?;
            Some(if let Node::String(text) = item { first_letter(text) } else { 0 })
        });
        letters.filter(|&letter| letter != 0)
    }

    fn wrong(self, key: &'static str, problem: FieldProblem) -> DecodeError {
        DecodeError::Field { message: self.message, key, problem }
    }
}

/// Nodes that a value takes on the tape, itself included.
fn size(node: &Node<'_>) -> usize {
    match node {
        Node::Array { count, .. } | Node::Object { count, .. } => 1 + count,
        _ => 1,
    }
}

fn first_letter(text: &str) -> u8 {
    text.bytes().next().filter(u8::is_ascii).unwrap_or(0)
}

/// The shortest decimal text of `value`, rounded half away from zero to 1e-9.
fn e9_of_float(value: f64) -> Option<i64> {
    let mut text = Digits { bytes: [0; 48], len: 0 };
    // Digits beyond the buffer are beyond 1e-9 too, unless the number is out of range anyway.
    let _ = write!(text, "{}", value.abs());
    let text = &text.bytes[..text.len];
    let point = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let whole = text[..point].iter().try_fold(0i64, push_digit)?;
    let decimals = text[point..].iter().skip(1).copied().chain(std::iter::repeat(b'0'));
    let mut scaled = decimals.clone().take(9).try_fold(whole, |v, byte| push_digit(v, &byte))?;
    if decimals.clone().nth(9).is_some_and(|tenth| tenth >= b'5') {
        scaled = scaled.checked_add(1)?;
    }
    Some(if value < 0.0 { -scaled } else { scaled })
}

/// `None` on overflow, and for the letters of `inf` and `NaN`.
fn push_digit(value: i64, byte: &u8) -> Option<i64> {
    let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
    value.checked_mul(10)?.checked_add(digit)
}

struct Digits {
    bytes: [u8; 48],
    len: usize,
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self.bytes.len() - self.len;
        let taken = text.len().min(room);
        self.bytes[self.len..self.len + taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.len += taken;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_become_the_decimal_that_they_print_as() {
        for (float, want) in [
            (590.02, 590_020_000_000),
            (0.1 + 0.2, 300_000_000),
            (1e-9, 1),
            (4.9e-10, 0),
            (5e-10, 1),
            (-1.5, -1_500_000_000),
            (1e-300, 0),
            (0.29, 290_000_000),
            (8_999_999.123_456_79, 8_999_999_123_456_790),
        ] {
            assert_eq!(e9_of_float(float), Some(want), "{float}");
        }
        for float in [f64::NAN, f64::INFINITY, 1e10, -1e300, f64::MAX] {
            assert_eq!(e9_of_float(float), None, "{float}");
        }
    }
}
