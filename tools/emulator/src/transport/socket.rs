//! One accepted TCP connection, non-blocking.
//!
//! *Invariant:* a failed write does not end reading: the peer's last bytes are still there.

use mio::net::TcpStream;
use st0ck_net::out_buffer::OutBuffer;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

/// Reads of a connection that is about to be closed: a peer that never stops is reset after all.
const READS_BEFORE_CLOSE: usize = 64;

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
    /// Bytes that may be written until somebody says otherwise.
    pub(super) allowance: usize,
    /// Bytes read so far.
    pub(super) heard: usize,
}

impl Socket {
    /// Takes over an accepted stream.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, writable: true, allowance: usize::MAX, heard: 0 })
    }

    /// Reads once.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Found {
        loop {
            return match self.stream.read(into) {
                Ok(0) => Found::End,
                Ok(count) => {
                    self.heard = self.heard.wrapping_add(count);
                    Found::Data(count)
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => Found::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => Found::End,
            };
        }
    }

    /// Writes what the kernel takes. A peer that is gone swallows everything.
    pub(super) fn flush(&mut self, out: &mut OutBuffer) {
        while !out.is_empty() && self.writable && self.allowance > 0 {
            let waiting = out.pending();
            match self.stream.write(&waiting[..waiting.len().min(self.allowance)]) {
                Ok(count) => {
                    out.advance(count);
                    if self.allowance != usize::MAX {
                        self.allowance -= count;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.writable = false,
            }
        }
        if !self.writable {
            out.clear();
        }
    }

    /// Makes closing forget what waits and reset the peer.
    pub(super) fn reset_on_close(&self) {
        // A socket that is already gone needs no reset.
        let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
    }

    /// Reads what is there and forgets it: closing with bytes unread would reset the peer.
    pub(super) fn forget_unread(&mut self, chunk: &mut [u8]) {
        for _ in 0..READS_BEFORE_CLOSE {
            if !matches!(self.read(chunk), Found::Data(_)) {
                return;
            }
        }
    }

    /// Says that nothing more will be sent.
    pub(super) fn finish(&mut self) {
        // A peer that is already gone makes this fail, and then there is nobody left to tell.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}
