//! The order table as kept and hashed state.
//!
//! The hash covers every open order and, through the running history, every change of those that
//! are settled. Broker ids, client ids (they hold the process life), times and the places of inputs
//! differ between two equal runs and stay out of it. The carry keeps everything.

use super::manager::{OrderFault, OrderManager};
use super::{Absence, AnomalyKind, Order, Pending, Stage};
use st0ck_types::state::StateError;
use st0ck_types::{
    BrokerOrderId, ClientOrderId, InstrumentId, Money, Nanos, OrderKind, OrderNo, OrderRequest,
    PositionEffect, Price, Qty, Seq, Side, StateReader, StateSink, StrategyId, Text, TimeInForce,
};

/// Passes everything on as private.
struct Private<'a>(&'a mut dyn StateSink);

impl StateSink for Private<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.private(bytes);
    }

    fn private(&mut self, bytes: &[u8]) {
        self.0.private(bytes);
    }
}

impl OrderManager {
    /// Writes the table. Costs what is open when the sink keeps no private bytes.
    pub fn save(&self, sink: &mut dyn StateSink) {
        sink.private(&self.ids.epoch.0.to_le_bytes());
        sink.u32(self.first);
        sink.u64(self.orders.len() as u64);
        sink.u64(self.history());
        sink.u64(self.anomalies);
        sink.u8(self.fault.map_or(u8::MAX, |fault| fault.kind as u8));
        sink.u32(self.fault.map_or(0, |fault| fault.no.0));
        save_time(sink, self.pass);
        sink.u64(self.open.len() as u64);
        for &place in &self.open {
            sink.u32(place);
            save_order(&self.orders[place as usize], sink);
        }
        if sink.keeps_private() {
            for order in self.orders.iter().filter(|order| order.is_settled()) {
                save_order(order, &mut Private(sink));
            }
            self.seen.save(sink);
        }
    }

    /// Reads back what [`Self::save`] wrote, into a table of at least the same capacity.
    ///
    /// # Errors
    /// [`StateError`] when the state is of another version or does not fit.
    pub fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.set_epoch(st0ck_types::Epoch(from.u64("epoch")?));
        self.first = from.u32("first order")?;
        let count = usize::try_from(from.u64("orders")?).unwrap_or(usize::MAX);
        if count > self.capacity {
            return Err(from.invalid("more orders than there is room for"));
        }
        (self.history, self.changed) = (from.u64("history")?, None);
        self.anomalies = from.u64("anomalies")?;
        self.fault = load_fault(from)?;
        self.pass = load_time(from)?;
        self.load_orders(from, count)?;
        self.seen.load(from)
    }

    /// The open orders come first, with their places; the settled ones fill the gaps.
    fn load_orders(&mut self, from: &mut StateReader<'_>, count: usize) -> Result<(), StateError> {
        self.open.clear();
        self.orders.clear();
        let open = from.u64("open orders")?;
        let mut kept: Vec<Option<Order>> = vec![None; count];
        for _ in 0..open {
            let place = from.u32("place")?;
            let slot = kept.get_mut(place as usize).filter(|slot| slot.is_none());
            *slot.ok_or(from.invalid("place"))? = Some(load_order(from)?);
            self.open.push(place);
        }
        for slot in kept {
            self.orders.push(match slot {
                Some(order) => order,
                None => load_order(from)?,
            });
        }
        Ok(())
    }
}

/// One order's fields: also what a change leaves in the history.
// Of any sink, so that the history, which hashes every change, pays for no call by table.
pub(super) fn save_order<S: StateSink + ?Sized>(order: &Order, sink: &mut S) {
    save_request(&order.request, sink);
    sink.u8(order.stage as u8);
    let since = match order.pending {
        Pending::None => None,
        Pending::Cancel { since } => Some(since),
    };
    save_time(sink, since);
    sink.private(&order.broker_id.0.to_le_bytes());
    sink.i64(order.cum.0);
    sink.i128(order.cost.0);
    sink.i64(order.told.0);
    sink.private(&order.asked_at.0.to_le_bytes());
    sink.private(&order.updated_at.0.to_le_bytes());
    save_time(sink, order.absence.first);
    sink.bool(order.absence.spaced);
    sink.bool(order.absence.listing);
    sink.bool(order.absence.unlisted);
}

