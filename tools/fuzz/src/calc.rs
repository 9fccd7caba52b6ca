//! The binary's calculators, compiled here once more: a binary cannot be depended on.

#[path = "../../st0ck/src/cmd/calc/calendar.rs"]
mod calendar;
#[path = "../../st0ck/src/cmd/calc/ledger.rs"]
mod ledger;
#[path = "../../st0ck/src/cmd/calc/table.rs"]
mod table;

/// A table of times or dates.
pub(crate) fn calendar(text: &str) -> Result<String, String> {
    calendar::calculate(text, &[])
}

/// A document of accounts.
pub(crate) fn ledger(text: &str) -> Result<String, String> {
    ledger::calculate(text)
}
