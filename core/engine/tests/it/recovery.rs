//! Replay is equality, recovery is facts, and a kept state goes on as if nothing had happened: on
//! seeded sessions with everything in them.

use crate::gambler::{Step, Table, engine};
use st0ck_engine::{Engine, Outbox};
use st0ck_types::state::StateBytes;
use st0ck_types::{Output, Qty};

const INPUTS: usize = 4_000;

fn replay(engine: &mut Engine, steps: &[Step]) {
    let mut out = Outbox::new();
    for step in steps {
        engine.on_input(step.at, step.seq, &step.input, &mut out);
        assert_eq!(out.outputs(), step.outputs, "at {}", step.seq);
        assert_eq!(engine.state_hash(), step.hash, "at {}", step.seq);
    }
}

fn recover(engine: &mut Engine, steps: &[Step]) -> usize {
    let mut divergences = 0;
    for step in steps {
        divergences += engine.recover_input(step.at, step.seq, &step.input, &step.outputs);
        assert_eq!(engine.state_hash(), step.hash, "at {}", step.seq);
    }
    divergences
}

fn carried(engine: &Engine) -> Engine {
    let mut kept = StateBytes::default();
    engine.carry(&mut kept);
    let mut next = crate::gambler::engine();
    next.restore(&kept.0).unwrap();
    let mut again = StateBytes::default();
    next.carry(&mut again);
    assert_eq!(kept.0, again.0, "a kept state is kept the same again");
    next
}

#[test]
fn the_sessions_have_everything_in_them() {
    let (mut sent, mut canceled, mut fills, mut trips, mut bars, mut late) = (0, 0, 0, 0, 0, 0);
    let mut codes = std::collections::BTreeSet::new();
    for seed in 0..8 {
        let mut engine = engine();
        replay(&mut engine, &Table::new(seed).play(INPUTS));
        let counters = engine.counters();
        codes.extend(counters.rejects().map(|(code, _)| code));
        sent += counters.orders_sent;
        canceled += counters.cancels_sent;
        fills += counters.fills;
        bars += counters.bars;
        late += counters.out_of_order;
        trips += engine.portfolio().round_trips();
    }
    assert!(sent > 400 && canceled > 200 && fills > 300, "{sent} {canceled} {fills}");
    assert!(trips > 20 && bars > 5_000 && late > 50, "{trips} {bars} {late}");
    assert!(codes.len() > 12, "{codes:?}");
}

#[test]
fn a_replay_equals_the_run_output_by_output_and_hash_by_hash() {
    for seed in 0..8 {
        let steps = Table::new(seed).play(INPUTS);
        replay(&mut engine(), &steps);
    }
}

#[test]
fn recovery_from_facts_reaches_the_state_of_the_run() {
    for seed in 0..8 {
        let steps = Table::new(seed).play(INPUTS);
        assert_eq!(recover(&mut engine(), &steps), 0, "seed {seed}");
    }
}

#[test]
fn a_run_goes_on_from_any_carry_as_if_nothing_had_happened() {
    for seed in 0..4 {
        let steps = Table::new(seed).play(INPUTS);
        let mut engine = engine();
        for chunk in steps.chunks(97) {
            replay(&mut engine, chunk);
            engine = carried(&engine);
        }
    }
}

#[test]
fn recovery_may_begin_at_a_carry_and_end_in_a_live_run() {
    let steps = Table::new(11).play(INPUTS);
    let (before, rest) = steps.split_at(INPUTS / 3);
    let (lost, after) = rest.split_at(INPUTS / 3);
    let mut first = engine();
    replay(&mut first, before);
    let mut second = carried(&first);
    assert_eq!(recover(&mut second, lost), 0);
    replay(&mut second, after);
}

/// The steps up to and including the first that led to an output of the wanted kind.
fn up_to(steps: &[Step], wanted: fn(&Output) -> bool) -> (Vec<Step>, usize) {
    let last = steps.iter().position(|step| step.outputs.iter().any(wanted)).unwrap();
    let place = steps[last].outputs.iter().position(wanted).unwrap();
    (steps[..=last].to_vec(), place)
}

