//! What the core consumes and decides as payload bytes, and back.
//!
//! Fields are written one by one, little endian, in the order that `FORMAT.md` gives. The writer
//! encodes straight into the mapped segment; replay, recovery and every tool decode.
//!
//! *Invariant:* encoding is total and never allocates; decoding is total: any bytes give a value or
//! a [`DecodeError`], and what it gives encodes to the same bytes.

mod control;
mod fields;
mod market;
mod order;
mod report;

pub use fields::{DecodeError, Fault};
pub(crate) use fields::{PAYLOAD_MAX, Put};
pub(crate) use market::{EVENT, encode_quote};

use crate::record::Record;
use fields::Take;
use st0ck_types::record::RecordKind;
use st0ck_types::{Input, Output};

/// A decoded record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "lives on the stack of whoever reads on")]
pub enum Body<'a> {
    /// What the core consumed.
    Input(Input),
    /// What it decided.
    Output(Output),
    /// The engine's state; empty when it was too large to keep.
    Carry(&'a [u8]),
    /// The engine's state hash.
    Hash(u64),
    /// The process life ended in order.
    Seal,
}

/// Reads the payload of a record.
///
/// # Errors
/// [`DecodeError`] naming the field that does not fit.
// Apart, so that the short way of a market event stays short where both stand side by side.
#[inline(never)]
pub fn decode<'a>(record: &Record<'a>) -> Result<Body<'a>, DecodeError> {
    decode_payload(record.kind, record.payload)
}

/// Reads the payload of a market record, what nearly all records are, straight to where it belongs.
///
/// # Errors
/// [`DecodeError`] naming the field that does not fit; for a record of another kind, the kind.
#[inline]
pub fn decode_market(record: &Record<'_>, to: &mut Input) -> Result<(), DecodeError> {
    // Every field's place is a constant in an array, and no field is asked whether it is there.
    match <&[u8; EVENT]>::try_from(record.payload) {
        Ok(payload) => market::decode_to(record.kind, payload, to),
        Err(_) => market::decode_to(record.kind, record.payload, to),
    }
}

/// Reads a payload of the given kind.
///
/// # Errors
/// [`DecodeError`] naming the field that does not fit.
pub fn decode_payload(kind: RecordKind, payload: &[u8]) -> Result<Body<'_>, DecodeError> {
    let mut take = Take::new(kind, payload);
    let body = match kind {
        RecordKind::Carry => return Ok(Body::Carry(payload)),
        RecordKind::Hash => Body::Hash(take.u64("hash")?),
        RecordKind::Seal => Body::Seal,
        kind if kind.is_output() => Body::Output(decode_output(kind, &mut take)?),
        kind => Body::Input(decode_input(kind, &mut take)?),
    };
    take.end()?;
    Ok(body)
}

/// The payload that a record of this body has: what [`decode_payload`] read, byte for byte. For tools and
/// tests; the writer encodes in place.
#[must_use]
pub fn encode_payload(body: &Body<'_>) -> Vec<u8> {
    let mut room = [0; PAYLOAD_MAX];
    let mut put = Put::new(&mut room);
    match body {
        Body::Carry(state) => return state.to_vec(),
        Body::Seal => {}
        Body::Hash(hash) => put.u64(*hash),
        Body::Input(input) => encode_input(&mut put, input),
        Body::Output(output) => encode_output(&mut put, output),
    }
    let len = put.len();
    room[..len].to_vec()
}

/// Writes an input's payload.
#[inline]
pub(crate) fn encode_input(put: &mut Put<'_>, input: &Input) {
    match input {
        Input::Market(event) => market::encode(put, event),
        Input::Report(report) => report::encode(put, report),
        Input::Command(command) => control::encode_command(put, command),
        Input::Timer(timer) => control::encode_timer(put, timer),
        Input::System(event) => control::encode_system(put, event),
    }
}

/// Writes an output's payload.
#[inline]
pub(crate) fn encode_output(put: &mut Put<'_>, output: &Output) {
    match output {
        Output::Decision(decision) => order::encode_decision(put, decision),
        Output::Order(order) => order::encode_order(put, order),
        Output::Cancel(cancel) => order::encode_cancel(put, cancel),
        Output::Reject(reject) => order::encode_reject(put, reject),
    }
}

fn decode_input(kind: RecordKind, take: &mut Take<'_>) -> Result<Input, DecodeError> {
    Ok(match kind {
        RecordKind::Report => Input::Report(report::decode(take)?),
        RecordKind::Command => Input::Command(control::decode_command(take)?),
        RecordKind::Timer => Input::Timer(control::decode_timer(take)?),
        RecordKind::Session => Input::System(control::decode_session(take)?),
        RecordKind::Fault => Input::System(control::decode_fault(take)?),
        kind => Input::Market(market::decode(kind, take)?),
    })
}

fn decode_output(kind: RecordKind, take: &mut Take<'_>) -> Result<Output, DecodeError> {
    Ok(match kind {
        RecordKind::Decision => Output::Decision(order::decode_decision(take)?),
        RecordKind::Order => Output::Order(order::decode_order(take)?),
        RecordKind::Cancel => Output::Cancel(order::decode_cancel(take)?),
        RecordKind::Reject => Output::Reject(order::decode_reject(take)?),
        _ => return Err(take.unknown("kind", kind as u64)),
    })
}

#[cfg(test)]
mod tests;
