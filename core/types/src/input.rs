//! Everything that can happen to the core, in one type.

use crate::{Command, MarketEvent, Nanos, Report, StrategyId, SystemEvent, TimerId};

/// A timer that came due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerFired {
    /// Whose timer.
    pub strategy: StrategyId,
    /// Which one.
    pub timer: TimerId,
    /// When it was due.
    pub due: Nanos,
}

/// One input of the core. The order in which the core consumed them is the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The market moved.
    Market(MarketEvent),
    /// The broker told something.
    Report(Report),
    /// Somebody asked for something.
    Command(Command),
    /// A timer came due.
    Timer(TimerFired),
    /// The process learned something about itself.
    System(SystemEvent),
}
