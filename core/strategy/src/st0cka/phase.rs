//! The state machine: from what is held and open to the phase and the one next step.
//!
//! ```text
//! Flat ──enter──▶ Entering ──over──▶ Holding ──offer filled──▶ Flat
//!                                       │ leave
//!                                       ▼
//!                                   Canceling ──confirmed──▶ Selling ──filled──▶ Flat
//! ```
//!
//! A pure function of the books, so that it gives the same answer after a restart, whatever happened
//! in between. *Invariant:* it never offers or sells more than is held and not already offered.

use super::holdings::Holdings;
use super::leaving::Leaving;
use st0ck_types::{OrderNo, Qty};

/// Where the strategy stands. The numbers are those of the kept state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub(super) enum Phase {
    /// Nothing held, nothing open.
    #[default]
    Flat = 0,
    /// An order to buy is out, or its fate is not known.
    Entering = 1,
    /// Shares are held and offered at the target.
    Holding = 2,
    /// Waiting until the offer is certainly gone.
    Canceling = 3,
    /// An order to sell at market is out or wanted.
    Selling = 4,
}

impl Phase {
    const ALL: [Self; 5] =
        [Self::Flat, Self::Entering, Self::Holding, Self::Canceling, Self::Selling];

    /// The phase with this number in the kept state.
    pub(super) fn from_u8(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// What to ask for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: somebody else moves next.
    Wait,
    /// That this order end.
    Cancel(OrderNo),
    /// To offer so many shares at the target.
    Offer(Qty),
    /// To sell so many shares at market, for that reason.
    Sell(Leaving, Qty),
}

/// The phase that `holdings` show, and the step that leads on.
pub(super) fn next(holdings: &Holdings, leaving: Option<Leaving>) -> (Phase, Step) {
    let cancel = |order: Option<OrderNo>| order.map_or(Step::Wait, Step::Cancel);
    let uncovered = holdings.uncovered();
    if holdings.entering {
        return (Phase::Entering, cancel(holdings.entry.filter(|_| leaving.is_some())));
    }
    if uncovered < Qty::ZERO || (leaving.is_some() && holdings.resting) {
        return (Phase::Canceling, cancel(holdings.offer));
    }
    if holdings.held.is_zero() {
        return (Phase::Flat, Step::Wait);
    }
    match (leaving, uncovered > Qty::ZERO) {
        (None, true) => (Phase::Holding, Step::Offer(uncovered)),
        (None, false) => (Phase::Holding, Step::Wait),
        (Some(why), true) => (Phase::Selling, Step::Sell(why, uncovered)),
        (Some(_), false) => (Phase::Selling, Step::Wait),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAY: Option<Leaving> = None;
    const LEAVE: Option<Leaving> = Some(Leaving::SessionExit);

    fn shares(n: i64) -> Qty {
        Qty::units(n).unwrap()
    }

    fn holding(held: i64, offered: i64) -> Holdings {
        let resting = offered > 0;
        let offer = resting.then_some(OrderNo(7));
        Holdings {
            held: shares(held),
            offered: shares(offered),
            resting,
            offer,
            ..Holdings::default()
        }
    }

    fn entering(held: i64) -> Holdings {
        Holdings { held: shares(held), entering: true, entry: Some(OrderNo(6)), ..holding(0, 0) }
    }

    #[test]
    fn nothing_held_and_nothing_open_is_flat() {
        for leaving in [STAY, LEAVE] {
            assert_eq!(next(&holding(0, 0), leaving), (Phase::Flat, Step::Wait));
        }
    }

    #[test]
    fn a_partly_filled_entry_is_awaited_and_canceled_only_to_leave() {
        assert_eq!(next(&entering(2), STAY), (Phase::Entering, Step::Wait));
        assert_eq!(next(&entering(2), LEAVE), (Phase::Entering, Step::Cancel(OrderNo(6))));
        let unknown = Holdings { entry: None, ..entering(2) };
        assert_eq!(next(&unknown, LEAVE), (Phase::Entering, Step::Wait));
    }

    #[test]
    fn what_is_held_and_not_offered_is_offered() {
        assert_eq!(next(&holding(3, 0), STAY), (Phase::Holding, Step::Offer(shares(3))));
        assert_eq!(next(&holding(3, 1), STAY), (Phase::Holding, Step::Offer(shares(2))));
        assert_eq!(next(&holding(3, 3), STAY), (Phase::Holding, Step::Wait));
    }

    #[test]
    fn leaving_cancels_first_waits_and_only_then_sells() {
        assert_eq!(next(&holding(3, 3), LEAVE), (Phase::Canceling, Step::Cancel(OrderNo(7))));
        let canceling = Holdings { offer: None, ..holding(3, 3) };
        assert_eq!(next(&canceling, LEAVE), (Phase::Canceling, Step::Wait));
        assert_eq!(
            next(&holding(3, 0), LEAVE),
            (Phase::Selling, Step::Sell(Leaving::SessionExit, shares(3)))
        );
        let at_market = Holdings { resting: false, offer: None, ..holding(3, 3) };
        assert_eq!(next(&at_market, LEAVE), (Phase::Selling, Step::Wait));
        let partly = Holdings { resting: false, offer: None, ..holding(3, 1) };
        assert_eq!(
            next(&partly, LEAVE),
            (Phase::Selling, Step::Sell(Leaving::SessionExit, shares(2)))
        );
    }

    #[test]
    fn more_offered_than_held_is_canceled_and_never_added_to() {
        for leaving in [STAY, LEAVE] {
            assert_eq!(next(&holding(1, 3), leaving), (Phase::Canceling, Step::Cancel(OrderNo(7))));
            assert_eq!(next(&holding(0, 3), leaving), (Phase::Canceling, Step::Cancel(OrderNo(7))));
            assert_eq!(next(&holding(-1, 0), leaving), (Phase::Canceling, Step::Wait));
        }
    }

    #[test]
    fn phase_numbers_round_trip() {
        for phase in Phase::ALL {
            assert_eq!(Phase::from_u8(phase as u8), Some(phase));
        }
        assert_eq!(Phase::from_u8(5), None);
    }
}
