//! The header block of a message: collected until its blank line, then parsed once.
//!
//! Both parsers own a [`Head`] and feed it before anything else. Finding the end costs one pass
//! over each byte however the bytes are cut; `httparse` runs only on the whole block.
//!
//! *Invariant:* never holds more than its limit, and never takes a byte of what follows the block.

use super::HttpError;

/// As many fields as a block may hold; brokers send about 20.
pub(super) const MAX_FIELDS: usize = 64;

/// Where a field lies within the block.
#[derive(Debug, Clone, Copy)]
struct Field {
    name: (usize, usize),
    value: (usize, usize),
}

/// A header block under construction.
#[derive(Debug)]
pub(super) struct Head {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    limit: usize,
}

impl Head {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), fields: Vec::with_capacity(MAX_FIELDS), limit }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.fields.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes bytes up to the end of the block; returns how many, and whether the block is whole.
    pub(super) fn feed(&mut self, input: &[u8]) -> Result<(usize, bool), HttpError> {
        // RFC 9112 §2.2: empty lines before the start line are to be skipped.
        let skipped = if self.bytes.is_empty() {
            input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
        } else {
            0
        };
        let before = self.bytes.len();
        let fits = (self.limit - before).min(input.len() - skipped);
        self.bytes.extend_from_slice(&input[skipped..skipped + fits]);
        if let Some(end) = end_of_block(&self.bytes, before) {
            self.bytes.truncate(end);
            return Ok((skipped + end - before, true));
        }
        if skipped + fits < input.len() {
            return Err(HttpError::HeadTooLarge { limit: self.limit });
        }
        Ok((input.len(), false))
    }

    /// Runs `httparse` over the whole block as a response head; returns minor version and status.
    pub(super) fn parse_response(&mut self) -> Result<(u8, u16), HttpError> {
        let mut slots = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut slots);
        whole(response.parse(&self.bytes))?;
        note_fields(&mut self.fields, &self.bytes, response.headers);
        match (response.version, response.code) {
            (Some(version), Some(code)) => Ok((version, code)),
            _ => Err(HttpError::BadHead(httparse::Error::Status)),
        }
    }

    /// Runs `httparse` over the whole block as a request head.
    pub(super) fn parse_request(&mut self) -> Result<RequestLine, HttpError> {
        let mut slots = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut request = httparse::Request::new(&mut slots);
        whole(request.parse(&self.bytes))?;
        note_fields(&mut self.fields, &self.bytes, request.headers);
        match (request.method, request.path, request.version) {
            (Some(method), Some(path), Some(version)) => Ok(RequestLine {
                method: span(&self.bytes, method.as_bytes()),
                target: span(&self.bytes, path.as_bytes()),
                version,
            }),
            _ => Err(HttpError::BadHead(httparse::Error::Token)),
        }
    }

    /// The text of a span that `httparse` found to be a token or a target, hence ASCII or UTF-8.
    pub(super) fn text(&self, span: (usize, usize)) -> &str {
        std::str::from_utf8(&self.bytes[span.0..span.1]).unwrap_or_default()
    }

    pub(super) fn headers(&self) -> Headers<'_> {
        Headers { bytes: &self.bytes, fields: &self.fields }
    }
}

/// The start line of a request: spans into the block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RequestLine {
    pub(super) method: (usize, usize),
    pub(super) target: (usize, usize),
    pub(super) version: u8,
}

/// The header fields of a message, in the order received.
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    bytes: &'a [u8],
    fields: &'a [Field],
}

impl<'a> Headers<'a> {
    /// The value of the first field called `name`, whatever its case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// [`Headers::get`] as text; nothing when it is not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The values of every field called `name`.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |field| field.0.eq_ignore_ascii_case(name)).map(|field| field.1)
    }

    /// Every field: name as sent, value without the spaces around it.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        let Self { bytes, fields } = *self;
        fields.iter().map(move |field| {
            // httparse lets only token characters into a name, so this is always text.
            let name = std::str::from_utf8(&bytes[field.name.0..field.name.1]).unwrap_or_default();
            (name, &bytes[field.value.0..field.value.1])
        })
    }

    /// Whether a comma-separated list field called `name` has `token` in it, whatever its case.
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }
}

impl std::fmt::Debug for Headers<'_> {
    /// Names only: values may be credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|field| field.0)).finish()
    }
}

/// One past the blank line that ends the block, if it ends at or after `from`. A bare LF ends a
/// line as CRLF does (RFC 9112 §2.2), so a blank line is LF LF or LF CR LF.
fn end_of_block(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find(|&at| ends_block(&bytes[..=at])).map(|at| at + 1)
}

fn ends_block(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\r\n") || bytes.ends_with(b"\n\n")
}

fn whole(parsed: httparse::Result<usize>) -> Result<(), HttpError> {
    match parsed {
        Ok(httparse::Status::Complete(_)) => Ok(()),
        // The block ends in a blank line, so a parser that wants more has met nonsense.
        Ok(httparse::Status::Partial) => Err(HttpError::BadHead(httparse::Error::NewLine)),
        Err(httparse::Error::TooManyHeaders) => Err(HttpError::TooManyHeaders),
        Err(error) => Err(HttpError::BadHead(error)),
    }
}

fn note_fields(fields: &mut Vec<Field>, bytes: &[u8], parsed: &[httparse::Header<'_>]) {
    fields.clear();
    fields.extend(parsed.iter().map(|header| Field {
        name: span(bytes, header.name.as_bytes()),
        value: span(bytes, header.value),
    }));
}

/// Where `part`, a slice of `whole`, lies in it. (An empty value may lie anywhere.)
fn span(whole: &[u8], part: &[u8]) -> (usize, usize) {
    if part.is_empty() {
        return (0, 0);
    }
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    (start, start + part.len())
}
