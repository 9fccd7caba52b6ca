//! C27: how many orders and cancels leave for each execution that comes back.
//!
//! Counted over the last hour, which moves on in steps of five minutes. The soft limit only alerts;
//! the hard one halts the lane. Both wait for a number of messages that makes a ratio worth looking
//! at. *Invariant:* fixed room.

use super::view::{Check, View};
use super::{Restraint, RiskLimits};
use st0ck_types::state::StateError;
use st0ck_types::time::MINUTE;
use st0ck_types::{Nanos, RejectCode, StateReader, StateSink};

const STEP: i64 = 5 * MINUTE;
/// How many steps are looked at: an hour of them.
const SPAN: i64 = 60 * MINUTE / STEP;
const STEPS: usize = 12;

/// What left and came back in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Bin {
    /// Which step since the epoch.
    step: i64,
    messages: u32,
    executions: u32,
}

/// Orders and cancels that left, and executions, over the last hour.
#[derive(Debug, Default)]
pub(super) struct Flow {
    bins: [Bin; STEPS],
    /// The hour's sums without its newest step. Follows from the bins.
    past: Hour,
    /// The step of the last message or execution: the next one's, nearly always, without a division.
    newest: Step,
    /// Whether the ratio was beyond the soft limit when last looked at.
    alerted: bool,
}

/// The sums of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Hour {
    messages: i64,
    executions: i64,
}

impl Hour {
    fn with(self, bin: &Bin) -> Self {
        Self {
            messages: self.messages + i64::from(bin.messages),
            executions: self.executions + i64::from(bin.executions),
        }
    }

    /// Whether there are more than `most` messages for each execution, none counting as one.
    fn exceeds(self, most: u32, limits: &RiskLimits) -> bool {
        self.messages >= i64::from(limits.order_to_trade_messages_min)
            && self.messages > i64::from(most) * self.executions.max(1)
    }
}

impl Flow {
    /// An order or a cancel left. `true` when that brought the ratio beyond the soft limit.
    pub(super) fn on_message(&mut self, at: Nanos, limits: &RiskLimits) -> bool {
        let bin = self.bin(at);
        bin.messages = bin.messages.saturating_add(1);
        // Of the bin as it was put, not as it is read back.
        let (bin, was) = (*bin, self.alerted);
        self.alerted = self.past.with(&bin).exceeds(limits.order_to_trade_alert, limits);
        self.alerted && !was
    }

    pub(super) fn on_execution(&mut self, at: Nanos) {
        let bin = self.bin(at);
        bin.executions = bin.executions.saturating_add(1);
    }

    fn bin(&mut self, at: Nanos) -> &mut Bin {
        self.newest = self.step_of(at);
        let Step { number, place, .. } = self.newest;
        if self.bins[place].step != number {
            self.bins[place] = Bin { step: number, ..Bin::default() };
            self.past = self.sum_before(number);
        }
        &mut self.bins[place]
    }

    #[inline]
    fn hour(&self, at: Nanos) -> Hour {
        let Step { number, place, .. } = self.step_of(at);
        let bin = &self.bins[place];
        if bin.step == number { self.past.with(bin) } else { self.sum_before(number) }
    }

    #[inline]
    fn step_of(&self, at: Nanos) -> Step {
        if self.newest.holds(at) { self.newest } else { Step::of(at) }
    }

    /// What the hour that ends in this step holds, this step aside.
    #[cold]
    fn sum_before(&self, step: i64) -> Hour {
        let recent = |bin: &&Bin| bin.step != step && step.saturating_sub(bin.step) < SPAN;
        self.bins.iter().filter(recent).fold(Hour::default(), Hour::with)
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    pub(super) fn save(&self, sink: &mut dyn StateSink) {
        for bin in &self.bins {
            sink.i64(bin.step);
            sink.u32(bin.messages);
            sink.u32(bin.executions);
        }
        sink.bool(self.alerted);
    }

    pub(super) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        for bin in &mut self.bins {
            bin.step = from.i64("flow step")?;
            bin.messages = from.u32("messages")?;
            bin.executions = from.u32("executions")?;
        }
        self.alerted = from.bool("flow alerted")?;
        let newest = self.bins.iter().map(|bin| bin.step).max().unwrap_or_default();
        self.past = self.sum_before(newest);
        Ok(())
    }
}

/// A step of five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Step {
    begins: Nanos,
    /// Which one since the epoch.
    number: i64,
    /// The place of its bin.
    place: usize,
}

