//! The fast way through a frame: one forward pass over quotes, trades and bars as Alpaca writes
//! them, keys in any order, numbers straight to fixed point.
//!
//! [`Decoder::decode_frame`](super::json::Decoder::decode_frame) tries it first. `None` anywhere
//! means "not recognised", never "wrong": simd-json then reads the frame and decides.
//!
//! *Invariant:* whatever it accepts is valid JSON with the meaning that simd-json and serde_json
//! give it. So strings are printable ASCII without escapes, numbers have no sign, no exponent and at
//! most 15 digits, and an unknown key's value is validated before it is skipped.

use st0ck_types::market::IRREGULAR;
use st0ck_types::{Bar, InstrumentId, MarketEvent, Nanos, Price, Qty, Quote, Trade, rfc3339};

use super::conditions::is_irregular;
use super::json::Decoded;
use crate::symbols::SymbolTable;

/// Where the events of a frame go, and what they need.
pub(super) struct Target<'a> {
    pub(super) symbols: &'a SymbolTable,
    pub(super) t_recv: Nanos,
    pub(super) out: &'a mut Decoded,
}

/// The last date seen and its midnight: dates change once a day, so their arithmetic is done once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DayCache {
    date: [u8; 10],
    midnight: i64,
}

/// Reads a whole frame, or gives up on it.
pub(super) fn scan_frame(bytes: &[u8], day: &mut DayCache, mut target: Target<'_>) -> Option<()> {
    let mut scan = Scan { rest: bytes.strip_prefix(b"[")?, day };
    loop {
        scan.expect(b'{')?;
        let message = scan.message(target.symbols)?;
        message.finish(&mut target)?;
        match scan.next()? {
            b',' => {}
            b']' if scan.rest.is_empty() => return Some(()),
            _ => return None,
        }
    }
}

/// Numbers of a message by slot; `n` and `vw` are read only to be skipped.
#[derive(Clone, Copy)]
enum Num {
    BidPrice,
    BidSize,
    AskPrice,
    AskSize,
    Price,
    Size,
    Open,
    High,
    Low,
    Close,
    Volume,
}

const NUMS: usize = Num::Volume as usize + 1;
/// Bits of [`Message::seen`] beyond those of the numbers.
const SYMBOL: u32 = 1 << NUMS;
const TIME: u32 = 1 << (NUMS + 1);

/// What one object held, whatever its kind: the keys of the three kinds share their meaning.
struct Message {
    kind: u8,
    seen: u32,
    instrument: Option<InstrumentId>,
    time: i64,
    nums: [i64; NUMS],
    id: u64,
    venue: u8,
    bid_venue: u8,
    ask_venue: u8,
    tape: u8,
    conditions: [u8; 4],
}

impl Message {
    const EMPTY: Self = Self {
        kind: 0,
        seen: 0,
        instrument: None,
        time: 0,
        nums: [0; NUMS],
        id: 0,
        venue: 0,
        bid_venue: 0,
        ask_venue: 0,
        tape: 0,
        conditions: [0; 4],
    };

    fn has(&self, bits: u32) -> Option<()> {
        (self.seen & bits == bits).then_some(())
    }

    fn price(&self, num: Num) -> Price {
        Price(self.nums[num as usize])
    }

    fn qty(&self, num: Num) -> Qty {
        Qty(self.nums[num as usize])
    }

    /// Turns the message into its event; what lacks a needed field is left to simd-json to refuse.
    fn finish(&self, target: &mut Target<'_>) -> Option<()> {
        self.has(SYMBOL | TIME)?;
        let Some(instrument) = self.instrument else {
            target.out.unknown_symbols += 1;
            return self.is_whole();
        };
        self.is_whole()?;
        target.out.events.push(match self.kind {
            b'q' => MarketEvent::Quote(self.quote(instrument, target.t_recv)),
            b't' => MarketEvent::Trade(self.trade(instrument, target.t_recv)),
            _ => MarketEvent::Bar(self.bar(instrument)),
        });
        Some(())
    }

    fn is_whole(&self) -> Option<()> {
        match self.kind {
            b'q' => Some(()),
            b't' => self.has(bit(Num::Price) | bit(Num::Size)),
            b'b' => self.has(bit(Num::Open) | bit(Num::High) | bit(Num::Low) | bit(Num::Close)),
            _ => None,
        }
    }

    fn quote(&self, instrument: InstrumentId, ts_recv: Nanos) -> Quote {
        Quote {
            ts_event: Nanos(self.time),
            ts_recv,
            bid: self.price(Num::BidPrice),
            ask: self.price(Num::AskPrice),
            bid_size: self.qty(Num::BidSize),
            ask_size: self.qty(Num::AskSize),
            instrument,
            flags: 0,
            bid_venue: self.bid_venue,
            ask_venue: self.ask_venue,
            condition: self.conditions[0],
        }
    }

