//! The live feed: venue websockets become market events.
