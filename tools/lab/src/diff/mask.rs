//! What two equal runs need not share, taken out of a record before it is compared.

use st0ck_journal::Body;
use st0ck_types::report::{Fill, Snapshot, Status};
use st0ck_types::{
    BrokerOrderId, CancelRequest, ClientOrderId, Epoch, ExecutionId, Input, MarketEvent, Nanos,
    OrderRequest, Output, Report, SystemEvent, TimerFired,
};

/// What is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mask {
    /// Epochs, our order ids (an epoch and a nonce are in them), the broker's ids, execution ids.
    pub ids: bool,
    /// Stamps: when a record was made, when bytes were read here, what the broker's clock said.
    pub stamps: bool,
}

/// A record's content without what is masked.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "two at a time, on the stack")]
pub(super) enum Masked {
    Input(Input),
    Output(Output),
    /// A state's bytes; none when they hold what is masked. The next hash record compares the state.
    Carry(Vec<u8>),
    Hash(u64),
    Seal,
}

impl Mask {
    /// Whether anything is masked.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    pub(super) fn apply(self, body: &Body<'_>) -> Masked {
        match body {
            Body::Input(input) => Masked::Input(self.input(*input)),
            Body::Output(output) => Masked::Output(self.output(*output)),
            Body::Carry(state) if self.is_empty() => Masked::Carry(state.to_vec()),
            Body::Carry(_) => Masked::Carry(Vec::new()),
            Body::Hash(hash) => Masked::Hash(*hash),
            Body::Seal => Masked::Seal,
        }
    }

    fn input(self, input: Input) -> Input {
        match input {
            Input::Market(event) => Input::Market(self.market(event)),
            Input::Report(report) => Input::Report(self.report(report)),
            Input::System(event) => Input::System(self.system(event)),
            Input::Timer(fired) => Input::Timer(TimerFired { due: self.stamp(fired.due), ..fired }),
            Input::Command(command) => Input::Command(command),
        }
    }

    /// Exchange times are the market's, not the run's: they stay.
    fn market(self, mut event: MarketEvent) -> MarketEvent {
        match &mut event {
            MarketEvent::Quote(q) => q.ts_recv = self.stamp(q.ts_recv),
            MarketEvent::Trade(t) => t.ts_recv = self.stamp(t.ts_recv),
            MarketEvent::Halt(h) => h.ts_recv = self.stamp(h.ts_recv),
            MarketEvent::Bar(_) | MarketEvent::InstrumentDef(_) | MarketEvent::Gap(_) => {}
        }
        event
    }

    fn system(self, event: SystemEvent) -> SystemEvent {
        match event {
            SystemEvent::SessionStart { epoch, first_order } => {
                SystemEvent::SessionStart { epoch: self.epoch(epoch), first_order }
            }
            SystemEvent::Restart { epoch } => SystemEvent::Restart { epoch: self.epoch(epoch) },
            SystemEvent::FeedLink { up, at } => SystemEvent::FeedLink { up, at: self.stamp(at) },
            other => other,
        }
    }

    fn report(self, report: Report) -> Report {
        match report {
            Report::Accepted(s) => Report::Accepted(self.status(s)),
            Report::Rejected(s) => Report::Rejected(self.status(s)),
            Report::Canceled(s) => Report::Canceled(self.status(s)),
            Report::Expired(s) => Report::Expired(self.status(s)),
            Report::CancelRejected(s) => Report::CancelRejected(self.status(s)),
            Report::Unknown(s) => Report::Unknown(self.status(s)),
            Report::NotFound(s) => Report::NotFound(self.status(s)),
            Report::Fill(f) => Report::Fill(Fill {
                client_id: self.ours(f.client_id),
                broker_id: self.theirs(f.broker_id),
                execution: if self.ids { ExecutionId::default() } else { f.execution },
                at: self.stamp(f.at),
                ..f
            }),
            Report::Snapshot(s) => Report::Snapshot(Snapshot {
                client_id: self.ours(s.client_id),
                broker_id: self.theirs(s.broker_id),
                created_at: self.stamp(s.created_at),
                ..s
            }),
            other => other,
        }
    }

    fn status(self, s: Status) -> Status {
        Status {
            client_id: self.ours(s.client_id),
            broker_id: self.theirs(s.broker_id),
            at: self.stamp(s.at),
            ..s
        }
    }

    fn output(self, output: Output) -> Output {
        match output {
            Output::Order(order) => Output::Order(self.order(order)),
            Output::Cancel(c) => Output::Cancel(CancelRequest {
                client_id: self.ours(c.client_id),
                broker_id: self.theirs(c.broker_id),
                ..c
            }),
            other => other,
        }
    }

    pub(super) fn order(self, order: OrderRequest) -> OrderRequest {
        OrderRequest {
            client_id: self.ours(order.client_id),
            decided_at: self.stamp(order.decided_at),
            ..order
        }
    }

    fn epoch(self, epoch: Epoch) -> Epoch {
        if self.ids { Epoch::default() } else { epoch }
    }

    fn ours(self, id: ClientOrderId) -> ClientOrderId {
        if self.ids { ClientOrderId::default() } else { id }
    }

    fn theirs(self, id: BrokerOrderId) -> BrokerOrderId {
        if self.ids { BrokerOrderId::NONE } else { id }
    }

    fn stamp(self, at: Nanos) -> Nanos {
        if self.stamps { Nanos::ZERO } else { at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::Text;

    fn status(id: &str, at: i64) -> Input {
        let client_id = ClientOrderId(Text::new(id));
        Input::Report(Report::Accepted(Status { client_id, at: Nanos(at), ..Status::default() }))
    }

    #[test]
    fn each_flag_takes_out_its_own_and_nothing_else() {
        let (ids, stamps) = (Mask { ids: true, stamps: false }, Mask { ids: false, stamps: true });
        let (a, other_id, other_at) = (status("a", 1), status("b", 1), status("a", 2));
        assert_eq!(ids.input(a), ids.input(other_id));
        assert_ne!(ids.input(a), ids.input(other_at));
        assert_eq!(stamps.input(a), stamps.input(other_at));
        assert_ne!(stamps.input(a), stamps.input(other_id));
        let all = Mask::default();
        assert!(all.input(a) != all.input(other_id) && all.input(a) != all.input(other_at));
    }

    #[test]
    fn what_the_broker_said_beside_ids_and_stamps_still_counts() {
        let both = Mask { ids: true, stamps: true };
        let said =
            |words| Report::Rejected(Status { words: Text::new(words), ..Status::default() });
        assert_ne!(both.report(said("no")), both.report(said("never")));
    }

    #[test]
    fn a_carry_counts_whole_or_not_at_all() {
        let exact = Mask::default();
        assert_ne!(exact.apply(&Body::Carry(&[1])), exact.apply(&Body::Carry(&[2])));
        let masked = Mask { ids: true, stamps: false };
        assert_eq!(masked.apply(&Body::Carry(&[1])), masked.apply(&Body::Carry(&[2])));
    }
}
