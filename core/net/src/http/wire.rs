//! The pieces that every HTTP message is written from: start line and fields.
//!
//! Requests, responses and the websocket handshake are rendered with them.
//!
//! *Invariant:* what could end a line early is refused, so no text of ours or a user's can become
//! another field or a second message.

use std::io::Write;

use super::HttpError;

/// Appends `METHOD root+path HTTP/1.1`.
pub(crate) fn start_line(
    out: &mut Vec<u8>,
    method: &str,
    root: &str,
    path: &str,
) -> Result<(), HttpError> {
    let sendable = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    if !sendable {
        return Err(HttpError::Unsendable("the request target"));
    }
    for part in [method, " ", root, path, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    Ok(())
}

/// Appends `name: value`.
pub(crate) fn push_field(out: &mut Vec<u8>, name: &str, value: &str) -> Result<(), HttpError> {
    if name.is_empty() || !name.bytes().all(|byte| TOKEN[usize::from(byte)]) {
        return Err(HttpError::Unsendable("a header field's name"));
    }
    if !value.bytes().all(is_field_byte) {
        return Err(HttpError::Unsendable("a header field's value"));
    }
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    Ok(())
}

/// Appends `Content-Length`.
pub(crate) fn push_length(out: &mut Vec<u8>, length: usize) {
    write!(out, "Content-Length: {length}\r\n").expect("writing to a Vec cannot fail");
}

/// RFC 9110 §5.6.2: which bytes a name may hold. A table, for every order's request is looked at.
const TOKEN: [bool; 256] = {
    let mut token = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        token[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let (others, mut at) = (b"!#$%&'*+-.^_`|~", 0);
    while at < others.len() {
        token[others[at] as usize] = true;
        at += 1;
    }
    token
};

/// RFC 9110 §5.5: visible bytes, space and tab.
fn is_field_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
