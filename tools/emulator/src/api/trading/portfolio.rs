//! `GET /v2/account/portfolio/history` (`alpaca.md` §2).
//!
//! An account is opened on the day of the session, so whatever is asked for, only that day has
//! points: one for each window that has begun.

use crate::api::openapi::FRAMES;
use crate::api::query::Query;
use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use crate::wire::portfolio::{Dollars, HistoryView, TenThousandths};
use serde_json::Map;
use st0ck_types::calendar::{NYSE, Session};
use st0ck_types::time::{DAY, MINUTE, SECOND};
use st0ck_types::{Money, Nanos};
use std::ops::Range;

const REPORTING: &[&str] = &["market_hours", "extended_hours", "continuous"];

pub(crate) const ROUTES: &[Route] = &[Route::trading(
    Method::Get,
    "/v2/account/portfolio/history",
    &[(200, Some("PortfolioHistory")), (422, Some("Error"))],
    show,
)
.with_query(&[
    Param::new("period", ParamKind::Like("^([1-9][0-9]{0,3}[DWMA]|all)$")),
    Param::new("timeframe", ParamKind::Word(FRAMES)),
    Param::new("intraday_reporting", ParamKind::Word(REPORTING)),
    Param::new("start", ParamKind::Time),
    Param::new("end", ParamKind::Time),
    Param::new("date_end", ParamKind::Date),
    Param::new("extended_hours", ParamKind::Bool),
    Param::new("pnl_reset", ParamKind::Word(&["per_day", "no_reset"])),
    Param::new("cashflow_types", ParamKind::List),
])];

/// The width of a window.
#[derive(Debug, Clone, Copy)]
struct Frame {
    name: &'static str,
    /// `None` for the whole day.
    width: Option<i64>,
}

impl Frame {
    const fn minutes(name: &'static str, minutes: i64) -> Self {
        Self { name, width: Some(minutes * MINUTE) }
    }

    const ONE_MINUTE: Self = Self::minutes("1Min", 1);
    const QUARTER: Self = Self::minutes("15Min", 15);
    const DAY: Self = Self { name: "1D", width: None };

    /// The one asked for, else the one that suits a period of so many days.
    fn of(query: &Query, days: i64) -> Result<Self, Refusal> {
        let known = [
            Self::ONE_MINUTE,
            Self::minutes("5Min", 5),
            Self::QUARTER,
            Self::minutes("1H", 60),
            Self::DAY,
        ];
        let asked = query.word("timeframe", &known.map(|frame| (frame.name, frame)))?;
        Ok(asked.unwrap_or(match days {
            ..7 => Self::ONE_MINUTE,
            7..30 => Self::QUARTER,
            _ => Self::DAY,
        }))
    }
}

fn show(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let (query, now) = (&call.query, desk.house.now());
    let asked = span(query, now)?;
    let frame = Frame::of(query, asked.end.since(asked.start) / DAY)?;
    let hours = hours(query, &desk.house.session)?;
    // On one day the two come to the same; the word is still checked.
    query.word("pnl_reset", &[("per_day", ()), ("no_reset", ())])?;
    let equity = desk.house.figures(desk.who).equity;
    let book = desk.book();
    let base = book.account.last_equity;
    let windows: Vec<Range<Nanos>> = windows(frame, &desk.house.session, hours, now)
        .filter(|window| window.end > asked.start && window.start <= asked.end)
        .collect();
    let at_end = |window: &Range<Nanos>| {
        if window.end > now { equity } else { book.equity.at(window.end) }
    };
    let points: Vec<Money> = windows.iter().map(at_end).collect();
    Ok(Body::ok(&HistoryView {
        timestamp: windows.iter().map(|window| window.start.0 / SECOND).collect(),
        equity: points.iter().copied().map(Dollars).collect(),
        profit_loss: points.iter().map(|point| Dollars(*point - base)).collect(),
        profit_loss_pct: points.iter().map(|point| part(*point - base, base)).collect(),
        base_value: Dollars(base),
        base_value_asof: book.account.balance_as_of,
        timeframe: frame.name,
        cashflow: Map::new(),
    }))
}

