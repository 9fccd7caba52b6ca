//! The payload of one journal record: any bytes decode or are refused, and what decodes encodes back.

use crate::mutate::Words;
use crate::target::{Shape, Target};
use st0ck_journal::codec::{Body, Fault, decode_payload, encode_payload};
use st0ck_types::record::RecordKind;
use st0ck_types::{Input, Report};

/// A kind by its place in the list of kinds, then a payload.
pub(super) static RECORD: Target = Target {
    name: "journal_record",
    about: "journal payloads: decoded or refused by field, and equal when encoded again",
    run,
    seeds,
    words: Words::Binary,
    mend: None,
    room: 16 << 10,
    longest: 512,
    patience: 1,
};

fn run(input: &[u8]) -> Shape {
    let Some((&first, payload)) = input.split_first() else { return Shape(0) };
    let kind = RecordKind::ALL[usize::from(first) % RecordKind::ALL.len()];
    match decode_payload(kind, payload) {
        Ok(body) => {
            assert_eq!(encode_payload(&body), payload, "{body:?}");
            assert_eq!(kind_of(&body), kind);
            Shape::of(&(kind, variant(&body)))
        }
        Err(error) => {
            assert_eq!(error.kind, kind);
            let number = if let Fault::Unknown(n) = error.fault { n.min(16) } else { 0 };
            Shape::of(&(kind, error.field, std::mem::discriminant(&error.fault), number))
        }
    }
}

fn kind_of(body: &Body<'_>) -> RecordKind {
    match body {
        Body::Input(input) => RecordKind::of_input(input),
        Body::Output(output) => RecordKind::of_output(output),
        Body::Carry(_) => RecordKind::Carry,
        Body::Hash(_) => RecordKind::Hash,
        Body::Seal => RecordKind::Seal,
    }
}

fn variant(body: &Body<'_>) -> Option<std::mem::Discriminant<Report>> {
    match body {
        Body::Input(Input::Report(report)) => Some(std::mem::discriminant(report)),
        _ => None,
    }
}

/// Of each kind and variant the shortest payload that decodes, found by trying: so a new kind joins by
/// itself.
fn seeds() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for (number, kind) in (0u8..).zip(RecordKind::ALL) {
        for variant in 0..=20u8 {
            let payload = |len: usize| [&[variant][..], &vec![0; len]].concat();
            if let Some(len) = (0..320).find(|&len| decode_payload(*kind, &payload(len)).is_ok()) {
                found.push([&[number][..], &payload(len)].concat());
            }
        }
        found.push(vec![number]);
    }
    found
}
