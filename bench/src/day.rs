//! A recorded day, collected before anything is measured, so that making events is not in it.

use st0ck_recorded::{Dataset, Recording, Request, Source};
use st0ck_types::calendar::{Date, NYSE, Session};
use st0ck_types::time::MINUTE;
use st0ck_types::{MarketEvent, Nanos, Symbol};
use std::error::Error;

/// From here on no bench looks at quotes: the lane is about to close its positions.
const LAST_MINUTES: i64 = 11;
/// Names what is modelled between the recorded bars.
const SEED: u64 = 1;

/// One session of SPY out of the embedded set: minute bars, bridged to quotes and prints.
#[derive(Debug, Clone)]
pub struct Day {
    /// The trading day.
    pub session: Session,
    /// Everything that a feed would have sent, in its order; the instrument's definition first.
    pub events: Vec<MarketEvent>,
    /// When each of them would have come: a bar, which is stamped with its start, at its end.
    arrivals: Vec<Nanos>,
}

impl Day {
    /// The dates that there are.
    ///
    /// # Errors
    /// When the embedded set cannot be read: the build is broken.
    pub fn dates() -> Result<Vec<Date>, Box<dyn Error>> {
        Ok(Recording::open(&request(None))?.dates().to_vec())
    }

    /// One of them; the first when none is named.
    ///
    /// # Errors
    /// As [`Day::dates`], and for a day that is not in the set.
    pub fn read(date: Option<Date>) -> Result<Self, Box<dyn Error>> {
        let recording = Recording::open(&request(date))?;
        let date = recording.day().date;
        let session = NYSE.session(date)?.ok_or_else(|| format!("no session on {date}"))?;
        let mut day = Self { session, events: Vec::new(), arrivals: Vec::new() };
        for arrival in recording {
            let arrival = arrival?;
            day.events.push(arrival.event);
            day.arrivals.push(arrival.at);
        }
        Ok(day)
    }

    /// The place of the first event that comes `minutes` after the open or later.
    #[must_use]
    pub fn after_open(&self, minutes: i64) -> usize {
        self.place_of(self.session.open + minutes * MINUTE)
    }

    /// The events from `minutes` after the open until the lane would stop trading.
    #[must_use]
    pub fn from_minute(&self, minutes: i64) -> &[MarketEvent] {
        let end = self.place_of(self.session.close - LAST_MINUTES * MINUTE);
        &self.events[self.after_open(minutes).min(end)..end]
    }

    fn place_of(&self, at: Nanos) -> usize {
        self.arrivals.partition_point(|&arrival| arrival < at)
    }
}

fn request(date: Option<Date>) -> Request {
    Request {
        source: Source::Embedded(Dataset::Spy),
        symbol: Symbol::new("SPY"),
        hours: Dataset::Spy.hours(),
        date,
        seed: SEED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_with_its_instrument_and_is_cut_where_it_says() {
        let date = *Day::dates().unwrap().last().unwrap();
        let day = Day::read(Some(date)).unwrap();
        assert_eq!(day.session.date, date);
        assert!(matches!(day.events[0], MarketEvent::InstrumentDef(_)));
        let (start, end) =
            (day.session.open + 5 * MINUTE, day.session.close - LAST_MINUTES * MINUTE);
        let cut = day.from_minute(5).iter().filter(|event| matches!(event, MarketEvent::Quote(_)));
        let times: Vec<Nanos> = cut.map(MarketEvent::ts_event).collect();
        assert!(start <= times[0] && times[0].since(start) < MINUTE, "{}", times[0]);
        let last = times[times.len() - 1];
        assert!(last < end && end.since(last) < MINUTE, "{last}");
    }
}
