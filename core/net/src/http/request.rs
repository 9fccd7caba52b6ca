//! An HTTP request as a client writes it.
//!
//! The gateway's adapters build a [`Request`] per call on borrowed parts;
//! [`HttpConnection`](super::HttpConnection) renders it into a buffer that it reuses.
//!
//! *Invariant:* what is rendered is one request: a target or a field that could end a line early
//! is refused, so no text of ours or a user's can become a second request.

use zeroize::Zeroizing;

use super::HttpError;
use super::wire::{push_field, push_length, start_line};
use crate::secret::Secret;

/// The methods that brokers use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates. Never repeated by anything in this crate.
    Post,
    /// Replaces whole.
    Put,
    /// Replaces in part.
    Patch,
    /// Removes: for an order, asks to cancel.
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether servers expect a length even when there is no body (RFC 9110 §8.6).
    fn implies_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

/// Header fields that every request to an endpoint carries, rendered once: `Accept`, credentials.
///
/// It has no `Debug` and no `Clone`, for the reason that [`Secret`] has none; zeroed on drop.
#[derive(Default)]
pub struct HeaderBlock(Zeroizing<Vec<u8>>);

impl HeaderBlock {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    ///
    /// # Errors
    /// [`HttpError::Unsendable`] when name or value hold what HTTP does not allow.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, HttpError> {
        push_field(&mut self.0, name, value)?;
        Ok(self)
    }

    /// Adds a field whose value is a credential.
    ///
    /// # Errors
    /// As [`HeaderBlock::with`]; the error does not repeat the value.
    pub fn with_secret(self, name: &str, value: &Secret) -> Result<Self, HttpError> {
        self.with(name, value.expose())
    }

    /// The fields as they go onto the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// One request, on borrowed parts.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What to do.
    pub method: Method,
    /// To what: a path that begins with `/`, with its query, percent-encoded where needed. It is
    /// put behind the endpoint's path root.
    pub path: &'a str,
    /// Fields beside those of the [`HeaderBlock`].
    pub headers: &'a [(&'a str, &'a str)],
    /// The body and its media type.
    pub body: Option<Body<'a>>,
}

/// A request's body.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    /// The media type, such as `application/json`.
    pub media_type: &'a str,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl<'a> Request<'a> {
    /// A request without fields or body of its own.
    #[must_use]
    pub fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, headers: &[], body: None }
    }

    /// `GET path`.
    #[must_use]
    pub fn get(path: &'a str) -> Self {
        Self::new(Method::Get, path)
    }

    /// `DELETE path`.
    #[must_use]
    pub fn delete(path: &'a str) -> Self {
        Self::new(Method::Delete, path)
    }

    /// `POST path` with a JSON body.
    #[must_use]
    pub fn post_json(path: &'a str, json: &'a [u8]) -> Self {
        Self::new(Method::Post, path).json(json)
    }

    /// The same request with a JSON body.
    #[must_use]
    pub fn json(self, json: &'a [u8]) -> Self {
        let body = Body { media_type: "application/json", bytes: json };
        Self { body: Some(body), ..self }
    }

    /// The same request with these fields.
    #[must_use]
    pub fn headers(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { headers, ..self }
    }

    /// Appends the request to `out`. `authority` is the `Host` field's value, `root` the endpoint's
    /// path root, `fixed` the fields of every request.
    ///
    /// # Errors
    /// [`HttpError::Unsendable`]; `out` may then hold a part of the request.
    pub fn render(
        &self,
        out: &mut Vec<u8>,
        authority: &str,
        root: &str,
        fixed: &HeaderBlock,
    ) -> Result<(), HttpError> {
        self.push_fields(out, authority, root, fixed)?;
        let length = self.body.map_or(0, |body| body.bytes.len());
        if self.body.is_some() || self.method.implies_body() {
            push_length(out, length);
        }
        out.extend_from_slice(b"\r\n");
        if let Some(body) = self.body {
            out.extend_from_slice(body.bytes);
        }
        Ok(())
    }

    /// Appends all of the head that does not depend on the body's bytes.
    pub(super) fn push_fields(
        &self,
        out: &mut Vec<u8>,
        authority: &str,
        root: &str,
        fixed: &HeaderBlock,
    ) -> Result<(), HttpError> {
        start_line(out, self.method.as_str(), root, self.path)?;
        push_field(out, "Host", authority)?;
        out.extend_from_slice(fixed.as_bytes());
        for (name, value) in self.headers {
            push_field(out, name, value)?;
        }
        match self.body {
            Some(body) => push_field(out, "Content-Type", body.media_type),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HeaderBlock, Method, Request};
    use crate::http::HttpError;
    use crate::secret::Secret;

    fn render(request: &Request<'_>, fixed: &HeaderBlock) -> Result<String, HttpError> {
        let mut out = Vec::new();
        request.render(&mut out, "h:1", "/paper", fixed)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_request_is_rendered_as_the_wire_has_it() {
        let fixed = HeaderBlock::new()
            .with("Accept", "application/json")
            .unwrap()
            .with_secret("APCA-API-SECRET-KEY", &Secret::new(String::from("s3cret")))
            .unwrap();
        assert_eq!(
            render(&Request::post_json("/v2/orders", b"{}").headers(&[("X-A", "b")]), &fixed)
                .unwrap(),
            "POST /paper/v2/orders HTTP/1.1\r\nHost: h:1\r\nAccept: application/json\r\n\
             APCA-API-SECRET-KEY: s3cret\r\nX-A: b\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\n\r\n{}"
        );
        let none = HeaderBlock::new();
        assert_eq!(
            render(&Request::delete("/v2/orders/1"), &none).unwrap(),
            "DELETE /paper/v2/orders/1 HTTP/1.1\r\nHost: h:1\r\n\r\n"
        );
        assert_eq!(
            render(&Request::new(Method::Post, "/x"), &none).unwrap(),
            "POST /paper/x HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn no_text_can_become_a_second_field_or_request() {
        let none = HeaderBlock::new();
        for path in ["", "x", "/a b", "/a\r\nX: y", "/é", "/\0"] {
            let error = render(&Request::get(path), &none).unwrap_err();
            assert_eq!(error, HttpError::Unsendable("the request target"), "{path:?}");
        }
        for (name, value) in [("", "x"), ("A B", "x"), ("A:", "x"), ("A\r\nB", "x")] {
            let error = render(&Request::get("/").headers(&[(name, value)]), &none).unwrap_err();
            assert_eq!(error, HttpError::Unsendable("a header field's name"), "{name:?}");
        }
        for value in ["a\r\nB: c", "a\n", "\0", "\x7f"] {
            let secret = Secret::new(String::from(value));
            let refused = HeaderBlock::new().with_secret("A", &secret).map(|_| ()).unwrap_err();
            assert_eq!(refused, HttpError::Unsendable("a header field's value"), "{value:?}");
        }
    }
}
