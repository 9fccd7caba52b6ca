//! The fast way through a frame: one forward pass over quotes, trades and bars as Alpaca writes
//! them, keys in any order, numbers straight to fixed point. ([`usual`](super::usual) is faster still
//! for a quote whose keys come in the usual order.)
//!
//! [`Decoder::decode_frame`](super::json::Decoder::decode_frame) tries it first. `None` anywhere
//! means "not recognised", never "wrong": simd-json then reads the frame and decides.
//!
//! *Invariant:* whatever it accepts is valid JSON with the meaning that simd-json and serde_json
//! give it. So strings are printable ASCII without escapes, numbers have no sign, no exponent and
//! at most 15 digits, and an unknown key's value is validated before it is skipped.

use st0ck_types::{InstrumentId, MarketEvent, rfc3339};

use super::digits8;
use super::message::{Message, Num, SYMBOL, TIME, Target, bit};
use crate::symbols::SymbolTable;

/// The last date seen, up to its `T`, and its midnight: dates change once a day, so their arithmetic
/// is done once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DayCache {
    date: [u8; 11],
    midnight: i64,
}

impl DayCache {
    /// Midnight of `YYYY-MM-DDT`.
    #[inline(always)]
    fn midnight(&mut self, date: &[u8; 11]) -> Option<i64> {
        if *date != self.date {
            self.turn(date)?;
        }
        Some(self.midnight)
    }

    #[cold]
    fn turn(&mut self, date: &[u8; 11]) -> Option<()> {
        let (day, b"T") = date.split_first_chunk::<10>()? else { return None };
        self.midnight = rfc3339::days(day)?.checked_mul(86_400_000_000_000)?;
        self.date = *date;
        Some(())
    }
}

