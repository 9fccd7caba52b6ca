//! The live gateway: approved orders become requests, what a broker says becomes reports.
//!
//! Reading order: [`adapter`] is what a broker must do; [`agent`] turns the crank and holds the
//! last controls before the wire ([`kill`], intent age, in = out); [`throttle`] keeps within the
//! broker's quota; [`reports`] hands reports to the core without ever losing one; [`tracked`] is
//! what this side remembers of each order; [`reconcile`] compares two books; [`alpaca`] speaks to
//! Alpaca.
//!
//! *Invariant:* sees types, runtime and net only. It decides nothing about the market: it sends
//! what the journal already holds, once, or says that it did not.
//! *Invariant:* an order whose fate is not known is reported as unknown, never as dead.

#![forbid(unsafe_code)]

pub mod adapter;
pub mod agent;
pub mod instruments;
pub mod kill;
pub mod reconcile;
pub mod reports;
pub mod throttle;
pub mod tracked;

pub mod alpaca;

pub use adapter::{OrderAdapter, Stamps};
pub use agent::{GatewayAgent, GatewayConfig, GatewayCounters};
pub use instruments::InstrumentTable;
pub use kill::{KillGate, Shut};
pub use reports::ReportTx;
pub use tracked::{Identity, KnownOrder};
