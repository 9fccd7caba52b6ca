//! The trading API: one file per resource, each with its rows of the route table.

pub(crate) mod account;
pub(crate) mod activities;
pub(crate) mod assets;
pub(crate) mod calendar;
pub(crate) mod clock;
pub(crate) mod configurations;
pub(crate) mod markets;
pub(crate) mod options;
pub(crate) mod orders;
pub(crate) mod portfolio;
pub(crate) mod positions;
pub(crate) mod watchlists;
