//! What the broker told.

use super::fields::{DecodeError, Put, Take};
use st0ck_types::report::{
    Account, BrokerStage, Fill, Position, Reconcile, SendRefusal, Snapshot, Status,
};
use st0ck_types::{
    BrokerOrderId, ClientOrderId, ExecutionId, InstrumentId, Money, Nanos, OrderNo, Price, Qty,
    Report,
};

pub(super) fn encode(put: &mut Put<'_>, report: &Report) {
    put.u8(variant(report));
    match report {
        Report::Sending { no } => put.u32(no.0),
        Report::SendRefused { no, why } => {
            put.u32(no.0);
            put.u8(*why as u8);
        }
        Report::Accepted(status)
        | Report::Rejected(status)
        | Report::Canceled(status)
        | Report::Expired(status)
        | Report::CancelRejected(status)
        | Report::Unknown(status)
        | Report::NotFound(status) => encode_status(put, status),
        Report::Fill(fill) => encode_fill(put, fill),
        Report::Snapshot(snapshot) => encode_snapshot(put, snapshot),
        Report::Position(position) => encode_position(put, position),
        Report::Account(account) => encode_account(put, account),
        Report::Reconcile(pass) => {
            put.bool(pass.ended);
            put.bool(pass.stable);
            put.u32(pass.foreign_orders);
        }
        Report::Link { up } => put.bool(*up),
    }
}

fn variant(report: &Report) -> u8 {
    match report {
        Report::Sending { .. } => 1,
        Report::SendRefused { .. } => 2,
        Report::Accepted(_) => 3,
        Report::Rejected(_) => 4,
        Report::Canceled(_) => 5,
        Report::Expired(_) => 6,
        Report::Fill(_) => 7,
        Report::CancelRejected(_) => 8,
        Report::Unknown(_) => 9,
        Report::NotFound(_) => 10,
        Report::Snapshot(_) => 11,
        Report::Position(_) => 12,
        Report::Account(_) => 13,
        Report::Reconcile(_) => 14,
        Report::Link { .. } => 15,
    }
}

pub(super) fn decode(take: &mut Take<'_>) -> Result<Report, DecodeError> {
    Ok(match take.u8("report")? {
        1 => Report::Sending { no: OrderNo(take.u32("no")?) },
        2 => Report::SendRefused { no: OrderNo(take.u32("no")?), why: decode_refusal(take)? },
        3 => Report::Accepted(decode_status(take)?),
        4 => Report::Rejected(decode_status(take)?),
        5 => Report::Canceled(decode_status(take)?),
        6 => Report::Expired(decode_status(take)?),
        7 => Report::Fill(decode_fill(take)?),
        8 => Report::CancelRejected(decode_status(take)?),
        9 => Report::Unknown(decode_status(take)?),
        10 => Report::NotFound(decode_status(take)?),
        11 => Report::Snapshot(decode_snapshot(take)?),
        12 => Report::Position(decode_position(take)?),
        13 => Report::Account(decode_account(take)?),
        14 => Report::Reconcile(Reconcile {
            ended: take.bool("ended")?,
            stable: take.bool("stable")?,
            foreign_orders: take.u32("foreign_orders")?,
        }),
        15 => Report::Link { up: take.bool("up")? },
        n => return Err(take.unknown("report", u64::from(n))),
    })
}

fn decode_refusal(take: &mut Take<'_>) -> Result<SendRefusal, DecodeError> {
    Ok(match take.u8("why")? {
        1 => SendRefusal::Stale,
        2 => SendRefusal::Killed,
        3 => SendRefusal::Throttled,
        4 => SendRefusal::Disconnected,
        5 => SendRefusal::RingFull,
        n => return Err(take.unknown("why", u64::from(n))),
    })
}

fn encode_status(put: &mut Put<'_>, status: &Status) {
    put.text(&status.client_id.0);
    put.u128(status.broker_id.0);
    put.i64(status.at.0);
    put.u32(status.code);
    put.text(&status.words);
}

