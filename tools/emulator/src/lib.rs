//! A loopback Alpaca with real sockets and its own book: what `st0ck emulate alpaca` runs, what
//! `demo` trades on, and what our client is tested against.
//!
//! In reading order: [`Emulator`] owns everything and turns the crank; [`EmulatorConfig`] sets it
//! up; `release` moves session time (paced, or in lock-step); `arrivals` takes in what clients
//! send; `api` answers REST, `stream` speaks the websocket protocols; `account` says whose keys are
//! whose; `house` is the broker, sans I/O, `ticket` what it is asked for (in `terms`), `checks` what
//! it says to that, `book` what each account has; `wire` is what it looks like as JSON; `transport`
//! is sockets and nothing else. [`doors`] is for those who feed it nonsense.
//!
//! *Invariant:* one thread owns it all, and one seed names all chance, so that in lock-step the
//! same session and the same client give the same bytes.
//! *Invariant:* loopback only: it listens on 127.0.0.1 and opens no connection itself.

#![forbid(unsafe_code)]

mod config;
mod emulator;
mod handle;

mod agenda;
mod arrivals;
mod pace;
mod release;

mod api;
mod stream;

mod account;
mod book;
mod checks;
mod house;
mod market;
mod refusal;
mod terms;
mod ticket;
mod wire;

mod transport;

mod chaos;
mod document;
mod faults;
mod scenario;

pub mod doors;

pub use api::route::route_table;
pub use chaos::{Chaos, ChaosConfig, ChaosEndpoints, ChaosError};
pub use config::{DataPlan, EmulatorConfig, EmulatorError, MarketRules, Speed, Start};
pub use emulator::Emulator;
pub use faults::{FaultError, FaultPlan, fault_schema, fault_tables};
pub use handle::{AccountKeys, EmulatorHandle, Endpoints, Progress};
pub use scenario::{Scenario, scenario_schema, scenario_tables};
pub use transport::TlsError;