/// From when to when, both included: by two of `start`, `end` and `period`; a month back from now
/// without them.
fn span(query: &Query, now: Nanos) -> Result<Range<Nanos>, Refusal> {
    let (start, end) = (query.time("start")?, query.time("end")?);
    let last_day = query.date("date_end")?.map(|date| NYSE.at_local(date, 24, 0, 0));
    let days = query.get("period").map(|text| days_of(text).ok_or_else(invalid_period));
    let days = days.transpose()?;
    if start.is_some() && end.is_some() && days.is_some() {
        return Err(Refusal::parameter("at most two of start, end and period"));
    }
    let back = |from: Nanos, days: i64| Nanos(from.0.saturating_sub(days.saturating_mul(DAY)));
    let ahead = |from: Nanos, days: i64| Nanos(from.0.saturating_add(days.saturating_mul(DAY)));
    let end = end.or(last_day).or_else(|| Some(ahead(start?, days?))).unwrap_or(now);
    let start = start.unwrap_or_else(|| back(end, days.unwrap_or(30)));
    Ok(start..end)
}

/// `1D`, `2W`, `3M`, `1A`, `all`.
fn days_of(period: &str) -> Option<i64> {
    if period == "all" {
        return Some(i64::MAX / DAY);
    }
    let unit = match period.as_bytes().last()? {
        b'D' => 1,
        b'W' => 7,
        b'M' => 30,
        b'A' => 365,
        _ => return None,
    };
    let count = period[..period.len() - 1].parse::<u16>().ok().filter(|count| *count > 0)?;
    Some(i64::from(count) * unit)
}

fn invalid_period() -> Refusal {
    Refusal::parameter("invalid period")
}

/// The part of the day that has points within it.
fn hours(query: &Query, session: &Session) -> Result<Range<Nanos>, Refusal> {
    let midnight = NYSE.at_local(session.date, 0, 0, 0);
    let core = session.open..session.close;
    let extended = session.pre_open..session.post_close;
    let older = if query.flag("extended_hours")? { extended.clone() } else { core.clone() };
    let reporting = [core, extended, midnight..NYSE.at_local(session.date, 24, 0, 0)];
    let words: Vec<(&str, usize)> = REPORTING.iter().copied().zip(0..).collect();
    let asked = query.word("intraday_reporting", &words)?;
    Ok(asked.map_or(older, |place| reporting[place].clone()))
}

/// The windows of the day that have begun by now.
fn windows(
    frame: Frame,
    session: &Session,
    hours: Range<Nanos>,
    now: Nanos,
) -> impl Iterator<Item = Range<Nanos>> {
    // A daily point stands at midnight UTC of its day, whatever the hours of trading are.
    let midnight = Nanos(i64::from(session.date.days()) * DAY);
    let (all, width) = match frame.width {
        None => (midnight..midnight + DAY, DAY),
        Some(width) => (hours, width),
    };
    let starts = (all.start.0..all.end.0).step_by(usize::try_from(width).unwrap_or(usize::MAX));
    starts
        .map(move |start| Nanos(start)..Nanos(start + width).min(all.end))
        .take_while(move |window| window.start <= now)
}

/// A gain as a part of what it was made from.
fn part(gain: Money, base: Money) -> TenThousandths {
    let part = if base == Money::ZERO { None } else { gain.scale(10_000, base.0) };
    TenThousandths(part.and_then(|part| i64::try_from(part.0).ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_number_of_days_weeks_months_or_years() {
        let days = ["1D", "2W", "3M", "1A"].map(days_of);
        assert_eq!(days, [Some(1), Some(14), Some(90), Some(365)]);
        assert!(days_of("all") > days_of("100A"));
        for bad in ["", "D", "0D", "-1D", "1Y", "1.5D", "99999999999D", "é"] {
            assert_eq!(days_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_span_is_told_by_two_of_its_three_measures() {
        let now = Nanos(100 * DAY);
        let span = |text: &str| span(&Query::parse(text), now);
        assert_eq!(span("period=1D").unwrap(), Nanos(99 * DAY)..now);
        assert_eq!(span("").unwrap(), Nanos(70 * DAY)..now);
        let start = "start=1970-01-02T00:00:00Z";
        assert_eq!(span(&format!("{start}&period=2D")).unwrap(), Nanos(DAY)..Nanos(3 * DAY));
        assert_eq!(span(start).unwrap(), Nanos(DAY)..now);
        let all = format!("{start}&end=1970-01-03T00:00:00Z&period=1D");
        assert_eq!(span(&all).unwrap_err().message, "at most two of start, end and period");
        assert_eq!(span("period=soon").unwrap_err().message, "invalid period");
        assert!(span("period=all").unwrap().start < Nanos(0));
    }
}
