//! Sockets without venues: polling, TCP, HTTP, websockets, reconnects, secrets.
//!
//! Feeds, gateways, the emulator and the dashboard speak through this crate; it knows none of them
//! and no broker. Protocols are state machines that are fed bytes and give bytes, so that they are
//! tested byte by byte; around each is a thin shell that moves the bytes over a socket.
//!
//! *Invariant:* no call blocks, but for [`endpoint::Endpoint::resolve`] and the `blocking` helpers,
//! which are for control threads.
//! *Invariant:* time comes as an argument, `now_ns`: monotonic nanoseconds since any fixed moment.
//! *Invariant:* every buffer has a limit, and what fails is told once and never repeated.
//!
//! Reading order: [`secret`], [`endpoint`], [`tcp`] and [`out_buffer`], [`tls`], [`dial`], [`http`], [`websocket`],
//! [`reconnect`], [`rate_limit`], [`poll`], [`blocking`].

#![forbid(unsafe_code)]

pub mod secret;

pub mod endpoint;

pub mod out_buffer;
pub mod tcp;
pub mod tls;

pub mod dial;

pub mod http;

pub mod websocket;

pub mod rate_limit;
pub mod reconnect;

pub mod blocking;
pub mod poll;
