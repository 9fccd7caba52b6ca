//! Market-data messages as MessagePack (`alpaca.md` §8.3).
//!
//! Prices are floats of 64 bits, sizes integers where they are whole, times extension type −1 in
//! the shortest of its three forms.

use super::encoder::{Encoder, plain};
use rmp::encode;
use st0ck_quant::fx::price_to_f64;
use st0ck_types::time::SECOND;
use st0ck_types::{Nanos, Price, Qty};

/// The extension type of times.
const TIMESTAMP: i8 = -1;

/// Why no result is looked at: a `Vec` takes everything.
const CANNOT_FAIL: &str = "writing to a Vec cannot fail";

/// Writes MessagePack behind what is there.
pub(crate) struct Msgpack<'a>(pub(crate) &'a mut Vec<u8>);

impl Encoder for Msgpack<'_> {
    fn map(&mut self, keys: u32) {
        encode::write_map_len(self.0, keys).expect(CANNOT_FAIL);
    }

    fn end(&mut self) {}

    fn list(&mut self, items: u32) {
        array_of(self.0, items);
    }

    fn end_list(&mut self) {}

    fn key(&mut self, key: &'static str) {
        self.text(key);
    }

    fn text(&mut self, text: &str) {
        encode::write_str(self.0, text).expect(CANNOT_FAIL);
    }

    fn letter(&mut self, letter: u8) {
        let mut bytes = [0; 4];
        self.text(plain(letter).encode_utf8(&mut bytes));
    }

    fn texts(&mut self, texts: &[&str]) {
        array_of(self.0, u32::try_from(texts.len()).unwrap_or(u32::MAX));
        texts.iter().for_each(|text| self.text(text));
    }

    fn letters(&mut self, letters: &[u8]) {
        array_of(self.0, u32::try_from(letters.len()).unwrap_or(u32::MAX));
        letters.iter().for_each(|letter| self.letter(*letter));
    }

    fn price(&mut self, price: Price) {
        encode::write_f64(self.0, price_to_f64(price)).expect(CANNOT_FAIL);
    }

    fn qty(&mut self, qty: Qty) {
        if qty.is_on_lot(Qty::ONE) {
            encode::write_sint(self.0, qty.0 / Qty::ONE.0).expect(CANNOT_FAIL);
        } else {
            // The same 1e-9 units as a price.
            self.price(Price(qty.0));
        }
    }

    fn count(&mut self, count: u64) {
        encode::write_uint(self.0, count).expect(CANNOT_FAIL);
    }

    fn time(&mut self, at: Nanos) {
        let (seconds, nanos) = (at.0.div_euclid(SECOND), at.0.rem_euclid(SECOND));
        let nanos = u32::try_from(nanos).expect("a second has fewer nanoseconds than 2^32");
        match (u32::try_from(seconds), u64::try_from(seconds)) {
            (Ok(short), _) if nanos == 0 => {
                encode::write_ext_meta(self.0, 4, TIMESTAMP).expect(CANNOT_FAIL);
                self.0.extend_from_slice(&short.to_be_bytes());
            }
            (_, Ok(positive)) if positive < 1 << 34 => {
                encode::write_ext_meta(self.0, 8, TIMESTAMP).expect(CANNOT_FAIL);
                self.0.extend_from_slice(&(u64::from(nanos) << 34 | positive).to_be_bytes());
            }
            _ => {
                encode::write_ext_meta(self.0, 12, TIMESTAMP).expect(CANNOT_FAIL);
                self.0.extend_from_slice(&nanos.to_be_bytes());
                self.0.extend_from_slice(&seconds.to_be_bytes());
            }
        }
    }
}

/// Begins an array of so many items.
pub(crate) fn array_of(out: &mut Vec<u8>, items: u32) {
    encode::write_array_len(out, items).expect(CANNOT_FAIL);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(write: impl FnOnce(&mut Msgpack<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut Msgpack(&mut out));
        out
    }

    #[test]
    fn times_take_the_shortest_form() {
        let short = bytes(|to| to.time(Nanos(1_614_960_000 * SECOND)));
        assert_eq!(short, [0xd6, 0xff, 0x60, 0x42, 0x55, 0x80]);
        let long = bytes(|to| to.time(Nanos(1_614_870_977 * SECOND + 18)));
        assert_eq!(long, [0xd7, 0xff, 0, 0, 0, 0x48, 0x60, 0x40, 0xf9, 0xc1]);
        let early = bytes(|to| to.time(Nanos(-1)));
        assert_eq!(early[..3], [0xc7, 12, 0xff]);
        assert_eq!(early[3..7], 999_999_999u32.to_be_bytes());
        assert_eq!(early[7..], (-1i64).to_be_bytes());
    }

    #[test]
    fn whole_sizes_are_integers_and_others_floats() {
        assert_eq!(bytes(|to| to.qty(Qty::units(300).unwrap())), [0xcd, 0x01, 0x2c]);
        let half = bytes(|to| to.qty(Qty::parse("0.5").unwrap()));
        assert_eq!(half[0], 0xcb);
        assert_eq!(half[1..], 0.5f64.to_be_bytes());
    }

    #[test]
    fn letters_are_an_array_of_short_texts() {
        assert_eq!(bytes(|to| to.letters(b"@I")), [0x92, 0xa1, b'@', 0xa1, b'I']);
        assert_eq!(bytes(|to| to.letters(b"")), [0x90]);
    }
}
