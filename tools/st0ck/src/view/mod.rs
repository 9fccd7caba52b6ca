//! What people see: tables that fit 100 columns, a progress bar on stderr, a line of a plot.

pub(crate) mod plot;
pub(crate) mod progress;
pub(crate) mod say;
pub(crate) mod table;
