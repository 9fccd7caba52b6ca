//! A `POST` that is sent again and again with another JSON body each time: an order.
//!
//! The gateway's adapters keep one per resource; [`HttpPool::try_post`](super::HttpPool::try_post)
//! sends it. Its head is checked and rendered once, so that an order adds a length and a body.
//!
//! *Invariant:* the bytes are those that [`Request::post_json`] renders.

use zeroize::Zeroizing;

use super::wire::push_decimal;
use super::{HeaderBlock, HttpError, Request};

/// A request but for its body: start line and fields, as far as the length's value.
///
/// It has no `Debug` and no `Clone`, as the [`HeaderBlock`] within; zeroed on drop.
pub struct JsonPost(Zeroizing<Vec<u8>>);

impl JsonPost {
    /// `POST path` with its fields: `authority`, `root` and `fixed` as in [`Request::render`].
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
        Ok(Self(head))
    }

    /// Appends the whole request to `out`.
    #[inline]
    pub fn render(&self, out: &mut Vec<u8>, json: &[u8]) {
        out.extend_from_slice(&self.0);
        push_decimal(out, json.len());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(json);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_request_that_would_be_rendered_whole() {
        let fixed = HeaderBlock::new().with("Accept", "application/json").unwrap();
        let post = JsonPost::new("/v2/orders", "h:1", "/root", &fixed).unwrap();
        for length in [0, 1, 9, 10, 99, 100, 101, 357, 999, 1_000, 70_000] {
            let json = vec![b'x'; length];
            let (mut whole, mut posted) = (Vec::new(), Vec::new());
            let request = Request::post_json("/v2/orders", &json);
            request.render(&mut whole, "h:1", "/root", &fixed).unwrap();
            post.render(&mut posted, &json);
            assert_eq!(posted, whole, "{length}");
        }
    }

    #[test]
    fn a_head_that_could_end_early_is_refused() {
        let refused = JsonPost::new("/a\r\nX: y", "h", "", &HeaderBlock::new()).map(|_| ());
        assert_eq!(refused, Err(HttpError::Unsendable("the request target")));
        let refused = JsonPost::new("/a", "h\r\n", "", &HeaderBlock::new()).map(|_| ());
        assert_eq!(refused, Err(HttpError::Unsendable("a header field's value")));
    }
}
