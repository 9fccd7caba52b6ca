//! What the core decided: decisions, orders, cancels, refusals.

use super::fields::{DecodeError, Put, Take};
use st0ck_types::decision::{FACTORS_MAX, Factor};
use st0ck_types::{
    BrokerOrderId, CancelRequest, ClientOrderId, Decision, InstrumentId, Nanos, OrderKind, OrderNo,
    OrderRequest, PositionEffect, Price, Qty, Reject, RejectCode, Seq, StrategyId, TimeInForce,
};

pub(super) fn encode_decision(put: &mut Put<'_>, decision: &Decision) {
    put.u8(decision.strategy.0);
    put.u32(decision.order.0);
    put.text(&decision.what);
    put.u8(decision.factors().len() as u8);
    for factor in decision.factors() {
        put.text(&factor.name);
        put.i64(factor.value);
        put.i64(factor.weight);
    }
}

pub(super) fn decode_decision(take: &mut Take<'_>) -> Result<Decision, DecodeError> {
    let mut decision = Decision::default();
    decision.strategy = StrategyId(take.u8("strategy")?);
    decision.order = OrderNo(take.u32("order")?);
    decision.what = take.text("what")?;
    let n = take.u8("factors")?;
    if usize::from(n) > FACTORS_MAX {
        return Err(take.unknown("factors", u64::from(n)));
    }
    for _ in 0..n {
        let name = take.text("factor name")?;
        let (value, weight) = (take.i64("factor value")?, take.i64("factor weight")?);
        decision.push(Factor { name, value, weight });
    }
    Ok(decision)
}

pub(super) fn encode_order(put: &mut Put<'_>, order: &OrderRequest) {
    put.u32(order.no.0);
    put.text(&order.client_id.0);
    put.u8(order.strategy.0);
    put.u32(order.instrument.0);
    put.u8(order.side as u8);
    put.u8(order.effect as u8);
    put.u8(order.tif as u8);
    put.u8(u8::from(order.kind.limit().is_some()));
    put.i64(order.kind.limit().unwrap_or_default().0);
    put.i64(order.qty.0);
    put.i64(order.decided_at.0);
    put.u64(order.cause.0);
    put.u16(order.tag);
}

pub(super) fn decode_order(take: &mut Take<'_>) -> Result<OrderRequest, DecodeError> {
    Ok(OrderRequest {
        no: OrderNo(take.u32("no")?),
        client_id: ClientOrderId(take.text("client_id")?),
        strategy: StrategyId(take.u8("strategy")?),
        instrument: InstrumentId(take.u32("instrument")?),
        side: take.side()?,
        effect: take.one_of("effect", &[PositionEffect::Open, PositionEffect::Close])?,
        tif: take.one_of("tif", &[TimeInForce::Day, TimeInForce::Gtc])?,
        kind: decode_kind(take)?,
        qty: Qty(take.i64("qty")?),
        decided_at: Nanos(take.i64("decided_at")?),
        cause: Seq(take.u64("cause")?),
        tag: take.u16("tag")?,
    })
}

fn decode_kind(take: &mut Take<'_>) -> Result<OrderKind, DecodeError> {
    let limited = take.bool("kind")?;
    match take.i64("limit")? {
        price if limited => Ok(OrderKind::Limit(Price(price))),
        0 => Ok(OrderKind::Market),
        price => Err(take.unknown("limit", price as u64)),
    }
}

pub(super) fn encode_cancel(put: &mut Put<'_>, cancel: &CancelRequest) {
    put.u32(cancel.no.0);
    put.text(&cancel.client_id.0);
    put.u128(cancel.broker_id.0);
    put.u64(cancel.cause.0);
}

pub(super) fn decode_cancel(take: &mut Take<'_>) -> Result<CancelRequest, DecodeError> {
    Ok(CancelRequest {
        no: OrderNo(take.u32("no")?),
        client_id: ClientOrderId(take.text("client_id")?),
        broker_id: BrokerOrderId(take.u128("broker_id")?),
        cause: Seq(take.u64("cause")?),
    })
}

pub(super) fn encode_reject(put: &mut Put<'_>, reject: &Reject) {
    put.u8(reject.strategy.0);
    put.u32(reject.instrument.0);
    put.u8(reject.side as u8);
    put.i64(reject.qty.0);
    put.u16(reject.code as u16);
    put.i64(reject.value);
    put.i64(reject.limit);
}

pub(super) fn decode_reject(take: &mut Take<'_>) -> Result<Reject, DecodeError> {
    Ok(Reject {
        strategy: StrategyId(take.u8("strategy")?),
        instrument: InstrumentId(take.u32("instrument")?),
        side: take.side()?,
        qty: Qty(take.i64("qty")?),
        code: decode_code(take)?,
        value: take.i64("value")?,
        limit: take.i64("limit")?,
    })
}

fn decode_code(take: &mut Take<'_>) -> Result<RejectCode, DecodeError> {
    let number = take.u16("code")?;
    RejectCode::from_u16(number).ok_or(take.unknown("code", u64::from(number)))
}
