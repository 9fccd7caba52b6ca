//! How long an order waits at the venue.

use st0ck_types::TimeInForce;

/// When an order that has not traded, or the rest of one that has, comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lifetime {
    /// [`crate::Venue::expire`] ends it.
    #[default]
    Day,
    /// Only a cancel ends it.
    Gtc,
    /// Immediate or cancel: what can be had on arrival, the rest ends there.
    Ioc,
    /// Fill or kill: all of it on arrival, or nothing.
    Fok,
    /// For the opening auction only.
    Opg,
    /// For the closing auction only.
    Cls,
}

impl Lifetime {
    /// Whether the close ends it. The closing auction may be held after the close.
    pub(crate) fn ends_with_day(self) -> bool {
        !matches!(self, Self::Gtc | Self::Cls)
    }
}

impl From<TimeInForce> for Lifetime {
    fn from(tif: TimeInForce) -> Self {
        match tif {
            TimeInForce::Day => Self::Day,
            TimeInForce::Gtc => Self::Gtc,
        }
    }
}
