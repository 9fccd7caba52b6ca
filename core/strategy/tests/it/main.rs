//! ST0CKA through the real engine and gate, against a broker that does what each test says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics, in its helpers too")]

mod lane;

mod entries;
mod exits;
mod restart;
mod trouble;

mod storm;
