//! Integration tests of the fuzz targets and their runner.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod mutants;
mod peers;
mod settings;
