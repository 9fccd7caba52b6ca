//! Connections that a fault has ended in order: their peers are told the end, and what they still
//! say is read and forgotten until they end too.
//!
//! Closing at once would not do: bytes that nobody has read make the system reset the connection,
//! and a reset takes from its peer what came before it and was not read yet.
//!
//! *Invariant:* nothing passes any more, and nobody is waited for longer than [`PATIENCE`].

use mio::net::TcpStream;
use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// How long peers may go on after the end. Whoever still speaks then is reset after all.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes asked of the kernel in one read.
const CHUNK: usize = 16 << 10;
/// Reads of one side in one turn: a fast peer must not keep the others waiting.
const READS: usize = 64;

/// The sockets of what was a connection: the proxy's has two.
#[derive(Debug)]
pub(crate) struct Parting {
    /// Those whose peers have not ended yet.
    sides: Vec<TcpStream>,
    until: Instant,
}

impl Parting {
    /// Tells every side that nothing more comes.
    pub(crate) fn new(sides: impl Into<Vec<TcpStream>>, wall: Instant) -> Self {
        let sides = sides.into();
        for side in &sides {
            // A peer that is already gone cannot be told.
            let _ = side.shutdown(Shutdown::Write);
        }
        Self { sides, until: wall + PATIENCE }
    }

    /// Forgets what came. Whether anybody is still waited for.
    pub(crate) fn turn(&mut self, wall: Instant) -> bool {
        self.sides.retain_mut(|side| !has_ended(side));
        wall < self.until && !self.sides.is_empty()
    }
}

fn has_ended(side: &mut TcpStream) -> bool {
    let mut chunk = [0; CHUNK];
    for _ in 0..READS {
        match side.read(&mut chunk) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return true,
        }
    }
    false
}
