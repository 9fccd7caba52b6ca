//! Which rows of a file belong to a session.
//!
//! *Invariant:* a row at `open` is inside, a row at `close` is not.

use st0ck_types::Nanos;
use st0ck_types::calendar::{CalendarError, Date, Market};
use st0ck_types::time::DAY;

/// One session to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradingDay {
    /// Its date in the market's own time.
    pub date: Date,
    /// Its first moment.
    pub open: Nanos,
    /// The first moment after it.
    pub close: Nanos,
}

impl TradingDay {
    /// Whether it holds a moment.
    #[must_use]
    pub fn contains(&self, at: Nanos) -> bool {
        self.open <= at && at < self.close
    }
}

/// When the market of a recording is open.
#[derive(Debug, Clone, Copy)]
pub enum Hours {
    /// The core sessions of a calendar.
    Calendar(&'static Market),
    /// The sessions of a calendar with the hours before and after them that the market trades in.
    Extended(&'static Market),
    /// Always, in days of UTC: coins.
    AllDay,
}

impl Hours {
    /// For messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Calendar(market) | Self::Extended(market) => market.name(),
            Self::AllDay => "a market that never closes",
        }
    }

    /// The session that holds a moment, if one does.
    ///
    /// # Errors
    /// [`CalendarError`] when the calendar does not know the year.
    pub fn day_at(&self, at: Nanos) -> Result<Option<TradingDay>, CalendarError> {
        match self {
            Self::Calendar(market) => Ok(market.session_at(at)?.map(|session| TradingDay {
                date: session.date,
                open: session.open,
                close: session.close,
            })),
            Self::Extended(market) => {
                // Extended hours stay within their date: 04:00 to 20:00 in New York.
                let session = market.session(market.zone().date(at))?;
                let day = session.map(|session| TradingDay {
                    date: session.date,
                    open: session.pre_open,
                    close: session.post_close,
                });
                Ok(day.filter(|day| day.contains(at)))
            }
            Self::AllDay => {
                let open = at.floor_to(DAY);
                // A 64-bit count of nanoseconds spans 213,504 days.
                let date = Date::from_days((open.0 / DAY) as i32);
                Ok(Some(TradingDay { date, open, close: open + DAY }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::calendar::NYSE;

    #[test]
    fn the_open_is_inside_and_the_close_is_not() {
        let hours = Hours::Calendar(&NYSE);
        let open = Nanos(1_608_042_600_000_000_000);
        let day = hours.day_at(open).unwrap().unwrap();
        assert_eq!((day.open, day.date.to_string()), (open, "2020-12-15".to_owned()));
        assert!(day.contains(open) && !day.contains(day.close));
        assert_eq!(hours.day_at(day.close), Ok(None));
        assert_eq!(hours.day_at(open - 1), Ok(None));
    }

    #[test]
    fn extended_hours_go_from_four_to_eight_and_to_five_after_a_short_day() {
        let hours = Hours::Extended(&NYSE);
        let day = |text: &str| {
            let date: Date = text.parse().unwrap();
            hours.day_at(NYSE.at_local(date, 12, 0, 0)).unwrap().unwrap()
        };
        let full = day("2020-12-15");
        assert_eq!(full.open, NYSE.at_local(full.date, 4, 0, 0));
        assert_eq!(full.close, NYSE.at_local(full.date, 20, 0, 0));
        assert_eq!(hours.day_at(full.open - 1), Ok(None));
        assert_eq!(hours.day_at(full.open), Ok(Some(full)));
        assert_eq!(hours.day_at(full.close), Ok(None));
        let short = day("2020-12-24");
        assert_eq!(short.close, NYSE.at_local(short.date, 17, 0, 0));
        let holiday = NYSE.at_local("2020-12-25".parse().unwrap(), 12, 0, 0);
        assert_eq!(hours.day_at(holiday), Ok(None));
    }

    #[test]
    fn all_day_splits_at_midnight_utc() {
        let day = Hours::AllDay.day_at(Nanos(1_742_944_020_773_684_644)).unwrap().unwrap();
        assert_eq!(day.date.to_string(), "2025-03-25");
        assert_eq!(day.close.since(day.open), DAY);
    }
}
