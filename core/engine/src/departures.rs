//! Errands that wait until what they rest on is on the disk: the core's side of *durable before send*.
//!
//! Where the recorder lets everything go at once, as it does unless the bot asks otherwise, nothing is
//! ever put here. The core agent owns it.
//!
//! *Invariant:* first in, first out: a cancel never overtakes the order it is about. *Invariant:* never
//! grows; while there is no room for what one more input can cause, no input is consumed.

use crate::outbox::OUTPUTS_MAX;
use st0ck_types::{Outgoing, Seq};
use std::collections::VecDeque;

/// Errands that may wait: what the gateway's ring holds.
const DEPARTURES_MAX: usize = 1024;

/// Errands and the record that closed the group of each.
#[derive(Debug)]
pub(crate) struct Departures {
    waiting: VecDeque<(Seq, Outgoing)>,
}

impl Departures {
    /// With all the room that it will ever have.
    pub(crate) fn new() -> Self {
        Self { waiting: VecDeque::with_capacity(DEPARTURES_MAX) }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether all that one more input can cause would find room.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() + OUTPUTS_MAX <= DEPARTURES_MAX
    }

    /// Takes an errand whose group ends with the record `end`.
    pub(crate) fn push(&mut self, end: Seq, outgoing: Outgoing) {
        debug_assert!(self.waiting.len() < DEPARTURES_MAX, "asked before each input");
        self.waiting.push_back((end, outgoing));
    }

    /// The next errand that may leave when records up to `sendable` may.
    pub(crate) fn pop(&mut self, sendable: Seq) -> Option<Outgoing> {
        self.waiting.front().filter(|(end, _)| *end <= sendable)?;
        self.waiting.pop_front().map(|(_, outgoing)| outgoing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::{BrokerOrderId, CancelRequest, ClientOrderId, Errand, Nanos, OrderNo};

    fn cancel(seq: u64) -> Outgoing {
        let request = CancelRequest {
            no: OrderNo(seq as u32),
            client_id: ClientOrderId::default(),
            broker_id: BrokerOrderId::default(),
            cause: Seq(seq),
        };
        let errand = Errand::Cancel(request);
        Outgoing { seq: Seq(seq), t_read: Nanos::ZERO, t_decided: Nanos::ZERO, errand }
    }

    #[test]
    fn an_errand_leaves_when_the_end_of_its_group_may_and_none_overtakes_another() {
        let mut departures = Departures::new();
        for (seq, end) in [(2, 4), (3, 4), (6, 7)] {
            departures.push(Seq(end), cancel(seq));
        }
        assert_eq!(departures.pop(Seq(3)), None, "a group that is not closed would be cut");
        assert_eq!(departures.pop(Seq(4)), Some(cancel(2)));
        assert_eq!(departures.pop(Seq(4)), Some(cancel(3)));
        assert_eq!(departures.pop(Seq(6)), None);
        assert_eq!(departures.pop(Seq(9)), Some(cancel(6)));
        assert!(departures.is_empty());
    }

    #[test]
    fn there_is_room_for_another_input_only_while_all_it_can_cause_fits() {
        let mut departures = Departures::new();
        for seq in 0..=(DEPARTURES_MAX - OUTPUTS_MAX) as u64 {
            assert!(departures.has_room(), "{seq}");
            departures.push(Seq(seq), cancel(seq));
        }
        assert!(!departures.has_room());
        departures.pop(Seq(0));
        assert!(departures.has_room());
    }
}
