//! A scenario on its way: what is due when.
//!
//! *Invariant:* events happen once, in the order of their times, and of their file where those are
//! equal.

use super::plan::{Act, Scenario, When};
use crate::config::EmulatorError;
use crate::house::House;
use st0ck_types::Nanos;
use st0ck_types::calendar::Date;
use std::collections::BTreeMap;

/// The events that have not happened yet.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// By time and place in the file.
    due: BTreeMap<(Nanos, usize), Act>,
    /// Orders to be taken in, time to wait then, place in the file.
    counting: Vec<(u64, i64, usize, Act)>,
    /// Numbers given.
    numbers: u64,
}

impl Script {
    /// The events of a session that begins at `start`. What would have happened before that happens
    /// then.
    ///
    /// # Errors
    /// [`EmulatorError::Event`] for the first event that `house` cannot play.
    pub(crate) fn new(
        scenario: Scenario,
        house: &House,
        start: Nanos,
        date: Date,
    ) -> Result<Self, EmulatorError> {
        if let Some((event, words)) = scenario.unfit(house) {
            return Err(EmulatorError::Event { line: event.line, words });
        }
        Ok(Self::starting(scenario, start, date))
    }

    fn starting(scenario: Scenario, start: Nanos, date: Date) -> Self {
        let mut script = Self::default();
        for (place, event) in scenario.events.into_iter().enumerate() {
            match event.when {
                When::Moment(moment) => {
                    let at = moment.on(start, date).max(start);
                    script.due.insert((at, place), event.act);
                }
                When::Orders { count, wait } => {
                    script.counting.push((count, wait, place, event.act));
                }
            }
        }
        script
    }

    /// So many orders have been taken in by `now`.
    pub(crate) fn note_orders(&mut self, count: u64, now: Nanos) {
        for (_, wait, place, act) in self.counting.extract_if(.., |(wanted, ..)| *wanted <= count) {
            self.due.insert((Nanos(now.0.saturating_add(wait)), place), act);
        }
    }

    /// When the next event is due.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// A number that nothing else of this scenario has.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Takes the next event, if it is due by `now`.
    pub(crate) fn take(&mut self, now: Nanos) -> Option<Act> {
        let first = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(events: &[&str]) -> Script {
        let text: String = events
            .iter()
            .map(|when| format!("[[event]]\nkind = \"halt\"\nsymbol = \"SPY\"\n{when}\n"))
            .collect();
        let start = Nanos(1_608_042_600_000_000_000);
        let date = Date::new(2020, 12, 15).unwrap();
        Script::starting(Scenario::parse(&text, "s.toml").unwrap(), start, date)
    }

    const OPEN: Nanos = Nanos(1_608_042_600_000_000_000);
    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn events_are_due_by_the_clock_and_none_before_the_session() {
        let mut script = script(&["after = \"5s\"", "at = \"09:30:02\"", "at = \"04:00\"", ""]);
        let mut times = Vec::new();
        while let Some(at) = script.next_due() {
            times.push(at.since(OPEN) / SECOND);
            assert!(script.take(at - 1).is_none() && script.take(at).is_some());
        }
        assert_eq!(times, [0, 0, 2, 5]);
    }

    #[test]
    fn an_event_may_wait_for_orders() {
        let mut script = script(&["after_orders = 2\nwait = \"3s\""]);
        script.note_orders(1, OPEN);
        assert_eq!(script.next_due(), None);
        script.note_orders(2, OPEN + SECOND);
        assert_eq!(script.next_due(), Some(OPEN + 4 * SECOND));
        script.note_orders(3, OPEN + 2 * SECOND);
        assert_eq!(script.next_due(), Some(OPEN + 4 * SECOND), "it was counted once");
    }
}
