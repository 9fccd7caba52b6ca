//! The seeded runner: mutate, run, keep what is new, tell what went wrong.
//!
//! Works with cargo alone, on any machine and compiler. It is led by the shapes that targets give
//! back instead of by coverage; libFuzzer takes the same targets where coverage is wanted.
//! *Invariant:* one seed, one campaign: the same target, corpus, count and seed run the same inputs.

use crate::guard::{Fault, watch};
use crate::mutate::mutant;
use crate::shrink::shrink;
use crate::target::{Shape, Target};
use st0ck_quant::rng::Rng;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Inputs kept at most; a newer one then takes the place of any.
const POOL_MAX: usize = 2_048;
/// Different findings after which a campaign ends: the target is broken, and each costs time.
const FINDINGS_MAX: usize = 8;

/// An input that a target cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it does.
    pub fault: Fault,
    /// The input, made as short as it goes.
    pub input: Vec<u8>,
}

/// What a campaign did.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Inputs run, the corpus among them.
    pub inputs: u64,
    /// Different shapes seen.
    pub shapes: usize,
    /// Inputs that are no mutants: corpus and seeds.
    pub corpus: usize,
    /// The slowest input.
    pub slowest: Duration,
    /// All of it.
    pub elapsed: Duration,
    /// What went wrong, one of each kind.
    pub findings: Vec<Finding>,
}

/// Runs the corpus and then mutants of it, `runs` inputs in all.
///
/// # Panics
/// When the target has neither corpus nor seeds: nothing could be mutated.
#[must_use]
pub fn campaign(target: &Target, corpus: Vec<Vec<u8>>, runs: u64, seed: u64) -> Outcome {
    assert!(!corpus.is_empty(), "{} has no corpus: add a file to corpus/{0}", target.name);
    let begun = Instant::now();
    let mut state = State::new(target);
    let mut pool: Vec<Vec<u8>> = Vec::with_capacity(POOL_MAX);
    for input in &corpus {
        state.run(input);
    }
    state.outcome.corpus = corpus.len();
    pool.extend(corpus);
    let mut rng = Rng::new(seed).fork(target.name);
    while state.outcome.inputs < runs && state.outcome.findings.len() < FINDINGS_MAX {
        let mut input = mutant(&pool, target.words, target.longest, &mut rng);
        if let Some(mend) = target.mend
            && rng.chance(750)
        {
            mend(&mut input);
        }
        if state.run(&input) {
            keep(&mut pool, input, &mut rng);
        }
    }
    state.outcome.shapes = state.shapes.len();
    state.outcome.elapsed = begun.elapsed();
    state.outcome
}

struct State<'a> {
    target: &'a Target,
    shapes: BTreeSet<Shape>,
    outcome: Outcome,
}

impl<'a> State<'a> {
    fn new(target: &'a Target) -> Self {
        Self { target, shapes: BTreeSet::new(), outcome: Outcome::default() }
    }

    /// Runs one input; whether its shape is new.
    fn run(&mut self, input: &[u8]) -> bool {
        self.outcome.inputs += 1;
        match watch(self.target, input) {
            Ok((shape, time)) => {
                self.outcome.slowest = self.outcome.slowest.max(time);
                self.shapes.insert(shape)
            }
            Err(fault) => {
                self.found(fault, input);
                false
            }
        }
    }

    fn found(&mut self, fault: Fault, input: &[u8]) {
        let findings = &mut self.outcome.findings;
        if !findings.iter().any(|known| known.fault.kind() == fault.kind()) {
            let input = shrink(self.target, input, fault.kind());
            findings.push(Finding { fault, input });
        }
    }
}

fn keep(pool: &mut Vec<Vec<u8>>, input: Vec<u8>, rng: &mut Rng) {
    if pool.len() < POOL_MAX {
        pool.push(input);
    } else {
        let at = rng.below(pool.len() as u64) as usize;
        pool[at] = input;
    }
}
