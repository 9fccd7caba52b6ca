//! `st0ck whynot`: what stood between a strategy and an entry at a moment.

use crate::cli::WhyNotArgs;
use crate::cmd::replay::failure;
use crate::exit::{Exit, Failure, Outcome};
use crate::session::paths;
use crate::view::say::say;
use crate::view::table::table;
use serde_json::{Value, json};
use st0ck_lab::header::SessionHeader;
use st0ck_lab::replay::ReplayError;
use st0ck_lab::whynot::{Blocker, WhyNot, whynot};
use st0ck_lab::words;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::{Nanos, Price, rfc3339};

/// Answers for one moment.
///
/// # Errors
/// 2 when the moment cannot be read, 20 or 21 when the session cannot.
pub(crate) fn run(args: &WhyNotArgs) -> Outcome {
    let dir = paths::find(&args.dir, &args.runs.runs)?;
    let header = SessionHeader::vouched(&dir).map_err(|e| failure(ReplayError::Header(e)))?;
    let date: Date = header.date.parse().map_err(Failure::config)?;
    let at = moment(&args.at, date).ok_or_else(|| {
        let words =
            "expected RFC 3339 (2020-12-15T15:00:00Z) or New York time (10:00 or 10:00:30.5)";
        Failure::new(Exit::Usage, format_args!("--at {}: {words}", args.at))
    })?;
    let answer = whynot(&dir, at).map_err(failure)?;
    if args.json {
        say!("{}", to_json(&answer));
    } else {
        print(&answer);
    }
    Ok(None)
}

/// A moment in full, or a time of the session's day on the exchange's clock.
fn moment(text: &str, date: Date) -> Option<Nanos> {
    if let Some(at) = rfc3339::parse(text.as_bytes()) {
        return Some(at);
    }
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = time.split(':');
    let mut part = |max: u32| -> Option<u32> {
        let text = parts.next()?;
        let number = text.parse().ok().filter(|_| text.len() == 2)?;
        (number <= max).then_some(number)
    };
    let (hour, minute) = (part(23)?, part(59)?);
    let second = if time.len() > 5 { part(59)? } else { 0 };
    let digits = fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nanos: i64 = format!("{fraction:0<9}").parse().ok().filter(|_| digits)?;
    parts.next().is_none().then(|| NYSE.at_local(date, hour, minute, second) + nanos)
}

fn print(answer: &WhyNot) {
    answer.words.iter().for_each(|sentence| say!("{sentence}"));
    if answer.blockers.is_empty() {
        return;
    }
    let mut view = table(&["blocker", ">value", ">limit", ">since (New York)"]);
    for blocker in &answer.blockers {
        let amount = |value| words::amount(value, blocker.unit);
        let since = blocker.since.map_or("the beginning".to_owned(), words::clock);
        view.add_row([
            blocker.code.to_owned(),
            amount(blocker.value),
            amount(blocker.limit),
            since,
        ]);
    }
    say!("\n{view}");
}

fn to_json(answer: &WhyNot) -> Value {
    let blocker = |blocker: &Blocker| {
        json!({
            "code": blocker.code,
            "value": Price(blocker.value).to_string(),
            "limit": Price(blocker.limit).to_string(),
            "unit": words::unit_name(blocker.unit),
            "since": blocker.since.map(|at| at.to_string()),
        })
    };
    json!({
        "at": answer.at.to_string(),
        "state": answer.state.as_str(),
        "blockers": answer.blockers.iter().map(blocker).collect::<Vec<_>>(),
        "words": answer.words.join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<String> {
        let date = Date::new(2020, 12, 15).unwrap();
        moment(text, date).map(|at| at.to_string()[11..23].to_owned())
    }

    #[test]
    fn a_moment_is_rfc_3339_or_the_exchanges_clock() {
        assert_eq!(at("10:00").as_deref(), Some("15:00:00.000"));
        assert_eq!(at("10:00:07").as_deref(), Some("15:00:07.000"));
        assert_eq!(at("10:00:07.25").as_deref(), Some("15:00:07.250"));
        assert_eq!(at("2020-12-15T15:00:00Z").as_deref(), Some("15:00:00.000"));
        for text in ["", "10", "1:00", "24:00", "10:60", "10:00:00:00", "10:00:0x", "10:00:00.x"] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
