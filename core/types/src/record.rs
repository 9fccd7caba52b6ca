//! How things are named in the journal: a kind per record.

use crate::{Input, MarketEvent, Output};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $text:literal;)+) => {
        /// What a journal record holds. The numbers are part of the format and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum RecordKind { $($(#[doc = $doc])+ $name = $number),+ }

        impl RecordKind {
            /// Every kind, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word used by `journal cat` and `--kind`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The kind with this number.
            #[must_use]
            pub fn from_u16(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

kinds! {
    /// Input: best bid and ask.
    Quote = 1, "quote";
    /// Input: a trade of the market.
    Print = 2, "print";
    /// Input: a bar made by the venue.
    Bar = 3, "bar";
    /// Input: halt or resumption.
    Halt = 4, "halt";
    /// Input: an instrument definition.
    Instrument = 5, "instrument";
    /// Input: lost market events.
    Gap = 6, "gap";
    /// Input: what the broker told.
    Report = 16, "report";
    /// Input: a command.
    Command = 17, "command";
    /// Input: a timer that came due.
    Timer = 18, "timer";
    /// Input: session start and end, restart, clock step, links.
    Session = 19, "session";
    /// Input: an engine panic.
    Fault = 20, "fault";
    /// Output: what a strategy weighed.
    Decision = 32, "decision";
    /// Output: an order.
    Order = 33, "order";
    /// Output: a cancel request.
    Cancel = 34, "cancel";
    /// Output: the gate's refusal.
    Reject = 36, "reject";
    /// Mark: the engine's state, from which recovery may start.
    Carry = 48, "carry";
    /// Mark: the engine's state hash after the group it stands in.
    Hash = 49, "hash";
    /// Mark: the session was closed in order; nothing follows.
    Seal = 50, "seal";
}

impl RecordKind {
    /// Whether the record is an input of the core.
    #[must_use]
    pub fn is_input(self) -> bool {
        (self as u16) < 32
    }

    /// Whether the record is an input from the market.
    #[inline]
    #[must_use]
    pub fn is_market(self) -> bool {
        (self as u16) <= Self::Gap as u16
    }

    /// Whether the record is an output of the core.
    #[must_use]
    pub fn is_output(self) -> bool {
        (32..48).contains(&(self as u16))
    }

    /// The kind under which an input is kept.
    #[must_use]
    pub fn of_input(input: &Input) -> Self {
        match input {
            Input::Market(MarketEvent::Quote(_)) => Self::Quote,
            Input::Market(MarketEvent::Trade(_)) => Self::Print,
            Input::Market(MarketEvent::Bar(_)) => Self::Bar,
            Input::Market(MarketEvent::Halt(_)) => Self::Halt,
            Input::Market(MarketEvent::InstrumentDef(_)) => Self::Instrument,
            Input::Market(MarketEvent::Gap(_)) => Self::Gap,
            Input::Report(_) => Self::Report,
            Input::Command(_) => Self::Command,
            Input::Timer(_) => Self::Timer,
            Input::System(crate::SystemEvent::LaneFault { .. }) => Self::Fault,
            Input::System(_) => Self::Session,
        }
    }

    /// The kind under which an output is kept.
    #[must_use]
    pub fn of_output(output: &Output) -> Self {
        match output {
            Output::Decision(_) => Self::Decision,
            Output::Order(_) => Self::Order,
            Output::Cancel(_) => Self::Cancel,
            Output::Reject(_) => Self::Reject,
        }
    }
}
