//! `GET /v3/clock` and `GET /v3/calendar/{market}` (`alpaca.md` §3.3): several markets, with the
//! phases of their day.

use super::calendar::{known_days, settlement};
use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use crate::wire::session::{MarketClock, MarketDay, MarketView, PhasesView};
use serde_json::json;
use st0ck_types::Nanos;
use st0ck_types::calendar::{CalendarError, Date, NYSE, Session};

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(
        Method::Get,
        "/v3/clock",
        &[(200, Some("MarketClocks")), (422, Some("Error"))],
        clock,
    )
    .with_query(&[
        Param::new("markets", ParamKind::Words(&["NYSE", "NASDAQ", "OPRA", "XNYS", "XNAS"])),
        Param::new("time", ParamKind::Time),
    ]),
    Route::trading(
        Method::Get,
        "/v3/calendar/{market}",
        &[(200, Some("MarketCalendar")), (404, Some("Error")), (422, Some("Error"))],
        calendar,
    )
    .with_query(&[
        Param::new("start", ParamKind::Date),
        Param::new("end", ParamKind::Date),
        Param::new("timezone", ParamKind::Word(&["UTC"])),
    ]),
];

/// A market that keeps New York's days.
#[derive(Debug)]
struct Market {
    view: MarketView,
    /// Trades before and after its core hours.
    extended: bool,
}

const MARKETS: [Market; 3] = [
    Market::new("NYSE", Some("XNYS"), "New York Stock Exchange", true),
    Market::new("NASDAQ", Some("XNAS"), "Nasdaq Stock Market", true),
    Market::new("OPRA", None, "Options Price Reporting Authority", false),
];

/// What a market is doing, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Phase {
    name: &'static str,
    until: Nanos,
}

impl Market {
    const fn new(
        acronym: &'static str,
        mic: Option<&'static str>,
        name: &'static str,
        extended: bool,
    ) -> Self {
        Self { view: MarketView { acronym, mic, name, timezone: "America/New_York" }, extended }
    }

    /// The market of that acronym or identifier code.
    fn find(name: &str) -> Option<&'static Self> {
        static KNOWN: [Market; 3] = MARKETS;
        KNOWN.iter().find(|market| market.view.acronym == name || market.view.mic == Some(name))
    }

    /// The phases of a day: name, beginning, end.
    fn phases(&self, session: &Session) -> Vec<(&'static str, Nanos, Nanos)> {
        let core = ("core", session.open, session.close);
        if !self.extended {
            return vec![core];
        }
        let pre = ("pre", session.pre_open, session.open);
        vec![pre, core, ("post", session.close, session.post_close)]
    }

    fn phase(&self, at: Nanos) -> Result<Phase, CalendarError> {
        let today = NYSE.session(NYSE.zone().date(at))?;
        let phases = today.map(|session| self.phases(&session)).unwrap_or_default();
        if let Some((name, _, until)) =
            phases.iter().find(|(_, from, to)| (*from..*to).contains(&at))
        {
            return Ok(Phase { name, until: *until });
        }
        // Closed until the first phase of this day, or of the next one that has any.
        let opens = phases.first().map(|(_, from, _)| *from).filter(|from| at < *from);
        let next = || NYSE.session_after(NYSE.zone().date(at)).map(|s| self.phases(&s)[0].1);
        Ok(Phase { name: "closed", until: opens.map_or_else(next, Ok)? })
    }

    fn clock(&self, at: Nanos) -> Result<MarketClock, CalendarError> {
        let phase = self.phase(at)?;
        Ok(MarketClock::new(
            self.view,
            at,
            NYSE.session(NYSE.zone().date(at))?.is_some(),
            (NYSE.next_open_after(at)?, NYSE.next_close_after(at)?),
            (phase.name, phase.until),
        ))
    }
}

/// The clocks of the markets asked for, New York's without; at session time unless told another.
fn clock(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let at = call.query.time("time")?.unwrap_or(desk.house.now());
    let mut asked = call.query.list("markets");
    if asked.is_empty() {
        asked.push("NYSE");
    }
    let one = |name: &str| {
        let market = Market::find(name).ok_or_else(|| Refusal::parameter("invalid markets"))?;
        market.clock(at).map_err(beyond)
    };
    let clocks = asked.into_iter().map(one).collect::<Result<Vec<_>, Refusal>>()?;
    Ok(Body::ok(&json!({"clocks": clocks})))
}

/// The days of a market from `start` (today unless told) to `end` (a week on), both included.
fn calendar(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let name = call.args.get("market");
    let market = Market::find(name)
        .ok_or_else(|| Refusal::not_found(format!("market not found for {name}")))?;
    let utc = call.query.word("timezone", &[("UTC", ())])?.is_some();
    let today = desk.house.session.date;
    let (first, last) = known_days(today);
    let known = |day: Date| day.clamp(first, last);
    let start = known(call.query.date("start")?.unwrap_or(today));
    let end = known(call.query.date("end")?.unwrap_or(start.plus_days(7)));
    if end < start {
        return Err(Refusal::parameter("end cannot be before start"));
    }
    let day = |session: Session| {
        let phases = PhasesView::new(&market.phases(&session), utc);
        MarketDay::new(session.date, phases, settlement(&session))
    };
    let days: Vec<MarketDay> = NYSE.sessions(start, end).map_err(beyond)?.map(day).collect();
    Ok(Body::ok(&json!({"market": market.view, "calendar": days})))
}

fn beyond(error: CalendarError) -> Refusal {
    Refusal::parameter(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::rfc3339;

    fn phase(market: &str, at: &str) -> (&'static str, String) {
        let found = Market::find(market).unwrap().phase(rfc3339::parse(at.as_bytes()).unwrap());
        let phase = found.unwrap();
        (phase.name, NYSE.local(phase.until).to_string())
    }

    #[test]
    fn a_day_has_its_phases_and_each_its_end() {
        for (at, name, until) in [
            ("2020-12-14T23:00:00-05:00", "closed", "2020-12-15T04:00:00-05:00"),
            ("2020-12-15T03:59:59-05:00", "closed", "2020-12-15T04:00:00-05:00"),
            ("2020-12-15T04:00:00-05:00", "pre", "2020-12-15T09:30:00-05:00"),
            ("2020-12-15T09:30:00-05:00", "core", "2020-12-15T16:00:00-05:00"),
            ("2020-12-15T16:00:00-05:00", "post", "2020-12-15T20:00:00-05:00"),
            ("2020-11-27T13:30:00-05:00", "post", "2020-11-27T17:00:00-05:00"),
            ("2020-12-25T12:00:00-05:00", "closed", "2020-12-28T04:00:00-05:00"),
        ] {
            assert_eq!(phase("NYSE", at), (name, until.to_owned()), "{at}");
        }
        let early = phase("OPRA", "2020-12-15T08:00:00-05:00");
        assert_eq!(early, ("closed", String::from("2020-12-15T09:30:00-05:00")));
        assert_eq!(Market::find("XNAS").unwrap().view.acronym, "NASDAQ");
    }
}
