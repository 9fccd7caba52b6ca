//! The recorded session as the emulator plays it.

pub(crate) mod asset;
pub(crate) mod bars;
pub(crate) mod tape;
