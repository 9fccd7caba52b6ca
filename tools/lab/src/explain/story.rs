//! Every order of a session with its decision and what became of it: one pass over the record,
//! without an engine.

use super::fate::{self, Fate, Name, Step};
use crate::groups::{Group, Item, Items, LabError};
use st0ck_types::{
    BrokerOrderId, ClientOrderId, Decision, Input, OrderNo, OrderRequest, Output, Seq,
};
use std::collections::BTreeMap;
use std::path::Path;

/// How people name an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The last one of the session.
    Last,
    /// By our ordinal.
    Ordinal(OrderNo),
    /// By the id that we gave it.
    Client(ClientOrderId),
    /// By the broker's id.
    Broker(BrokerOrderId),
}

/// An order as the record tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The order.
    pub order: OrderRequest,
    /// Its record.
    pub seq: Seq,
    /// What its strategy weighed.
    pub decision: Decision,
    /// The input that decided, in words.
    pub cause: String,
    /// The broker's id, once it told one.
    pub broker_id: BrokerOrderId,
    /// What became of it, in order.
    pub steps: Vec<Step>,
}

/// The orders of a session.
#[derive(Debug, Clone, Default)]
pub struct Story {
    orders: BTreeMap<OrderNo, Found>,
    by_id: BTreeMap<[u8; 20], OrderNo>,
}

impl Story {
    /// Reads the journal of a session folder.
    ///
    /// # Errors
    /// [`LabError`] where it is not what was written.
    pub fn read(session: &Path) -> Result<Self, LabError> {
        let (mut story, mut items) = (Self::default(), Items::open(session, Seq(0))?);
        while let Some(item) = items.next()? {
            if let Item::Group(group) = item {
                story.note(&group);
            }
        }
        Ok(story)
    }

    /// Every order, by its number.
    pub fn orders(&self) -> impl DoubleEndedIterator<Item = &Found> {
        self.orders.values()
    }

    /// An order by its number.
    #[must_use]
    pub fn order(&self, no: OrderNo) -> Option<&Found> {
        self.orders.get(&no)
    }

    /// The order that people mean; `None` when the session has none of that name.
    #[must_use]
    pub fn find(&self, wanted: Wanted) -> Option<&Found> {
        match wanted {
            Wanted::Last => self.orders().next_back(),
            Wanted::Ordinal(no) => self.order(no),
            Wanted::Client(id) => self.by_id.get(id.0.padded()).and_then(|no| self.order(*no)),
            Wanted::Broker(id) => self.orders().find(|found| found.broker_id == id),
        }
    }

    fn note(&mut self, group: &Group) {
        if let Input::Report(report) = &group.input
            && let Some((name, broker_id, fate)) = fate::told(report)
        {
            self.note_fate(&name, broker_id, Step { seq: group.seq, at: group.at, fate });
        }
        let mut decision = Decision::default();
        for (at, output) in (1..).zip(&group.outputs) {
            match output {
                Output::Decision(weighed) => decision = *weighed,
                Output::Order(order) => {
                    let seq = Seq(group.seq.0 + at);
                    self.by_id.insert(*order.client_id.0.padded(), order.no);
                    self.orders.insert(order.no, found(group, seq, order, decision));
                }
                Output::Cancel(cancel) => {
                    if let Some(found) = self.orders.get_mut(&cancel.no) {
                        found.steps.push(fate::cancel_asked(group));
                    }
                }
                Output::Reject(_) => {}
            }
        }
    }

    fn note_fate(&mut self, name: &Name, broker_id: BrokerOrderId, step: Step) {
        let no = match name {
            Name::Ordinal(no) => Some(*no),
            Name::Client(id) => self.by_id.get(id.0.padded()).copied(),
        };
        let Some(found) = no.and_then(|no| self.orders.get_mut(&no)) else { return };
        if broker_id.is_known() {
            found.broker_id = broker_id;
        }
        // The reply and the stream both say that the broker has it; once is enough.
        let again = step.fate == Fate::Accepted && found.steps.iter().any(|s| s.fate == step.fate);
        if !again {
            found.steps.push(step);
        }
    }
}

fn found(group: &Group, seq: Seq, order: &OrderRequest, decision: Decision) -> Found {
    Found {
        order: *order,
        seq,
        decision,
        cause: crate::words::input(&group.input),
        broker_id: BrokerOrderId::NONE,
        steps: Vec::new(),
    }
}
