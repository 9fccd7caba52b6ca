//! Frames as the venue writes them, from a seeded generator, and the checksum that all must agree
//! on.

use std::fmt::Write;

use st0ck_types::Nanos;

/// Messages of one frame.
pub(crate) const MESSAGES: usize = 20;
/// Different frames, so that nothing is learnt by heart.
pub(crate) const FRAMES: usize = 4_000;
/// Zero bytes behind a frame.
const PADDING: usize = 64;

/// What is traded.
pub(crate) const SYMBOLS: [&str; 8] = ["SPY", "AAPL", "MSFT", "F", "QQQ", "NVDA", "GOOGL", "BRK.B"];

/// One frame, with zeros behind it for the scanner that does not look where it steps. All read the
/// same memory, so that nobody finds it warmer than the others.
pub(crate) struct Frame {
    padded: Vec<u8>,
    len: usize,
}

impl Frame {
    /// The frame.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.padded[..self.len]
    }

    /// The frame and the zeros.
    pub(crate) fn padded(&self) -> &[u8] {
        &self.padded
    }
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.bytes()))
    }
}

/// Seven in ten messages are quotes, a quarter trades, the rest bars.
pub(crate) fn generate() -> Vec<Frame> {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    (0..FRAMES)
        .map(|_| {
            let mut text = String::from("[");
            for n in 0..MESSAGES {
                text.push_str(if n > 0 { "," } else { "" });
                message(&mut rng, &mut text).expect("writing to a String cannot fail");
            }
            text.push(']');
            let (len, mut padded) = (text.len(), text.into_bytes());
            padded.resize(len + PADDING, 0);
            Frame { padded, len }
        })
        .collect()
}

fn message(rng: &mut Rng, out: &mut String) -> std::fmt::Result {
    let symbol = rng.pick(&SYMBOLS);
    let cents = 1_000 + rng.below(100_000);
    let price = |cents: u64| {
        let text = format!("{}.{:02}", cents / 100, cents % 100);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let (venue, other) = (rng.pick(&["V", "Q", "N", "P", "Z", "K"]), rng.pick(&["V", "Q", "N"]));
    let tape = rng.pick(&["A", "B", "C"]);
    let time = time(rng);
    match rng.below(20) {
        0 => {
            let (open, high, low) = (price(cents), price(cents + 20), price(cents - 20));
            let (close, volume, count) = (price(cents + 3), rng.below(1_000_000), rng.below(5_000));
            let (whole, places) = (cents / 100, rng.below(1_000_000));
            write!(
                out,
                r#"{{"T":"b","S":"{symbol}","o":{open},"h":{high},"l":{low},"c":{close},"v":{volume},"n":{count},"vw":{whole}.{places:06},"t":"2025-06-20T14:{:02}:00Z"}}"#,
                rng.below(60)
            )
        }
        1..=5 => {
            let (id, price, size) = (rng.below(100_000_000), price(cents), 1 + rng.below(900));
            write!(
                out,
                r#"{{"T":"t","S":"{symbol}","i":{id},"x":"{venue}","p":{price},"s":{size},"c":["@","I"],"z":"{tape}","t":"{time}"}}"#
            )
        }
        _ => {
            let (bid, ask) = (price(cents), price(cents + 1 + rng.below(5)));
            let (bid_size, ask_size) = (100 * (1 + rng.below(40)), 100 * (1 + rng.below(40)));
            write!(
                out,
                r#"{{"T":"q","S":"{symbol}","bx":"{venue}","bp":{bid},"bs":{bid_size},"ax":"{other}","ap":{ask},"as":{ask_size},"c":["R"],"z":"{tape}","t":"{time}"}}"#
            )
        }
    }
}

/// As Go writes it: nanoseconds without trailing zeros.
fn time(rng: &mut Rng) -> String {
    let (h, m, s) = (13 + rng.below(7), rng.below(60), rng.below(60));
    let nanos = format!("{:09}", rng.below(1_000_000_000));
    format!("2025-06-20T{h:02}:{m:02}:{s:02}.{}Z", nanos.trim_end_matches('0')).replace(".Z", "Z")
}

/// xorshift64 (Marsaglia 2003): the same frames in every run.
struct Rng(u64);

impl Rng {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// A checksum over messages, in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sum(u64);

impl Sum {
    /// The sum of one message: its kind, its symbol's first eight bytes, four numbers in 1e-9, its
    /// time in nanoseconds.
    #[inline]
    pub(crate) fn of(kind: u8, symbol: &[u8], numbers: [i64; 4], at: i64) -> Self {
        let mut word = [0; 8];
        let len = symbol.len().min(8);
        word[..len].copy_from_slice(&symbol[..len]);
        let mix = |sum: u64, word: u64| sum.wrapping_mul(31).wrapping_add(word);
        let start = mix(u64::from(kind), u64::from_le_bytes(word));
        let sum = numbers.iter().fold(start, |sum, &number| mix(sum, number as u64));
        Self(mix(sum, at as u64))
    }

    /// Both.
    #[inline]
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

/// A time of the generator's kind to nanoseconds.
pub(crate) fn nanos(text: &str) -> i64 {
    st0ck_types::rfc3339::parse(text.as_bytes()).map_or(0, |Nanos(nanos)| nanos)
}
