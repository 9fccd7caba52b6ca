//! How a message is written down: its keys stand once in the code, the codec is the session's.
//!
//! [`super::market`] writes every market-data message through this; the codec of text is
//! [`Json`](super::json::Json).

use st0ck_types::{Nanos, Price, Qty};

/// A codec. A map is written as key and value by turns.
pub(crate) trait Encoder {
    /// Begins a map of so many keys, which binary codecs tell ahead.
    fn map(&mut self, keys: u32);
    /// Ends the map.
    fn end(&mut self);
    /// A key; its value follows.
    fn key(&mut self, key: &'static str);
    /// Any text.
    fn text(&mut self, text: &str);
    /// A code of one letter, made [`plain`].
    fn letter(&mut self, letter: u8);
    /// An array of texts.
    fn texts(&mut self, texts: &[&str]);
    /// An array of such codes.
    fn letters(&mut self, letters: &[u8]);
    /// Begins a list of so many maps.
    fn list(&mut self, items: u32);
    /// Ends the list.
    fn end_list(&mut self);
    /// A price, a number with all its decimals.
    fn price(&mut self, price: Price);
    /// A number of shares.
    fn qty(&mut self, qty: Qty);
    /// A whole number.
    fn count(&mut self, count: u64);
    /// A moment, to the nanosecond.
    fn time(&mut self, at: Nanos);
}

/// A code letter as it may stand in any codec; a question mark for what is no printable letter or
/// would have to be escaped.
pub(crate) fn plain(letter: u8) -> char {
    let printable = matches!(letter, b' '..=b'~') && letter != b'"' && letter != b'\\';
    char::from(if printable { letter } else { b'?' })
}
