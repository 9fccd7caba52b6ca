//! Where a panic of the engine or a strategy is stopped, the same way live and in replay.

use crate::engine::Engine;
use crate::outbox::Outbox;
use crate::rehearsal::Rehearsal;
use st0ck_types::{Input, Nanos, Seq};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The engine panicked: its outbox is void and a `LaneFault` input must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

/// [`Engine::on_input`] that turns a panic into a value.
///
/// # Errors
/// [`Panicked`] when the engine did. It must see nothing but a `LaneFault` next.
pub fn on_input(
    engine: &mut Engine,
    at: Nanos,
    seq: Seq,
    input: &Input,
    outbox: &mut Outbox,
) -> Result<(), Panicked> {
    catch_unwind(AssertUnwindSafe(|| engine.on_input(at, seq, input, outbox))).map_err(|_| Panicked)
}

/// [`Engine::rehearse`] that turns a panic into a value.
///
/// # Errors
/// [`Panicked`] when a strategy did. Nothing has changed, and nothing follows but that nobody rehearses
/// any more.
pub(crate) fn rehearse(engine: &Engine, rehearsal: &mut Rehearsal) -> Result<(), Panicked> {
    catch_unwind(AssertUnwindSafe(|| engine.rehearse(rehearsal))).map_err(|_| Panicked)
}
