//! Why a position is to be closed whatever it costs.

/// The reason. The numbers are those of the kept state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Leaving {
    /// It was at breakeven or better at `time_exit`.
    TimeExit = 1,
    /// The market closes soon. Final: nothing is entered any more.
    SessionExit = 2,
    /// The broker does not keep our offers.
    BrokenOffers = 3,
}

impl Leaving {
    const ALL: [Self; 3] = [Self::TimeExit, Self::SessionExit, Self::BrokenOffers];

    /// The word in a decision.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::TimeExit => "time_exit",
            Self::SessionExit => "session_exit",
            Self::BrokenOffers => "broken_offers",
        }
    }

    /// The number in the kept state; 0 for no reason.
    pub(super) fn number(leaving: Option<Self>) -> u8 {
        leaving.map_or(0, |leaving| leaving as u8)
    }

    /// What a number in the kept state means; `None` when it means nothing.
    pub(super) fn from_number(number: u8) -> Option<Option<Self>> {
        match number {
            0 => Some(None),
            _ => Self::ALL.into_iter().find(|leaving| *leaving as u8 == number).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_and_strangers_are_refused() {
        for leaving in Leaving::ALL.into_iter().map(Some).chain([None]) {
            assert_eq!(Leaving::from_number(Leaving::number(leaving)), Some(leaving));
        }
        assert_eq!(Leaving::from_number(4), None);
    }
}
