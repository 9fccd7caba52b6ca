//! What the lane has counted since the session's start: for status pages, metrics and tests.
//!
//! Kept by the engine, part of its state. *Invariant:* whatever is ignored, dropped or refused is
//! counted somewhere here.

use st0ck_types::state::StateError;
use st0ck_types::{RejectCode, StateReader, StateSink};

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Counts since the session's start.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Counters {
            $($(#[doc = $doc])+ pub $name: u64,)+
            /// Refusals of the gate, by the place of their code in [`RejectCode::ALL`].
            rejects: [u64; RejectCode::ALL.len()],
        }

        impl Default for Counters {
            fn default() -> Self {
                Self { $($name: 0,)+ rejects: [0; RejectCode::ALL.len()] }
            }
        }

        impl Counters {
            pub(crate) fn save(&self, sink: &mut dyn StateSink) {
                $(sink.u64(self.$name);)+
                self.rejects.iter().for_each(|&count| sink.u64(count));
            }

            pub(crate) fn load(from: &mut StateReader<'_>) -> Result<Self, StateError> {
                let mut counters = Self { $($name: from.u64(stringify!($name))?,)+ ..Self::default() };
                for count in &mut counters.rejects {
                    *count = from.u64("rejects")?;
                }
                Ok(counters)
            }
        }
    };
}

counters! {
    /// Inputs consumed.
    inputs,
    /// Quotes among them.
    quotes,
    /// Prints among them.
    prints,
    /// Bars completed.
    bars,
    /// New orders handed on.
    orders_sent,
    /// Orders held back until the rate let them leave (C17).
    orders_held,
    /// Cancel requests handed on.
    cancels_sent,
    /// Executions booked.
    fills,
    /// Orders that the gateway did not send.
    send_refused,
    /// Orders that the broker refused.
    broker_rejects,
    /// Reports about orders that are not ours.
    foreign_reports,
    /// Market events of instruments that the lane does not have, or under another symbol.
    strays,
    /// Quotes older than the one held.
    out_of_order,
    /// Quotes and prints at prices beyond what the ledger can hold.
    out_of_range,
    /// Timers that were no longer armed when they fired.
    stale_timers,
    /// Commands to arm that could not be obeyed.
    arms_refused,
    /// Steps of the wall clock.
    clock_steps,
    /// Times that orders and cancels came to be too many for each execution (C27, soft).
    order_to_trade_alerts,
    /// Wants beyond what one input may cause.
    wants_dropped,
}

impl Counters {
    pub(crate) fn count_reject(&mut self, code: RejectCode) {
        if let Some(at) = RejectCode::ALL.iter().position(|&c| c == code) {
            self.rejects[at] += 1;
        }
    }

    /// Refusals of the gate by code, those that occurred.
    pub fn rejects(&self) -> impl Iterator<Item = (RejectCode, u64)> {
        RejectCode::ALL.iter().copied().zip(self.rejects).filter(|&(_, count)| count > 0)
    }
}
