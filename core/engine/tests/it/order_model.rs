//! A slow, obvious twin of the order table: for one order, the set of executions told so far, what
//! was said to be over, and what must therefore be booked, reserved and halted.
//!
//! It knows no stages. [`Twin::check`] says in words where the table and the twin part.

use crate::orders::{IDS, NO, buy, units};
use st0ck_engine::orders::{Applied, Order, OrderManager, Stage};
use st0ck_types::report::{BrokerStage, Fill, Snapshot};
use st0ck_types::state::StateBytes;
use st0ck_types::time::SECOND;
use st0ck_types::{InstrumentId, Nanos, Price, Qty, Report, Side, StateReader};
use std::collections::BTreeSet;

/// What can happen to an order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    /// Somebody reports.
    Report(Report),
    /// Its strategy wants its end.
    AskCancel,
    /// The process dies and another one takes over.
    Restart,
}

/// What stands between the world and the table. The honest one hands everything on as it is; the
/// planted bugs of the negative controls do not.
pub(crate) type Channel = fn(&Report, &Order) -> Vec<Report>;

pub(crate) fn honest(report: &Report, _: &Order) -> Vec<Report> {
    vec![*report]
}

/// The twin.
#[derive(Debug, Default)]
pub(crate) struct Twin {
    ids: BTreeSet<u128>,
    places: BTreeSet<(i64, i64)>,
    sum: i64,
    cost: i128,
    /// The most that anybody said is filled.
    told: i64,
    brokers: BTreeSet<u128>,
    /// Whether anything could have ended the order.
    may_be_over: bool,
    must_halt: bool,
}

impl Twin {
    /// Takes in an event as it truly was; answers what the table must have booked of it.
    fn learn(&mut self, event: &Event) -> Option<Fill> {
        let Event::Report(report) = event else { return None };
        match report {
            Report::Fill(fill) => return self.execution(fill),
            Report::Snapshot(listed) => self.listing(listed),
            Report::Accepted(s) | Report::CancelRejected(s) => {
                self.name(s.broker_id.0);
            }
            Report::Rejected(s) | Report::Canceled(s) | Report::Expired(s) => {
                // What another broker order ended as says nothing of ours.
                self.may_be_over |= self.name(s.broker_id.0);
            }
            Report::SendRefused { .. } | Report::NotFound(_) => self.may_be_over = true,
            _ => {}
        }
        None
    }

    /// `false` when the order goes by another name at the broker.
    fn name(&mut self, broker: u128) -> bool {
        if broker != 0 && self.brokers.is_empty() {
            self.brokers.insert(broker);
        }
        let same = broker == 0 || self.brokers.contains(&broker);
        self.must_halt |= !same;
        same
    }

    fn execution(&mut self, fill: &Fill) -> Option<Fill> {
        if fill.client_id.0.is_empty() && !self.brokers.contains(&fill.broker_id.0) {
            // Nobody can tell yet whose it is.
            return None;
        }
        let keyed = fill.execution.0 != 0 || !fill.cum_qty.is_zero();
        let ours = fill.instrument == InstrumentId(0) && fill.side == Side::Buy;
        if !ours || !keyed || fill.qty <= Qty::ZERO || fill.price < Price::ZERO {
            self.must_halt = true;
            return None;
        }
        let place = (fill.cum_qty.0, fill.qty.0);
        let known = fill.execution.0 != 0 && self.ids.contains(&fill.execution.0)
            || place.0 != 0 && self.places.contains(&place);
        self.ids.extend((fill.execution.0 != 0).then_some(fill.execution.0));
        self.places.extend((place.0 != 0).then_some(place));
        if known {
            return None;
        }
        self.name(fill.broker_id.0);
        self.sum += fill.qty.0;
        self.cost += i128::from(fill.price.0) * i128::from(fill.qty.0);
        let ordered = units(10).0;
        let complete = if fill.complete { ordered } else { 0 };
        self.told = self.told.max(self.sum).max(fill.cum_qty.0).max(complete);
        self.may_be_over |= fill.complete || self.sum >= ordered;
        self.must_halt |= self.told > ordered;
        Some(*fill)
    }

    fn listing(&mut self, listed: &Snapshot) {
        if listed.qty != units(10) || listed.side != Side::Buy || listed.limit != Price::ONE {
            self.must_halt = true;
        } else if self.name(listed.broker_id.0) {
            self.told = self.told.max(listed.filled.0);
            self.must_halt |= self.told > units(10).0;
            self.may_be_over |= listed.stage != BrokerStage::Working;
        }
    }

    /// Holds the table against what is known.
    fn check(&self, orders: &OrderManager) -> Result<(), String> {
        let order = orders.get(NO).unwrap();
        let to_come = self.told - self.sum;
        let at_most = (units(10).0 - self.sum).max(to_come);
        let expect = |holds: bool, what: &str| {
            if holds { Ok(()) } else { Err(format!("{what}: {order:?}, {self:?}")) }
        };
        expect(order.cum.0 == self.sum, "cum is not the sum of the distinct executions")?;
        expect(order.cost.0 == self.cost, "cost is not that of the distinct executions")?;
        let silent = orders.halted().is_none();
        expect(order.cum <= order.request.qty || !silent, "overfilled, and nobody halts")?;
        expect(!(self.must_halt && silent), "the books cannot be right, and nobody halts")?;
        let leaves = order.leaves().0;
        expect(leaves >= to_come, "executions to come are not reserved")?;
        expect(self.may_be_over || leaves == at_most, "nothing ended it, and less is reserved")?;
        expect(leaves <= at_most, "more is reserved than can come")?;
        let zombie = order.stage == Stage::Zombie;
        expect(!zombie || leaves == at_most, "life after the end is not reserved in full")?;
        expect(zombie <= !silent, "life after the end, and nobody halts")?;
        expect(orders.working_qty(InstrumentId(0), Side::Buy).0 == leaves, "another sum")?;
        let open = orders.all().iter().filter(|order| !order.is_settled()).map(Order::no);
        expect(open.eq(orders.unsettled().map(Order::no)), "not the open orders")
    }
}

