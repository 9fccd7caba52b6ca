//! How a websocket session writes and reads: JSON as text, or MessagePack as binary. Chosen by the
//! handshake's `Content-Type`.
//!
//! *Invariant:* both codecs say the same: a client that changes its codec finds the same keys.

use crate::wire::encoder::Encoder;
use crate::wire::json::Json;
use crate::wire::msgpack::{Msgpack, array_of};
use serde_json::Value;

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Codec {
    /// Text frames; binary ones with JSON in them are read too.
    #[default]
    Json,
    /// Binary frames, both ways.
    Msgpack,
}

impl Codec {
    /// What a handshake's `Content-Type` asks for.
    pub(crate) fn asked_by(content_type: Option<&str>) -> Self {
        match content_type {
            Some("application/msgpack") => Self::Msgpack,
            _ => Self::Json,
        }
    }

    /// Whether its frames are binary.
    pub(crate) fn is_binary(self) -> bool {
        self == Self::Msgpack
    }

    /// A client's message; `None` when it is none in this codec.
    pub(crate) fn read(self, message: &[u8]) -> Option<Value> {
        match self {
            Self::Json => serde_json::from_slice(message).ok(),
            Self::Msgpack => rmp_serde::from_slice(message).ok(),
        }
    }

    /// A control message.
    pub(crate) fn write(self, message: &Value) -> Vec<u8> {
        match self {
            Self::Json => message.to_string().into_bytes(),
            Self::Msgpack => rmp_serde::to_vec(message).expect("a JSON value has text as keys"),
        }
    }
}

/// Room at the front of a frame for what can only be written when it is full: the length.
const FRONT: usize = 5;

/// Data messages on their way into one websocket message, which is an array.
#[derive(Debug)]
pub(crate) struct Frame {
    codec: Codec,
    /// [`FRONT`] bytes, and the items.
    bytes: Vec<u8>,
    items: u32,
}

impl Frame {
    /// An empty frame.
    pub(crate) fn new(codec: Codec) -> Self {
        Self { codec, bytes: vec![0; FRONT], items: 0 }
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// How long it has grown.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it is to be sent as binary.
    pub(crate) fn is_binary(&self) -> bool {
        self.codec.is_binary()
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, write: impl FnOnce(&mut dyn Encoder)) {
        match self.codec {
            Codec::Json => {
                if self.items > 0 {
                    self.bytes.push(b',');
                }
                write(&mut Json::new(&mut self.bytes));
            }
            Codec::Msgpack => write(&mut Msgpack(&mut self.bytes)),
        }
        self.items += 1;
    }

    /// The whole message. Empty the frame afterwards.
    pub(crate) fn seal(&mut self) -> &[u8] {
        let mut front = Vec::with_capacity(FRONT);
        match self.codec {
            Codec::Json => {
                front.push(b'[');
                self.bytes.push(b']');
            }
            Codec::Msgpack => array_of(&mut front, self.items),
        }
        let start = FRONT - front.len();
        self.bytes[start..FRONT].copy_from_slice(&front);
        &self.bytes[start..]
    }

    /// Takes everything out.
    pub(crate) fn clear(&mut self) {
        self.bytes.truncate(FRONT);
        self.items = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_frame_is_an_array_whose_length_leads_in_msgpack() {
        for (items, front) in [(1u32, vec![0x91]), (15, vec![0x9f]), (16, vec![0xdc, 0, 16])] {
            let (mut text, mut binary) = (Frame::new(Codec::Json), Frame::new(Codec::Msgpack));
            for n in 0..items {
                text.push(|to| to.count(u64::from(n)));
                binary.push(|to| to.count(u64::from(n)));
            }
            let numbers: Vec<u32> = (0..items).collect();
            let told: Vec<u32> = serde_json::from_slice(text.seal()).unwrap();
            assert_eq!(told, numbers);
            let sealed = binary.seal();
            assert_eq!(sealed[..front.len()], front);
            assert_eq!(rmp_serde::from_slice::<Vec<u32>>(sealed).unwrap(), numbers);
            binary.clear();
            assert!(binary.is_empty() && !text.is_empty());
        }
    }

    #[test]
    fn control_messages_are_the_same_in_both_codecs() {
        let message = json!([{"T": "error", "code": 400, "msg": "invalid syntax"}]);
        for codec in [Codec::Json, Codec::Msgpack] {
            assert_eq!(codec.read(&codec.write(&message)), Some(message.clone()));
        }
        assert_eq!(Codec::Json.read(b"\x81"), None);
    }

    #[test]
    fn nonsense_in_msgpack_is_no_message_and_no_panic() {
        for bytes in [&b""[..], b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x81\x01\x02", &[0x91; 5000]] {
            assert_eq!(Codec::Msgpack.read(bytes), None, "{bytes:?}");
        }
    }
}