fn divergences(steps: &[Step]) -> (usize, Engine) {
    let mut engine = engine();
    let recover = |step: &Step| engine.recover_input(step.at, step.seq, &step.input, &step.outputs);
    let count = steps.iter().map(recover).sum();
    (count, engine)
}

#[test]
fn an_order_recorded_otherwise_is_a_fact_and_a_divergence() {
    let steps = Table::new(3).play(INPUTS);
    let (mut steps, place) = up_to(&steps, |output| matches!(output, Output::Order(_)));
    let last = steps.len() - 1;
    let Output::Order(order) = &mut steps[last].outputs[place] else { unreachable!() };
    order.qty = Qty(order.qty.0 + Qty::ONE.0);
    let (no, qty) = (order.no, order.qty);
    let (count, engine) = divergences(&steps);
    assert_eq!(count, 1);
    assert_eq!(engine.orders().get(no).unwrap().request.qty, qty, "what was sent was sent");
}

#[test]
fn outputs_missing_too_many_or_out_of_place_are_divergences() {
    let steps = Table::new(3).play(INPUTS);
    let (whole, place) = up_to(&steps, |output| matches!(output, Output::Order(_)));
    let last = whole.len() - 1;

    let mut missing = whole.clone();
    missing[last].outputs.clear();
    let (count, engine) = divergences(&missing);
    assert_eq!(count, 1, "a want that led nowhere");
    assert_eq!(engine.orders().all().len(), 0, "nothing is sent by recovery");

    let mut doubled = whole.clone();
    let order = doubled[last].outputs[place];
    doubled[last].outputs.push(order);
    let (count, engine) = divergences(&doubled);
    assert!(count >= 1);
    assert_eq!(engine.orders().all().len(), 1, "one ordinal is one order");

    let mut unexplained = whole;
    unexplained[last].outputs.remove(place - 1);
    assert!(divergences(&unexplained).0 >= 1, "an order without its decision");
}

#[test]
fn a_refusal_or_cancel_recorded_otherwise_is_a_divergence() {
    let steps = Table::new(3).play(INPUTS);
    let (mut refused, place) = up_to(&steps, |output| matches!(output, Output::Reject(_)));
    let last = refused.len() - 1;
    let Output::Reject(reject) = &mut refused[last].outputs[place] else { unreachable!() };
    reject.limit += 1;
    assert!(divergences(&refused).0 >= 1);

    let (mut canceled, place) = up_to(&steps, |output| matches!(output, Output::Cancel(_)));
    let last = canceled.len() - 1;
    canceled[last].outputs.remove(place);
    assert!(divergences(&canceled).0 >= 1);
}

#[test]
fn a_carry_of_another_configuration_is_refused() {
    let mut kept = StateBytes::default();
    engine().carry(&mut kept);
    let mut other = crate::lane::Lane::unarmed(crate::lane::config()).engine;
    assert_eq!(other.restore(&kept.0).unwrap_err().field, "strategies");
    kept.0.push(0);
    assert_eq!(engine().restore(&kept.0).unwrap_err().field, "bytes after the state's end");
    kept.0.truncate(kept.0.len() / 2);
    assert!(engine().restore(&kept.0).is_err());
}

#[test]
fn nothing_is_allocated_after_the_start() {
    let steps: Vec<Step> = (0..25).flat_map(|seed| Table::new(seed).play(INPUTS)).collect();
    let sessions: Vec<&[Step]> = steps.chunk_by(|a, b| a.seq < b.seq).collect();
    assert!(steps.len() >= 100_000 && sessions.len() == 25);
    for session in sessions {
        let (mut live, mut recovered, mut out) = (engine(), engine(), Outbox::new());
        let allocated = allocation_counter::measure(|| {
            for step in session {
                live.on_input(step.at, step.seq, &step.input, &mut out);
                recovered.recover_input(step.at, step.seq, &step.input, &step.outputs);
            }
            std::hint::black_box(live.state_hash());
        });
        assert_eq!((allocated.count_total, allocated.bytes_total), (0, 0));
        assert_eq!(live.state_hash(), recovered.state_hash());
    }
}
