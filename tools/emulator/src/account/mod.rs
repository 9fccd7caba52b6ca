//! What an account is beside its books: who it belongs to.

pub(crate) mod directory;
