//! Lines and fields of a CSV file, with line numbers that are right.
//!
//! Our own forty lines instead of a CSV library: market data has no line breaks inside quotes, and
//! the library's positions are off after blank lines and in files with CRLF, where an error must
//! name the line.
//! *Invariant:* memory is one line, whatever the file; a line beyond [`LINE_MAX`] is not text, and of
//! fields no more than [`FIELDS_MAX`] are kept.

use crate::error::DataError;
use std::io::{self, BufRead};
use std::ops::Range;

/// Bytes of the longest line taken.
const LINE_MAX: u64 = 64 * 1024;

/// Fields of a line that can be looked at; more are only counted. No kind of row has as many, and a
/// line of nothing but commas would need sixteen times its length to say where each field stands.
pub(crate) const FIELDS_MAX: usize = 64;

/// Reads line after line; [`Lines::field`] looks at the current one.
pub(crate) struct Lines {
    file: String,
    gzip: bool,
    input: Box<dyn BufRead + Send>,
    number: u64,
    line: Vec<u8>,
    fields: Vec<Range<usize>>,
    /// How many there are, also beyond those kept.
    count: usize,
}

impl Lines {
    /// `gzip` says whether errors of `input` can come from unpacking.
    pub(crate) fn new(file: String, gzip: bool, input: Box<dyn BufRead + Send>) -> Self {
        Self { file, gzip, input, number: 0, line: Vec::new(), fields: Vec::new(), count: 0 }
    }

    /// For messages.
    pub(crate) fn file(&self) -> String {
        self.file.clone()
    }

    /// Number of the current line, 1 first.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Fields of the current line, also those beyond [`FIELDS_MAX`].
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// One of the first [`FIELDS_MAX`] fields of the current line, without surrounding blanks and
    /// quotation marks.
    pub(crate) fn field(&self, index: usize) -> &[u8] {
        &self.line[self.fields[index].clone()]
    }

    /// Moves to the next line that is not blank; false at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, DataError> {
        while self.read_line()? {
            if !self.line.trim_ascii().is_empty() {
                self.split();
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read_line(&mut self) -> Result<bool, DataError> {
        self.line.clear();
        let read = io::Read::take(&mut self.input, LINE_MAX).read_until(b'\n', &mut self.line);
        if let Err(source) = read {
            return Err(self.unreadable(source));
        }
        if self.line.is_empty() {
            return Ok(false);
        }
        self.number += 1;
        let whole = self.line.len() < LINE_MAX as usize;
        // Text has no control characters but white space.
        let is_text = |b: &u8| *b >= b' ' || matches!(b, b'\n' | b'\r' | b'\t');
        if !whole || !self.line.iter().all(is_text) {
            return Err(DataError::NotText { file: self.file(), line: self.number });
        }
        if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
            self.line.drain(..3);
        }
        Ok(true)
    }

    fn unreadable(&self, source: io::Error) -> DataError {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let file = self.file();
        if self.gzip && matches!(source.kind(), InvalidData | InvalidInput | UnexpectedEof) {
            return DataError::Gzip { file, line: self.number, source };
        }
        DataError::Unreadable { file, source }
    }

    /// Splits at commas outside quotation marks.
    fn split(&mut self) {
        self.fields.clear();
        self.count = 0;
        let (mut start, mut quoted) = (0, false);
        for at in 0..=self.line.len() {
            match self.line.get(at) {
                Some(b'"') => quoted = !quoted,
                Some(b',') | None if !quoted || at == self.line.len() => {
                    if self.count < FIELDS_MAX {
                        self.fields.push(bare(&self.line, start..at));
                    }
                    (self.count, start) = (self.count + 1, at + 1);
                }
                _ => {}
            }
        }
    }
}

/// Narrows a field to what is inside blanks and one pair of quotation marks.
fn bare(line: &[u8], field: Range<usize>) -> Range<usize> {
    let text = &line[field.clone()];
    let from = field.start + (text.len() - text.trim_ascii_start().len());
    let to = from + text.trim_ascii().len();
    match &line[from..to] {
        [b'"', .., b'"'] => from + 1..to - 1,
        _ => from..to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<(u64, Vec<String>)>, DataError> {
        let input = Box::new(io::Cursor::new(text.to_vec()));
        let mut lines = Lines::new("test.csv".to_owned(), false, input);
        let mut seen = Vec::new();
        while lines.advance()? {
            let fields = (0..lines.len()).map(|i| String::from_utf8_lossy(lines.field(i)).into());
            seen.push((lines.number(), fields.collect()));
        }
        Ok(seen)
    }

    fn fields(text: &str) -> Vec<String> {
        read(text.as_bytes()).unwrap().remove(0).1
    }

    #[test]
    fn line_numbers_count_blank_lines_and_both_line_endings() {
        for text in ["a\n\n\nb\nc", "a\r\n\r\n\r\nb\r\nc\r\n"] {
            let numbers: Vec<u64> = read(text.as_bytes()).unwrap().iter().map(|l| l.0).collect();
            assert_eq!(numbers, [1, 4, 5], "{text:?}");
        }
    }

    #[test]
    fn fields_lose_blanks_and_quotation_marks() {
        assert_eq!(fields("a, b ,\"c,d\",,\"\""), ["a", "b", "c,d", "", ""]);
        assert_eq!(fields("\"open"), ["\"open"], "an unclosed mark ends with the line");
        assert_eq!(fields("\u{feff}ts_ms,x\r\n"), ["ts_ms", "x"]);
    }

    #[test]
    fn fields_beyond_the_most_are_counted_and_cost_nothing() {
        let commas = vec![b','; LINE_MAX as usize - 1];
        let mut lines = Lines::new("test.csv".to_owned(), false, Box::new(io::Cursor::new(commas)));
        assert!(lines.advance().unwrap());
        assert_eq!((lines.len(), lines.fields.len()), (LINE_MAX as usize, FIELDS_MAX));
        assert!(lines.fields.capacity() <= 2 * FIELDS_MAX);
    }

    #[test]
    fn what_is_not_text_is_refused_with_its_line() {
        assert!(matches!(read(b"a\n\x00\x01\n"), Err(DataError::NotText { line: 2, .. })));
        let endless = vec![b'x'; LINE_MAX as usize + 10];
        assert!(matches!(read(&endless), Err(DataError::NotText { line: 1, .. })));
    }
}
