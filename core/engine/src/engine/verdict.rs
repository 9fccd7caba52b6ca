//! Each want is judged, and what the verdict says is carried out.
//!
//! Live, the gate's verdict is carried out and laid into the outbox. In recovery the recorded outputs
//! are carried out instead, by the same code, and the verdict is only compared with them.
//!
//! *Invariant:* judging changes nothing, but that an order may have to wait for its turn; carrying out
//! changes the world in the same way whoever decided. One want is carried out, and its strategy told,
//! before the next is judged.

use super::{Engine, Notice};
use crate::intent::{Intent, OrderIntent, Want};
use crate::outbox::Outbox;
use crate::risk::Approved;
use crate::strategy::OrderChange;
use crate::timers::ENGINE;
use st0ck_types::decision::Factor;
use st0ck_types::{CancelRequest, Decision, InstrumentId, Nanos, OrderNo, OrderRequest, Output};
use st0ck_types::{Qty, Reject, RejectCode, Side, StrategyId};

/// What is to become of a want. Its decision stays in the queue of wants, which holds it at a place.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The gate signed the order of the want at that place.
    Order(usize, Approved<OrderRequest>),
    /// The gate refused the order of the want at that place; the tag is the want's.
    Refuse(usize, Reject, u16),
    /// There is something to cancel, and cancels are never refused.
    Cancel(CancelRequest),
    /// There is nothing to cancel.
    Nothing(Reject),
}

/// What a want comes to.
enum Judgement {
    /// A verdict.
    Now(Verdict),
    /// Only the rate stands against the order, and its turn comes soon, at that time (C17).
    Wait(Nanos),
    /// Nothing: the engine wanted what is no longer needed.
    Void,
}

impl Verdict {
    /// The order that the gate signed, if it is one.
    pub(super) fn signed(&self) -> Option<&OrderRequest> {
        match self {
            Self::Order(_, approved) => Some(approved.get()),
            Self::Refuse(..) | Self::Cancel(_) | Self::Nothing(_) => None,
        }
    }

    fn tag(&self) -> u16 {
        match self {
            Self::Refuse(_, _, tag) => *tag,
            Self::Order(_, order) => order.get().tag,
            Self::Cancel(_) | Self::Nothing(_) => 0,
        }
    }
}

impl Engine {
    /// The verdict on the next want that leads to an output. What is held back on the way to it waits
    /// from now on; wants of the engine's own that are void by now are passed over.
    pub(super) fn next_verdict(&mut self) -> Option<Verdict> {
        loop {
            let place = self.wants.next()?;
            match self.judge(place) {
                Judgement::Now(verdict) => {
                    self.complete(&verdict);
                    return Some(verdict);
                }
                Judgement::Wait(turn) => self.hold(place, turn),
                Judgement::Void => {}
            }
        }
    }

    fn judge(&self, place: usize) -> Judgement {
        let want = self.wants.at(place);
        match &want.intent {
            Intent::Order(intent) => self.judge_order(place, want, intent),
            Intent::Cancel { no } => match self.judge_cancel(want.strategy, *no) {
                Some(verdict) => Judgement::Now(verdict),
                None => Judgement::Void,
            },
        }
    }

    fn judge_order(&self, place: usize, want: &Want, intent: &OrderIntent) -> Judgement {
        let order = self.request(want.strategy, intent);
        match self.gate.check(&self.world, order) {
            Ok(approved) => Judgement::Now(Verdict::Order(place, approved)),
            Err(reject) => match self.may_wait(want, intent, reject.code) {
                Some(turn) => Judgement::Wait(turn),
                None => Judgement::Now(Verdict::Refuse(place, reject, intent.tag)),
            },
        }
    }

    /// Fills in what a strategy leaves open in its decision: whose it is, what it led to, and how long
    /// the order was held back.
    fn complete(&mut self, verdict: &Verdict) {
        let (place, no) = match verdict {
            Verdict::Order(place, approved) => (*place, approved.get().no),
            Verdict::Refuse(place, ..) => (*place, OrderNo::NONE),
            Verdict::Cancel(_) | Verdict::Nothing(_) => return,
        };
        let (now, want) = (self.world.session.now(), self.wants.at_mut(place));
        (want.decision.strategy, want.decision.order) = (want.strategy, no);
        if let Some(since) = want.held_since {
            want.decision.push(Factor::sizing("held_s", now.since(since)));
        }
    }

    /// Whether these recorded outputs are what the verdict would have led to.
    fn agrees(&self, verdict: &Verdict, decision: Option<&Decision>, output: &Output) -> bool {
        match (verdict, output) {
            (Verdict::Order(place, order), Output::Order(sent)) => {
                decision == Some(&self.wants.at(*place).decision) && order.get() == sent
            }
            (Verdict::Refuse(place, reject, _), Output::Reject(refused)) => {
                decision == Some(&self.wants.at(*place).decision) && reject == refused
            }
            (Verdict::Nothing(reject), Output::Reject(refused)) => {
                decision.is_none() && reject == refused
            }
            (Verdict::Cancel(cancel), Output::Cancel(asked)) => {
                decision.is_none() && cancel == asked
            }
            _ => false,
        }
    }

