//! One accepted TCP connection, non-blocking.
//!
//! *Invariant:* a failed write does not end reading: the peer's last bytes are still there.

use mio::net::TcpStream;
use st0ck_net::out_buffer::OutBuffer;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// So many bytes.
    Data(usize),
    /// Nothing at the moment.
    Nothing,
    /// The peer has finished sending, or the connection is gone.
    End,
}

/// A connection to a peer.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    writable: bool,
}

impl Socket {
    /// Takes over an accepted stream.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, writable: true })
    }

    /// Reads once.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Found {
        loop {
            return match self.stream.read(into) {
                Ok(0) => Found::End,
                Ok(count) => Found::Data(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Found::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => Found::End,
            };
        }
    }

    /// Writes what the kernel takes. A peer that is gone swallows everything.
    pub(super) fn flush(&mut self, out: &mut OutBuffer) {
        while !out.is_empty() && self.writable {
            match self.stream.write(out.pending()) {
                Ok(count) => out.advance(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.writable = false,
            }
        }
        if !self.writable {
            out.clear();
        }
    }

    /// Says that nothing more will be sent.
    pub(super) fn finish(&mut self) {
        // A peer that is already gone makes this fail, and then there is nobody left to tell.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}
