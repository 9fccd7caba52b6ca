//! The connections of this crate against real sockets on the loopback interface.
//!
//! Both ends run on the test's own thread, which turns the crank; time is a number that the test
//! chooses. Only `blocking` has a thread for its peer.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod allocations;
mod blocking;
mod dial;
mod http_client;
mod http_pool;
mod http_roundtrip;
mod http_server;
mod support;
mod tcp;
mod tls;
mod websocket;
