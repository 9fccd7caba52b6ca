//! A non-blocking TCP connection, plain or under TLS, and the listener that accepts plain ones.
//!
//! HTTP and websocket connections own a [`TcpLink`]; they alone call it. Its verbs (`poll_connect`,
//! `read`, `write`, `flush`, `shutdown_write`) are the seam behind which TLS sits: a link that
//! encrypts has the same ones, so its callers do not know.
//!
//! *Invariant:* no call blocks, and none retries. An error closes the link for good.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};

use mio::net::{TcpListener, TcpStream};

use crate::endpoint::Remote;
use crate::out_buffer::OutBuffer;
use crate::tls::{TlsFault, TlsSession};

/// Why a link broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The kernel's reason.
    #[error("{0}")]
    Io(ErrorKind),
    /// TLS's reason.
    #[error("{0}")]
    Tls(TlsFault),
}

impl From<ErrorKind> for LinkError {
    fn from(kind: ErrorKind) -> Self {
        Self::Io(kind)
    }
}

impl From<LinkError> for io::Error {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Io(kind) => kind.into(),
            LinkError::Tls(fault) => Self::new(ErrorKind::InvalidInput, fault),
        }
    }
}

impl From<TlsFault> for LinkError {
    fn from(fault: TlsFault) -> Self {
        Self::Tls(fault)
    }
}

/// Where a link stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// The handshake of TCP, or the one of TLS, is under way.
    Connecting,
    /// Bytes may flow.
    Open,
    /// Over, by error or by [`TcpLink::close`] (then `NotConnected`). Never leaves this state;
    /// every later call fails with the same reason.
    Closed(LinkError),
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
    tls: Option<Box<TlsSession>>,
    /// TCP's handshake is done.
    made: bool,
    bytes_read: u64,
    bytes_written: u64,
}

impl TcpLink {
    /// Starts to connect, and to speak TLS if the remote asks for it. `TCP_NODELAY` is set: an order
    /// must not wait for another segment.
    ///
    /// # Errors
    /// Why there is nothing to wait for: the kernel refused at once, or the host's name cannot stand
    /// in a certificate.
    pub fn connect(remote: &Remote) -> Result<Self, LinkError> {
        let tls = match &remote.trust {
            None => None,
            Some(trust) => Some(Box::new(trust.begin(remote.endpoint.host())?)),
        };
        let stream = TcpStream::connect(remote.addr).map_err(|error| error.kind())?;
        let state = LinkState::Connecting;
        Ok(Self { stream, state, tls, made: false, bytes_read: 0, bytes_written: 0 })
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

    /// Asks whether bytes may flow. `Ok(true)` from then on.
    ///
    /// # Errors
    /// Why the connection failed; the link is then closed.
    pub fn poll_connect(&mut self) -> Result<bool, LinkError> {
        match self.state {
            LinkState::Open => return Ok(true),
            LinkState::Closed(error) => return Err(error),
            LinkState::Connecting => {}
        }
        let made = self.poll_made().and_then(|made| match &mut self.tls {
            Some(tls) if made => tls.shake(&mut self.stream),
            _ => Ok(made),
        });
        if made == Ok(true) {
            self.state = LinkState::Open;
        }
        made.map_err(|error| self.fail(error))
    }

    /// Why a link that is still connecting is given up.
    pub(crate) fn lateness(&self) -> LinkError {
        let shaking = self.made && self.tls.is_some();
        if shaking { TlsFault::Silent.into() } else { ErrorKind::TimedOut.into() }
    }

    fn poll_made(&mut self) -> Result<bool, LinkError> {
        if self.made {
            return Ok(true);
        }
        let made = match self.stream.take_error() {
            Ok(None) => match self.stream.peer_addr() {
                Ok(_) => self.stream.set_nodelay(true).map(|()| true),
                Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
                Err(error) => Err(error),
            },
            Ok(Some(error)) | Err(error) => Err(error),
        };
        self.made = made.map_err(|error| error.kind())?;
        Ok(self.made)
    }

    /// Reads into `buffer`, which must not be empty, with one call of the kernel, or as many as TLS
    /// needs; less than fits only when the kernel had no more.
    ///
    /// # Errors
    /// Why the connection broke; the link is then closed.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<ReadOutcome, LinkError> {
        debug_assert!(!buffer.is_empty(), "an empty buffer cannot tell data from the end");
        self.must_be_open()?;
        let read = match &mut self.tls {
            None => read_plain(&mut self.stream, buffer),
            Some(tls) => tls.read(&mut self.stream, buffer),
        };
        if let Ok(ReadOutcome::Data(count)) = read {
            self.bytes_read += count as u64;
        }
        read.map_err(|error| self.fail(error))
    }

