//! What may leave: the gate, the limits it holds, and the state that opens and shuts it.
//!
//! Each control of the catalogue is one small pure function from a [`View`] to a [`Check`]; the gate
//! asks them in a fixed order and the first "no" is the answer. *Invariant:* cancels never come here:
//! they are never refused.

mod accounts;
mod admission;
mod breakers;
mod collar;
mod conduct;
mod crossing;
mod entries;
mod flow;
mod funds;
mod gate;
mod limits;
mod quote;
mod size;
mod state;
mod throttle;
mod times;
mod view;
mod working;

pub use breakers::Breakers;
pub use gate::{Approved, RiskGate};
pub use limits::{EntryHours, RiskLimits, RiskProfile};
pub(crate) use state::BREAKERS;
pub use state::{Restraint, Restraints, TradingState};
pub use view::{Check, View};