fn save_request<S: StateSink + ?Sized>(asked: &OrderRequest, sink: &mut S) {
    sink.u32(asked.no.0);
    sink.private(asked.client_id.0.padded());
    sink.u8(asked.strategy.0);
    sink.u32(asked.instrument.0);
    sink.u8(asked.side as u8);
    sink.u8(asked.effect as u8);
    sink.u8(asked.tif as u8);
    sink.bool(asked.kind.limit().is_some());
    sink.i64(asked.kind.limit().unwrap_or(Price::ZERO).0);
    sink.i64(asked.qty.0);
    sink.private(&asked.decided_at.0.to_le_bytes());
    sink.private(&asked.cause.0.to_le_bytes());
    sink.u32(u32::from(asked.tag));
}

/// Whether there is a time is state; which one is not.
fn save_time<S: StateSink + ?Sized>(sink: &mut S, time: Option<Nanos>) {
    sink.bool(time.is_some());
    sink.private(&time.unwrap_or(Nanos::ZERO).0.to_le_bytes());
}

fn load_time(from: &mut StateReader<'_>) -> Result<Option<Nanos>, StateError> {
    let known = from.bool("whether there is a time")?;
    let time = Nanos(from.i64("time")?);
    Ok(known.then_some(time))
}

fn load_fault(from: &mut StateReader<'_>) -> Result<Option<OrderFault>, StateError> {
    let number = from.u8("fault")?;
    let no = OrderNo(from.u32("fault's order")?);
    if number == u8::MAX {
        return Ok(None);
    }
    let kind = AnomalyKind::ALL.get(usize::from(number)).ok_or(from.invalid("fault"))?;
    Ok(Some(OrderFault { no, kind: *kind }))
}

fn load_order(from: &mut StateReader<'_>) -> Result<Order, StateError> {
    let request = load_request(from)?;
    let stage = Stage::from_u8(from.u8("stage")?).ok_or(from.invalid("stage"))?;
    let asked = load_time(from)?;
    Ok(Order {
        request,
        stage,
        pending: asked.map_or(Pending::None, |since| Pending::Cancel { since }),
        broker_id: BrokerOrderId(u128::from_le_bytes(from.array("broker id")?)),
        cum: Qty(from.i64("cum")?),
        cost: Money(from.i128("cost")?),
        told: Qty(from.i64("told")?),
        asked_at: Nanos(from.i64("asked at")?),
        updated_at: Nanos(from.i64("updated at")?),
        absence: Absence {
            first: load_time(from)?,
            spaced: from.bool("absence spaced")?,
            listing: from.bool("absence listing")?,
            unlisted: from.bool("absence unlisted")?,
        },
    })
}

fn load_request(from: &mut StateReader<'_>) -> Result<OrderRequest, StateError> {
    Ok(OrderRequest {
        no: OrderNo(from.u32("order")?),
        client_id: ClientOrderId(Text::from_padded(&from.array::<20>("client id")?)),
        strategy: StrategyId(from.u8("strategy")?),
        instrument: InstrumentId(from.u32("instrument")?),
        side: if from.bool("side")? { Side::Sell } else { Side::Buy },
        effect: if from.bool("effect")? { PositionEffect::Close } else { PositionEffect::Open },
        tif: if from.bool("tif")? { TimeInForce::Gtc } else { TimeInForce::Day },
        kind: load_kind(from)?,
        qty: Qty(from.i64("qty")?),
        decided_at: Nanos(from.i64("decided at")?),
        cause: Seq(from.u64("cause")?),
        tag: u16::try_from(from.u32("tag")?).map_err(|_| from.invalid("tag"))?,
    })
}

fn load_kind(from: &mut StateReader<'_>) -> Result<OrderKind, StateError> {
    let limited = from.bool("limited")?;
    let price = Price(from.i64("limit")?);
    Ok(if limited { OrderKind::Limit(price) } else { OrderKind::Market })
}

