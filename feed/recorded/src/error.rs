//! What can be wrong with data files, told so that the reader knows the file, the line and the fix.

use crate::schema;
use st0ck_types::calendar::{CalendarError, Date};
use st0ck_types::{Nanos, Price};
use std::fmt;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why data cannot be played. Lines count from 1, the header included.
#[derive(Debug, Error)]
pub enum DataError {
    /// The operating system does not let us read it.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// Which file or folder.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A folder without a data file.
    #[error("{}: no data file in this folder: put `.csv` or `.csv.gz` files there",
        .folder.display())]
    NoFiles {
        /// Which folder.
        folder: PathBuf,
    },
    /// Nothing in it.
    #[error("{file}: the file is empty: it needs a header line and rows; {}", schema::ACCEPTED)]
    Empty {
        /// Which file.
        file: String,
    },
    /// A header, and nothing below it.
    #[error("{file}: the file has a header but no rows: was it cut off?")]
    NoRows {
        /// Which file.
        file: String,
    },
    /// Not lines of text.
    #[error(
        "{file}, line {line}: this is not a line of text: the file must be CSV, or CSV packed by \
         gzip"
    )]
    NotText {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
    },
    /// Packed data that cannot be unpacked.
    #[error(
        "{file}: damaged gzip data after line {line} ({source}): copy the file again, or check it \
         with `gzip -t`"
    )]
    Gzip {
        /// Which file.
        file: String,
        /// The last whole line before the damage.
        line: u64,
        /// What the decoder says.
        source: io::Error,
    },
    /// A header of no known kind.
    #[error("{file}, line {line}: {problem}; {}", schema::ACCEPTED)]
    Header {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// Rows of nobody knows what.
    #[error("{file}: there is no symbol column: say which symbol it is (--symbol), or add one")]
    NoSymbol {
        /// Which file.
        file: String,
    },
    /// A row with too few or too many fields.
    #[error("{file}, line {line}: {found} fields, but the header has {expected} columns")]
    FieldCount {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Fields in the line.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// A field whose value cannot be.
    #[error("{file}, line {line}, column {column}: `{value}` {problem}")]
    Value {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Name of the column.
        column: String,
        /// The field, cut to 40 characters.
        value: String,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A day that no calendar knows.
    #[error("{file}, line {line}, column {column}: {at}: {source}{}", unit_hint(.column, *.at))]
    Calendar {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Name of the time column.
        column: String,
        /// The time read there.
        at: Nanos,
        /// What the calendar says.
        source: CalendarError,
    },
    /// Sound files, but nothing happens while the market is open.
    #[error(
        "{files}: none of the {rows} rows is inside a session of {hours}: times must be UTC, a \
         bar's time is its start, and bars of a day or more cannot be played"
    )]
    NothingInSession {
        /// Which files.
        files: String,
        /// Rows read.
        rows: u64,
        /// Which hours were asked for.
        hours: &'static str,
    },
    /// A day that is not in the data.
    #[error("no rows for {wanted}: the data has {}", list(.available))]
    NoSuchDate {
        /// The day asked for.
        wanted: Date,
        /// The days there are, ascending.
        available: Vec<Date>,
    },
}

impl DataError {
    /// Whether the system refused to read, rather than the data being wrong: exit code 20, not 10.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Not a decimal number that can be kept exactly.
    Decimal(st0ck_types::decimal::DecimalError),
    /// Not a whole number of time units that fits.
    Time,
    /// Before the row above.
    Unsorted {
        /// Time of the row above.
        previous: Nanos,
    },
    /// A second bar of the same symbol with this start.
    Repeated,
    /// A price of a bar or trade that is zero or negative.
    NotPositive,
    /// A size, volume or quoted price below zero.
    Negative,
    /// A volume too small for the prints that a bar needs.
    TooSmall,
    /// The high is below another price of its bar.
    HighBelow(Price),
    /// The low is above another price of its bar.
    LowAbove(Price),
    /// A size offered at no price.
    SizeWithoutPrice,
    /// Not a symbol.
    Symbol,
    /// Not one letter or digit.
    Letter,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal(e) => write!(f, "is not a number this column can hold: {e}"),
            Self::Time => {
                f.write_str("is not a time: it must be whole UTC milliseconds (ts_ms) or ")?;
                f.write_str("nanoseconds (ts_ns) since 1970, and fit the unit the header names")
            }
            Self::Unsorted { previous } => {
                write!(f, "is before the row above ({previous}): sort the rows by time")
            }
            Self::Repeated => f.write_str("is the start of an earlier bar of this symbol too"),
            Self::NotPositive => f.write_str("must be above zero"),
            Self::Negative => f.write_str("must not be below zero"),
            Self::TooSmall => f.write_str("is traded volume below 0.000000004: use 0 or more"),
            Self::HighBelow(price) => write!(f, "is the high, but {price} of this bar is higher"),
            Self::LowAbove(price) => write!(f, "is the low, but {price} of this bar is lower"),
            Self::SizeWithoutPrice => {
                f.write_str("is a size, but this side has no price: leave both empty or zero")
            }
            Self::Symbol => f.write_str("is not a symbol: 1 to 24 printable characters"),
            Self::Letter => f.write_str("must be one letter or digit, or empty"),
        }
    }
}

/// A year around 1970 or beyond every calendar is nearly always the wrong unit.
fn unit_hint(column: &str, at: Nanos) -> &'static str {
    let days_since_1970 = at.0 / st0ck_types::time::DAY;
    match column {
        "ts_ns" if days_since_1970 < 366 => {
            "; if the times are milliseconds, name the column ts_ms"
        }
        _ => "",
    }
}

fn list(dates: &[Date]) -> String {
    const SHOWN: usize = 10;
    let mut text: Vec<String> = dates.iter().take(SHOWN).map(Date::to_string).collect();
    if let Some(last) = dates.get(SHOWN..).and_then(<[Date]>::last) {
        text.push(format!("… {last} ({} days)", dates.len()));
    }
    text.join(", ")
}
