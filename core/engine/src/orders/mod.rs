//! What became of every order: the one place that knows.
//!
//! Three facts per order are kept apart: its **stage**, the **request** pending on it, and the
//! **bound** on what it can still do to the position. [`OrderManager::on_report`] is a total
//! function of an order's state and a broker's report: any pair in any order of arrival has an
//! answer, none panics, and what fits no story is counted as an anomaly. Called by the engine.
//!
//! *Invariant:* a fill is a fact in every stage and is booked once. An order whose fate is not known
//! counts in full. Only `Approved` orders, or recorded ones, get in.

mod apply;
mod executions;
mod exposure;
mod ids;
mod lookup;
mod manager;
mod order;
mod reports;
mod state;

pub use apply::AnomalyKind;
pub use ids::Identity;
pub use manager::{AdoptError, OrderFault, OrderManager};
pub use order::{Absence, Order, Pending, Stage};
pub use reports::Applied;
