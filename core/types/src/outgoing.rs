//! What rides the ring from the core to the gateway: one approved output with its two stamps.

use crate::{CancelRequest, Nanos, OrderRequest, Seq};

/// What the gateway is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// Send this order.
    Submit(OrderRequest),
    /// Ask for the end of this order.
    Cancel(CancelRequest),
}

/// An errand of the gateway. It enters the ring only after its journal group was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing {
    /// Its record in the journal.
    pub seq: Seq,
    /// When the bytes of the input that caused it were read (wall clock); zero when a timer did.
    pub t_read: Nanos,
    /// When the core had decided it (wall clock): the intent's age counts from here (control C29).
    pub t_decided: Nanos,
    /// What to do.
    pub errand: Errand,
}
