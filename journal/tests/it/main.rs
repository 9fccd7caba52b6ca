//! The journal as others see it: written by a core, carried by a keeper, read back by tools.

#![allow(clippy::unwrap_used, reason = "the lint knows test functions, not what they call")]
#![allow(clippy::disallowed_macros, reason = "tests say what they skip")]

mod child;
mod compressed;
mod damage;
mod disk;
mod fixture;
mod full;
mod golden;
mod groups;
mod hot_path;
mod kill;
mod long;
mod packed;
mod places;
mod proofs;
mod rotation;
mod session;
mod space;
mod sync_error;
mod tail;
mod watermark;
mod words;
mod wreck;