/// Reads a whole frame, or gives up on it.
pub(super) fn scan_frame(bytes: &[u8], day: &mut DayCache, mut target: Target<'_>) -> Option<()> {
    let mut scan = Scan { rest: bytes.strip_prefix(b"[")?, day };
    loop {
        let begin = scan.rest;
        if let Some(quote) = scan.usual_quote(target.symbols, target.t_recv) {
            target.out.events.push(MarketEvent::Quote(quote));
        } else {
            scan.rest = begin;
            scan.message(&mut target)?;
        }
        match scan.next()? {
            b',' => {}
            b']' if scan.rest.is_empty() => return Some(()),
            _ => return None,
        }
    }
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

/// What is left of a frame.
///
/// What reads a value is inlined, always, or is given the rest and gives it back: then it stays in
/// registers from one value to the next. With calls that borrow the scan it goes through memory each
/// time, and a message takes 115 ns rather than 52.
pub(super) struct Scan<'a, 'd> {
    pub(super) rest: &'a [u8],
    day: &'d mut DayCache,
}

impl Scan<'_, '_> {
    /// A message of any of the three kinds, from its `{` to its `}`.
    fn message(&mut self, target: &mut Target<'_>) -> Option<()> {
        self.expect(b'{')?;
        let mut message = Message::EMPTY;
        self.fields(&mut message, target.symbols)?;
        message.finish(target)
    }

    /// The fields of an object whose `{` has been read, up to and with its `}`.
    #[inline]
    fn fields(&mut self, message: &mut Message, symbols: &SymbolTable) -> Option<()> {
        loop {
            self.field(message, symbols)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    #[inline]
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
            _ => self.rest = skip_field(self.rest)?,
        }
        Some(())
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    #[inline]
    fn after(&mut self, count: usize) -> Option<&mut Self> {
        self.rest = self.rest.get(count..)?;
        Some(self)
    }

    #[inline]
    fn after_colon(&mut self) -> Option<&mut Self> {
        if *self.rest.get(4)? != b':' {
            return None;
        }
        self.after(5)
    }

    /// A string of one character.
    #[inline(always)]
    fn letter(&mut self) -> Option<u8> {
        let (&[open, letter, close], rest) = self.rest.split_first_chunk::<3>()?;
        self.rest = rest;
        (open == b'"' && close == b'"' && is_plain(letter)).then_some(letter)
    }

    /// A symbol: found in the table, or not. What the table holds needs no further look.
    #[inline(always)]
    pub(super) fn symbol(&mut self, symbols: &SymbolTable) -> Option<Option<InstrumentId>> {
        self.expect(b'"')?;
        if let Some(window) = self.rest.first_chunk() {
            let word = u64::from_le_bytes(*window);
            let len = digits8::first_equal(word, b'"');
            if len < 8
                && let Some(id) = symbols.find_packed(digits8::keep(word, len))
            {
                self.rest = &self.rest[len + 1..];
                return Some(Some(id));
            }
        }
        let (text, rest) = plain_text(self.rest)?;
        self.rest = rest;
        Some(symbols.find(text))
    }

    /// `["R","X"]` with at most four strings of one character, `[` already read.
    #[inline(always)]
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

    #[inline]
    fn number(&mut self, message: &mut Message, num: Num) -> Option<()> {
        message.nums[num as usize] = self.decimal()?;
        message.seen |= bit(num);
        Some(())
    }

    /// A number of at most nine digits, nine decimals and fifteen digits in all, in 1e-9.
    #[inline(always)]
    fn decimal(&mut self) -> Option<i64> {
        let window = self.rest.first_chunk::<8>();
        if let Some(&window) = window
            && let word = u64::from_le_bytes(window)
            && let Some(short) = digits8::decimal(word)
            && matches!(digits8::byte(word, short.len), b',' | b'}')
        {
            return Some(self.past(short));
        }
        self.long_decimal()
    }

    /// The value of a number in front, in 1e-9, and on to what is behind it.
    #[inline(always)]
    pub(super) fn past(&mut self, number: digits8::Short) -> i64 {
        self.rest = &self.rest[number.len..];
        // Seven digits at most, times 10^9 at most.
        number.digits.wrapping_mul(SCALE[number.places]) as i64
    }

    /// A decimal that does not end within eight bytes, or not within the frame.
    #[inline(always)]
    pub(super) fn long_decimal(&mut self) -> Option<i64> {
        let (value, rest) = long_decimal(self.rest)?;
        self.rest = rest;
        Some(value)
    }

    /// A whole number of at most 19 digits.
    #[inline]
    fn integer(&mut self) -> Option<u64> {
        let is_padded = self.rest.first() == Some(&b'0');
        let (value, len) = digits(self.rest)?;
        if len == 0 || (is_padded && len > 1) {
            return None;
        }
        self.rest = ends_value(&self.rest[len..])?;
        Some(value)
    }

    /// A time in UTC. Dates come from the cache.
    #[inline(always)]
    fn time(&mut self) -> Option<i64> {
        self.expect(b'"')?;
        let time = self.open_time()?;
        self.expect(b'"')?;
        Some(time)
    }

    /// A time in UTC without quotes around it.
    #[inline(always)]
    pub(super) fn open_time(&mut self) -> Option<i64> {
        let (date, rest) = self.rest.split_first_chunk::<11>()?;
        let (clock, rest) = rest.split_first_chunk::<8>()?;
        let midnight = self.day.midnight(date)?;
        let seconds = digits8::clock(u64::from_le_bytes(*clock))?;
        let (nanos, rest) = nanos(rest)?;
        self.rest = rest.strip_prefix(b"Z")?;
        midnight.checked_add(seconds * 1_000_000_000 + nanos)
    }
}

/// A string whose opening quote has been read, up to and with the closing one.
fn plain_text(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = rest.iter().position(|&byte| !is_plain(byte))?;
    let (text, rest) = rest.split_at(len);
    Some((text, rest.strip_prefix(b"\"")?))
}

/// A number that [`digits8::decimal`] does not take, in 1e-9.
#[inline(never)]
fn long_decimal(rest: &[u8]) -> Option<(i64, &[u8])> {
    let is_padded = rest.first() == Some(&b'0');
    let (whole, len) = digits(rest)?;
    if len == 0 || len > 9 || (is_padded && len > 1) {
        return None;
    }
    let rest = &rest[len..];
    let Some(rest) = rest.strip_prefix(b".") else {
        return Some((whole as i64 * 1_000_000_000, ends_value(rest)?));
    };
    let (fraction, places) = digits(rest)?;
    if places == 0 || places > 9 || len + places > 15 {
        return None;
    }
    let value = whole * 1_000_000_000 + fraction * SCALE[places];
    Some((value as i64, ends_value(&rest[places..])?))
}

/// The digits in front, at most 19, as a number, and how many there are.
#[inline]
fn digits(rest: &[u8]) -> Option<(u64, usize)> {
    let (mut value, mut len) = (0, 0);
    if let Some(window) = rest.first_chunk() {
        let word = u64::from_le_bytes(*window);
        len = digits8::count(word);
        value = digits8::value(word, len);
        if len < 8 {
            return Some((value, len));
        }
    }
    // The ninth digit of a nanosecond, and whatever stands at the very end of a frame.
    while let Some(digit @ b'0'..=b'9') = rest.get(len) {
        if len == 19 {
            return None;
        }
        value = value * 10 + u64::from(digit - b'0');
        len += 1;
    }
    Some((value, len))
}

/// What is left, if a value may end before it.
#[inline]
fn ends_value(rest: &[u8]) -> Option<&[u8]> {
    matches!(rest.first(), Some(b',' | b'}')).then_some(rest)
}

/// The fraction of a second, if there is one, and what is behind it.
#[inline(always)]
fn nanos(rest: &[u8]) -> Option<(i64, &[u8])> {
    if let Some((&[b'.', ref eight @ .., ninth @ b'0'..=b'9'], rest)) =
        rest.split_first_chunk::<10>()
        && let word = u64::from_le_bytes(*eight)
        && digits8::count(word) == 8
    {
        return Some(((digits8::value(word, 8) * 10 + u64::from(ninth - b'0')) as i64, rest));
    }
    let Some(rest) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let (fraction, len) = digits(rest)?;
    if len == 0 || len > 9 {
        return None;
    }
    Some(((fraction * SCALE[len]) as i64, &rest[len..]))
}

/// A key that no kind of message has, and its value; gives what is behind them.
fn skip_field(rest: &[u8]) -> Option<&[u8]> {
    let (_, rest) = plain_text(rest.strip_prefix(b"\"")?)?;
    let rest = rest.strip_prefix(b":")?;
    match rest.first()? {
        b'"' => Some(plain_text(&rest[1..])?.1),
        b't' => rest.strip_prefix(b"true"),
        b'f' => rest.strip_prefix(b"false"),
        b'n' => rest.strip_prefix(b"null"),
        b'0'..=b'9' => Some(long_decimal(rest)?.1),
        _ => None,
    }
}

/// Printable ASCII that ends or escapes nothing: what a string may hold here.
fn is_plain(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\'
}

/// What a number's digits are multiplied by, for so many of them behind the point.
const SCALE: [u64; 10] =
    [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];
