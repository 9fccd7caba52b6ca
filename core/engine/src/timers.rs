//! Timers of strategies and of the engine itself, in a small sorted table.
//!
//! Strategies arm them through `Ctx`; the core agent asks for the next due one and hands it back as
//! an input, so that a timer is journaled like everything else. *Invariant:* never allocates after
//! start; arming past the table's room is a broken strategy and panics, which stops its lane.

use st0ck_types::state::StateError;
use st0ck_types::{Nanos, StateReader, StateSink, StrategyId, TimerFired, TimerId};

/// The engine's own timers carry this in place of a strategy.
pub(crate) const ENGINE: StrategyId = StrategyId(u8::MAX);

/// Armed timers, the next due one last.
#[derive(Debug)]
pub(crate) struct Timers {
    armed: Vec<TimerFired>,
    room: usize,
}

/// Sorts by due time, then owner, then id: two timers due at once fire in a fixed order.
fn order(timer: &TimerFired) -> (Nanos, StrategyId, TimerId) {
    (timer.due, timer.strategy, timer.timer)
}

impl Timers {
    pub(crate) fn new(room: usize) -> Self {
        Self { armed: Vec::with_capacity(room), room }
    }

    /// Arms a timer; one that is armed already gets the new time instead.
    pub(crate) fn arm(&mut self, strategy: StrategyId, timer: TimerId, due: Nanos) {
        self.disarm(strategy, timer);
        assert!(
            self.armed.len() < self.room,
            "{} timers are armed, which is all there is room for (capacities.timers)",
            self.room
        );
        let new = TimerFired { strategy, timer, due };
        let at = self.armed.partition_point(|armed| order(armed) > order(&new));
        self.armed.insert(at, new);
    }

    pub(crate) fn is_armed(&self, strategy: StrategyId, timer: TimerId) -> bool {
        self.armed.iter().any(|armed| armed.strategy == strategy && armed.timer == timer)
    }

    /// Whether it was armed.
    pub(crate) fn disarm(&mut self, strategy: StrategyId, timer: TimerId) -> bool {
        let at = self.armed.iter().position(|t| t.strategy == strategy && t.timer == timer);
        at.map(|at| self.armed.remove(at)).is_some()
    }

    /// Takes a timer that fired out of the table; `false` when it was not armed for that time.
    pub(crate) fn take(&mut self, fired: &TimerFired) -> bool {
        let at = self.armed.iter().position(|timer| timer == fired);
        at.map(|at| self.armed.remove(at)).is_some()
    }

    /// The timer to fire next.
    pub(crate) fn next_due(&self) -> Option<TimerFired> {
        self.armed.last().copied()
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        sink.u64(self.armed.len() as u64);
        for timer in &self.armed {
            sink.u8(timer.strategy.0);
            sink.u32(u32::from(timer.timer.0));
            sink.i64(timer.due.0);
        }
    }

    pub(crate) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.armed.clear();
        let count = from.u64("timers")?;
        if count > self.room as u64 {
            return Err(from.invalid("more timers than there is room for"));
        }
        for _ in 0..count {
            let strategy = StrategyId(from.u8("timer owner")?);
            let timer = u16::try_from(from.u32("timer id")?);
            let timer = TimerId(timer.map_err(|_| from.invalid("timer id"))?);
            self.arm(strategy, timer, Nanos(from.i64("timer due")?));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::state::StateBytes;

    const A: StrategyId = StrategyId(0);
    const B: StrategyId = StrategyId(1);

    fn fired(strategy: StrategyId, timer: u16, due: i64) -> TimerFired {
        TimerFired { strategy, timer: TimerId(timer), due: Nanos(due) }
    }

    fn drain(timers: &mut Timers) -> Vec<TimerFired> {
        let mut out = Vec::new();
        while let Some(next) = timers.next_due() {
            assert!(timers.take(&next));
            out.push(next);
        }
        out
    }

    #[test]
    fn timers_fire_by_time_then_owner_then_id() {
        let mut timers = Timers::new(8);
        for timer in [fired(B, 1, 5), fired(A, 2, 5), fired(A, 1, 5), fired(B, 9, 1)] {
            timers.arm(timer.strategy, timer.timer, timer.due);
        }
        let want = [fired(B, 9, 1), fired(A, 1, 5), fired(A, 2, 5), fired(B, 1, 5)];
        assert_eq!(drain(&mut timers), want);
    }

    #[test]
    fn arming_again_replaces_and_disarming_removes() {
        let mut timers = Timers::new(2);
        timers.arm(A, TimerId(1), Nanos(5));
        timers.arm(A, TimerId(1), Nanos(9));
        timers.arm(B, TimerId(1), Nanos(7));
        assert!(!timers.take(&fired(A, 1, 5)), "replaced");
        assert!(timers.disarm(B, TimerId(1)) && !timers.disarm(B, TimerId(1)));
        assert_eq!(drain(&mut timers), [fired(A, 1, 9)]);
    }

    #[test]
    #[should_panic(expected = "all there is room for")]
    fn a_timer_too_many_stops_the_lane() {
        let mut timers = Timers::new(1);
        timers.arm(A, TimerId(1), Nanos(5));
        timers.arm(A, TimerId(2), Nanos(5));
    }

    #[test]
    fn timers_come_back_as_they_were() {
        let mut timers = Timers::new(4);
        for timer in [fired(B, 1, 5), fired(A, 2, 5), fired(ENGINE, 0, 7)] {
            timers.arm(timer.strategy, timer.timer, timer.due);
        }
        let mut kept = StateBytes::default();
        timers.save(&mut kept);
        let mut back = Timers::new(4);
        back.load(&mut StateReader::new(&kept.0)).unwrap();
        assert_eq!(drain(&mut back), drain(&mut timers));
        assert!(Timers::new(2).load(&mut StateReader::new(&kept.0)).is_err(), "no room");
    }
}
