//! A non-blocking TCP connection, and the listener that accepts them.
//!
//! HTTP and websocket connections own a [`TcpLink`]; they alone call it. Its four verbs
//! (`poll_connect`, `read`, `write`, `shutdown_write`) are the seam behind which TLS will sit: a
//! link that encrypts keeps the same verbs, so its callers do not change.
//!
//! *Invariant:* no call blocks, and none retries. An error closes the link for good.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};

use mio::net::{TcpListener, TcpStream};

use crate::out_buffer::OutBuffer;

/// Where a link stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// The handshake of TCP is under way.
    Connecting,
    /// Bytes may flow.
    Open,
    /// Over, by error or by [`TcpLink::close`] (then `NotConnected`). Never leaves this state;
    /// every later call fails with the same reason.
    Closed(ErrorKind),
}

/// What one read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOutcome {
    /// This many bytes, at least one, are in the caller's buffer.
    Data(usize),
    /// Nothing has arrived.
    Idle,
    /// The peer has finished sending. What it sent before has all been read.
    Eof,
}

/// One TCP connection. Reads go to the caller's buffer; what the kernel does not take at once
/// waits in the caller's [`OutBuffer`].
#[derive(Debug)]
pub struct TcpLink {
    stream: TcpStream,
    state: LinkState,
    bytes_read: u64,
    bytes_written: u64,
}

impl TcpLink {
    /// Starts to connect. `TCP_NODELAY` is set: an order must not wait for another segment.
    ///
    /// # Errors
    /// The kernel's reason when it refuses at once.
    pub fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        Ok(Self { stream, state: LinkState::Connecting, bytes_read: 0, bytes_written: 0 })
    }

    /// Where the link stands.
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.state
    }

    /// Bytes handed to the kernel so far. What was handed over may have reached the peer.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    /// Bytes received so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The address at the other end, when there is one.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.stream.peer_addr().ok()
    }

    /// Asks whether the connection is made. `Ok(true)` from then on.
    ///
    /// # Errors
    /// Why the connection failed; the link is then closed.
    pub fn poll_connect(&mut self) -> Result<bool, ErrorKind> {
        match self.state {
            LinkState::Open => return Ok(true),
            LinkState::Closed(kind) => return Err(kind),
            LinkState::Connecting => {}
        }
        let made = match self.stream.take_error() {
            Ok(None) => match self.stream.peer_addr() {
                Ok(_) => self.stream.set_nodelay(true).map(|()| true),
                Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
                Err(error) => Err(error),
            },
            Ok(Some(error)) | Err(error) => Err(error),
        };
        match made {
            Ok(true) => {
                self.state = LinkState::Open;
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// Reads once into `buffer`, which must not be empty.
    ///
    /// # Errors
    /// Why the connection broke; the link is then closed.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<ReadOutcome, ErrorKind> {
        debug_assert!(!buffer.is_empty(), "an empty buffer cannot tell data from the end");
        self.must_be_open()?;
        match self.stream.read(buffer) {
            Ok(0) => Ok(ReadOutcome::Eof),
            Ok(count) => {
                self.bytes_read += count as u64;
                Ok(ReadOutcome::Data(count))
            }
            Err(error) if is_transient(error.kind()) => Ok(ReadOutcome::Idle),
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// Writes what the kernel takes of `bytes` in one call and says how many that were.
    ///
    /// # Errors
    /// Why the connection broke; the link is then closed.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.must_be_open()?;
        match self.stream.write(bytes) {
            Ok(count) => {
                self.bytes_written += count as u64;
                Ok(count)
            }
            Err(error) if is_transient(error.kind()) => Ok(0),
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// Writes what waits in `out` until it is empty or the kernel takes no more; `Ok(true)` when
    /// nothing waits any longer.
    ///
    /// # Errors
    /// Why the connection broke; the link is then closed.
    pub fn flush(&mut self, out: &mut OutBuffer) -> Result<bool, ErrorKind> {
        while !out.is_empty() {
            let taken = self.write(out.pending())?;
            if taken == 0 {
                return Ok(false);
            }
            out.advance(taken);
        }
        Ok(true)
    }

    /// Tells the peer that nothing more will be sent; reading goes on.
    pub fn shutdown_write(&mut self) {
        // A peer that is already gone makes this fail, and then there is nobody left to tell.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions. The descriptor is freed on drop.
    pub fn close(&mut self) {
        if !matches!(self.state, LinkState::Closed(_)) {
            self.state = LinkState::Closed(ErrorKind::NotConnected);
            // As above: failing to close what is gone changes nothing.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }

    /// The descriptor's owner, for a control thread that waits on it.
    pub(crate) fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    fn fail(&mut self, error: &io::Error) -> ErrorKind {
        self.state = LinkState::Closed(error.kind());
        error.kind()
    }

    fn must_be_open(&self) -> Result<(), ErrorKind> {
        match self.state {
            LinkState::Open => Ok(()),
            LinkState::Connecting => Err(ErrorKind::NotConnected),
            LinkState::Closed(kind) => Err(kind),
        }
    }
}

/// Accepts connections without blocking: the loopback emulator's and the tests' front door.
#[derive(Debug)]
pub struct TcpAcceptor {
    listener: TcpListener,
}

impl TcpAcceptor {
    /// Listens on `addr`; port 0 lets the system choose one ([`TcpAcceptor::local_addr`] tells).
    ///
    /// # Errors
    /// The kernel's reason, such as `AddrInUse`.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(addr)? })
    }

    /// The address listened on.
    ///
    /// # Errors
    /// The kernel's reason, in practice never.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection that waits, already open, with `TCP_NODELAY` set.
    ///
    /// # Errors
    /// The kernel's reason; a peer that left while it waited is skipped, not an error.
    pub fn accept(&mut self) -> io::Result<Option<TcpLink>> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nodelay(true)?;
                    let state = LinkState::Open;
                    return Ok(Some(TcpLink { stream, state, bytes_read: 0, bytes_written: 0 }));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The descriptor's owner, for a control thread that waits on it.
    pub(crate) fn source(&mut self) -> &mut TcpListener {
        &mut self.listener
    }
}

/// "Not now" rather than "never": an interrupted call is simply asked again at the next poll.
fn is_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
