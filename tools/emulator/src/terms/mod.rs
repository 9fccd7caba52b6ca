//! The emulator's own words for orders: what a client may write, and what the broker takes it for.
//!
//! They stand beside those of `st0ck_types`, which name what our own client sends and are kept in
//! journals: a broker understands more than one client says, and no journal should change with it.
//!
//! *Invariant:* every word here is acted upon. A word that is not is refused by
//! [`ticket`](crate::ticket).

mod amount;
mod class;
mod kind;
mod lifetime;

pub(crate) use amount::Amount;
pub(crate) use class::Class;
pub(crate) use kind::{Kind, Trail, increment};
pub(crate) use lifetime::Lifetime;
