//! Integration tests of the live feed.

mod differential;
mod generate;
mod reference;
