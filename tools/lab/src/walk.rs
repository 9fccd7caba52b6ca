//! A session gone through once more, input by input, by somebody who asks on the way.
//!
//! Called by `explain`, `whynot` and the what-if, which stop where their question is about. What the
//! engine decides is not compared with the record here: that is `replay`'s.

use crate::build;
use crate::groups::{Group, Item, Items, LabError};
use crate::header::SessionHeader;
use crate::replay::ReplayError;
use st0ck_engine::engine::Engine;
use st0ck_engine::outbox::Outbox;
use st0ck_types::{Nanos, OrderRequest, Output, Seq};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Sees each order at the moment at which the gate has signed it.
pub type Witness<'a> = &'a mut dyn FnMut(&Engine, &OrderRequest);

/// A session under way.
pub struct Walk {
    engine: Engine,
    outbox: Outbox,
    items: Items,
    ahead: Option<Item>,
    /// The next group, and whether a process died in the middle of its fault.
    ready: Option<(Group, bool)>,
}

impl Walk {
    /// Stands before the first input of a session folder.
    ///
    /// # Errors
    /// [`ReplayError`] when the session cannot be read.
    pub fn open(session: &Path) -> Result<Self, ReplayError> {
        let engine = build::engine(&SessionHeader::vouched(session)?)?;
        Ok(Self::with(engine, session)?)
    }

    /// The same with an engine that the caller built.
    ///
    /// # Errors
    /// [`LabError`] when the journal cannot be read.
    pub fn with(engine: Engine, session: &Path) -> Result<Self, LabError> {
        let mut items = Items::open(session, Seq(0))?;
        let ahead = items.next()?;
        let mut walk = Self { engine, outbox: Outbox::new(), items, ahead, ready: None };
        walk.fetch()?;
        Ok(walk)
    }

    /// The engine as the last input left it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, for good.
    #[must_use]
    pub fn into_engine(self) -> Engine {
        self.engine
    }

    /// What the engine decided on the last input.
    #[must_use]
    pub fn decided(&self) -> &[Output] {
        self.outbox.outputs()
    }

    /// Stamp of the next input; `None` at the end.
    #[must_use]
    pub fn next_at(&self) -> Option<Nanos> {
        self.ready.as_ref().map(|(group, _)| group.at)
    }

    /// Lets the next input happen, and gives it with what was recorded; `None` at the end.
    ///
    /// # Errors
    /// [`LabError`] where the journal is not what was written.
    pub fn step(&mut self, witness: Witness<'_>) -> Result<Option<Group>, LabError> {
        let Some((group, broken_off)) = self.ready.take() else { return Ok(None) };
        self.fetch()?;
        self.feed(&group, broken_off, witness);
        Ok(Some(group))
    }

    /// Looks for the next group.
    fn fetch(&mut self) -> Result<(), LabError> {
        while let Some(item) = self.ahead.take() {
            self.ahead = self.items.next()?;
            let broken_off = item.is_broken_off(self.ahead.as_ref());
            if let Item::Group(group) = item {
                self.ready = Some((*group, broken_off));
                break;
            }
        }
        Ok(())
    }

    /// An input that panicked the engine does so again; its `LaneFault` is the next input.
    fn feed(&mut self, group: &Group, broken_off: bool, witness: Witness<'_>) {
        let Self { engine, outbox, .. } = self;
        let Group { at, seq, input, outputs } = group;
        if broken_off {
            engine.recover_input(*at, *seq, input, outputs);
            *outbox = Outbox::new();
            return;
        }
        let fed = catch_unwind(AssertUnwindSafe(|| {
            engine.on_input_watched(*at, *seq, input, outbox, witness);
        }));
        if fed.is_err() {
            *outbox = Outbox::new();
        }
    }
}
