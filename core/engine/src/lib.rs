//! What decides: a pure function of its inputs.
//!
//! [`Engine::on_input`] takes one input at a time, moves the world (market, orders, portfolio,
//! timers), lets strategies want things, and asks the gate about each want. Nothing here reads a
//! clock, sends, sleeps, logs or allocates after start; the same inputs give the same outputs and
//! the same state hash, which is what makes a journal replayable.
//!
//! The modules stand in reading order: what strategies see and say, the world, the gate, and the
//! engine that joins them.

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

/// How the engine and its strategies decide, as a number: raised with every change after which the
/// same inputs may lead to other outputs or to another state. A session is replayed and continued
/// only by the behaviour that made it.
///
/// 1: the first. 2: decisions tell signal from sizing; the whole catalogue of controls. 3: losses of
/// accounts.
pub const BEHAVIOUR: u32 = 3;

pub mod ctx;
pub mod intent;
pub mod params;
pub mod strategy;

pub mod config;
pub mod market;
pub mod orders;
pub mod portfolio;
mod timers;
pub mod world;

pub mod risk;

pub mod counters;
pub mod engine;
pub mod outbox;
pub mod reconcile;

pub mod checkpoint;
pub mod core_agent;
mod departures;
pub mod guard;
pub mod lane_clock;
mod rehearsal;
pub mod status;

pub use config::{Capacities, ConfigError, EngineConfig, InstrumentConfig};
pub use counters::Counters;
pub use ctx::Ctx;
pub use engine::Engine;
pub use intent::{Intent, OrderIntent};
pub use outbox::Outbox;
pub use params::{ParamError, ParamKind, ParamSpec, Params};
pub use reconcile::{ReconcileBreak, ReconcileOutcome};
pub use strategy::{Blocker, OrderChange, Recipe, Strategy};
pub use world::World;
