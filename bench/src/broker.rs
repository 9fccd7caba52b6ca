//! A broker whose every word is scripted: it takes whatever it is sent and answers at once.
//!
//! It stands at the far ends of the core's rings, on the core's own thread. *Invariant:* it never
//! allocates, so that a count of allocations around core and broker is the core's.

use st0ck_runtime::{Rx, Tx};
use st0ck_types::report::{Fill, Status};
use st0ck_types::{
    BrokerOrderId, CancelRequest, Errand, ExecutionId, OrderKind, OrderRequest, Outgoing, Price,
    Quote, Report, Side,
};

/// What becomes of limit orders; market orders fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// They rest and never trade: what was bought is held.
    LetsRest,
    /// They fill, too: what was bought is sold at once.
    FillsAll,
}

/// The broker's ends of the rings, and its books as far as it needs any.
#[derive(Debug)]
pub struct Broker {
    manner: Manner,
    gateway: Rx<Outgoing>,
    reports: Tx<Report>,
    executions: u128,
}

impl Broker {
    /// A broker of that manner.
    #[must_use]
    pub fn new(manner: Manner, gateway: Rx<Outgoing>, reports: Tx<Report>) -> Self {
        Self { manner, gateway, reports, executions: 0 }
    }

    /// Says something that nothing the core sent has caused.
    pub fn say(&mut self, report: Report) {
        let pushed = self.reports.try_push(report);
        assert!(pushed.is_ok(), "the core reads its reports before it is told more");
    }

    /// Whether the core sent something that was not answered yet.
    #[inline]
    pub fn has_mail(&mut self) -> bool {
        self.gateway.peek().is_some()
    }

    /// Answers everything that was sent; orders at market trade at `quote`. Returns how many orders
    /// there were.
    pub fn answer(&mut self, quote: &Quote) -> usize {
        let mut orders = 0;
        while let Some(outgoing) = self.gateway.pop() {
            match outgoing.errand {
                Errand::Submit(order) => {
                    orders += 1;
                    self.take(&order, quote);
                }
                Errand::Cancel(cancel) => self.cancel(&cancel),
            }
        }
        orders
    }

    fn take(&mut self, order: &OrderRequest, quote: &Quote) {
        let broker_id = BrokerOrderId(u128::from(order.no.0));
        let (client_id, at) = (order.client_id, quote.ts_event);
        self.say(Report::Sending { no: order.no });
        self.say(Report::Accepted(Status { client_id, broker_id, at, ..Status::default() }));
        let price = match (order.kind, order.side) {
            (OrderKind::Limit(_), _) if self.manner == Manner::LetsRest => return,
            (OrderKind::Limit(price), _) => price,
            (OrderKind::Market, Side::Buy) => quote.ask,
            (OrderKind::Market, Side::Sell) => quote.bid,
        };
        self.fill(order, price, quote);
    }

    fn fill(&mut self, order: &OrderRequest, price: Price, quote: &Quote) {
        self.executions += 1;
        self.say(Report::Fill(Fill {
            client_id: order.client_id,
            broker_id: BrokerOrderId(u128::from(order.no.0)),
            execution: ExecutionId(self.executions),
            instrument: order.instrument,
            side: order.side,
            complete: true,
            price,
            qty: order.qty,
            cum_qty: order.qty,
            at: quote.ts_event,
        }));
    }

    fn cancel(&mut self, cancel: &CancelRequest) {
        let (client_id, broker_id) = (cancel.client_id, cancel.broker_id);
        self.say(Report::Canceled(Status { client_id, broker_id, ..Status::default() }));
    }
}
