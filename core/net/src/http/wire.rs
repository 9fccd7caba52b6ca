//! The pieces that every HTTP message is written from: start line and fields.
//!
//! Requests, responses and the websocket handshake are rendered with them.
//!
//! *Invariant:* what could end a line early is refused, so no text of ours or a user's can become
//! another field or a second message.

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
    out.extend_from_slice(b"Content-Length: ");
    push_decimal(out, length);
    out.extend_from_slice(b"\r\n");
}

/// Appends a number; by hand, for every order has its length and `write!` takes ten times as long.
#[inline]
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut value: usize) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return out.extend_from_slice(&digits[start..]);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::push_decimal;

    #[test]
    fn numbers_are_written_as_they_print() {
        for value in [0, 1, 9, 10, 99, 100, 12_345, usize::MAX] {
            let mut out = Vec::new();
            push_decimal(&mut out, value);
            assert_eq!(out, value.to_string().into_bytes());
        }
    }
}
