//! Groups: an input with everything that the core did about it.
//!
//! Recovery, verification and replay ask which records belong to a whole group.

use crate::error::Reason;
use crate::record::Record;
use st0ck_types::record::RecordKind;

/// Follows the records of a journal and knows where the last whole group ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Groups {
    open: Open,
    closed: u64,
    last: u64,
    sealed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Open {
    #[default]
    None,
    /// An input without output so far: whatever follows closes it.
    Input,
    /// An output without END.
    Outputs,
    /// A fault: closed by itself, yet outputs may follow that say what it led to.
    Fault,
}

impl Groups {
    /// Looks at the next record.
    ///
    /// # Errors
    /// [`Reason::Group`] when it may not stand here: the writer broke the rules of `FORMAT.md`.
    pub fn take(&mut self, record: &Record<'_>) -> Result<(), Reason> {
        let kind = record.kind;
        let allowed = match self.open {
            Open::None => !kind.is_output(),
            Open::Input | Open::Fault => true,
            Open::Outputs => kind.is_output() || kind == RecordKind::Fault,
        };
        if !allowed {
            return Err(Reason::Group);
        }
        if !kind.is_output() {
            self.closed = self.last;
        }
        self.last = record.seq.0;
        self.sealed = kind == RecordKind::Seal;
        self.open = match kind {
            RecordKind::Fault => Open::Fault,
            _ if record.ends_group() => Open::None,
            kind if kind.is_output() => Open::Outputs,
            _ => Open::Input,
        };
        if matches!(self.open, Open::None | Open::Fault) {
            self.closed = self.last;
        }
        Ok(())
    }

    /// The last record that belongs to a whole group; 0 when there is none yet.
    #[must_use]
    pub fn closed_seq(&self) -> u64 {
        self.closed
    }

    /// Whether the last record says that a process life ended in order.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Records seen behind that one: of a group that was never closed.
    #[must_use]
    pub fn open_records(&self) -> u64 {
        self.last.saturating_sub(self.closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::END;
    use RecordKind::{Cancel, Decision, Fault, Hash, Order, Quote, Reject};
    use st0ck_types::{Nanos, Seq};

    fn closed(records: &[(RecordKind, u16)]) -> Result<u64, Reason> {
        let mut groups = Groups::default();
        for (&(kind, flags), seq) in records.iter().zip(1..) {
            let record = Record { seq: Seq(seq), at: Nanos(0), kind, flags, payload: &[] };
            groups.take(&record)?;
        }
        assert_eq!(groups.open_records(), records.len() as u64 - groups.closed_seq());
        Ok(groups.closed_seq())
    }

    #[test]
    fn a_lone_last_input_is_an_open_group() {
        assert_eq!(closed(&[(Quote, 0)]), Ok(0));
        assert_eq!(closed(&[(Quote, 0), (Quote, 0)]), Ok(1));
        assert_eq!(closed(&[(Quote, 0), (Hash, END)]), Ok(2));
    }

    #[test]
    fn outputs_are_closed_by_the_end_flag_only() {
        assert_eq!(closed(&[(Quote, 0), (Decision, 0), (Order, 0)]), Ok(0));
        assert_eq!(closed(&[(Quote, 0), (Decision, 0), (Order, END)]), Ok(3));
        assert_eq!(closed(&[(Quote, 0), (Decision, 0), (Quote, 0)]), Err(Reason::Group));
        assert_eq!(closed(&[(Quote, 0), (Decision, 0), (Hash, END)]), Err(Reason::Group));
    }

    #[test]
    fn a_fault_keeps_the_group_it_broke_off() {
        assert_eq!(closed(&[(Quote, 0), (Decision, 0), (Fault, END)]), Ok(3));
        assert_eq!(closed(&[(Quote, 0), (Fault, END), (Quote, 0)]), Ok(2));
    }

    #[test]
    fn what_a_fault_led_to_belongs_to_it_once_its_last_output_is_there() {
        assert_eq!(closed(&[(Quote, 0), (Fault, END), (Cancel, 0)]), Ok(2));
        assert_eq!(closed(&[(Quote, 0), (Fault, END), (Cancel, 0), (Cancel, END)]), Ok(4));
        assert_eq!(closed(&[(Fault, END), (Cancel, 0), (Quote, 0)]), Err(Reason::Group));
        assert_eq!(closed(&[(Fault, END), (Cancel, END), (Cancel, END)]), Err(Reason::Group));
    }

    #[test]
    fn an_output_needs_an_input() {
        assert_eq!(closed(&[(Reject, END)]), Err(Reason::Group));
        assert_eq!(closed(&[(Quote, 0), (Reject, END), (Order, END)]), Err(Reason::Group));
    }
}