/// Orders that there is room for: enough to remember ten executions under two names each.
const ROOM: usize = 8;

/// A story being told to a table and to its twin.
pub(crate) struct Tale {
    orders: OrderManager,
    twin: Twin,
    channel: Channel,
    booked: Vec<Fill>,
}

impl Tale {
    pub(crate) fn new(channel: Channel) -> Self {
        let mut orders = OrderManager::new(ROOM, IDS);
        orders.adopt(buy(1, 10)).unwrap();
        Self { orders, twin: Twin::default(), channel, booked: Vec::new() }
    }

    pub(crate) fn orders(&self) -> &OrderManager {
        &self.orders
    }

    pub(crate) fn order(&self) -> &Order {
        self.orders.get(NO).unwrap()
    }

    /// Executions that the portfolio was told of.
    pub(crate) fn booked(&self) -> usize {
        self.booked.len()
    }

    /// Tells both of an event.
    ///
    /// # Errors
    /// Words for where they part.
    pub(crate) fn tell(&mut self, at: Nanos, event: &Event) -> Result<(), String> {
        let (cum, anomalies) = (self.order().cum, self.orders.anomalies());
        let due = self.twin.learn(event);
        let news = deliver(&mut self.orders, at, event, self.channel);
        self.booked.extend(&news);
        let sum: i64 = self.booked.iter().map(|fill| fill.qty.0).sum();
        if news.len() != usize::from(due.is_some()) || sum != self.twin.sum {
            return Err("the portfolio is not told of each execution once".to_owned());
        }
        if self.order().cum < cum || self.orders.anomalies() < anomalies {
            return Err("what only grows shrank".to_owned());
        }
        self.twin.check(&self.orders)
    }

    /// Puts the table away and takes it out again, as a restart from a carry does.
    ///
    /// # Errors
    /// When it is not the same afterwards.
    pub(crate) fn carry(&mut self) -> Result<(), String> {
        let (mut kept, mut again) = (StateBytes::default(), StateBytes::default());
        self.orders.save(&mut kept);
        self.orders = OrderManager::new(ROOM, IDS);
        let loaded = self.orders.load(&mut StateReader::new(&kept.0));
        loaded.map_err(|error| error.to_string())?;
        self.orders.save(&mut again);
        if kept.0 == again.0 { Ok(()) } else { Err("a carry changed the table".to_owned()) }
    }
}

/// Tells a whole story, `step` nanoseconds from event to event, carried after `carried` of them.
///
/// # Errors
/// Words for where table and twin part, with what had been told.
pub(crate) fn play(
    events: &[Event],
    step: i64,
    carried: Option<usize>,
    channel: Channel,
) -> Result<OrderManager, String> {
    let mut tale = Tale::new(channel);
    for (index, event) in events.iter().enumerate() {
        let at = Nanos(step * (index as i64 + 1));
        let told = tale.tell(at, event);
        told.map_err(|what| format!("{what}, after {:?}", &events[..=index]))?;
        if carried == Some(index) {
            tale.carry()?;
        }
    }
    Ok(tale.orders)
}

/// Hands one event to the table; the executions that it says are to be booked.
fn deliver(orders: &mut OrderManager, at: Nanos, event: &Event, channel: Channel) -> Vec<Fill> {
    match event {
        Event::Report(report) => {
            let through = channel(report, orders.get(NO).unwrap());
            let applied = through.iter().map(|report| orders.on_report(at, report));
            let filled = |applied| match applied {
                Applied::Filled { fill, .. } => Some(fill),
                _ => None,
            };
            applied.filter_map(filled).collect()
        }
        Event::AskCancel => {
            if orders.get(NO).unwrap().is_cancelable() {
                orders.note_cancel(NO, at);
            }
            Vec::new()
        }
        Event::Restart => {
            orders.on_restart();
            Vec::new()
        }
    }
}

/// Every order in which the events can come; `visit` also gets its number.
pub(crate) fn permutations(events: &[Event], visit: &mut impl FnMut(usize, &[Event])) {
    let (mut events, mut count) = (events.to_vec(), 0);
    permute(&mut events, 0, &mut |order| {
        visit(count, order);
        count += 1;
    });
}

fn permute(events: &mut [Event], fixed: usize, visit: &mut impl FnMut(&[Event])) {
    if fixed == events.len() {
        return visit(events);
    }
    for next in fixed..events.len() {
        events.swap(fixed, next);
        permute(events, fixed + 1, visit);
        events.swap(fixed, next);
    }
}

/// Long enough between two events for every fence, and too short for any.
pub(crate) const STEPS: [i64; 2] = [31 * SECOND, 1];
