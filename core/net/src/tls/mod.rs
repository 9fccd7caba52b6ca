//! TLS for links: whom to trust, what can go wrong, and the machine that opens and seals.
//!
//! [`Trust`] is made once, at start; [`Endpoint::resolve`](crate::endpoint::Endpoint::resolve) hands
//! it to every remote whose scheme asks for TLS, and [`TcpLink`](crate::tcp::TcpLink) does the rest:
//! its verbs are the same with and without.
//!
//! *Invariant:* nothing of the caller's is sealed before the peer's certificate was found good for
//! the name that was asked for. There is no way to switch that off.
//! *Invariant:* the end of what a peer says is its `close_notify`; a stream that ends without it is
//! an error, never an end.

mod fault;
mod session;
mod trust;

pub use fault::TlsFault;
pub(crate) use session::TlsSession;
pub use trust::{Trust, TrustError};
