//! Market-data messages as JSON text.

use super::encoder::{Encoder, plain};
use st0ck_types::{Nanos, Price, Qty};
use std::fmt::Display;
use std::io::Write;

/// Writes JSON behind what is there.
pub(crate) struct Json<'a> {
    out: &'a mut Vec<u8>,
    /// Whether the next key is the map's first.
    first: bool,
}

impl<'a> Json<'a> {
    /// A codec that writes to the end of `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, first: true }
    }

    fn put(&mut self, value: impl Display) {
        write!(self.out, "{value}").expect("writing to a Vec cannot fail");
    }
}

impl Encoder for Json<'_> {
    fn map(&mut self, _: u32) {
        self.out.push(b'{');
        self.first = true;
    }

    fn end(&mut self) {
        self.out.push(b'}');
        self.first = false;
    }

    fn list(&mut self, _: u32) {
        self.out.push(b'[');
    }

    fn end_list(&mut self) {
        self.out.push(b']');
        self.first = false;
    }

    fn key(&mut self, key: &'static str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.put(format_args!("\"{key}\":"));
    }

    fn text(&mut self, text: &str) {
        serde_json::to_writer(&mut *self.out, text).expect("writing to a Vec cannot fail");
    }

    fn letter(&mut self, letter: u8) {
        self.put(format_args!("\"{}\"", plain(letter)));
    }

    fn texts(&mut self, texts: &[&str]) {
        serde_json::to_writer(&mut *self.out, texts).expect("writing to a Vec cannot fail");
    }

    fn letters(&mut self, letters: &[u8]) {
        self.out.push(b'[');
        for (place, &letter) in letters.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            self.letter(letter);
        }
        self.out.push(b']');
    }

    fn price(&mut self, price: Price) {
        self.put(price);
    }

    fn qty(&mut self, qty: Qty) {
        self.put(qty);
    }

    fn count(&mut self, count: u64) {
        self.put(count);
    }

    fn time(&mut self, at: Nanos) {
        self.put(format_args!("\"{at}\""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_json() {
        let mut out = b"[".to_vec();
        let mut json = Json::new(&mut out);
        json.map(3);
        json.key("a");
        json.text("quote \" and \\ and \n");
        json.key("b");
        json.letters(b"@\"I");
        json.key("c");
        json.letters(b"");
        json.end();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"[{"a":"quote \" and \\ and \n","b":["@","?","I"],"c":[]}"#
        );
    }
}
