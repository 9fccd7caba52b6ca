//! A TCP proxy before a broker, ours or any on this machine, that does to its connections what a
//! file of faults says: what `st0ck chaos` runs.
//!
//! In reading order: `proxy` owns the sockets; `link` is one client and its server; `pipe` one way
//! between them; `messages` cuts bytes into HTTP and websocket messages where a fault wants them.
//!
//! *Invariant:* loopback only, on both sides.
//! *Invariant:* without a fault every byte passes, in order, unchanged. Connections are numbered by
//! their coming, and chance belongs to a connection: the same seed and the same traffic give the
//! same log, which has no times in it.

mod link;
mod messages;
mod pipe;
mod proxy;

pub(crate) use messages::cut;
pub(crate) use proxy::fits;
pub use proxy::{Chaos, ChaosEndpoints};

use crate::faults::FaultPlan;
use std::io;
use std::net::SocketAddr;

/// Everything a proxy needs.
pub struct ChaosConfig {
    /// The server.
    pub to: SocketAddr,
    /// Port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// What shall go wrong.
    pub plan: FaultPlan,
    /// Names the chance of a plan without a seed.
    pub seed: u64,
    /// Is told of every fault as it happens, one line each.
    pub log: Box<dyn FnMut(&str) + Send>,
}

/// Why a proxy does not run (any more).
#[derive(Debug, thiserror::Error)]
pub enum ChaosError {
    /// The port is taken or not allowed.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another --listen, or 0 for any")]
    Bind {
        /// The port asked for.
        port: u16,
        /// The kernel's reason.
        source: io::Error,
    },
    /// The server is elsewhere.
    #[error("{0} is not on this machine: the proxy passes on to loopback addresses only")]
    NotLoopback(SocketAddr),
    /// A fault that needs to know what a request means.
    #[error("line {line}: the fault {name:?} ({kind}) {words}")]
    Fault {
        /// Its name.
        name: String,
        /// Its kind.
        kind: &'static str,
        /// Line of its file.
        line: usize,
        /// What is wrong and what would be right.
        words: &'static str,
    },
    /// The poll failed.
    #[error("while waiting for sockets: {0}")]
    Poll(#[source] io::Error),
}
