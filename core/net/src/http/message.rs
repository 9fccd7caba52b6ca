//! What requests and responses have in common: a header block, then a body.
//!
//! Each of the two parsers owns a [`Message`] and tells it what the header block means.
//!
//! *Invariant:* takes no byte beyond its message.

use super::body::{BodyReader, Framing};
use super::head::{Head, Headers};
use super::{HttpError, Limits};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Body,
    Whole,
}

/// A message under construction.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) head: Head,
    body: BodyReader,
    stage: Stage,
}

impl Message {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            head: Head::new(limits.head),
            body: BodyReader::new(limits.body),
            stage: Stage::Head,
        }
    }

    pub(super) fn reset(&mut self) {
        self.head.clear();
        self.stage = Stage::Head;
    }

    pub(super) fn is_whole(&self) -> bool {
        self.stage == Stage::Whole
    }

    pub(super) fn has_begun(&self) -> bool {
        self.stage != Stage::Head || !self.head.is_empty()
    }

    pub(super) fn headers(&self) -> Headers<'_> {
        self.head.headers()
    }

    pub(super) fn body(&self) -> &[u8] {
        self.body.bytes()
    }

    /// Takes bytes up to the end of the message. `on_head` is given each whole header block and
    /// says how the body is framed, or nothing for a block to be passed over.
    pub(super) fn feed(
        &mut self,
        input: &[u8],
        mut on_head: impl FnMut(&mut Head) -> Result<Option<Framing>, HttpError>,
    ) -> Result<usize, HttpError> {
        let mut at = 0;
        while self.stage != Stage::Whole && at < input.len() {
            if self.stage == Stage::Body {
                at += self.body.feed(&input[at..])?;
            } else {
                let (taken, whole) = self.head.feed(&input[at..])?;
                at += taken;
                if whole {
                    match on_head(&mut self.head)? {
                        Some(framing) => self.start_body(framing)?,
                        None => self.reset(),
                    }
                }
            }
            if self.stage == Stage::Body && self.body.is_done() {
                self.stage = Stage::Whole;
            }
        }
        Ok(at)
    }

    /// The peer has stopped sending.
    pub(super) fn eof(&mut self) -> Result<(), HttpError> {
        if self.stage == Stage::Head {
            return Err(HttpError::Truncated);
        }
        self.body.eof()?;
        self.stage = Stage::Whole;
        Ok(())
    }

    fn start_body(&mut self, framing: Framing) -> Result<(), HttpError> {
        self.body.start(framing)?;
        self.stage = Stage::Body;
        Ok(())
    }
}
