//! The recorded session as the emulator plays it.

pub(crate) mod asset;
pub(crate) mod auction;
pub(crate) mod bands;
pub(crate) mod bars;
pub(crate) mod tape;
