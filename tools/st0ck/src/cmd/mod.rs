//! One file per command.

pub(crate) mod bots;
pub(crate) mod calc;
pub(crate) mod chaos;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod emulate;
pub(crate) mod explain;
pub(crate) mod journal;
pub(crate) mod latch;
pub(crate) mod replay;
pub(crate) mod reset;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod step;
pub(crate) mod what_if;
pub(crate) mod whynot;
