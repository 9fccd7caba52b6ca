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
/// What reads a value is inlined, always: then the rest stays in registers from one value to the next.
/// With calls in between it goes through memory each time, and a message takes 115 ns rather than 52.
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
            _ => self.skip_field()?,
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
    pub(super) fn letter(&mut self) -> Option<u8> {
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
    #[inline(always)]
    pub(super) fn conditions(&mut self) -> Option<[u8; 4]> {
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
    pub(super) fn decimal(&mut self) -> Option<i64> {
        if let Some(window) = self.rest.first_chunk()
            && let Some(short) = digits8::decimal(u64::from_le_bytes(*window))
        {
            self.rest = &self.rest[short.len..];
            return Some((short.digits * POW10[9 - short.places]) as i64);
        }
        self.long_decimal()
    }

    /// One that does not end within eight bytes, or not within the frame.
    fn long_decimal(&mut self) -> Option<i64> {
        let leading_zero = self.rest.first() == Some(&b'0');
        let (whole, len) = self.digits()?;
        if len == 0 || len > 9 || (leading_zero && len > 1) {
            return None;
        }
        if self.rest.first() != Some(&b'.') {
            self.ends_value()?;
            return Some(whole as i64 * 1_000_000_000);
        }
        self.next()?;
        let (fraction, places) = self.digits()?;
        if places == 0 || places > 9 || len + places > 15 {
            return None;
        }
        self.ends_value()?;
        Some((whole * 1_000_000_000 + fraction * POW10[9 - places]) as i64)
    }

    /// A whole number of at most 19 digits.
    #[inline]
    fn integer(&mut self) -> Option<u64> {
        let leading_zero = self.rest.first() == Some(&b'0');
        let (value, len) = self.digits()?;
        if len == 0 || (leading_zero && len > 1) {
            return None;
        }
        self.ends_value()?;
        Some(value)
    }

    /// The digits in front, at most 19, as a number, and how many there are.
    #[inline]
    fn digits(&mut self) -> Option<(u64, usize)> {
        let (mut value, mut len) = (0, 0);
        if let Some(window) = self.rest.first_chunk() {
            let word = u64::from_le_bytes(*window);
            len = digits8::count(word);
            value = digits8::value(word, len);
            if len < 8 {
                self.rest = &self.rest[len..];
                return Some((value, len));
            }
        }
        // The ninth digit of a nanosecond, and whatever stands at the very end of a frame.
        while let Some(digit @ b'0'..=b'9') = self.rest.get(len) {
            if len == 19 {
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
            len += 1;
        }
        self.rest = &self.rest[len..];
        Some((value, len))
    }

    /// Whether a value may end here.
    #[inline]
    fn ends_value(&self) -> Option<()> {
        matches!(self.rest.first(), Some(b',' | b'}')).then_some(())
    }

    /// A time in UTC. Dates come from the cache.
    #[inline(always)]
    pub(super) fn time(&mut self) -> Option<i64> {
        let (&[open, ref date @ ..], rest) = self.rest.split_first_chunk::<11>()?;
        let (&[t, ref clock @ ..], rest) = rest.split_first_chunk::<9>()?;
        if open != b'"' || t != b'T' {
            return None;
        }
        if *date != self.day.date {
            self.day.midnight = rfc3339::days(date)?.checked_mul(86_400_000_000_000)?;
            self.day.date = *date;
        }
        self.rest = rest;
        let at = digits8::clock(u64::from_le_bytes(*clock))? * 1_000_000_000;
        let nanos = self.nanos()?;
        self.rest = self.rest.strip_prefix(b"Z\"")?;
        self.day.midnight.checked_add(at + nanos)
    }

    /// The fraction of a second, if there is one.
    #[inline(always)]
    fn nanos(&mut self) -> Option<i64> {
        if let Some((&[b'.', ref eight @ .., ninth @ b'0'..=b'9'], rest)) =
            self.rest.split_first_chunk::<10>()
            && let word = u64::from_le_bytes(*eight)
            && digits8::count(word) == 8
        {
            self.rest = rest;
            return Some((digits8::value(word, 8) * 10 + u64::from(ninth - b'0')) as i64);
        }
        if self.rest.first() != Some(&b'.') {
            return Some(0);
        }
        self.next()?;
        let (fraction, len) = self.digits()?;
        if len == 0 || len > 9 {
            return None;
        }
        Some((fraction * POW10[9 - len]) as i64)
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
            b'0'..=b'9' => self.decimal().map(|_| ()),
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

/// Powers of ten.
const POW10: [u64; 10] =
    [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
