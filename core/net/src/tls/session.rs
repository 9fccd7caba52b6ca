//! One TLS conversation: sealed bytes in, plain bytes out, and the other way round.
//!
//! A [`TcpLink`](crate::tcp::TcpLink) owns one when its remote asks for TLS and lends it the socket.
//! rustls's unbuffered connection does the protocol; the buffers are here, so that a read is one
//! system call and a write no more than one for each record.
//!
//! *Invariant:* bytes given to [`TlsSession::write`] are reported as written when the kernel has
//! taken the first sealed byte of them, not before: of what was never reported, the peer has seen
//! nothing.
//! *Invariant:* bounded: a record is 16 KiB, a handshake message 64 KiB, whatever the peer claims.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::ServerName;
use rustls::unbuffered::{ConnectionState, UnbufferedStatus, WriteTraffic};
use zeroize::Zeroizing;

use super::TlsFault;
use crate::out_buffer::OutBuffer;
use crate::tcp::{LinkError, ReadOutcome, is_transient};

/// Plain bytes of one record at most (RFC 8446 §5.1).
const FRAGMENT: usize = 16 << 10;
/// A sealed record at most: header, padding, tag (RFC 8446 §5.2; RFC 5246 §6.2.3 allows more).
const RECORD: usize = FRAGMENT + 2048 + 5;
/// Room for what has come and is not opened yet, at first: one record and a bit of the next.
const INCOMING: usize = 20 << 10;
/// And at most: a handshake message in as many records as it takes, and one more record.
const INCOMING_MAX: usize = (64 << 10) + RECORD;
/// Opened bytes that may wait. More never do: the kernel is read only when none wait.
const OPENED_MAX: usize = 2 * INCOMING_MAX;
/// Sealed bytes that may wait: a record, and answers to a peer that asks for new keys. One that asks
/// on and on without reading has broken the protocol.
const SEALED_MAX: usize = 4 * RECORD;

/// What the machine came to.
enum Turn {
    /// Ask it again.
    Again,
    /// It needs bytes from the peer to go on with the handshake.
    Blocked,
    /// Nothing to do: what comes next is up to the peer or to us.
    Open,
    /// The peer has said its last word.
    Ended,
}

/// The client's end of one conversation.
pub(crate) struct TlsSession {
    connection: UnbufferedClientConnection,
    incoming: Vec<u8>,
    /// How much of `incoming` has come.
    held: usize,
    /// What was opened and not taken yet.
    opened: OutBuffer,
    /// What was sealed and not taken by the kernel yet.
    sealed: OutBuffer,
    scratch: Zeroizing<Vec<u8>>,
    /// Plain bytes in `sealed` that the caller does not know to be written.
    unreported: usize,
    /// Sealed bytes before the first of those, and whether that one has gone.
    ahead: usize,
    begun: bool,
    open: bool,
    ended: bool,
    /// Told by the next call: something good had to be told before.
    failed: Option<LinkError>,
}

