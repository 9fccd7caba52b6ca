//! The vocabulary of st0ck: what every other crate speaks and nobody may bend.
//!
//! Money is decimal integers, time is UTC nanoseconds, an instrument is a small number. The modules
//! stand in reading order: numbers and time first, then instruments, the market, orders, what the
//! core consumes and what it decides, and last how all of it is named in the journal.
//!
//! *Invariant:* depends on nothing else of ours, reads no clock, holds no floating-point number.

#![forbid(unsafe_code)]
// A number that does not fit is refused, never cut: `try_from`, or a named door that says what it does.
#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )
)]

pub mod decimal;
pub mod money;
pub mod price;
pub mod qty;
pub mod rfc3339;
pub mod time;

pub mod calendar;
pub mod fees;

pub mod ids;
pub mod instrument;
pub mod symbol;
pub mod text;

pub mod market;

pub mod order;
pub mod outgoing;
pub mod report;

pub mod command;
pub mod decision;
pub mod input;
pub mod output;
pub mod reject;
pub mod system;

pub mod record;
pub mod recorder;
pub mod state;

pub use command::Command;
pub use decision::{Decision, Factor, FactorRole};
pub use ids::{BotCode, BrokerOrderId, ClientOrderId, Epoch, ExecutionId, InstrumentId, Nonce};
pub use ids::{OrderNo, Seq, StrategyId, TimerId};
pub use input::{Input, TimerFired};
pub use instrument::{AssetClass, Instrument};
pub use market::{Bar, Gap, Halt, InstrumentDef, MarketEvent, Quote, Trade};
pub use money::Money;
pub use order::{CancelRequest, OrderKind, OrderRequest, PositionEffect, Side, TimeInForce};
pub use outgoing::{Errand, Outgoing};
pub use output::Output;
pub use price::Price;
pub use qty::Qty;
pub use recorder::Recorder;
pub use reject::{Reject, RejectCode};
pub use report::Report;
pub use state::{StateReader, StateSink};
pub use symbol::Symbol;
pub use system::{AccountSums, SystemEvent};
pub use text::Text;
pub use time::Nanos;
