//! Since when each thing has stood in the way, without a break.

use super::Blocker;
use st0ck_types::Nanos;
use st0ck_types::reject::Unit;
use std::collections::BTreeMap;

/// When each code that stands now began to stand.
#[derive(Debug, Default)]
pub(super) struct Since {
    began: BTreeMap<&'static str, Nanos>,
    inputs: u64,
}

impl Since {
    /// Looks at what stands after an input at `at`. What stands after the very first one stood
    /// before it.
    pub(super) fn note(&mut self, at: Nanos, stands: &[Blocker]) {
        self.inputs += 1;
        let first = self.inputs == 1;
        self.began.retain(|code, _| stands.iter().any(|blocker| blocker.code == *code));
        for blocker in stands {
            self.began.entry(blocker.code).or_insert(if first { Nanos(i64::MIN) } else { at });
        }
    }

    /// Fills in since when `blocker` has stood at `at`, the last input being at `last`.
    pub(super) fn date(&self, at: Nanos, last: Option<Nanos>, blocker: &mut Blocker) {
        if blocker.since.is_some() || last.is_none() {
            return;
        }
        let began = self.began.get(blocker.code).copied();
        // Seconds beyond a limit tell exactly how long it is behind; inputs only when it was seen.
        let over = blocker.value.saturating_sub(blocker.limit);
        let passed =
            (blocker.unit == Unit::Seconds && over > 0).then_some(Nanos(at.0.saturating_sub(over)));
        blocker.since = match (began, passed) {
            (Some(Nanos(i64::MIN)), _) => None,
            (_, Some(passed)) => Some(passed),
            (began, None) => Some(began.unwrap_or(at)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocker(code: &'static str) -> Blocker {
        Blocker { code, unit: Unit::Shares, value: 7, limit: 4, since: None }
    }

    fn dated(since: &Since, code: &'static str) -> Option<i64> {
        let unit = if code == "late" { Unit::Seconds } else { Unit::Shares };
        let mut blocker = Blocker { unit, ..blocker(code) };
        since.date(Nanos(100), Some(Nanos(90)), &mut blocker);
        blocker.since.map(|at| at.0)
    }

    #[test]
    fn a_break_begins_anew() {
        let mut since = Since::default();
        since.note(Nanos(10), &[blocker("a")]);
        since.note(Nanos(20), &[blocker("a"), blocker("b")]);
        assert_eq!((dated(&since, "a"), dated(&since, "b")), (None, Some(20)));
        since.note(Nanos(30), &[blocker("b")]);
        since.note(Nanos(40), &[blocker("a"), blocker("b")]);
        assert_eq!((dated(&since, "a"), dated(&since, "b")), (Some(40), Some(20)));
    }

    #[test]
    fn what_time_alone_brought_began_when_the_limit_was_passed() {
        let mut since = Since::default();
        since.note(Nanos(90), &[]);
        assert_eq!(dated(&since, "late"), Some(97));
    }
}
