//! Configuration: one ordered table of settings, four places a value may come from.
//!
//! Flag beats environment beats file beats default. A setting that nobody reads is an error that
//! names its file and line; so is a value of the wrong type or out of range. Secrets are read apart
//! ([`secrets`]) and never enter the table.

pub(crate) mod dotenv;
pub(crate) mod file;
pub(crate) mod key;
pub(crate) mod keys;
pub(crate) mod reference;
pub(crate) mod resolve;
pub(crate) mod secrets;

pub(crate) use key::{Key, Kind};
pub(crate) use resolve::{Config, Sources};
