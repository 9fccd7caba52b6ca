//! What an account is beside its books: who it belongs to, what it may do and how often, its lists,
//! and how it fared.

pub(crate) mod configurations;
pub(crate) mod directory;
pub(crate) mod history;
pub(crate) mod limiter;
pub(crate) mod opening;
pub(crate) mod watchlists;
