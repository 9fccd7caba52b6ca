//! How long a message takes to the venue, and the line on which messages travel.
//!
//! Called by [`crate::Venue`] for every order, replacement and cancel.
//! *Invariant:* a line is first in, first out: a cancel never overtakes its order, whatever the
//! jitter.

use crate::order::SimOrder;
use st0ck_quant::rng::Rng;
use st0ck_types::time::MILLISECOND;
use st0ck_types::{Money, Nanos, Qty};
use std::collections::VecDeque;

/// One-way delay in nanoseconds of market time: `fixed_ns` ± a uniform draw up to `jitter_ns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// The middle of the range.
    pub fixed_ns: i64,
    /// Half its width. A draw below zero counts as zero.
    pub jitter_ns: i64,
}

impl Latency {
    /// Arrival in the instant of sending.
    pub const NONE: Self = Self { fixed_ns: 0, jitter_ns: 0 };

    fn draw(self, rng: &mut Rng) -> i64 {
        let jitter = self.jitter_ns.max(0);
        self.fixed_ns.saturating_add(rng.between(-jitter, jitter)).max(0)
    }
}

/// 5 ms ± 2 ms: a retail broker's gateway from a machine in the same region.
impl Default for Latency {
    fn default() -> Self {
        Self { fixed_ns: 5 * MILLISECOND, jitter_ns: 2 * MILLISECOND }
    }
}

/// What travels to the venue.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Message {
    Order(SimOrder),
    Cancel(u64),
    /// Of the order of that key, by the other one.
    Replace(u64, SimOrder),
}

impl Message {
    /// The order that it brings.
    fn brings(&self) -> Option<&SimOrder> {
        match self {
            Self::Order(order) | Self::Replace(_, order) => Some(order),
            Self::Cancel(_) => None,
        }
    }
}

/// Messages on their way, in the order in which they will arrive.
#[derive(Debug)]
pub(crate) struct Line {
    rng: Rng,
    under_way: VecDeque<(Nanos, Message)>,
    last_due: Nanos,
}

impl Line {
    pub(crate) fn new(rng: Rng) -> Self {
        Self { rng, under_way: VecDeque::new(), last_due: Nanos(i64::MIN) }
    }

    /// Puts a message on the line at `at`.
    pub(crate) fn send(&mut self, at: Nanos, latency: Latency, message: Message) {
        let due = (at + latency.draw(&mut self.rng)).max(self.last_due);
        self.last_due = due;
        self.under_way.push_back((due, message));
    }

    /// When the next message arrives.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        self.under_way.front().map(|&(due, _)| due)
    }

    /// The next message that arrives at or before `to`.
    pub(crate) fn receive(&mut self, to: Nanos) -> Option<(Nanos, Message)> {
        self.next_due().filter(|due| *due <= to).and_then(|_| self.under_way.pop_front())
    }

    /// Takes an order off the line; whether it was there.
    pub(crate) fn recall(&mut self, key: u64) -> bool {
        let before = self.under_way.len();
        self.under_way.retain(|(_, m)| m.brings().is_none_or(|order| order.key != key));
        self.under_way.len() != before
    }

    /// Takes replacements by orders that end with the day off the line; the keys of both.
    pub(crate) fn recall_replacements(&mut self) -> Vec<(u64, u64)> {
        let mut recalled = Vec::new();
        self.under_way.retain(|(_, message)| match message {
            Message::Replace(old, new) if new.lifetime.ends_with_day() => {
                recalled.push((*old, new.key));
                false
            }
            _ => true,
        });
        recalled
    }

    /// Lowers the shares of an order under way, if it has more; whether it is there and has shares.
    pub(crate) fn reduce(&mut self, key: u64, shares: Qty) -> bool {
        let order = self.under_way.iter_mut().find_map(|(_, message)| match message {
            Message::Order(order) | Message::Replace(_, order) if order.key == key => Some(order),
            _ => None,
        });
        let Some(order) = order.filter(|order| order.dollars <= Money::ZERO) else { return false };
        order.qty = order.qty.min(shares);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(seed: u64, latency: Latency) -> Vec<i64> {
        let mut line = Line::new(Rng::new(seed));
        for i in 0..200 {
            line.send(Nanos(i * MILLISECOND / 4), latency, Message::Cancel(i as u64));
        }
        std::iter::from_fn(|| line.receive(Nanos::MAX)).map(|(due, _)| due.0).collect()
    }

    #[test]
    fn a_later_message_never_arrives_before_an_earlier_one() {
        let due = arrivals(1, Latency::default());
        assert!(due.is_sorted());
        let delays = due.iter().zip(0..).map(|(due, i): (&i64, i64)| due - i * MILLISECOND / 4);
        assert!(delays.clone().all(|d| (3 * MILLISECOND..=7 * MILLISECOND).contains(&d)));
        assert!(delays.min() < delays_max(&due), "jitter is there");
    }

    fn delays_max(due: &[i64]) -> Option<i64> {
        due.iter().zip(0..).map(|(due, i): (&i64, i64)| due - i * MILLISECOND / 4).max()
    }

    #[test]
    fn no_latency_means_arrival_at_once() {
        let due = arrivals(1, Latency::NONE);
        assert!(due.iter().zip(0i64..).all(|(&due, i)| due == i * MILLISECOND / 4));
    }

    #[test]
    fn jitter_wider_than_the_delay_never_arrives_in_the_past() {
        let due = arrivals(2, Latency { fixed_ns: 0, jitter_ns: MILLISECOND });
        assert!(due.iter().zip(0i64..).all(|(&due, i)| due >= i * MILLISECOND / 4));
    }

    #[test]
    fn the_seed_decides_the_jitter() {
        assert_eq!(arrivals(3, Latency::default()), arrivals(3, Latency::default()));
        assert_ne!(arrivals(3, Latency::default()), arrivals(4, Latency::default()));
    }

    #[test]
    fn nothing_arrives_before_it_is_due() {
        let mut line = Line::new(Rng::new(1));
        line.send(Nanos(10), Latency { fixed_ns: 5, jitter_ns: 0 }, Message::Cancel(1));
        assert_eq!(line.next_due(), Some(Nanos(15)));
        assert!(line.receive(Nanos(14)).is_none());
        assert!(matches!(line.receive(Nanos(15)), Some((Nanos(15), Message::Cancel(1)))));
    }
}