#[cfg(test)]
mod tests {
    use super::super::manager::tests::{IDS, buy};
    use super::super::{Applied, Identity};
    use super::*;
    use st0ck_types::report::{Fill, Status};
    use st0ck_types::state::{StateBytes, StateHasher};
    use st0ck_types::time::SECOND;
    use st0ck_types::{Epoch, ExecutionId, Report};

    /// Five orders: working and part filled, unknown and looked up, canceled, a zombie with a cancel
    /// pending (so the fault stands), and one over with fills missing.
    fn busy() -> OrderManager {
        let mut orders = OrderManager::new(8, IDS);
        (1..=5).for_each(|no| orders.adopt(buy(no, 10)).unwrap());
        let named = |no: u32| Status {
            client_id: IDS.mint(OrderNo(no)),
            broker_id: BrokerOrderId(u128::from(no)),
            ..Status::default()
        };
        let fill = |no, complete| Fill {
            client_id: IDS.mint(OrderNo(no)),
            execution: ExecutionId(9),
            price: Price::CENT,
            qty: Qty::ONE,
            complete,
            ..Fill::default()
        };
        let absent = Status { broker_id: BrokerOrderId::NONE, ..named(2) };
        let reports = [
            Report::Accepted(named(1)),
            Report::Fill(fill(1, false)),
            Report::Unknown(absent),
            Report::Canceled(named(3)),
            Report::Rejected(Status { broker_id: BrokerOrderId::NONE, ..named(4) }),
            Report::Accepted(named(4)),
            Report::Fill(fill(5, true)),
        ];
        reports.iter().for_each(|report| {
            orders.on_report(Nanos(5), report);
        });
        orders.on_report(Nanos(60 * SECOND), &Report::NotFound(absent));
        orders.note_cancel(OrderNo(4), Nanos(7));
        orders
    }

    fn bytes(orders: &OrderManager) -> Vec<u8> {
        let mut bytes = StateBytes::default();
        orders.save(&mut bytes);
        bytes.0
    }

