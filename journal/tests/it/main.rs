//! The journal as others see it: written by a core, carried by a keeper, read back by tools.

mod fixture;
mod session;
