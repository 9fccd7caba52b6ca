//! When the core writes down its whole state while it runs, and the buffer that it writes it to.
//!
//! Recovery begins at the newest kept state, so what lies between two of them is what a restart has
//! to go through. The core agent asks here after each cycle that found nothing to do, and after each
//! state hash. *Invariant:* the buffer is made, and touched, at start; a state larger than it is not
//! kept, which only makes recovery longer.

use st0ck_types::StateSink;

/// Inputs between two kept states, when nothing else is said: a quarter of a second of recovery at a
/// million inputs a second, one state a minute at 5,000 inputs a second.
pub const CARRY_EVERY: u64 = 262_144;
/// Without an idle moment a state is kept after so many times that count.
const BUSY_FACTOR: u64 = 4;
/// Room for a state: tables of the default capacities, all used up, take some 3 MB.
const ROOM: usize = 4 << 20;

/// Counts inputs towards the next kept state.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    every: u64,
    inputs: u64,
    buffer: StateBuffer,
}

impl Checkpoint {
    /// One state each `every` inputs at the earliest; none at all for 0.
    pub(crate) fn new(every: u64) -> Self {
        Self { every, inputs: 0, buffer: StateBuffer::new(ROOM) }
    }

    /// So many inputs were consumed.
    pub(crate) fn count(&mut self, inputs: u64) {
        self.inputs += inputs;
    }

    /// Whether a state is worth an idle moment.
    pub(crate) fn is_due(&self) -> bool {
        self.every > 0 && self.inputs >= self.every
    }

    /// Whether a state must not wait for an idle moment any longer.
    pub(crate) fn is_overdue(&self) -> bool {
        self.every > 0 && self.inputs / BUSY_FACTOR >= self.every
    }

    /// The state that `write` writes, if it fits. The count begins anew either way.
    pub(crate) fn take(&mut self, write: impl FnOnce(&mut dyn StateSink)) -> Option<&[u8]> {
        self.inputs = 0;
        self.buffer.clear();
        write(&mut self.buffer);
        self.buffer.whole()
    }
}

/// Collects a state's bytes in room made beforehand.
#[derive(Debug)]
struct StateBuffer {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl StateBuffer {
    fn new(room: usize) -> Self {
        // Written to once, so that the first state finds its pages there.
        let mut bytes = vec![u8::MAX; room];
        bytes.clear();
        Self { bytes, overflowed: false }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.overflowed = false;
    }

    fn whole(&self) -> Option<&[u8]> {
        (!self.overflowed).then_some(&self.bytes)
    }
}

impl StateSink for StateBuffer {
    fn bytes(&mut self, bytes: &[u8]) {
        if bytes.len() <= self.bytes.capacity() - self.bytes.len() {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.overflowed = true;
        }
    }

    fn private(&mut self, bytes: &[u8]) {
        self.bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_due_at_its_count_and_overdue_at_four_times() {
        let mut checkpoint = Checkpoint::new(10);
        let seen = |checkpoint: &Checkpoint| (checkpoint.is_due(), checkpoint.is_overdue());
        checkpoint.count(9);
        assert_eq!(seen(&checkpoint), (false, false));
        checkpoint.count(1);
        assert_eq!(seen(&checkpoint), (true, false));
        checkpoint.count(29);
        assert_eq!(seen(&checkpoint), (true, false));
        checkpoint.count(1);
        assert_eq!(seen(&checkpoint), (true, true));
        assert_eq!(checkpoint.take(|sink| sink.u8(7)), Some(&[7][..]));
        assert_eq!(seen(&checkpoint), (false, false));
        let mut never = Checkpoint::new(0);
        never.count(u64::MAX);
        assert_eq!(seen(&never), (false, false));
    }

    #[test]
    fn a_state_that_does_not_fit_is_not_kept_and_allocates_nothing() {
        let mut buffer = StateBuffer::new(8);
        let allocated = allocation_counter::measure(|| {
            buffer.u64(1);
            assert_eq!(buffer.whole().map(<[u8]>::len), Some(8));
            buffer.private(&[1]);
            assert_eq!(buffer.whole(), None);
            buffer.clear();
            buffer.u8(1);
            assert_eq!(buffer.whole(), Some(&[1][..]));
        });
        assert_eq!(allocated.count_total, 0);
    }
}
