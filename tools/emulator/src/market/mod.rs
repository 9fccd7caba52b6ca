//! The recorded session as the emulator plays it.

pub(crate) mod actions;
pub(crate) mod asset;
pub(crate) mod auction;
pub(crate) mod bands;
pub(crate) mod bars;
pub(crate) mod conditions;
pub(crate) mod newsroom;
pub(crate) mod notice;
pub(crate) mod past;
pub(crate) mod prints;
pub(crate) mod tape;
pub(crate) mod timeframe;
