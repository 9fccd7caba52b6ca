//! A loopback peer that does exactly what a test tells it, and the crank.

use st0ck_net::endpoint::{Endpoint, Remote};
use st0ck_net::out_buffer::OutBuffer;
use st0ck_net::tcp::{ReadOutcome, TcpAcceptor, TcpLink};
use st0ck_net::tls::Trust;

/// Turns the crank until `done` has something; the loopback interface needs a few turns at most, a
/// busy machine more.
pub(crate) fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    for _ in 0..5_000_000 {
        if let Some(value) = done() {
            return value;
        }
        std::thread::yield_now();
    }
    panic!("never happened: {what}");
}

/// [`until`] for a condition.
pub(crate) fn until_true(what: &str, mut done: impl FnMut() -> bool) {
    until(what, || done().then_some(()));
}

pub(crate) fn listen() -> TcpAcceptor {
    TcpAcceptor::bind("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// Where an acceptor can be reached.
pub(crate) fn remote(acceptor: &TcpAcceptor, scheme: &str, path: &str) -> Remote {
    let addr = acceptor.local_addr().unwrap();
    Endpoint::parse(&format!("{scheme}://{addr}{path}")).unwrap().resolve(&Trust::nobody()).unwrap()
}

/// An address where nobody listens: tcpmux (port 1) is a service of another age, and a port just
/// given up might be another test's by now.
pub(crate) fn nowhere(scheme: &str) -> Remote {
    Endpoint::parse(&format!("{scheme}://127.0.0.1:1")).unwrap().resolve(&Trust::nobody()).unwrap()
}

pub(crate) fn accept(acceptor: &mut TcpAcceptor) -> Peer {
    Peer { link: until("a connection", || acceptor.accept().unwrap()), seen: Vec::new() }
}

/// The other end of a connection, by hand.
pub(crate) struct Peer {
    pub(crate) link: TcpLink,
    pub(crate) seen: Vec<u8>,
}

impl Peer {
    /// Sends all of `bytes`.
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let mut out = OutBuffer::new(usize::MAX);
        out.push(bytes.as_ref()).unwrap();
        until_true("the peer sends", || self.link.flush(&mut out).unwrap());
    }

    /// Reads what has come; whether the other side has finished sending.
    pub(crate) fn listen(&mut self) -> bool {
        let mut chunk = [0; 4096];
        loop {
            match self.link.read(&mut chunk) {
                Ok(ReadOutcome::Data(count)) => self.seen.extend_from_slice(&chunk[..count]),
                Ok(ReadOutcome::Idle) => return false,
                Ok(ReadOutcome::Eof) | Err(_) => return true,
            }
        }
    }

    /// Reads until what has been seen ends with `end`.
    pub(crate) fn hear(&mut self, end: &str) {
        until_true(end, || {
            self.listen();
            self.seen.ends_with(end.as_bytes())
        });
    }
}
