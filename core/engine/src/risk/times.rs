//! When something last happened: a ring of moments that answers how often within a window.
//!
//! Used by every control that counts over time (C17, C18, C19, C26). All windows are of lane time and
//! roll: in no interval of that length, wherever it begins, may there be more; so no calendar second
//! or minute holds more either. *Invariant:* fixed room, made at start.

use st0ck_types::state::StateError;
use st0ck_types::{Nanos, StateReader, StateSink};

/// The last times something happened, newest overwriting oldest.
#[derive(Debug)]
pub(super) struct Times {
    ring: Vec<Nanos>,
    count: u64,
    /// Where the next one goes: `count` modulo the ring's length.
    next: usize,
}

impl Times {
    /// Remembers so many, one at least.
    pub(super) fn new(room: u32) -> Self {
        Self { ring: vec![Nanos::ZERO; room.max(1) as usize], count: 0, next: 0 }
    }

    pub(super) fn note(&mut self, at: Nanos) {
        self.ring[self.next] = at;
        self.count += 1;
        self.next = if self.next + 1 == self.ring.len() { 0 } else { self.next + 1 };
    }

    /// How many happened in the `window` that ends at `at`; no more than there is room for.
    pub(super) fn within(&self, at: Nanos, window: i64) -> usize {
        self.newest_first().take_while(|&then| at.since(then) < window).count()
    }

    /// Whether fewer than `most` happened in the `window` that ends at `at`: [`Self::within`] that looks
    /// at one moment instead of all. What is `most` or more must have had room to be remembered.
    pub(super) fn holds_fewer(&self, most: usize, at: Nanos, window: i64) -> bool {
        most > 0 && self.back(most).is_none_or(|last| at.since(last) >= window)
    }

    /// The first moment from which on the `window` that ends there holds fewer than `most`, if
    /// nothing more happens; the beginning of time when it already does.
    pub(super) fn free_at(&self, window: i64, most: u32) -> Nanos {
        self.back(most as usize).map_or(Nanos(i64::MIN), |last_in_the_way| last_in_the_way + window)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.ring.fill(Nanos::ZERO);
        (self.count, self.next) = (0, 0);
    }

    fn newest_first(&self) -> impl Iterator<Item = Nanos> {
        (1..).map_while(|back| self.back(back))
    }

    /// The newest moment is 1 back; `None` for 0 and for what is not remembered.
    fn back(&self, back: usize) -> Option<Nanos> {
        if back == 0 || back > self.ring.len() || back as u64 > self.count {
            return None;
        }
        let end = if back <= self.next { self.next } else { self.next + self.ring.len() };
        Some(self.ring[end - back])
    }

    /// Costs what happened, not what there is room for: it is part of every state hash.
    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        sink.u64(self.count);
        self.newest_first().for_each(|at| sink.i64(at.0));
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.ring.fill(Nanos::ZERO);
        self.count = from.u64("times")?;
        let room = self.ring.len() as u64;
        let next = usize::try_from(self.count % room);
        self.next = next.expect("a remainder by the ring's length is in it");
        let (newer, older) = self.ring.split_at_mut(self.next);
        let places = newer.iter_mut().rev().chain(older.iter_mut().rev());
        for place in places.take(usize::try_from(self.count.min(room)).unwrap_or(usize::MAX)) {
            *place = Nanos(from.i64("time")?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::state::StateBytes;

    fn noted(room: u32, at: &[i64]) -> Times {
        let mut times = Times::new(room);
        at.iter().for_each(|&at| times.note(Nanos(at)));
        times
    }

    #[test]
    fn a_window_holds_what_is_younger_than_it() {
        let times = noted(4, &[1, 5, 9]);
        let within = |at, window| times.within(Nanos(at), window);
        assert_eq!((within(9, 1), within(9, 4), within(9, 5), within(9, 9)), (1, 1, 2, 3));
        assert_eq!(noted(2, &[1, 5, 9]).within(Nanos(9), 100), 2, "what was overwritten is gone");
        assert_eq!(Times::new(0).within(Nanos(9), 100), 0);
    }

    #[test]
    fn fewer_than_so_many_is_what_counting_says() {
        for times in [noted(4, &[]), noted(4, &[1, 5]), noted(4, &[1, 5, 5, 9, 11, 12])] {
            for (at, window) in (9..30).flat_map(|at| (0..30).map(move |window| (at, window))) {
                let count = times.within(Nanos(at), window);
                for most in 0..=4 {
                    let fewer = times.holds_fewer(most, Nanos(at), window);
                    assert_eq!(fewer, count < most, "{count} of {most} by {at} in {window}");
                }
            }
        }
    }

    #[test]
    fn a_window_is_free_when_the_one_in_the_way_has_left_it() {
        let times = noted(4, &[1, 5, 9]);
        assert_eq!(times.free_at(10, 3), Nanos(11));
        assert_eq!(times.free_at(10, 1), Nanos(19));
        assert_eq!(times.free_at(10, 4), Nanos(i64::MIN));
        for most in 1..=3 {
            let free = times.free_at(10, most);
            assert!(times.within(free, 10) < most as usize, "at the moment told");
            assert!(times.within(free - 1, 10) >= most as usize, "and no sooner");
        }
    }

    #[test]
    fn what_is_remembered_comes_back_and_costs_what_it_holds() {
        let long: Vec<i64> = (1..=23).collect();
        for at in [&[][..], &[1], &[1, 5, 9], &[1, 5, 9, 11, 12, 13], &long] {
            let times = noted(4, at);
            let (mut kept, mut again) = (StateBytes::default(), StateBytes::default());
            times.save(&mut kept);
            assert_eq!(kept.0.len(), 8 + 8 * at.len().min(4));
            let mut back = noted(4, &[7, 7, 7, 7, 7]);
            back.load(&mut StateReader::new(&kept.0)).unwrap();
            back.save(&mut again);
            assert_eq!(kept.0, again.0);
            assert!(back.newest_first().eq(times.newest_first()));
        }
    }

    #[test]
    fn nothing_is_left_after_clearing() {
        let mut times = noted(2, &[1, 5]);
        times.clear();
        assert_eq!(times.within(Nanos(5), i64::MAX), 0);
    }
}
