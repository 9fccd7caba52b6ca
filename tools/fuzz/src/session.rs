//! The binary's small files, compiled here once more: a binary cannot be depended on.

#[path = "../../st0ck/src/session/durable.rs"]
mod durable;
#[path = "../../st0ck/src/session/latch.rs"]
pub(crate) mod latch;
