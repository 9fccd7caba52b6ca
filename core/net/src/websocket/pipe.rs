//! The two ends of a wire in memory, which `tungstenite` takes for a socket.
//!
//! [`Session`](super::Session) fills the inbound half from the real socket and drains the outbound
//! half to it. The real socket can thus be read straight into the inbound buffer, once, and the
//! time of reading be noted, before any frame is parsed.
//!
//! *Invariant:* both halves are bounded; a full one is `WouldBlock`, as with a socket.

use std::io::{self, ErrorKind, Read, Write};

use crate::out_buffer::OutBuffer;

/// A wire in memory.
#[derive(Debug)]
pub(super) struct Pipe {
    inbound: Box<[u8]>,
    /// The part of `inbound` that has been filled and not yet read.
    unread: (usize, usize),
    pub(super) outbound: OutBuffer,
}

impl Pipe {
    pub(super) fn new(inbound: usize, outbound: usize) -> Self {
        Self {
            inbound: vec![0; inbound].into_boxed_slice(),
            unread: (0, 0),
            outbound: OutBuffer::new(outbound),
        }
    }

    /// Free room for what arrives; all of the buffer when everything has been read.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.unread.0 == self.unread.1 {
            self.unread = (0, 0);
        }
        &mut self.inbound[self.unread.1..]
    }

    /// Notes that the first `count` bytes of [`Pipe::space`] have been filled.
    pub(super) fn filled(&mut self, count: usize) {
        self.unread.1 += count;
        debug_assert!(self.unread.1 <= self.inbound.len(), "more was filled than there was room");
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let waiting = &self.inbound[self.unread.0..self.unread.1];
        if waiting.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = waiting.len().min(buffer.len());
        buffer[..count].copy_from_slice(&waiting[..count]);
        self.unread.0 += count;
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.outbound.room());
        if count == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.outbound.push(&bytes[..count]).map_err(io::Error::other)?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