    /// Writes what the kernel takes of `bytes` in one call and says how many that were. Under TLS a
    /// call that takes none must be followed by one with the same bytes: they are sealed already.
    ///
    /// # Errors
    /// Why the connection broke; the link is then closed.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, LinkError> {
        self.must_be_open()?;
        let written = match &mut self.tls {
            None => write_plain(&mut self.stream, bytes),
            Some(tls) => tls.write(&mut self.stream, bytes),
        };
        if let Ok(count) = written {
            self.bytes_written += count as u64;
        }
        written.map_err(|error| self.fail(error))
    }

    /// Writes what waits in `out` until it is empty or the kernel takes no more; `Ok(true)` when
    /// nothing waits any longer.
    ///
    /// # Errors
    /// Why the connection broke; the link is then closed.
    pub fn flush(&mut self, out: &mut OutBuffer) -> Result<bool, LinkError> {
        while !out.is_empty() {
            let taken = self.write(out.pending())?;
            if taken == 0 {
                return Ok(false);
            }
            out.advance(taken);
        }
        self.flush_sealed()
    }

    /// Of what TLS sealed, its answers to the peer among it, the rest.
    fn flush_sealed(&mut self) -> Result<bool, LinkError> {
        let flushed = match &mut self.tls {
            Some(tls) if tls.holds() && self.state == LinkState::Open => {
                tls.flush(&mut self.stream)
            }
            _ => return Ok(true),
        };
        flushed.map_err(|error| self.fail(error))
    }

    /// Tells the peer that nothing more will be sent; reading goes on.
    pub fn shutdown_write(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.finish(&mut self.stream);
        }
        // A peer that is already gone makes this fail, and then there is nobody left to tell.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions. The descriptor is freed on drop.
    pub fn close(&mut self) {
        if !matches!(self.state, LinkState::Closed(_)) {
            self.state = LinkState::Closed(ErrorKind::NotConnected.into());
            // As above: failing to close what is gone changes nothing.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
    }

    /// The descriptor's owner, for a control thread that waits on it.
    pub(crate) fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    fn fail(&mut self, error: LinkError) -> LinkError {
        self.state = LinkState::Closed(error);
        error
    }

    fn must_be_open(&self) -> Result<(), LinkError> {
        match self.state {
            LinkState::Open => Ok(()),
            LinkState::Connecting => Err(ErrorKind::NotConnected.into()),
            LinkState::Closed(error) => Err(error),
        }
    }
}

fn read_plain(stream: &mut impl Read, buffer: &mut [u8]) -> Result<ReadOutcome, LinkError> {
    match stream.read(buffer) {
        Ok(0) => Ok(ReadOutcome::Eof),
        Ok(count) => Ok(ReadOutcome::Data(count)),
        Err(error) if is_transient(error.kind()) => Ok(ReadOutcome::Idle),
        Err(error) => Err(error.kind().into()),
    }
}

fn write_plain(stream: &mut impl Write, bytes: &[u8]) -> Result<usize, LinkError> {
    match stream.write(bytes) {
        Ok(count) => Ok(count),
        Err(error) if is_transient(error.kind()) => Ok(0),
        Err(error) => Err(error.kind().into()),
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
                    return Ok(Some(TcpLink {
                        stream,
                        state: LinkState::Open,
                        tls: None,
                        made: true,
                        bytes_read: 0,
                        bytes_written: 0,
                    }));
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
pub(crate) fn is_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