    fn hash(orders: &OrderManager) -> u64 {
        let mut hasher = StateHasher::default();
        orders.save(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn what_was_kept_comes_back_whole() {
        let orders = busy();
        let kept = bytes(&orders);
        let mut back = OrderManager::new(8, Identity { epoch: Epoch(1), ..IDS });
        let mut reader = StateReader::new(&kept);
        back.load(&mut reader).unwrap();
        assert!(reader.is_at_end());
        assert_eq!(bytes(&back), kept);
        assert_eq!(hash(&back), hash(&orders));
        assert_eq!(back.all(), orders.all());
        assert_eq!((back.halted(), back.anomalies()), (orders.halted(), orders.anomalies()));
        assert_eq!(back.mint_id(OrderNo(6)), orders.mint_id(OrderNo(6)));
        let client_id = IDS.mint(OrderNo(1));
        let again = Fill { client_id, execution: ExecutionId(9), ..Fill::default() };
        let again = Fill { qty: Qty::ONE, price: Price::CENT, ..again };
        let duplicate = Applied::Duplicate { no: OrderNo(1) };
        assert_eq!(back.on_report(Nanos(9), &Report::Fill(again)), duplicate);
    }

    #[test]
    fn a_cut_or_foreign_state_is_an_error() {
        let kept = bytes(&busy());
        for end in 0..kept.len() {
            let mut back = OrderManager::new(8, IDS);
            assert!(back.load(&mut StateReader::new(&kept[..end])).is_err(), "{end} bytes");
        }
        let mut small = OrderManager::new(4, IDS);
        assert!(small.load(&mut StateReader::new(&kept)).is_err(), "too small a table");
    }

    type Change = (&'static str, fn(&mut OrderManager));

    #[test]
    fn a_change_anywhere_changes_the_hash() {
        let changes: &[Change] = &[
            ("first", |m| m.first += 1),
            ("history", |m| m.history += 1),
            ("anomalies", |m| m.anomalies += 1),
            ("fault", |m| m.fault = None),
            ("fault kind", |m| m.fault.as_mut().unwrap().kind = AnomalyKind::BadFill),
            ("fault order", |m| m.fault.as_mut().unwrap().no = OrderNo(1)),
            ("pass", |m| m.pass = Some(Nanos(0))),
            ("open", |m| m.open.truncate(3)),
            ("count", |m| m.orders.push(m.orders[2])),
            ("no", |m| m.orders[0].request.no = OrderNo(9)),
            ("strategy", |m| m.orders[0].request.strategy = StrategyId(1)),
            ("instrument", |m| m.orders[0].request.instrument = InstrumentId(1)),
            ("side", |m| m.orders[0].request.side = Side::Sell),
            ("effect", |m| m.orders[0].request.effect = PositionEffect::Close),
            ("tif", |m| m.orders[0].request.tif = TimeInForce::Gtc),
            ("kind", |m| m.orders[0].request.kind = OrderKind::Market),
            ("limit", |m| m.orders[0].request.kind = OrderKind::Limit(Price(1))),
            ("qty", |m| m.orders[0].request.qty = Qty(1)),
            ("tag", |m| m.orders[0].request.tag = 1),
            ("stage", |m| m.orders[0].stage = Stage::Zombie),
            ("pending", |m| m.orders[3].pending = Pending::None),
            ("cum", |m| m.orders[0].cum.0 += 1),
            ("cost", |m| m.orders[0].cost.0 += 1),
            ("told", |m| m.orders[0].told.0 += 1),
            ("absence", |m| m.orders[1].absence.first = None),
            ("spaced", |m| m.orders[1].absence.spaced = true),
            ("listing", |m| m.orders[1].absence.listing = true),
            ("unlisted", |m| m.orders[1].absence.unlisted = true),
        ];
        let want = hash(&busy());
        for (name, change) in changes {
            let mut orders = busy();
            change(&mut orders);
            assert_ne!(hash(&orders), want, "{name}");
        }
    }

    #[test]
    fn what_two_equal_runs_need_not_share_is_kept_but_not_hashed() {
        let changes: &[Change] = &[
            ("epoch", |m| m.ids.epoch = Epoch(5)),
            ("client id", |m| m.orders[0].request.client_id = IDS.mint(OrderNo(99))),
            ("decided at", |m| m.orders[0].request.decided_at = Nanos(2)),
            ("cause", |m| m.orders[0].request.cause = Seq(99)),
            ("pending since", |m| m.orders[3].pending = Pending::Cancel { since: Nanos(9) }),
            ("broker id", |m| m.orders[0].broker_id = BrokerOrderId(99)),
            ("asked at", |m| m.orders[0].asked_at = Nanos(99)),
            ("updated at", |m| m.orders[0].updated_at = Nanos(99)),
            ("absent since", |m| m.orders[1].absence.first = Some(Nanos(1))),
            ("settled order", |m| m.orders[2].broker_id = BrokerOrderId(99)),
            ("executions", |m| {
                let fill = Fill { execution: ExecutionId(77), ..Fill::default() };
                m.seen.book(OrderNo(1), &fill);
            }),
        ];
        let (want, kept) = (hash(&busy()), bytes(&busy()));
        for (name, change) in changes {
            let mut orders = busy();
            change(&mut orders);
            assert_eq!(hash(&orders), want, "{name}");
            assert_ne!(bytes(&orders), kept, "{name}");
        }
    }

    #[test]
    fn what_became_of_settled_orders_stays_in_the_history() {
        let ends = |first: fn(Status) -> Report| {
            let mut orders = OrderManager::new(2, IDS);
            for (no, to) in [(1, first), (2, Report::Canceled)] {
                orders.adopt(buy(no, 10)).unwrap();
                let client_id = IDS.mint(OrderNo(no));
                orders.on_report(Nanos(1), &to(Status { client_id, ..Status::default() }));
            }
            assert_eq!(orders.unsettled().count(), 0);
            hash(&orders)
        };
        assert_ne!(ends(Report::Canceled), ends(Report::Expired));
        assert_eq!(ends(Report::Canceled), ends(Report::Canceled));
    }
}
