//! Which day, which rows.

use crate::{OPEN_MS, folder, play, request};
use st0ck_recorded::synth::SynthSpec;
use st0ck_recorded::{DataError, DataKind, Hours, Recording, Request, Survey};
use st0ck_types::calendar::NYSE;
use st0ck_types::{MarketEvent, Nanos, Price, Qty, Symbol};

const DAY_MS: i64 = 86_400_000;

fn trades(times: &[i64]) -> String {
    let rows = times.iter().map(|t| format!("{t},10,1\n"));
    std::iter::once("ts_ms,price,size\n".to_owned()).chain(rows).collect()
}

#[test]
fn rows_outside_the_session_are_skipped_and_counted() {
    let close = OPEN_MS + 390 * 60_000;
    let file = trades(&[OPEN_MS - 1, OPEN_MS, close - 1, close, close + 1]);
    let folder = folder(&[("t.csv", file.as_bytes())]);
    let recording = Recording::open(&request(vec![folder.path().into()])).unwrap();
    assert_eq!((recording.rows(), recording.rows_outside()), (2, 3));
    assert_eq!(play(recording).len(), 3, "a definition and two trades");
}

#[test]
fn a_day_is_chosen_by_its_date() {
    let (monday, tuesday) = (OPEN_MS, OPEN_MS + DAY_MS);
    let one = trades(&[monday, tuesday, tuesday + 1]);
    let other = trades(&[tuesday + 2]);
    let folder = folder(&[("1.csv", one.as_bytes()), ("2.csv", other.as_bytes())]);
    let request = request(vec![folder.path().into()]);
    assert_eq!(Recording::open(&request).unwrap().rows(), 1);
    let date = Some("2020-12-16".parse().unwrap());
    let recording = Recording::open(&Request { date, ..request.clone() }).unwrap();
    assert_eq!((recording.rows(), recording.day().date.to_string()), (3, "2020-12-16".into()));
    assert!(play(recording)[1..].iter().all(|a| a.at.0 >= tuesday * 1_000_000));

    let date = Some("2020-12-19".parse().unwrap());
    let error = Recording::open(&Request { date, ..request }).err().unwrap();
    assert!(matches!(error, DataError::NoSuchDate { .. }));
    assert_eq!(error.to_string(), "no rows for 2020-12-19: the data has 2020-12-15, 2020-12-16");
}

#[test]
fn one_survey_serves_every_day_of_the_data() {
    let file = trades(&[OPEN_MS, OPEN_MS + DAY_MS, OPEN_MS + DAY_MS + 1]);
    let folder = folder(&[("t.csv", file.as_bytes())]);
    let request = request(vec![folder.path().into()]);
    let survey = Survey::of(&request.source, request.symbol, request.hours).unwrap();
    let events = survey
        .dates()
        .into_iter()
        .map(|date| play(Recording::of_survey(&survey, Some(date), 1).unwrap()).len());
    assert!(events.eq([2, 3]));
}

#[test]
fn data_with_nothing_inside_a_session_says_so() {
    let saturday = OPEN_MS + 4 * DAY_MS;
    let folder = folder(&[("daily.csv", trades(&[saturday]).as_bytes())]);
    let error = Recording::open(&request(vec![folder.path().into()])).err().unwrap();
    assert!(matches!(error, DataError::NothingInSession { rows: 1, .. }), "{error}");
    assert!(error.to_string().contains("New York Stock Exchange"), "{error}");
}

#[test]
fn a_made_up_market_plays_like_a_recorded_one() {
    let day = Hours::Calendar(&NYSE).day_at(Nanos(OPEN_MS * 1_000_000)).unwrap().unwrap();
    let spec = SynthSpec {
        symbol: Symbol::new("MADE"),
        day,
        open: Price::parse("250").unwrap(),
        step_ticks: 1,
        volume: Qty::units(5_000_000).unwrap(),
        seed: 11,
    };
    let recording = Recording::synthetic(&spec);
    assert_eq!((recording.kind(), recording.rows()), (DataKind::Synthetic, 390));
    let events = play(recording);
    let quotes = events.iter().filter(|a| matches!(a.event, MarketEvent::Quote(_))).count();
    assert_eq!(quotes, 46_800);
    assert_eq!(events, play(Recording::synthetic(&spec)));
    assert_ne!(events, play(Recording::synthetic(&SynthSpec { seed: 12, ..spec })));
}

#[test]
fn extended_hours_play_what_stands_before_the_open_and_after_the_close() {
    let close = OPEN_MS + 390 * 60_000;
    let four = OPEN_MS - 330 * 60_000;
    let file = trades(&[four - 1, four, OPEN_MS, close, close + 240 * 60_000]);
    let folder = folder(&[("t.csv", file.as_bytes())]);
    let request = Request { hours: Hours::Extended(&NYSE), ..request(vec![folder.path().into()]) };
    let recording = Recording::open(&request).unwrap();
    assert_eq!((recording.rows(), recording.rows_outside()), (3, 2));
    assert_eq!(recording.day().open.0, four * 1_000_000);
}
