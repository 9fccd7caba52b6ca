//! One accepted TCP connection, non-blocking, plain or under TLS.
//!
//! *Invariant:* a failed write does not end reading: the peer's last bytes are still there.
//! *Invariant:* under TLS the last word is its `close_notify`, and only then the end of the stream:
//! without it a client cannot tell the end of what was said from a cut.

use mio::net::TcpStream;
use rustls::ServerConnection;
use st0ck_net::out_buffer::OutBuffer;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

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
    tls: Option<Box<ServerConnection>>,
    writable: bool,
    /// Bytes that may be written until somebody says otherwise.
    pub(super) allowance: usize,
    /// Bytes read so far.
    pub(super) heard: usize,
    /// Nothing more will be sent once TLS has let go of what it holds.
    finishing: bool,
}

impl Socket {
    /// Takes over an accepted stream, to be spoken to as `tls` says, or plainly.
    pub(super) fn new(stream: TcpStream, tls: Option<ServerConnection>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            tls: tls.map(Box::new),
            writable: true,
            allowance: usize::MAX,
            heard: 0,
            finishing: false,
        })
    }

    /// Reads once.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Found {
        let found = self.read_any(into);
        if let Found::Data(count) = found {
            self.heard = self.heard.wrapping_add(count);
        }
        found
    }

    fn read_any(&mut self, into: &mut [u8]) -> Found {
        let Some(tls) = &mut self.tls else { return found(&mut self.stream, into) };
        loop {
            // What came is opened first: the kernel does not tell again of what TLS has taken.
            match found(&mut tls.reader(), into) {
                Found::Nothing => {}
                found => return found,
            }
            match tls.read_tls(&mut self.stream) {
                Ok(0) => return Found::End,
                // What is no TLS is answered with an alert, and nothing more is believed.
                Ok(_) if tls.process_new_packets().is_err() => return Found::End,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Found::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Found::End,
            }
        }
    }

    /// Writes what the kernel takes. A peer that is gone swallows everything.
    pub(super) fn flush(&mut self, out: &mut OutBuffer) {
        if self.tls.is_some() {
            self.flush_tls(out);
        } else {
            self.flush_plain(out);
        }
        if !self.writable {
            out.clear();
        }
    }

    fn flush_plain(&mut self, out: &mut OutBuffer) {
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
    }

    /// Seals what there is room for, and writes what is sealed, a handshake's answers among it.
    fn flush_tls(&mut self, out: &mut OutBuffer) {
        let Some(tls) = &mut self.tls else { return };
        loop {
            let waiting = out.pending();
            let allowed = waiting.len().min(self.allowance);
            let sealed = tls.writer().write(&waiting[..allowed]).unwrap_or(0);
            out.advance(sealed);
            if self.allowance != usize::MAX {
                self.allowance -= sealed;
            }
            while self.writable && tls.wants_write() {
                match tls.write_tls(&mut self.stream) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => self.writable = false,
                }
            }
            if out.is_empty() || sealed == 0 || !self.writable {
                break;
            }
        }
        if self.finishing {
            self.shut();
        }
    }

    /// Whether TLS holds what the kernel has not taken yet.
    pub(super) fn holds(&self) -> bool {
        self.writable && self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Makes closing forget what waits and reset the peer.
    pub(super) fn reset_on_close(&self) {
        // A socket that is already gone needs no reset.
        let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
    }

    /// Says that nothing more will be sent.
    pub(super) fn finish(&mut self) {
        match &mut self.tls {
            None => self.shut(),
            Some(tls) => {
                tls.send_close_notify();
                self.finishing = true;
                self.flush_tls(&mut OutBuffer::new(0));
            }
        }
    }

    fn shut(&self) {
        // A peer that is already gone makes this fail, and then there is nobody left to tell.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

fn found(source: &mut impl Read, into: &mut [u8]) -> Found {
    loop {
        return match source.read(into) {
            Ok(0) => Found::End,
            Ok(count) => Found::Data(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Found::Nothing,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => Found::End,
        };
    }
}
