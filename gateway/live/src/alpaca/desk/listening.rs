//! The order stream: events of orders, in the order in which the broker tells them.
//!
//! *Invariant:* while the books are compared events are held back, and told right after; a stream
//! that goes down meanwhile gives them up first.

use st0ck_types::report::BrokerStage;
use st0ck_types::{OrderNo, Report};

use super::Desk;
use crate::alpaca::updates::{Event, Heard, hear};
use crate::reports::ReportTx;

impl Desk {
    /// The order stream is up: the books are to be compared.
    pub fn on_up(&mut self, reports: &mut ReportTx) {
        reports.push(Report::Link { up: true });
        self.pass_wanted = true;
    }

    /// The order stream is down. What it told before is told now, and the pass is given up.
    pub fn on_down(&mut self, reports: &mut ReportTx) {
        self.pass.abort();
        self.held.drain(..).for_each(|report| reports.push(report));
        reports.push(Report::Link { up: false });
    }

    /// Reads a message of the order stream and takes in what it tells.
    // Out of line: a parser's code does not belong between an order's.
    #[inline(never)]
    pub fn on_message(&mut self, bytes: &[u8], reports: &mut ReportTx) -> Heard {
        let Some(heard) = hear(bytes, &self.config.names) else {
            self.counters.malformed.add(1);
            log::error!("orders: a message of {} bytes cannot be read", bytes.len());
            // Whatever it told, the books will show.
            self.pass_wanted = true;
            self.pass.on_event();
            return Heard::Other;
        };
        if let Heard::Event(event) = &heard {
            self.on_event(event, reports);
        }
        heard
    }

    fn on_event(&mut self, event: &Event, reports: &mut ReportTx) {
        self.pass.on_event();
        if event.doubtful {
            self.counters.doubtful.add(1);
            self.pass_wanted = true;
        }
        if let Some(no) = self.book.find(&event.order.client_id) {
            self.follow(no, event);
        }
        if let Some(fill) = event.fill() {
            self.counters.fills.add(1);
            self.last_fill = self.last_fill.max(fill.at);
        }
        let Some(report) = event.report else { return };
        if self.pass.is_running() {
            self.held.push(report);
        } else {
            reports.push(report);
        }
    }

    /// What an event means for one of our orders.
    fn follow(&mut self, no: OrderNo, event: &Event) {
        let Some(before) = self.book.get(no).map(|order| order.filled) else { return };
        self.book.named(no, event.order.broker_id);
        if let Some(fill) = event.fill() {
            // The stream tells every fill, so a total that jumps further has left one out.
            let expected = before.checked_add(fill.qty).unwrap_or(before);
            self.pass_wanted |= fill.cum_qty > expected;
            let total = if fill.cum_qty.is_zero() { expected } else { fill.cum_qty };
            self.book.filled(no, total);
        }
        let over = match &event.report {
            Some(Report::Canceled(_) | Report::Expired(_) | Report::Rejected(_)) => true,
            Some(Report::Fill(fill)) => fill.complete,
            Some(Report::Snapshot(order)) => order.stage != BrokerStage::Working,
            _ => false,
        };
        if over {
            self.over(no);
        }
    }
}
