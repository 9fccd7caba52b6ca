//! Every target: its whole corpus, and a few thousand mutants of it.

use st0ck_fuzz::corpus;
use st0ck_fuzz::guard::watch;
use st0ck_fuzz::runner::campaign;
use st0ck_fuzz::targets::{PLANTED, TARGETS};

/// Mutants of each target in an ordinary test run; a million by command.
const RUNS: u64 = 2_000;

#[test]
fn no_target_has_a_finding_in_its_corpus_or_in_a_few_thousand_mutants() {
    for target in TARGETS {
        let corpus = corpus::load(target).unwrap();
        let outcome = campaign(target, corpus, target.share(RUNS), 7);
        assert!(outcome.inputs >= target.share(RUNS), "{}", target.name);
        if let Some(finding) = outcome.findings.first() {
            panic!("{}: {}\n{}", target.name, finding.fault, finding.input.escape_ascii());
        }
    }
}

/// Mutants of one shape would mean that everything dies at the first check.
#[test]
fn every_targets_mutants_have_many_shapes() {
    let mut many = 0;
    for target in TARGETS {
        let inputs = corpus::load(target).unwrap();
        let of_corpus = inputs.iter().filter_map(|input| watch(target, input).ok());
        let mut shapes: Vec<_> = of_corpus.map(|(shape, _)| shape).collect();
        shapes.sort();
        shapes.dedup();
        let outcome = campaign(target, inputs, target.share(RUNS), 8);
        assert!(outcome.shapes >= 2.max(shapes.len()), "{}: {}", target.name, outcome.shapes);
        many += usize::from(outcome.shapes >= 8);
    }
    assert!(many >= 24, "only {many} targets are reached behind their first check");
}

/// The control: a runner that finds nothing proves nothing.
#[test]
fn every_planted_bug_is_found_within_its_budget() {
    for target in PLANTED {
        let corpus = corpus::load(target).unwrap();
        let found = |seed| !campaign(target, corpus.clone(), 1_000, seed).findings.is_empty();
        assert!((1..=20).any(found), "{} was not found", target.name);
    }
}