    /// The order that an intent would become now.
    pub(super) fn request(&self, strategy: StrategyId, intent: &OrderIntent) -> OrderRequest {
        let no = self.world.orders.next_no();
        OrderRequest {
            no,
            client_id: self.world.orders.mint_id(no),
            strategy,
            instrument: intent.instrument,
            side: intent.side,
            effect: intent.effect,
            tif: intent.tif,
            kind: intent.kind,
            qty: intent.qty,
            decided_at: self.world.session.now(),
            cause: self.world.seq,
            tag: intent.tag,
        }
    }

    /// C17: an order that only the rate refused may wait, if its turn comes in time; until when.
    fn may_wait(&self, want: &Want, intent: &OrderIntent, refused: RejectCode) -> Option<Nanos> {
        if refused != RejectCode::MessageRate {
            return None;
        }
        let (turn, patience) = self.gate.next_turn();
        let decided_at = want.held_since.unwrap_or(self.world.session.now());
        let in_time = turn <= decided_at + patience;
        (in_time && self.waiting.takes(want.strategy, intent)).then_some(turn)
    }

    fn judge_cancel(&self, strategy: StrategyId, no: OrderNo) -> Option<Verdict> {
        let order = self.world.orders.get(no);
        let order = order.filter(|o| strategy == ENGINE || o.request.strategy == strategy);
        if let Some(order) = order.filter(|o| o.is_cancelable()) {
            return Some(Verdict::Cancel(CancelRequest {
                no,
                client_id: order.request.client_id,
                broker_id: order.broker_id,
                cause: self.world.seq,
            }));
        }
        let asked = order.map(|order| order.request);
        let reject = Reject {
            strategy,
            instrument: asked.map_or(InstrumentId::ALL, |asked| asked.instrument),
            side: asked.map_or(Side::Buy, |asked| asked.side),
            qty: asked.map_or(Qty::ZERO, |asked| asked.qty),
            code: RejectCode::NothingToCancel,
            value: i64::from(no.0).saturating_mul(1_000_000_000),
            limit: 0,
        };
        (strategy != ENGINE).then_some(Verdict::Nothing(reject))
    }

    /// Carries a verdict out and lays it into the outbox.
    pub(super) fn carry_out(&mut self, verdict: &Verdict, out: &mut Outbox) {
        match verdict {
            Verdict::Order(place, approved) => {
                self.lay_out(*place, out);
                *out.place() = Output::Order(*approved.get());
                self.world.orders.open(*approved);
                self.note_order(approved.get());
            }
            Verdict::Refuse(place, reject, tag) => {
                self.lay_out(*place, out);
                *out.place() = Output::Reject(*reject);
                self.note_reject(reject, *tag);
            }
            Verdict::Cancel(cancel) => {
                *out.place() = Output::Cancel(*cancel);
                self.note_cancel(cancel.no);
            }
            Verdict::Nothing(reject) => {
                *out.place() = Output::Reject(*reject);
                self.note_reject(reject, 0);
            }
        }
    }

    /// Lays the decision of the want at that place into the outbox.
    fn lay_out(&self, place: usize, out: &mut Outbox) {
        // Its place first, so that it is copied there and nowhere else on the way.
        let to = out.place();
        *to = Output::Decision(self.wants.at(place).decision);
    }

    /// Carries recorded outputs out, and counts those that would have come out otherwise.
    pub(super) fn retrace(&mut self, recorded: &[Output]) -> usize {
        let (mut divergences, mut decision) = (0, None);
        for output in recorded {
            if let Output::Decision(why) = output {
                decision = Some(why);
                continue;
            }
            let verdict = self.next_verdict();
            let agrees = |verdict| self.agrees(verdict, decision.take(), output);
            let agrees = verdict.as_ref().is_some_and(agrees);
            let tag = verdict.map_or(0, |verdict| verdict.tag());
            let fits = self.accept(output, tag);
            divergences += usize::from(!agrees || !fits);
        }
        while self.next_verdict().is_some() {
            divergences += 1;
        }
        divergences
    }

    /// Takes one recorded output as a fact; `false` when it does not continue what is known.
    fn accept(&mut self, output: &Output, tag: u16) -> bool {
        match output {
            Output::Order(order) => {
                let fits = self.world.orders.adopt(*order).is_ok();
                if fits {
                    self.note_order(order);
                }
                return fits;
            }
            Output::Cancel(cancel) => self.note_cancel(cancel.no),
            Output::Reject(reject) => self.note_reject(reject, tag),
            Output::Decision(_) => {}
        }
        true
    }

    /// An order is in the table and on its way.
    fn note_order(&mut self, order: &OrderRequest) {
        self.counters.orders_sent += 1;
        let alerts = self.gate.note_order(self.world.session.now(), order);
        self.counters.order_to_trade_alerts += u64::from(alerts);
        self.give(Notice { no: order.no, change: OrderChange::Placed });
    }

    fn note_cancel(&mut self, no: OrderNo) {
        self.counters.cancels_sent += 1;
        let now = self.world.session.now();
        self.world.orders.note_cancel(no, now);
        let alerts = self.gate.note_cancel(now);
        self.counters.order_to_trade_alerts += u64::from(alerts);
    }

    fn note_reject(&mut self, reject: &Reject, tag: u16) {
        self.counters.count_reject(reject.code);
        if let Some(restraint) = self.gate.note_reject(self.world.session.now(), reject) {
            self.lay(restraint);
            self.settle_state();
        }
        self.call(reject.strategy, |strategy, ctx| strategy.on_reject(ctx, reject, tag));
    }
}