    fn trade(&self, instrument: InstrumentId, ts_recv: Nanos) -> Trade {
        let irregular = self.conditions.iter().any(|&c| is_irregular(c, self.tape));
        Trade {
            ts_event: Nanos(self.time),
            ts_recv,
            price: self.price(Num::Price),
            size: self.qty(Num::Size),
            id: self.id,
            instrument,
            flags: if irregular { IRREGULAR } else { 0 },
            venue: self.venue,
            tape: self.tape,
            conditions: self.conditions,
            reserved: [0; 5],
        }
    }

    fn bar(&self, instrument: InstrumentId) -> Bar {
        Bar {
            start: Nanos(self.time),
            open: self.price(Num::Open),
            high: self.price(Num::High),
            low: self.price(Num::Low),
            close: self.price(Num::Close),
            volume: self.qty(Num::Volume),
            instrument,
            flags: 0,
            reserved: 0,
            seconds: 60,
        }
    }
}

fn bit(num: Num) -> u32 {
    1 << num as u32
}

/// The four bytes that begin `"k":`, or `"kk"` with a colon behind.
const fn key(bytes: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*bytes)
}

const TYPE: u32 = key(b"\"T\":");
const SYM: u32 = key(b"\"S\":");
const AT: u32 = key(b"\"t\":");
const COND: u32 = key(b"\"c\":");
const TAPE: u32 = key(b"\"z\":");
const VENUE: u32 = key(b"\"x\":");
const ID: u32 = key(b"\"i\":");
const PRICE: u32 = key(b"\"p\":");
const SIZE: u32 = key(b"\"s\":");
const OPEN: u32 = key(b"\"o\":");
const HIGH: u32 = key(b"\"h\":");
const LOW: u32 = key(b"\"l\":");
const VOLUME: u32 = key(b"\"v\":");
const BID_VENUE: u32 = key(b"\"bx\"");
const BID_PRICE: u32 = key(b"\"bp\"");
const BID_SIZE: u32 = key(b"\"bs\"");
const ASK_VENUE: u32 = key(b"\"ax\"");
const ASK_PRICE: u32 = key(b"\"ap\"");
const ASK_SIZE: u32 = key(b"\"as\"");

struct Scan<'a, 'd> {
    rest: &'a [u8],
    day: &'d mut DayCache,
}

impl Scan<'_, '_> {
    /// The fields of an object whose `{` has been read, up to and with its `}`.
    fn message(&mut self, symbols: &SymbolTable) -> Option<Message> {
        let mut message = Message::EMPTY;
        loop {
            self.field(&mut message, symbols)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(message),
                _ => return None,
            }
        }
    }

    fn field(&mut self, message: &mut Message, symbols: &SymbolTable) -> Option<()> {
        let name = u32::from_le_bytes(*self.rest.first_chunk::<4>()?);
        match name {
            TYPE => message.kind = self.after(4)?.letter()?,
            SYM => {
                message.instrument = self.after(4)?.symbol(symbols)?;
                message.seen |= SYMBOL;
            }
            AT => {
                message.time = self.after(4)?.time()?;
                message.seen |= TIME;
            }
            COND if self.rest.get(4) == Some(&b'[') => {
                message.conditions = self.after(5)?.conditions()?;
                message.seen &= !bit(Num::Close);
            }
            COND => {
                self.after(4)?.number(message, Num::Close)?;
                message.conditions = [0; 4];
            }
            TAPE => message.tape = self.after(4)?.letter()?,
            VENUE => message.venue = self.after(4)?.letter()?,
            ID => message.id = self.after(4)?.integer()?,
            PRICE => self.after(4)?.number(message, Num::Price)?,
            SIZE => self.after(4)?.number(message, Num::Size)?,
            OPEN => self.after(4)?.number(message, Num::Open)?,
            HIGH => self.after(4)?.number(message, Num::High)?,
            LOW => self.after(4)?.number(message, Num::Low)?,
            VOLUME => self.after(4)?.number(message, Num::Volume)?,
            BID_VENUE => message.bid_venue = self.after_colon()?.letter()?,
            BID_PRICE => self.after_colon()?.number(message, Num::BidPrice)?,
            BID_SIZE => self.after_colon()?.number(message, Num::BidSize)?,
            ASK_VENUE => message.ask_venue = self.after_colon()?.letter()?,
            ASK_PRICE => self.after_colon()?.number(message, Num::AskPrice)?,
            ASK_SIZE => self.after_colon()?.number(message, Num::AskSize)?,
            _ => self.skip_field()?,
        }
        Some(())
    }

    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn after(&mut self, count: usize) -> Option<&mut Self> {
        self.rest = self.rest.get(count..)?;
        Some(self)
    }

    fn after_colon(&mut self) -> Option<&mut Self> {
        if *self.rest.get(4)? != b':' {
            return None;
        }
        self.after(5)
    }

    /// A string of one character.
    fn letter(&mut self) -> Option<u8> {
        let (&[open, letter, close], rest) = self.rest.split_first_chunk::<3>()?;
        self.rest = rest;
        (open == b'"' && close == b'"' && is_plain(letter)).then_some(letter)
    }

    /// A symbol: found in the table, or not.
    fn symbol(&mut self, symbols: &SymbolTable) -> Option<Option<InstrumentId>> {
        self.expect(b'"')?;
        let text = self.plain_text()?;
        Some(symbols.find(text))
    }

    /// A string whose opening quote has been read, up to and with the closing one.
    fn plain_text(&mut self) -> Option<&[u8]> {
        let len = self.rest.iter().position(|&byte| !is_plain(byte))?;
        let (text, rest) = self.rest.split_at(len);
        self.rest = rest.strip_prefix(b"\"")?;
        Some(text)
    }

    /// `["R","X"]` with at most four strings of one character, `[` already read.
    fn conditions(&mut self) -> Option<[u8; 4]> {
        let mut letters = [0; 4];
        if self.rest.first() == Some(&b']') {
            self.next()?;
            return Some(letters);
        }
        for letter in &mut letters {
            *letter = self.letter()?;
            match self.next()? {
                b',' => {}
                b']' => return Some(letters),
                _ => return None,
            }
        }
        None
    }

    fn number(&mut self, message: &mut Message, num: Num) -> Option<()> {
        let (value, len) = decimal(self.rest)?;
        self.rest = &self.rest[len..];
        message.nums[num as usize] = value;
        message.seen |= bit(num);
        Some(())
    }

    /// A whole number of at most 19 digits.
    fn integer(&mut self) -> Option<u64> {
        let len = digits(self.rest);
        let (text, rest) = self.rest.split_at(len);
        if len == 0 || len > 19 || (len > 1 && text[0] == b'0') || !ends_value(rest) {
            return None;
        }
        self.rest = rest;
        Some(text.iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0')))
    }

    /// A time in UTC. Dates come from the cache.
    fn time(&mut self) -> Option<i64> {
        self.expect(b'"')?;
        let (date, rest) = self.rest.split_first_chunk::<10>()?;
        if *date != self.day.date {
            self.day.midnight = rfc3339::days(date)?.checked_mul(86_400_000_000_000)?;
            self.day.date = *date;
        }
        let (clock, rest) = rest.split_first_chunk::<9>()?;
        let (nanos, rest) = fraction(rest)?;
        self.rest = rest.strip_prefix(b"Z\"")?;
        self.day.midnight.checked_add(clock_nanos(clock)? + nanos)
    }

    /// A key that no kind of message has, and its value.
    fn skip_field(&mut self) -> Option<()> {
        self.expect(b'"')?;
        self.plain_text()?;
        self.expect(b':')?;
        match self.rest.first()? {
            b'"' => {
                self.next()?;
                self.plain_text().map(|_| ())
            }
            b't' => self.skip_word(b"true"),
            b'f' => self.skip_word(b"false"),
            b'n' => self.skip_word(b"null"),
            b'0'..=b'9' => {
                let (_, len) = decimal(self.rest)?;
                self.after(len).map(|_| ())
            }
            _ => None,
        }
    }

    fn skip_word(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }
}

