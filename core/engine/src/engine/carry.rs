//! The whole state in one walk: hashed to compare runs, kept to go on from.
//!
//! *Invariant:* what decides is in the walk. What is not: the configuration (the session's header has
//! it), and what differs between two equal runs, which sinks are told apart as private.

use super::Engine;
use crate::counters::Counters;
use crate::risk::{Restraints, TradingState};
use st0ck_types::state::{StateBytes, StateError, StateHasher};
use st0ck_types::{Nanos, StateReader, StateSink};

/// Changes with every change of the walk.
const LAYOUT: u32 = 1;

impl Engine {
    /// A hash of everything that decides: equal runs have equal hashes.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        self.save(&mut hasher);
        hasher.finish()
    }

    /// Writes everything needed to go on from here, between two inputs.
    pub fn carry(&self, into: &mut StateBytes) {
        self.save(into);
    }

    /// Becomes the engine that wrote `carried`, given one made from the same configuration.
    ///
    /// # Errors
    /// [`StateError`] when the bytes are of another version or configuration; the engine is then half
    /// changed and must be dropped.
    pub fn restore(&mut self, carried: &[u8]) -> Result<(), StateError> {
        let mut from = StateReader::new(carried);
        self.load(&mut from)?;
        if from.is_at_end() { Ok(()) } else { Err(from.invalid("bytes after the state's end")) }
    }

    fn save(&self, sink: &mut dyn StateSink) {
        sink.u32(LAYOUT);
        sink.u32(self.world.market.len() as u32);
        sink.u32(self.seats.len() as u32);
        sink.i64(self.world.session.now().0);
        self.world.market.save(sink);
        self.world.orders.save(sink);
        self.world.portfolio.save(sink);
        sink.u32(u32::from(self.world.restraints.bits()));
        self.gate.save(sink);
        self.timers.save(sink);
        self.pass.save(sink);
        self.counters().save(sink);
        sink.bool(self.started);
        sink.u8(self.told as u8);
        for seat in &self.seats {
            sink.bool(seat.quarantined);
            seat.strategy.save(sink);
        }
    }

    fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        if from.u32("layout")? != LAYOUT {
            return Err(from.invalid("layout"));
        }
        if from.u32("instruments")? as usize != self.world.market.len() {
            return Err(from.invalid("instruments"));
        }
        if from.u32("strategies")? as usize != self.seats.len() {
            return Err(from.invalid("strategies"));
        }
        self.world.session.advance(Nanos(from.i64("lane time")?));
        self.world.market.load(from)?;
        self.world.orders.load(from)?;
        self.world.portfolio.load(from)?;
        let bits = u16::try_from(from.u32("restraints")?).ok().and_then(Restraints::from_bits);
        self.world.restraints = bits.ok_or_else(|| from.invalid("restraints"))?;
        self.settle_state();
        self.gate.load(from)?;
        self.timers.load(from)?;
        self.pass.load(from)?;
        self.counters = Counters::load(from)?;
        self.wants.set_dropped(self.counters.wants_dropped);
        self.started = from.bool("started")?;
        self.told = match from.u8("told state")? {
            0 => TradingState::Halted,
            1 => TradingState::Reducing,
            2 => TradingState::Active,
            _ => return Err(from.invalid("told state")),
        };
        for seat in &mut self.seats {
            seat.quarantined = from.bool("quarantined")?;
            seat.strategy.resume(from)?;
        }
        Ok(())
    }
}
