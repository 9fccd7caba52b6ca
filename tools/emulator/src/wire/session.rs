//! The clock and the calendar (`alpaca.md` §3.3).

use super::Shown;
use serde::Serialize;
use st0ck_types::calendar::{Date, LocalTime, NYSE, Session};
use st0ck_types::{Nanos, time};

/// `GET /v2/clock`, in New York's offset.
#[derive(Debug, Serialize)]
pub(crate) struct ClockView {
    timestamp: Shown<LocalTime>,
    is_open: bool,
    next_open: Shown<LocalTime>,
    next_close: Shown<LocalTime>,
}

impl ClockView {
    /// The clock at a moment.
    pub(crate) fn new(now: Nanos, is_open: bool, next_open: Nanos, next_close: Nanos) -> Self {
        let local = |at| Shown(NYSE.local(at));
        Self {
            timestamp: local(now),
            is_open,
            next_open: local(next_open),
            next_close: local(next_close),
        }
    }
}

/// One day of `GET /v2/calendar`; mind `HH:MM` beside `HHMM`.
#[derive(Debug, Serialize)]
pub(crate) struct DayView {
    date: Shown<Date>,
    open: String,
    close: String,
    session_open: String,
    session_close: String,
    settlement_date: Shown<Date>,
}

impl DayView {
    /// One session, which settles on `settlement`.
    pub(crate) fn new(session: &Session, settlement: Date) -> Self {
        Self {
            date: Shown(session.date),
            open: hour_and_minute(session.open, ":"),
            close: hour_and_minute(session.close, ":"),
            session_open: hour_and_minute(session.pre_open, ""),
            session_close: hour_and_minute(session.post_close, ""),
            settlement_date: Shown(settlement),
        }
    }
}

fn hour_and_minute(at: Nanos, between: &str) -> String {
    let local = NYSE.local(at.floor_to(time::MINUTE));
    format!("{:02}{between}{:02}", local.hour(), local.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_shows_core_hours_with_a_colon_and_extended_ones_without() {
        let session = NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap();
        let day = DayView::new(&session, "2020-12-17".parse().unwrap());
        assert_eq!(
            serde_json::to_string(&day).unwrap(),
            r#"{"date":"2020-12-15","open":"09:30","close":"16:00","session_open":"0400","session_close":"2000","settlement_date":"2020-12-17"}"#
        );
    }
}
