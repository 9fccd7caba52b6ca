//! Orders that belong together: an entry and its exits, or two exits of which one cancels the other
//! (`alpaca.md` §4.6). What happens to them is [`house::group`](crate::house).
//!
//! *Invariant:* a replaced leg is no leg any more: the indices are those of its replacement.

use crate::book::order::Leg;
use st0ck_types::Qty;

/// Places of the orders of one group in the account's book.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// The order that opens the position; none in an oco group, whose parent is the take-profit.
    pub(crate) entry: Option<usize>,
    /// The order that closes it with a gain.
    pub(crate) take_profit: Option<usize>,
    /// The order that closes it with a loss.
    pub(crate) stop_loss: Option<usize>,
    /// What entries that were replaced had traded.
    pub(crate) entered_before: Qty,
}

impl Group {
    /// The exits, take-profit first.
    pub(crate) fn exits(&self) -> impl Iterator<Item = usize> + use<> {
        self.take_profit.into_iter().chain(self.stop_loss)
    }

    /// The order under which a nested listing shows the others.
    pub(crate) fn parent(&self) -> Option<usize> {
        self.entry.or(self.take_profit)
    }

    /// The orders shown under the parent.
    pub(crate) fn children(&self) -> impl Iterator<Item = usize> + use<> {
        let parent = self.parent();
        self.exits().filter(move |index| Some(*index) != parent)
    }

    /// The other exit.
    pub(crate) fn sibling(&self, leg: Leg) -> Option<usize> {
        match leg {
            Leg::TakeProfit => self.stop_loss,
            Leg::StopLoss => self.take_profit,
            Leg::Entry | Leg::Alone => None,
        }
    }

    /// Puts an order into a leg's place.
    pub(crate) fn set(&mut self, leg: Leg, index: usize) {
        match leg {
            Leg::Entry => self.entry = Some(index),
            Leg::TakeProfit => self.take_profit = Some(index),
            Leg::StopLoss => self.stop_loss = Some(index),
            Leg::Alone => {}
        }
    }
}
