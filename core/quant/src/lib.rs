//! Pure mathematics: the door between fixed point and floats, indicators, the seeded generator.

pub mod rng;
