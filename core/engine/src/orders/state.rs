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
        sink.u64(self.history);
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
        self.ids.epoch.0 = from.u64("epoch")?;
        self.first = from.u32("first order")?;
        let count = from.u64("orders")? as usize;
        if count > self.capacity {
            return Err(from.invalid("more orders than there is room for"));
        }
        self.history = from.u64("history")?;
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
        let open = from.u64("open orders")? as usize;
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
pub(super) fn save_order(order: &Order, sink: &mut dyn StateSink) {
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

fn save_request(asked: &OrderRequest, sink: &mut dyn StateSink) {
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
fn save_time(sink: &mut dyn StateSink, time: Option<Nanos>) {
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
