//! Everything that happened, in the order the core saw it.
//!
//! `FORMAT.md` draws the bytes. Read in order: a [`record`] and the [`header`] of a segment are the
//! format, [`codec`] fills payloads; a [`session`] gives the core its [`writer`] and a thread of its
//! own to the [`keeper`].
//!
//! *Invariant:* bytes only. It decides nothing, knows no engine and no venue, and reads no clock but
//! to measure its own intervals.

pub mod codec;
pub mod config;
pub mod disk;
pub mod error;
pub mod groups;
pub mod header;
pub mod keeper;
pub mod lock;
pub mod quota;
pub mod reader;
pub mod record;
pub mod recover;
pub mod session;
pub mod status;
pub mod tail;
pub mod verify;
pub mod writer;

mod durable;
mod folder;
mod index;
mod packed;
mod packer;
mod sealed;
mod segment;
mod walk;
mod window;

pub use codec::{Body, DecodeError, decode, decode_market};
pub use config::{JournalConfig, Placement, SyncPolicy};
pub use disk::{Disk, MachineDisk};
pub use error::{Damage, Holder, JournalError, Reason};
pub use groups::Groups;
pub use header::{BootId, FORMAT_VERSION, SessionHeader};
pub use keeper::Keeper;
pub use lock::Lock;
pub use quota::Quota;
pub use reader::{Reader, newest_carry, session_header};
pub use record::Record;
pub use recover::{Cut, Recovered};
pub use session::Session;
pub use status::JournalStatus;
pub use tail::Tail;
pub use verify::{Stat, Verified, stat, verify};
pub use writer::Writer;
