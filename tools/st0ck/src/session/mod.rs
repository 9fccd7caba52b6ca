//! Where sessions live on disk, and the small files that outlive a process.
//!
//! `RUNS/BOT/2020-12-15T143000Z-EPOCH/` holds `journal/`, `session.json` and `raw/`. Beside the
//! sessions stand the bot's epoch, its kill latch and what its account has, and in `RUNS` the instance nonce.

pub(crate) mod beginning;
pub(crate) mod durable;
pub(crate) mod epoch;
pub(crate) mod equity;
pub(crate) mod latch;
pub(crate) mod life;
pub(crate) mod opening;
pub(crate) mod paths;
