//! ST0CKA through the real engine and gate, against a broker that does what each test says.

mod lane;

mod entries;
mod exits;
mod restart;
mod trouble;

mod storm;