impl TlsSession {
    /// A conversation that has not begun. `name` is whom the certificate must be for.
    pub(super) fn new(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, TlsFault> {
        let connection = UnbufferedClientConnection::new(config, name)
            .map_err(|error| TlsFault::from(&error))?;
        Ok(Self {
            connection,
            incoming: vec![0; INCOMING],
            held: 0,
            opened: OutBuffer::new(OPENED_MAX),
            sealed: OutBuffer::new(SEALED_MAX),
            scratch: Zeroizing::new(vec![0; RECORD]),
            unreported: 0,
            ahead: 0,
            begun: false,
            open: false,
            ended: false,
            failed: None,
        })
    }

    /// Goes on with the handshake as far as it goes; `Ok(true)` once bytes may flow.
    pub(crate) fn shake(&mut self, socket: &mut (impl Read + Write)) -> Result<bool, LinkError> {
        while !self.open {
            let digested = self.digest();
            // What was sealed goes out even if it is only the alert that says why.
            let flushed = self.flush(socket);
            digested?;
            flushed?;
            if self.open {
                break;
            }
            match self.receive(socket)? {
                ReadOutcome::Data(_) => {}
                ReadOutcome::Idle => return Ok(false),
                ReadOutcome::Eof => return Err(ErrorKind::UnexpectedEof.into()),
            }
        }
        Ok(true)
    }

    /// Reads what can be read into `buffer`: less than fits only when the kernel has no more.
    pub(crate) fn read(
        &mut self,
        socket: &mut impl Read,
        buffer: &mut [u8],
    ) -> Result<ReadOutcome, LinkError> {
        let mut filled = 0;
        let outcome = loop {
            filled += self.take_opened(&mut buffer[filled..]);
            if filled == buffer.len() {
                return Ok(ReadOutcome::Data(filled));
            }
            if let Some(error) = self.failed {
                break Err(error);
            }
            if self.ended {
                break Ok(ReadOutcome::Eof);
            }
            let room = self.incoming.len() - self.held;
            match self.receive(socket) {
                Ok(ReadOutcome::Data(count)) => {
                    self.failed = self.digest().err().map(LinkError::Tls);
                    filled += self.take_opened(&mut buffer[filled..]);
                    let kernel_is_empty = count < room && self.failed.is_none() && !self.ended;
                    if kernel_is_empty {
                        break Ok(ReadOutcome::Idle);
                    }
                }
                Ok(ReadOutcome::Idle) => break Ok(ReadOutcome::Idle),
                Ok(ReadOutcome::Eof) => self.failed = Some(TlsFault::Truncated.into()),
                Err(error) => self.failed = Some(error),
            }
        };
        if filled > 0 { Ok(ReadOutcome::Data(filled)) } else { outcome }
    }

    /// Seals what fits a record and writes what the kernel takes; says how many of `bytes` are on
    /// their way. After `Ok(0)` the next call must begin with the same bytes.
    pub(crate) fn write(
        &mut self,
        socket: &mut impl Write,
        bytes: &[u8],
    ) -> Result<usize, LinkError> {
        if self.unreported == 0 && !bytes.is_empty() {
            self.seal(&bytes[..bytes.len().min(FRAGMENT)])?;
        }
        debug_assert!(self.unreported <= bytes.len(), "what was not reported is given again");
        self.flush(socket)?;
        let begun = std::mem::take(&mut self.begun);
        Ok(if begun { std::mem::take(&mut self.unreported) } else { 0 })
    }

    /// Writes what was sealed; `Ok(true)` when none of it waits any longer.
    pub(crate) fn flush(&mut self, socket: &mut impl Write) -> Result<bool, LinkError> {
        while !self.sealed.is_empty() {
            match socket.write(self.sealed.pending()) {
                Ok(0) => break,
                Ok(count) => {
                    self.sealed.advance(count);
                    self.begun |= self.unreported > 0 && count > self.ahead;
                    self.ahead = self.ahead.saturating_sub(count);
                }
                Err(error) if is_transient(error.kind()) => break,
                Err(error) => return Err(error.kind().into()),
            }
        }
        Ok(self.sealed.is_empty())
    }

    /// Says the last word, as far as one call without waiting can.
    pub(crate) fn finish(&mut self, socket: &mut impl Write) {
        let count = self.with_traffic(|traffic, out| traffic.queue_close_notify(out).ok());
        if let Ok(count) = count
            && self.sealed.push(&self.scratch[..count]).is_ok()
        {
            // A peer that is already gone makes this fail, and then there is nobody left to tell.
            let _ = self.flush(socket);
        }
    }

    /// Whether sealed bytes wait for the kernel.
    pub(crate) fn holds(&self) -> bool {
        !self.sealed.is_empty()
    }

    fn take_opened(&mut self, buffer: &mut [u8]) -> usize {
        let waiting = self.opened.pending();
        let count = waiting.len().min(buffer.len());
        buffer[..count].copy_from_slice(&waiting[..count]);
        self.opened.advance(count);
        if self.opened.is_empty() {
            self.opened.clear();
        }
        count
    }

    /// One read from the kernel.
    fn receive(&mut self, socket: &mut impl Read) -> Result<ReadOutcome, LinkError> {
        if self.held == self.incoming.len() {
            if self.held >= INCOMING_MAX {
                return Err(TlsFault::Protocol.into());
            }
            self.incoming.resize((2 * self.held).min(INCOMING_MAX), 0);
        }
        match socket.read(&mut self.incoming[self.held..]) {
            Ok(0) => Ok(ReadOutcome::Eof),
            Ok(count) => {
                self.held += count;
                Ok(ReadOutcome::Data(count))
            }
            Err(error) if is_transient(error.kind()) => Ok(ReadOutcome::Idle),
            Err(error) => Err(error.kind().into()),
        }
    }

    /// Lets the machine work on what has come, until it wants something else.
    fn digest(&mut self) -> Result<(), TlsFault> {
        loop {
            match self.turn() {
                Ok(Turn::Again) => {}
                Ok(Turn::Blocked) => return Ok(()),
                Ok(Turn::Open) => {
                    self.open = true;
                    return Ok(());
                }
                Ok(Turn::Ended) => {
                    self.ended = true;
                    return Ok(());
                }
                Err(fault) => {
                    // The machine has an alert ready, which tells the peer why; what has come is not
                    // looked at again.
                    self.held = 0;
                    let _ = self.turn();
                    return Err(fault);
                }
            }
        }
    }

    fn turn(&mut self) -> Result<Turn, TlsFault> {
        let Self { connection, incoming, held, opened, sealed, scratch, .. } = self;
        let UnbufferedStatus { mut discard, state } =
            connection.process_tls_records(&mut incoming[..*held]);
        let turn = match state.map_err(|error| TlsFault::from(&error)) {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => loop {
                match traffic.next_record() {
                    None => break Ok(Turn::Again),
                    Some(Err(error)) => break Err(TlsFault::from(&error)),
                    Some(Ok(record)) => {
                        discard += record.discard;
                        if opened.push(record.payload).is_err() {
                            break Err(TlsFault::Protocol);
                        }
                    }
                }
            },
            Ok(ConnectionState::EncodeTlsData(mut data)) => match data.encode(scratch) {
                Ok(count) if sealed.push(&scratch[..count]).is_ok() => Ok(Turn::Again),
                _ => Err(TlsFault::Protocol),
            },
            Ok(ConnectionState::TransmitTlsData(data)) => {
                // It is in `sealed`, before whatever comes later: as good as sent.
                data.done();
                Ok(Turn::Again)
            }
            Ok(ConnectionState::BlockedHandshake) => Ok(Turn::Blocked),
            Ok(ConnectionState::WriteTraffic(_)) => Ok(Turn::Open),
            Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => Ok(Turn::Ended),
            Ok(_) => Err(TlsFault::Protocol),
            Err(fault) => Err(fault),
        };
        incoming.copy_within(discard..*held, 0);
        *held -= discard;
        turn
    }

    fn seal(&mut self, bytes: &[u8]) -> Result<(), TlsFault> {
        let count = self.with_traffic(|traffic, out| traffic.encrypt(bytes, out).ok())?;
        self.ahead = self.sealed.pending().len();
        self.sealed.push(&self.scratch[..count]).map_err(|_| TlsFault::Protocol)?;
        self.unreported = bytes.len();
        Ok(())
    }

    /// Has the machine write something into the scratch buffer; it was left in the state for that.
    fn with_traffic(
        &mut self,
        write: impl FnOnce(&mut WriteTraffic<'_, ClientConnectionData>, &mut [u8]) -> Option<usize>,
    ) -> Result<usize, TlsFault> {
        let Self { connection, incoming, held, scratch, .. } = self;
        let UnbufferedStatus { discard, state } =
            connection.process_tls_records(&mut incoming[..*held]);
        let written = match state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => write(&mut traffic, scratch),
            _ => None,
        };
        incoming.copy_within(discard..*held, 0);
        *held -= discard;
        written.ok_or(TlsFault::Protocol)
    }
}

impl std::fmt::Debug for TlsSession {
    /// States and sizes only: the bytes may hold a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { open, ended, held, opened, sealed, .. } = self;
        write!(f, "TlsSession(open {open}, ended {ended}, {held} held, {opened:?}, {sealed:?})")
    }
}
