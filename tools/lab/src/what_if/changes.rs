//! Which orders differ between two runs of one session.

use st0ck_types::{Nanos, OrderKind, OrderRequest, Qty, Side, Text};

/// An order that was sent, and what its strategy called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The order.
    pub order: OrderRequest,
    /// What kind of wish it was, for example `entry`.
    pub what: Text<15>,
}

impl Sent {
    /// Two orders that stand at the same place of their sessions: decided at the same time, to do the
    /// same thing.
    fn place(&self) -> (Nanos, Side, Text<15>) {
        (self.order.decided_at, self.order.side, self.what)
    }

    fn terms(&self) -> (Qty, OrderKind) {
        (self.order.qty, self.order.kind)
    }
}

/// How an order differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It would have come in addition.
    Added,
    /// It would not have come.
    Removed,
    /// It would have had another size or price.
    Changed,
}

impl Change {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One order that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderChange {
    /// How.
    pub change: Change,
    /// As it was recorded; `None` for one that was added.
    pub recorded: Option<Sent>,
    /// As it would have been; `None` for one that was removed.
    pub what_if: Option<Sent>,
}

impl OrderChange {
    /// When it was, or would have been, decided.
    #[must_use]
    pub fn at(&self) -> Nanos {
        let sent = self.recorded.or(self.what_if);
        sent.map_or(Nanos::ZERO, |sent| sent.order.decided_at)
    }
}

/// Lines two lists up by the places of their orders; both are in the order of time.
pub(super) fn between(recorded: &[Sent], what_if: &[Sent]) -> Vec<OrderChange> {
    let (mut changes, mut rest) = (Vec::new(), what_if.to_vec());
    for then in recorded {
        let Some(at) = rest.iter().position(|now| now.place() == then.place()) else {
            let (change, recorded) = (Change::Removed, Some(*then));
            changes.push(OrderChange { change, recorded, what_if: None });
            continue;
        };
        let now = rest.remove(at);
        if now.terms() != then.terms() {
            let (recorded, what_if) = (Some(*then), Some(now));
            changes.push(OrderChange { change: Change::Changed, recorded, what_if });
        }
    }
    let added = rest.into_iter().map(|now| OrderChange {
        change: Change::Added,
        recorded: None,
        what_if: Some(now),
    });
    changes.extend(added);
    changes.sort_by_key(OrderChange::at);
    changes
}
