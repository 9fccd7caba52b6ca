//! The recording, one step ahead: what comes next and when.
//!
//! *Invariant:* times never go back (the recording's own promise), so the head is always the
//! earliest event there is.

use crate::config::EmulatorError;
use st0ck_recorded::{Arrival, Recording};
use st0ck_types::calendar::NYSE;
use st0ck_types::time::MINUTE;
use st0ck_types::{InstrumentDef, MarketEvent, Nanos};

/// A recording with its next event looked up.
pub(crate) struct Tape {
    recording: Recording,
    head: Option<Arrival>,
    start: Nanos,
}

impl Tape {
    /// Stands before the first event, the instruments' definitions taken off. Session time starts
    /// with that event's minute, or at `start_at`, which may not be later.
    pub(crate) fn new(
        recording: Recording,
        start_at: Option<Nanos>,
    ) -> Result<Self, EmulatorError> {
        let open = recording.day().open;
        let mut tape = Self { recording, head: None, start: open };
        tape.advance()?;
        // A recording that begins in mid-session is not waited for through the hours before it.
        if let Some(first) = &tape.head {
            tape.start = first.at.floor_to(MINUTE).max(open);
        }
        if let Some(asked) = start_at {
            if asked > tape.start {
                let [asked, first] = [asked, tape.start].map(|at| NYSE.local(at));
                return Err(EmulatorError::StartsLate { asked, first });
            }
            tape.start = asked;
        }
        Ok(tape)
    }

    /// What the recording is of.
    pub(crate) fn instruments(&self) -> &[InstrumentDef] {
        self.recording.instruments()
    }

    /// The session.
    pub(crate) fn day(&self) -> st0ck_recorded::TradingDay {
        self.recording.day()
    }

    /// Where session time starts: where it was asked to, else the open or the first event's minute,
    /// whichever is later.
    pub(crate) fn start(&self) -> Nanos {
        self.start
    }

    /// Rows of the recording in this session.
    pub(crate) fn rows(&self) -> u64 {
        self.recording.rows()
    }

    /// When the next event comes; `None` when the recording is over.
    pub(crate) fn next_at(&self) -> Option<Nanos> {
        self.head.as_ref().map(|head| head.at)
    }

    /// Takes the next event.
    pub(crate) fn take(&mut self) -> Result<Option<Arrival>, EmulatorError> {
        let head = self.head.take();
        self.advance()?;
        Ok(head)
    }

    /// Moves on to the next event that moves the market. Definitions are read beforehand, and bars
    /// repeat what prints told.
    fn advance(&mut self) -> Result<(), EmulatorError> {
        self.head = None;
        while let Some(next) = self.recording.next_event() {
            let next = next?;
            if matches!(
                next.event,
                MarketEvent::Quote(_) | MarketEvent::Trade(_) | MarketEvent::Halt(_)
            ) {
                self.head = Some(next);
                break;
            }
        }
        Ok(())
    }
}