impl Step {
    /// The step that a moment belongs to.
    fn of(at: Nanos) -> Self {
        let number = at.0.div_euclid(STEP);
        let place = usize::try_from(number.rem_euclid(SPAN)).expect("a remainder is not negative");
        Self { begins: Nanos(number.saturating_mul(STEP)), number, place }
    }

    #[inline]
    fn holds(self, at: Nanos) -> bool {
        (0..STEP).contains(&at.since(self.begins))
    }
}

/// Messages for each execution of the last hour, this order included, and how many there may be.
#[inline(always)]
pub(super) fn c27_order_to_trade(view: &View<'_>) -> Check {
    let limits = view.limits();
    let hour = view.gate.flow.hour(view.now());
    let hour = Hour { messages: hour.messages + 1, ..hour };
    let value = hour.messages.saturating_mul(1_000_000_000) / hour.executions.max(1);
    Check {
        code: RejectCode::OrderToTrade,
        value,
        limit: i64::from(limits.order_to_trade_max) * 1_000_000_000,
        passed: !hour.exceeds(limits.order_to_trade_max, limits),
    }
    .unless_latched(view, Restraint::OrderToTrade)
    .for_opening(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::Money;
    use st0ck_types::state::StateBytes;

    fn limits() -> RiskLimits {
        let capital = Money::parse("10000").unwrap();
        RiskLimits { order_to_trade_messages_min: 4, ..RiskLimits::for_capital(capital) }
    }

    #[test]
    fn an_hour_later_nothing_is_left() {
        let mut flow = Flow::default();
        let at = Nanos(1_000 * STEP);
        flow.on_message(at, &limits());
        flow.on_execution(at + 11 * STEP);
        assert_eq!(flow.hour(at + 11 * STEP), Hour { messages: 1, executions: 1 });
        assert_eq!(flow.hour(at + 12 * STEP), Hour { messages: 0, executions: 1 });
        assert_eq!(flow.hour(at + 23 * STEP), Hour { messages: 0, executions: 0 });
        flow.on_message(at + 12 * STEP, &limits());
        assert_eq!(
            flow.hour(at + 12 * STEP),
            Hour { messages: 1, executions: 1 },
            "a bin is reused"
        );
    }

    #[test]
    fn the_sums_kept_are_those_of_the_bins_and_come_back_with_them() {
        let mut flow = Flow::default();
        for (minute, executed) in [(0, true), (3, false), (4, false), (9, true), (70, false)] {
            let at = Nanos(1_000 * STEP + minute * MINUTE);
            flow.on_message(at, &limits());
            (0..i32::from(executed)).for_each(|_| flow.on_execution(at));
            let mut kept = StateBytes::default();
            flow.save(&mut kept);
            let mut back = Flow::default();
            back.load(&mut StateReader::new(&kept.0)).unwrap();
            for later in [0, 2, 5, 40, 59, 64, 200] {
                let at = at + later * MINUTE;
                let step = Step::of(at).number;
                let all = flow.bins.iter().filter(|bin| step - bin.step < SPAN);
                let hour = all.fold(Hour::default(), Hour::with);
                assert_eq!((flow.hour(at), back.hour(at)), (hour, hour), "{later} after {minute}");
            }
        }
    }

    #[test]
    fn a_moment_is_held_by_its_step_alone() {
        for at in [0, 1, STEP - 1, STEP, 12 * STEP - 1, -1, -STEP, i64::MAX, i64::MIN] {
            let step = Step::of(Nanos(at));
            assert!(at == i64::MIN || step.holds(Nanos(at)), "{at}");
            for other in [0, 1, STEP - 1, STEP, 12 * STEP - 1, -1, -STEP, i64::MAX] {
                let other = Nanos(other);
                assert_eq!(step.holds(other), Step::of(other) == step, "{other:?} in {step:?}");
            }
        }
    }

    #[test]
    fn the_soft_limit_alerts_once_each_time_it_is_passed() {
        let limits = RiskLimits { order_to_trade_alert: 2, ..limits() };
        let mut flow = Flow::default();
        let mut alerts = |trades: u32, messages: u32| -> Vec<bool> {
            (0..trades).for_each(|_| flow.on_execution(Nanos(0)));
            (0..messages).map(|_| flow.on_message(Nanos(0), &limits)).collect()
        };
        assert_eq!(alerts(1, 5), [false, false, false, true, false], "few messages are no ratio");
        assert_eq!(alerts(2, 3), [false, true, false], "six are two for each, seven are more");
    }
}
