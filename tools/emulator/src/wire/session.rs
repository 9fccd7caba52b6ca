//! The clock and the calendar (`alpaca.md` §3.3).

use super::Shown;
use serde::Serialize;
use serde_json::{Map, Value};
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

/// A market as `/v3` names it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct MarketView {
    /// Its short name.
    pub(crate) acronym: &'static str,
    /// Its ISO 10383 code, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mic: Option<&'static str>,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its clock's zone.
    pub(crate) timezone: &'static str,
}

/// One of the clocks of `GET /v3/clock`, in New York's offset.
#[derive(Debug, Serialize)]
pub(crate) struct MarketClock {
    market: MarketView,
    timestamp: Shown<LocalTime>,
    is_market_day: bool,
    next_market_open: Shown<LocalTime>,
    next_market_close: Shown<LocalTime>,
    phase: &'static str,
    phase_until: Shown<LocalTime>,
}

impl MarketClock {
    /// The clock at a moment; `next`: open and close, `phase`: its name and end.
    pub(crate) fn new(
        market: MarketView,
        now: Nanos,
        is_market_day: bool,
        next: (Nanos, Nanos),
        phase: (&'static str, Nanos),
    ) -> Self {
        let local = |at| Shown(NYSE.local(at));
        Self {
            market,
            timestamp: local(now),
            is_market_day,
            next_market_open: local(next.0),
            next_market_close: local(next.1),
            phase: phase.0,
            phase_until: local(phase.1),
        }
    }
}

/// The phases of a day as `pre_start`, `pre_end` and so on: those that the market has.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct PhasesView(Map<String, Value>);

impl PhasesView {
    /// From name, beginning and end of each; in New York's offset, or in UTC.
    pub(crate) fn new(phases: &[(&'static str, Nanos, Nanos)], utc: bool) -> Self {
        let shown = |at: Nanos| if utc { at.to_string() } else { NYSE.local(at).to_string() };
        let keys = |&(name, from, to): &(&str, Nanos, Nanos)| {
            [
                (format!("{name}_start"), shown(from).into()),
                (format!("{name}_end"), shown(to).into()),
            ]
        };
        Self(phases.iter().flat_map(keys).collect())
    }
}

/// One day of `GET /v3/calendar/{market}`.
#[derive(Debug, Serialize)]
pub(crate) struct MarketDay {
    date: Shown<Date>,
    #[serde(flatten)]
    phases: PhasesView,
    settlement_date: Shown<Date>,
}

impl MarketDay {
    /// A day, its phases, and when its trades settle.
    pub(crate) fn new(date: Date, phases: PhasesView, settlement: Date) -> Self {
        Self { date: Shown(date), phases, settlement_date: Shown(settlement) }
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
