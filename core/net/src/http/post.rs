//! A `POST` that is sent again and again with another JSON body each time: an order.
//!
//! The gateway's adapters keep one for each way in which their bodies begin;
//! [`HttpPool::try_post`](super::HttpPool::try_post) sends it. Its head is checked and rendered once
//! with the body's beginning behind it, so that an order costs one copy, and writes what is its own
//! (its id, quantity and price) right behind that.
//!
//! *Invariant:* the bytes are those that [`Request::post_json`] renders.

use zeroize::Zeroizing;

use super::wire::push_decimal;
use super::{HeaderBlock, HttpError, Request};

/// Most bytes that [`Rest`] has room for: the longest order has 90.
const ROOM: usize = 96;
/// What stands in the template where the length will: as many digits as an order's has.
const LENGTH: [u8; 3] = *b"000";

/// A request but for its length and the rest of its body.
///
/// It has no `Debug` and no `Clone`, as the [`HeaderBlock`] within; zeroed on drop.
pub struct JsonPost {
    /// The head, the body's beginning, and room for its rest.
    bytes: Zeroizing<Vec<u8>>,
    length_at: usize,
    body_at: usize,
}

impl JsonPost {
    /// `POST path` with its fields, whose bodies have no beginning in common: `authority`, `root` and
    /// `fixed` as in [`Request::render`].
    ///
    /// # Errors
    /// [`HttpError::Unsendable`] as in [`Request::render`].
    pub fn new(
        path: &str,
        authority: &str,
        root: &str,
        fixed: &HeaderBlock,
    ) -> Result<Self, HttpError> {
        let mut head = Zeroizing::new(Vec::with_capacity(512));
        Request::post_json(path, b"").push_fields(&mut head, authority, root, fixed)?;
        head.extend_from_slice(b"Content-Length: ");
        let length_at = head.len();
        head.extend_from_slice(&LENGTH);
        head.extend_from_slice(b"\r\n\r\n");
        Ok(Self::of(&head, length_at, b""))
    }

    /// The same request for bodies that all begin with `json`.
    #[must_use]
    pub fn beginning(&self, json: &[u8]) -> Self {
        Self::of(&self.bytes[..self.body_at], self.length_at, json)
    }

    fn of(head: &[u8], length_at: usize, json: &[u8]) -> Self {
        // All of the room at once: a buffer that grows would leave credentials behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + json.len() + ROOM));
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(json);
        bytes.extend_from_slice(&[0; ROOM]);
        Self { bytes, length_at, body_at: head.len() }
    }

    /// Appends the whole request to `out`; `write` writes the rest of the body.
    ///
    /// # Panics
    /// When `write` writes more than [`Rest`] has room for.
    #[inline]
    pub fn render(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Rest<'_>)) {
        let from = out.len();
        out.extend_from_slice(&self.bytes);
        let room_at = out.len() - ROOM;
        let mut rest = Rest { room: &mut out[room_at..] };
        write(&mut rest);
        let unused = rest.room.len();
        out.truncate(out.len() - unused);
        let length = out.len() - from - self.body_at;
        set_length(out, from + self.length_at, length);
    }
}

#[inline]
fn set_length(out: &mut Vec<u8>, at: usize, length: usize) {
    if let 100..1_000 = length {
        let digits = [length / 100, length / 10 % 10, length % 10].map(|digit| b'0' + digit as u8);
        out[at..at + LENGTH.len()].copy_from_slice(&digits);
    } else {
        set_odd_length(out, at, length);
    }
}

/// One that no order has.
#[cold]
fn set_odd_length(out: &mut Vec<u8>, at: usize, length: usize) {
    let mut digits = Vec::new();
    push_decimal(&mut digits, length);
    out.splice(at..at + LENGTH.len(), digits);
}

/// The rest of a body, written in the place where it is sent from.
pub struct Rest<'a> {
    room: &'a mut [u8],
}

impl Rest<'_> {
    /// Appends these bytes.
    ///
    /// # Panics
    /// Beyond the room, as all of these.
    #[inline]
    pub fn push<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.write(|slot| {
            *slot = *bytes;
            N
        });
    }

    /// Appends the first `len` of these bytes, which costs less than a slice of unknown length.
    #[inline]
    pub fn push_first<const N: usize>(&mut self, bytes: &[u8; N], len: usize) {
        self.write(|slot| {
            *slot = *bytes;
            len
        });
    }

    /// Appends what `write` writes at the front of the place it is given; it says how much that is.
    #[inline]
    pub fn write<const N: usize>(&mut self, write: impl FnOnce(&mut [u8; N]) -> usize) {
        let slot = self.room.first_chunk_mut().expect("a body's rest is within its room");
        let len = write(slot);
        self.room = &mut std::mem::take(&mut self.room)[len..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed() -> HeaderBlock {
        HeaderBlock::new().with("Accept", "application/json").unwrap()
    }

    #[test]
    fn it_is_the_request_that_would_be_rendered_whole() {
        let post = JsonPost::new("/v2/orders", "h:1", "/paper", &fixed()).unwrap();
        for length in [0, 1, 9, 10, 99, 100, 101, 357, 998, 999, 1_000, 70_000] {
            for rest in [0, 1, ROOM] {
                let json = vec![b'x'; length];
                let (start, end) = json.split_at(length.saturating_sub(rest));
                let (mut whole, mut posted) = (vec![b'-'], vec![b'-']);
                let request = Request::post_json("/v2/orders", &json);
                request.render(&mut whole, "h:1", "/paper", &fixed()).unwrap();
                post.beginning(start)
                    .render(&mut posted, |rest| end.iter().for_each(|&byte| rest.push(&[byte])));
                assert_eq!(posted, whole, "{length}, {rest}");
            }
        }
    }

    #[test]
    fn of_a_padded_text_only_the_text_is_sent() {
        let post = JsonPost::new("/", "h", "", &fixed()).unwrap().beginning(b"{\"a\":\"");
        let mut out = Vec::new();
        post.render(&mut out, |rest| {
            rest.push_first(b"bcd\0\0\0", 3);
            rest.write(|slot: &mut [u8; 4]| {
                slot.copy_from_slice(b"\"}..");
                2
            });
        });
        assert!(out.ends_with(b"Content-Length: 11\r\n\r\n{\"a\":\"bcd\"}"));
    }

    #[test]
    #[should_panic(expected = "within its room")]
    fn a_rest_beyond_its_room_is_a_mistake() {
        let post = JsonPost::new("/", "h", "", &fixed()).unwrap();
        post.render(&mut Vec::new(), |rest| rest.push(&[b'x'; ROOM + 1]));
    }

    #[test]
    fn a_head_that_could_end_early_is_refused() {
        let refused = JsonPost::new("/a\r\nX: y", "h", "", &HeaderBlock::new()).map(|_| ());
        assert_eq!(refused, Err(HttpError::Unsendable("the request target")));
        let refused = JsonPost::new("/a", "h\r\n", "", &HeaderBlock::new()).map(|_| ());
        assert_eq!(refused, Err(HttpError::Unsendable("a header field's value")));
    }
}
