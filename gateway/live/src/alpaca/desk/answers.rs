//! Answers to requests: what became of an order, a cancel, a look-up.
//!
//! *Invariant:* only a definite answer ends an order here; every doubt makes it UNKNOWN, and it is
//! looked up until somebody knows.

use st0ck_net::http::{HttpFailure, Response, Ticket};
use st0ck_types::report::{BrokerStage, SendRefusal, Snapshot, Status};
use st0ck_types::time::SECOND;
use st0ck_types::{BrokerOrderId, OrderNo, Report, Text};

use super::{Asked, CANCEL_PAUSE_NS, Desk, Moment, refused};
use crate::alpaca::replies::{self, Created, Deleted, Doubt, Found};
use crate::kill::Shut;
use crate::reports::ReportTx;
use crate::tracked::{Standing, Tracked};

/// How often a cancel is tried; then its fate is looked up instead.
const CANCEL_TRIES: u32 = 3;
/// How far the broker's clock may be behind ours; beyond it the lane is halted anyway (goal G23).
const SKEW: i64 = 2 * SECOND;

/// Status and body, or why there is none.
pub(super) type Answer<'a> = Result<(u16, &'a [u8]), HttpFailure>;

impl Desk {
    /// Takes in the outcome of a request.
    pub fn on_answer(
        &mut self,
        ticket: Ticket,
        outcome: Result<Response<'_>, HttpFailure>,
        now: Moment,
        reports: &mut ReportTx,
    ) {
        let Some(at) = self.asked.iter().position(|(known, _)| *known == ticket) else { return };
        let (_, asked) = self.asked.swap_remove(at);
        if let Ok(response) = &outcome {
            self.note_quota(response, now);
        }
        let answer = outcome.as_ref().map(|response| (response.status, response.body));
        let answer = answer.map_err(|failure| *failure);
        match asked {
            Asked::Create(no) => self.on_created(no, answer, now, reports),
            Asked::Cancel(no) => self.on_canceled(no, answer, now, reports),
            Asked::Lookup(no) => self.on_found(no, answer, now, reports),
            Asked::Read => self.on_read(answer, now, reports),
        }
    }

    /// Tells `Sending` of the orders written since the last call. Failures to write at all were
    /// told as answers before.
    pub fn tell_sending(&mut self, reports: &mut ReportTx) {
        for no in self.fresh.drain(..) {
            reports.push(Report::Sending { no });
        }
    }

    fn note_quota(&mut self, response: &Response<'_>, now: Moment) {
        if response.status == 429 {
            self.counters.throttled.add(1);
            self.throttle.refused(now.ns, replies::wait_ns(response, now.wall.0 / SECOND));
        } else {
            self.throttle.served();
        }
    }

    fn on_created(&mut self, no: OrderNo, answer: Answer<'_>, now: Moment, reports: &mut ReportTx) {
        let Some(client_id) = self.client_id(no) else { return };
        if self.never_left(no, &answer) {
            return self.refuse(no, SendRefusal::Disconnected, reports);
        }
        self.tell_sending(reports);
        let outcome = match answer {
            Ok((status, body)) => replies::created(status, body, &client_id),
            Err(failure) => Created::Unknown(Doubt::NoAnswer(failure)),
        };
        match outcome {
            Created::Accepted(json) => {
                let snapshot = self.config.names.snapshot(&json);
                let status = self.config.names.status(&json, snapshot.created_at, "accepted");
                self.learn(no, &snapshot);
                let rejected = snapshot.stage == BrokerStage::Rejected;
                let report = if rejected { Report::Rejected } else { Report::Accepted };
                reports.push(report(status));
            }
            Created::Rejected(refusal) => {
                self.counters.rejected.add(1);
                self.over(no);
                reports.push(Report::Rejected(refused(client_id, BrokerOrderId::NONE, &refusal)));
            }
            Created::Duplicate => {
                self.doubt(no, "client_order_id was used before", now, reports);
                self.book.hurry(no);
            }
            Created::Unknown(doubt) => self.doubt(no, &doubt.to_string(), now, reports),
        }
    }

    /// Whether not one byte of a new order was written, of which nothing has been told yet: then it
    /// was not sent.
    fn never_left(&mut self, no: OrderNo, answer: &Answer<'_>) -> bool {
        let Some(at) = self.fresh.iter().position(|fresh| *fresh == no) else { return false };
        if !matches!(answer, Err(failure) if failure.bytes_written == 0) {
            return false;
        }
        self.fresh.remove(at);
        self.flow.written -= 1;
        self.over(no);
        true
    }