fn decode_status(take: &mut Take<'_>) -> Result<Status, DecodeError> {
    Ok(Status {
        client_id: ClientOrderId(take.text("client_id")?),
        broker_id: BrokerOrderId(take.u128("broker_id")?),
        at: Nanos(take.i64("at")?),
        code: take.u32("code")?,
        words: take.text("words")?,
    })
}

fn encode_fill(put: &mut Put<'_>, fill: &Fill) {
    put.text(&fill.client_id.0);
    put.u128(fill.broker_id.0);
    put.u128(fill.execution.0);
    put.u32(fill.instrument.0);
    put.u8(fill.side as u8);
    put.bool(fill.complete);
    put.i64(fill.price.0);
    put.i64(fill.qty.0);
    put.i64(fill.cum_qty.0);
    put.i64(fill.at.0);
}

fn decode_fill(take: &mut Take<'_>) -> Result<Fill, DecodeError> {
    Ok(Fill {
        client_id: ClientOrderId(take.text("client_id")?),
        broker_id: BrokerOrderId(take.u128("broker_id")?),
        execution: ExecutionId(take.u128("execution")?),
        instrument: InstrumentId(take.u32("instrument")?),
        side: take.side()?,
        complete: take.bool("complete")?,
        price: Price(take.i64("price")?),
        qty: Qty(take.i64("qty")?),
        cum_qty: Qty(take.i64("cum_qty")?),
        at: Nanos(take.i64("at")?),
    })
}

/// The stages, each at the place of its number.
const STAGES: [BrokerStage; 6] = [
    BrokerStage::Working,
    BrokerStage::Filled,
    BrokerStage::Canceled,
    BrokerStage::Expired,
    BrokerStage::Rejected,
    BrokerStage::Replaced,
];

fn encode_snapshot(put: &mut Put<'_>, snapshot: &Snapshot) {
    put.text(&snapshot.client_id.0);
    put.u128(snapshot.broker_id.0);
    put.u32(snapshot.instrument.0);
    put.u8(snapshot.side as u8);
    put.u8(snapshot.stage as u8);
    put.i64(snapshot.qty.0);
    put.i64(snapshot.filled.0);
    put.i64(snapshot.limit.0);
    put.i64(snapshot.created_at.0);
}

fn decode_snapshot(take: &mut Take<'_>) -> Result<Snapshot, DecodeError> {
    Ok(Snapshot {
        client_id: ClientOrderId(take.text("client_id")?),
        broker_id: BrokerOrderId(take.u128("broker_id")?),
        instrument: InstrumentId(take.u32("instrument")?),
        side: take.side()?,
        stage: take.one_of("stage", &STAGES)?,
        qty: Qty(take.i64("qty")?),
        filled: Qty(take.i64("filled")?),
        limit: Price(take.i64("limit")?),
        created_at: Nanos(take.i64("created_at")?),
    })
}

fn encode_position(put: &mut Put<'_>, position: &Position) {
    put.u32(position.instrument.0);
    put.text(&position.symbol);
    put.i64(position.qty.0);
    put.i64(position.average_price.0);
}

fn decode_position(take: &mut Take<'_>) -> Result<Position, DecodeError> {
    Ok(Position {
        instrument: InstrumentId(take.u32("instrument")?),
        symbol: take.text("symbol")?,
        qty: Qty(take.i64("qty")?),
        average_price: Price(take.i64("average_price")?),
    })
}

fn encode_account(put: &mut Put<'_>, account: &Account) {
    put.i128(account.cash.0);
    put.i128(account.equity.0);
    put.i128(account.buying_power.0);
    put.bool(account.tradable);
    put.bool(account.shorting);
}

fn decode_account(take: &mut Take<'_>) -> Result<Account, DecodeError> {
    Ok(Account {
        cash: Money(take.i128("cash")?),
        equity: Money(take.i128("equity")?),
        buying_power: Money(take.i128("buying_power")?),
        tradable: take.bool("tradable")?,
        shorting: take.bool("shorting")?,
    })
}