/// Printable ASCII that ends or escapes nothing: what a string may hold here.
fn is_plain(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\'
}

/// How many digits stand in front.
fn digits(text: &[u8]) -> usize {
    text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len())
}

/// Whether a value may end here.
fn ends_value(rest: &[u8]) -> bool {
    matches!(rest.first(), Some(b',' | b'}'))
}

/// A number of at most nine digits, nine decimals and fifteen digits in all, in 1e-9, and its
/// length.
fn decimal(text: &[u8]) -> Option<(i64, usize)> {
    const POW10: [i64; 10] =
        [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
    let whole = digits(text);
    if whole == 0 || whole > 9 || (whole > 1 && text[0] == b'0') {
        return None;
    }
    let mut value = fold(&text[..whole], 0);
    let mut len = whole;
    let mut places = 0;
    if text.get(whole) == Some(&b'.') {
        places = digits(&text[whole + 1..]);
        if places == 0 || places > 9 || whole + places > 15 {
            return None;
        }
        len = whole + 1 + places;
        value = fold(&text[whole + 1..len], value);
    }
    ends_value(&text[len..]).then(|| (value * POW10[9 - places], len))
}

fn fold(digits: &[u8], start: i64) -> i64 {
    digits.iter().fold(start, |value, byte| value * 10 + i64::from(byte - b'0'))
}

/// Nanoseconds since midnight of `THH:MM:SS`.
fn clock_nanos(clock: &[u8; 9]) -> Option<i64> {
    let &[t, h0, h1, c0, m0, m1, c1, s0, s1] = clock;
    if t != b'T' || c0 != b':' || c1 != b':' {
        return None;
    }
    let [h, m, s] = [two(h0, h1)?, two(m0, m1)?, two(s0, s1)?];
    (h < 24 && m < 60 && s < 60).then_some((h * 3600 + m * 60 + s) * 1_000_000_000)
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

/// The nanoseconds of `.f…` and what stands behind them.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    const POW10: [i64; 10] =
        [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];
    let Some(text) = text.strip_prefix(b".") else { return Some((0, text)) };
    let len = digits(text);
    if len == 0 || len > 9 {
        return None;
    }
    Some((fold(&text[..len], 0) * POW10[len], &text[len..]))
}
