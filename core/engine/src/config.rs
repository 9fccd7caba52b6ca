//! What an engine is made from: resolved once at start, and kept in the session's header.

use crate::orders::Identity;
use crate::risk::RiskLimits;
use st0ck_types::calendar::{Session, Zone};
use st0ck_types::{Money, Price, Symbol};
use std::fmt;

/// An instrument of the lane; its place in the list is its `InstrumentId`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentConfig {
    /// Venue symbol; the feed must define the instrument under the same one.
    pub symbol: Symbol,
    /// Whether the lane may trade it (control C3), or only look at it.
    pub allowed: bool,
    /// Closes of earlier days, oldest first; may be empty.
    pub daily_closes: Vec<Price>,
}

impl InstrumentConfig {
    /// A tradable instrument without history.
    #[must_use]
    pub fn new(symbol: &str) -> Self {
        Self { symbol: Symbol::new(symbol), allowed: true, daily_closes: Vec::new() }
    }
}

/// How much room the tables get. All of it is made at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacities {
    /// Orders of one session.
    pub orders: usize,
    /// Open lots at once, over all instruments.
    pub lots: usize,
    /// Timers armed at once, the engine's own included.
    pub timers: usize,
}

impl Default for Capacities {
    fn default() -> Self {
        Self { orders: 8_192, lots: 4_096, timers: 64 }
    }
}

/// What an engine is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// The lane's instruments.
    pub instruments: Vec<InstrumentConfig>,
    /// The trading day.
    pub session: Session,
    /// The exchange's own clock.
    pub zone: Zone,
    /// Who mints the ids of its orders.
    pub identity: Identity,
    /// What the gate holds.
    pub limits: RiskLimits,
    /// What the bot may work with; also the portfolio's first cash.
    pub capital: Money,
    /// Whether the lane may only be armed after a clean reconciliation with the broker.
    pub require_reconcile: bool,
    /// Room of the tables.
    pub capacities: Capacities,
}

impl EngineConfig {
    /// The usual configuration: default limits and capacities, reconciliation required.
    #[must_use]
    pub fn new(
        instruments: Vec<InstrumentConfig>,
        session: Session,
        zone: Zone,
        identity: Identity,
        capital: Money,
    ) -> Self {
        Self {
            instruments,
            session,
            zone,
            identity,
            limits: RiskLimits::for_capital(capital),
            capital,
            require_reconcile: true,
            capacities: Capacities::default(),
        }
    }

    pub(crate) fn validate(&self, strategies: &[u8]) -> Result<(), ConfigError> {
        if self.instruments.is_empty() {
            return Err(ConfigError::NoInstruments);
        }
        let in_order = strategies.iter().enumerate().all(|(place, &id)| place == usize::from(id));
        if strategies.is_empty() || strategies.len() > STRATEGIES_MAX || !in_order {
            return Err(ConfigError::Strategies { found: strategies.to_vec() });
        }
        let limits = &self.limits;
        for (key, value, most) in [
            ("open_orders_max", limits.open_orders_max, OPEN_ORDERS_MOST),
            ("orders_per_minute_max", limits.orders_per_minute_max, RATE_MOST),
            ("duplicates_per_minute_max", limits.duplicates_per_minute_max, RATE_MOST),
            ("entries_per_10_min_max", limits.entries_per_10_min_max, RATE_MOST),
            ("broker_rejects_per_minute_max", limits.broker_rejects_per_minute_max, RATE_MOST),
        ] {
            if value > most {
                return Err(ConfigError::TooLarge { key, value, most });
            }
        }
        for (key, value) in [
            ("capacities.orders", self.capacities.orders),
            ("capacities.lots", self.capacities.lots),
            ("capacities.timers", self.capacities.timers),
        ] {
            if value == 0 {
                return Err(ConfigError::NoRoom { key });
            }
        }
        Ok(())
    }
}

/// Strategies of one lane at most; one more number is the engine's own.
const STRATEGIES_MAX: usize = 64;
/// C16 may not allow more: a kill cancels all of them within one input.
const OPEN_ORDERS_MOST: u32 = 64;
/// Rings of times are made at this size at most.
const RATE_MOST: u32 = 10_000;

/// A configuration that no engine can be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// There is nothing to trade or look at.
    NoInstruments,
    /// There are none, or they are not numbered 0, 1, 2 … up to at most 64 of them.
    Strategies {
        /// Their numbers as given.
        found: Vec<u8>,
    },
    /// A limit is larger than the lane can hold.
    TooLarge {
        /// Which limit.
        key: &'static str,
        /// As given.
        value: u32,
        /// The most there can be.
        most: u32,
    },
    /// A table without room.
    NoRoom {
        /// Which capacity.
        key: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInstruments => write!(f, "no instruments: name at least one symbol"),
            Self::Strategies { found } if found.is_empty() => {
                write!(f, "no strategies: a lane needs at least one")
            }
            Self::Strategies { found } => write!(
                f,
                "strategies must be numbered 0, 1, 2 … ({STRATEGIES_MAX} at most), not {found:?}"
            ),
            Self::TooLarge { key, value, most } => {
                write!(f, "`{key}` = {value} is more than a lane can hold: at most {most}")
            }
            Self::NoRoom { key } => write!(f, "`{key}` = 0 leaves no room: give at least 1"),
        }
    }
}

impl std::error::Error for ConfigError {}
