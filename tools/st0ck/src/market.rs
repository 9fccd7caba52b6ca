//! Opening a recorded session for the demo and the emulator, from the command line's words.

use crate::exit::{Exit, Failure};
use st0ck_recorded::{DataError, Dataset, Hours, Recording, Source, Survey};
use st0ck_types::calendar::Date;
use st0ck_types::{MarketEvent, Price, Symbol};
use std::path::Path;

/// Days of history that a volatility of 20 daily returns needs.
const HISTORY_DAYS: usize = 21;

/// What the command line says about the data.
pub(crate) struct DataChoice<'a> {
    pub(crate) path: Option<&'a Path>,
    pub(crate) symbol: &'a str,
    pub(crate) date: Option<&'a str>,
    /// Which rows belong to a day.
    pub(crate) hours: Hours,
    pub(crate) seed: u64,
}

/// A recording with what is known of the days before it.
pub(crate) struct Played {
    pub(crate) recording: Recording,
    /// Closes of the data's earlier days, oldest first.
    pub(crate) daily_closes: Vec<Price>,
    /// Where it comes from, in words.
    pub(crate) origin: String,
    /// What was found in all of the data.
    pub(crate) survey: Survey,
}

/// Opens the data.
///
/// # Errors
/// Names the file, line and column of what is not sound, or the days there are.
pub(crate) fn open(choice: &DataChoice<'_>) -> Result<Played, Failure> {
    let source = match choice.path {
        Some(path) => Source::Paths(vec![path.to_owned()]),
        None => Source::Embedded(Dataset::Spy),
    };
    let survey = Survey::of(&source, Symbol::new(choice.symbol), choice.hours).map_err(failure)?;
    let date = choice.date.map(parse_date).transpose()?;
    let recording = Recording::of_survey(&survey, date, choice.seed).map_err(failure)?;
    let origin = choice.path.map_or_else(
        || "embedded SPY 1-minute bars of December 2020".to_owned(),
        |path| path.display().to_string(),
    );
    let daily_closes = closes_before(&survey, recording.day().date, choice.seed)?;
    Ok(Played { recording, daily_closes, origin, survey })
}

/// The last price of each of the data's days before `date`, as far back as volatility looks.
fn closes_before(survey: &Survey, date: Date, seed: u64) -> Result<Vec<Price>, Failure> {
    let earlier: Vec<Date> = survey.dates().into_iter().filter(|d| *d < date).collect();
    let first = earlier.len().saturating_sub(HISTORY_DAYS);
    let mut closes = Vec::new();
    for day in &earlier[first..] {
        let mut recording = Recording::of_survey(survey, Some(*day), seed).map_err(failure)?;
        let mut last = None;
        while let Some(arrival) = recording.next_event() {
            let arrival = arrival.map_err(failure)?;
            if let MarketEvent::Trade(trade) = arrival.event {
                last = Some(trade.price);
            }
        }
        closes.extend(last);
    }
    Ok(closes)
}

/// What cannot be read is the system's doing, what cannot be played the file's.
fn failure(error: DataError) -> Failure {
    let exit = if error.is_unreadable() { Exit::Io } else { Exit::Config };
    Failure::new(exit, error)
}

fn parse_date(text: &str) -> Result<Date, Failure> {
    text.parse().map_err(|e| {
        Failure::new(Exit::Usage, format_args!("--date {text}: {e}; expected 2020-12-15"))
    })
}
