//! Signed limits (control C28): what bounds money is fixed by a file that somebody signed elsewhere.
//!
//! Keys and signatures are minisign's: [`secret`] makes keys and signs, [`key`] is the public half,
//! [`signature`] holds a file against it, [`pin`] says which key this machine asks for and what that
//! forbids. Called by `st0ck config …`, by the start of a bot, and by the doctor.
//! *Invariant:* with a key pinned, what is not signed with it is refused; nothing falls back to less.

pub(crate) mod key;
pub(crate) mod pin;
pub(crate) mod secret;
pub(crate) mod signature;
