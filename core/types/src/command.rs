//! What people, the supervisor and the latch ask of the core.

use crate::Text;

/// Why a command was given, in the words of whoever gave it.
pub type Reason = Text<64>;

/// A journaled request to the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Let it trade: HALTED or REDUCING becomes ACTIVE, if nothing latched forbids it.
    Arm(Reason),
    /// Let it only reduce positions.
    Reduce(Reason),
    /// Let it send nothing but cancels.
    Halt(Reason),
    /// The kill switch: halt, cancel opening orders, latch until armed by hand.
    Kill(Reason),
    /// Forget what loss limits and breakers latched (a named person takes the responsibility).
    ResetLatches(Reason),
}

impl Command {
    /// The word used in the journal and on the screen.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Arm(_) => "arm",
            Self::Reduce(_) => "reduce",
            Self::Halt(_) => "halt",
            Self::Kill(_) => "kill",
            Self::ResetLatches(_) => "reset_latches",
        }
    }

    /// Why it was given.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Arm(r)
            | Self::Reduce(r)
            | Self::Halt(r)
            | Self::Kill(r)
            | Self::ResetLatches(r) => r,
        }
    }
}
