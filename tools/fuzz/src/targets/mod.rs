//! The table of targets: every parser of bytes from outside, every structure that has a slow twin,
//! and the planted bugs that prove the runner.

mod scratch;

mod broker_json;
mod market_json;

mod http;
mod websocket;

mod decimals;
mod names;
mod times;

mod data_files;

mod journal_folder;
mod journal_record;
mod session_header;

mod calculators;
mod settings;

mod book;
mod ring;

mod emulator_parts;
mod emulator_rest;

mod planted;

pub(crate) use decimals::long_hand;
pub use planted::PLANTED;

use crate::target::Target;

/// Every target, in the order in which `all` runs them.
pub static TARGETS: &[&Target] = &[
    &market_json::MARKET,
    &broker_json::UPDATES,
    &broker_json::REPLIES,
    &http::RESPONSE,
    &http::REQUEST,
    &websocket::FRAMES,
    &names::ENDPOINT,
    &decimals::DECIMAL,
    &decimals::MONEY,
    &times::TIME,
    &names::OCC,
    &names::IDS,
    &data_files::CSV,
    &data_files::GZIP,
    &journal_record::RECORD,
    &journal_folder::SEGMENT,
    &journal_folder::RECOVER,
    &session_header::HEADER,
    &settings::FILE,
    &settings::SETS,
    &settings::DOTENV,
    &settings::LATCH,
    &calculators::CALENDAR,
    &calculators::LEDGER,
    &book::BOOK,
    &ring::RING,
    &ring::CONFLATE,
    &emulator_parts::BODIES,
    &emulator_parts::QUERY,
    &emulator_parts::FAULTS,
    &emulator_parts::SCENARIO,
    &emulator_parts::SAID,
    &emulator_parts::SAID_BINARY,
    &emulator_parts::PASSING,
    &emulator_rest::REST,
];

/// The target of that name, planted ones too.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().chain(&PLANTED).copied().find(|target| target.name == name)
}
