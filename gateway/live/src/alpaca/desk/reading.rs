//! Reading the broker's book for a reconciliation, and what its end means.
//!
//! *Invariant:* an answer that cannot be read in full is no answer: a list with one bad row is read
//! again, not taken as shorter.

use st0ck_types::Report;
use st0ck_types::report::{BrokerStage, Fill, Snapshot};

use super::answers::Answer;
use super::{Desk, Moment, refused};
use crate::alpaca::replies::{self, Found};
use crate::alpaca::wire::{AccountJson, ActivityJson, OrderJson, PositionJson};
use crate::alpaca::{decode_order, ids};
use crate::kill::Shut;
use crate::reconcile::{Ended, LookedUp, Read};
use crate::reports::ReportTx;

/// Rows of a page of open orders: the most that Alpaca gives.
pub const ORDERS_PAGE: usize = 500;
/// Rows of a page of fills: the most that Alpaca gives.
pub const FILLS_PAGE: usize = 100;

/// What an answer did to the pass: nothing, because it was none; or whether it ended it.
type Progress = Option<Option<Ended>>;

impl Desk {
    pub(super) fn on_read(&mut self, answer: Answer<'_>, now: Moment, reports: &mut ReportTx) {
        // A pass that was given up meanwhile asks for nothing.
        let Some(read) = self.pass.under_way().cloned() else { return };
        let progress = match answer {
            Ok((status, body)) => self.read(&read, status, body),
            Err(_) => None,
        };
        match progress {
            Some(None) => {}
            Some(Some(ended)) => self.end_pass(ended, now, reports),
            None => {
                log::warn!("reconcile: {read:?} failed; it will be read again");
                self.pass.failed(now.ns);
            }
        }
    }

    fn read(&mut self, read: &Read, status: u16, body: &[u8]) -> Progress {
        if let Read::Lookup(no) = read {
            return self.read_lookup(*no, status, body);
        }
        if !(200..300).contains(&status) {
            return None;
        }
        match read {
            Read::Positions => self.read_positions(body),
            Read::Orders { .. } => self.read_orders(body),
            Read::Fills { .. } => self.read_fills(body),
            _ => self.read_account(body),
        }
    }

    fn read_lookup(&mut self, no: st0ck_types::OrderNo, status: u16, body: &[u8]) -> Progress {
        let order = *self.book.get(no)?;
        let id = order.request.client_id;
        let found = match replies::found(status, body, &id) {
            Found::Order(json) => {
                let snapshot = self.config.names.snapshot(&json);
                // Told in any case: the core must know what is at the broker under our id.
                self.is_that_order(&order, &snapshot);
                LookedUp::Order(snapshot)
            }
            Found::Nothing(refusal) => LookedUp::Nothing(refused(id, order.broker_id, &refusal)),
            Found::Again(_) => return None,
        };
        Some(self.pass.looked_up(found, &self.book))
    }

    fn read_positions(&mut self, body: &[u8]) -> Progress {
        let rows: Vec<PositionJson<'_>> = serde_json::from_slice(body).ok()?;
        let positions = rows.iter().map(|row| self.config.names.position(row));
        let positions = positions.collect::<Option<Vec<_>>>()?;
        Some(self.pass.positions(positions, &self.book))
    }

    fn read_orders(&mut self, body: &[u8]) -> Progress {
        let rows: Vec<OrderJson<'_>> = serde_json::from_slice(body).ok()?;
        let more = rows.last().filter(|_| rows.len() >= ORDERS_PAGE);
        let more = more.map(|row| ids::broker_order_id(row.id.as_str()));
        let with_legs = |row| std::iter::once(row).chain(legs(row));
        let page: Vec<Snapshot> = rows
            .iter()
            .flat_map(with_legs)
            .map(|order| self.config.names.snapshot(order))
            // A leg of an open order may itself be over.
            .filter(|order| order.stage == BrokerStage::Working)
            .collect();
        Some(self.pass.orders(page, more, &self.book))
    }

    fn read_fills(&mut self, body: &[u8]) -> Progress {
        let rows: Vec<ActivityJson<'_>> = serde_json::from_slice(body).ok()?;
        let more = rows.last().filter(|_| rows.len() >= FILLS_PAGE);
        let more = more.map(|row| row.id.as_str().to_owned());
        let fills = rows.iter().filter(|row| row.activity_type.as_str() == "FILL");
        let fills = fills.map(|row| self.config.names.activity_fill(row));
        let fills = fills.collect::<Option<Vec<Fill>>>()?;
        Some(self.pass.fills(fills, more, &self.book))
    }

    fn read_account(&mut self, body: &[u8]) -> Progress {
        let row: AccountJson<'_> = serde_json::from_slice(body).ok()?;
        let account = decode_order::account(&row)?;
        self.check_account(&row);
        Some(self.pass.account(account, &self.book))
    }

    /// Control C2: the key must belong to the account that this lane is bound to.
    fn check_account(&mut self, account: &AccountJson<'_>) {
        let Some(bound) = &self.config.account else { return };
        let told = [account.id.as_str(), account.account_number.as_str()];
        if told.contains(&bound.as_str()) {
            return;
        }
        self.gate.shut(Shut::All);
        let why = format!(
            "the key belongs to account {}, and this bot is bound to {bound}: no order will be \
             sent; give the bot its own key",
            account.account_number.as_str()
        );
        log::error!("{why}");
        self.failure.get_or_insert(why);
    }

    fn end_pass(&mut self, ended: Ended, now: Moment, reports: &mut ReportTx) {
        self.counters.passes.add(1);
        self.pass_ended_ns = now.ns;
        let seen: Vec<Snapshot> = self.pass.seen().copied().collect();
        for order in &seen {
            if let Some(no) = self.book.find(&order.client_id) {
                self.learn(no, order);
            }
        }
        let fills: Vec<Fill> = self.pass.seen_fills().to_vec();
        for fill in &fills {
            self.last_fill = self.last_fill.max(fill.at);
            if let Some(no) = self.book.find_broker(fill.broker_id).map(|order| order.request.no) {
                self.book.filled(no, fill.cum_qty);
            }
        }
        self.pass.tell(ended, &self.book, reports);
        self.held.drain(..).for_each(|report: Report| reports.push(report));
        // A book that would not hold still is read again.
        self.pass_wanted |= !ended.stable;
    }
}

/// The legs of an order, and theirs.
fn legs<'r, 'a>(row: &'r OrderJson<'a>) -> Box<dyn Iterator<Item = &'r OrderJson<'a>> + 'r> {
    let legs = row.legs.iter().flatten();
    Box::new(legs.flat_map(|leg| std::iter::once(leg).chain(self::legs(leg))))
}