    /// The order's fate is unknown, unless the stream has told it already.
    fn doubt(&mut self, no: OrderNo, words: &str, now: Moment, reports: &mut ReportTx) {
        let Some(order) = self.book.get(no).copied() else { return };
        if order.standing != Standing::Sent {
            return;
        }
        log::warn!("order {no}: outcome unknown: {words}");
        self.counters.unknown.add(1);
        self.book.lost_sight(no, now.ns);
        reports.push(Report::Unknown(Status {
            client_id: order.request.client_id,
            words: Text::new(words),
            ..Status::default()
        }));
    }

    fn on_canceled(
        &mut self,
        no: OrderNo,
        answer: Answer<'_>,
        now: Moment,
        reports: &mut ReportTx,
    ) {
        let same = |cancel: &super::Cancel| cancel.request.no == no;
        let Some(at) = self.cancels.iter().position(same) else { return };
        let cancel = &mut self.cancels[at];
        let (client_id, broker_id) = (cancel.request.client_id, cancel.request.broker_id);
        let outcome = match answer {
            Ok((status, body)) => replies::deleted(status, body),
            Err(failure) => Deleted::Again(Doubt::NoAnswer(failure)),
        };
        let report = match outcome {
            Deleted::Asked => {
                self.cancels.swap_remove(at);
                return;
            }
            Deleted::Refused(refusal) => {
                Report::CancelRejected(refused(client_id, broker_id, &refusal))
            }
            Deleted::Again(_) if cancel.tries + 1 < CANCEL_TRIES => {
                cancel.tries += 1;
                cancel.under_way = false;
                cancel.next_ns = now.ns + CANCEL_PAUSE_NS;
                return;
            }
            Deleted::Again(doubt) => {
                log::warn!("order {no}: outcome of its cancel unknown: {doubt}");
                let words = Text::new(&doubt.to_string());
                Report::Unknown(Status { client_id, broker_id, words, ..Status::default() })
            }
        };
        self.cancels.swap_remove(at);
        reports.push(report);
        // It is over, or not there, or nobody knows: what the stream does not say a look-up will.
        if self.book.get(no).is_some_and(|order| order.standing != Standing::Over) {
            self.book.lost_sight(no, now.ns);
        }
    }

    fn on_found(&mut self, no: OrderNo, answer: Answer<'_>, now: Moment, reports: &mut ReportTx) {
        let Some(order) = self.book.get(no).copied() else { return };
        let client_id = order.request.client_id;
        let outcome = match answer {
            Ok((status, body)) => replies::found(status, body, &client_id),
            Err(failure) => Found::Again(Doubt::NoAnswer(failure)),
        };
        match outcome {
            Found::Order(json) => {
                let snapshot = self.config.names.snapshot(&json);
                if !self.is_that_order(&order, &snapshot) {
                    return;
                }
                reports.push(Report::Snapshot(snapshot));
                self.learn(no, &snapshot);
                // Fills that were missed: only the list of fills tells their prices.
                self.pass_wanted |= snapshot.filled > order.filled;
            }
            Found::Nothing(refusal) => {
                reports.push(Report::NotFound(refused(client_id, order.broker_id, &refusal)));
                self.book.ask_again(no, now.ns);
            }
            Found::Again(doubt) => {
                log::debug!("order {no}: look-up failed: {doubt}");
                self.book.ask_again(no, now.ns);
            }
        }
    }

    /// Whether the broker's order under our id is the one we sent. If not, another instance uses
    /// our ids, and no more orders may go out.
    pub(super) fn is_that_order(&mut self, order: &Tracked, found: &Snapshot) -> bool {
        let asked = &order.request;
        let same = found.instrument == asked.instrument
            && found.side == asked.side
            && found.qty == asked.qty
            && found.limit == asked.kind.limit().unwrap_or_default()
            && (order.recovered || found.created_at >= self.config.created_after - SKEW);
        if !same {
            self.counters.clashes.add(1);
            self.gate.shut(Shut::All);
            let why = format!(
                "order {}: the broker knows its id as another order, created {}: another instance \
                 is trading this account, or the runs folder was copied; no order will be sent",
                asked.client_id, found.created_at
            );
            log::error!("{why}");
            self.failure.get_or_insert(why);
        }
        same
    }
}
