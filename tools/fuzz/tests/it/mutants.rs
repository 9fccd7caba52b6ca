//! Every target: its whole corpus, and a few thousand mutants of it.

use st0ck_fuzz::corpus;
use st0ck_fuzz::guard::watch;
use st0ck_fuzz::runner::campaign;
use st0ck_fuzz::targets::TARGETS;

/// Mutants of each target in an ordinary test run; a million by command.
const RUNS: u64 = 3_000;

#[test]
fn no_target_has_a_finding_in_its_corpus_or_in_a_few_thousand_mutants() {
    for target in TARGETS {
        let corpus = corpus::load(target).unwrap();
        let outcome = campaign(target, corpus, RUNS, 7);
        assert!(outcome.inputs >= RUNS, "{}", target.name);
        for finding in &outcome.findings {
            panic!("{}: {}\n{}", target.name, finding.fault, finding.input.escape_ascii());
        }
    }
}

/// Mutants of one shape would mean that everything dies at the first check.
#[test]
fn every_targets_mutants_have_many_shapes() {
    for target in TARGETS {
        let inputs = corpus::load(target).unwrap();
        let of_corpus = inputs.iter().filter_map(|input| watch(target, input).ok());
        let mut shapes: Vec<_> = of_corpus.map(|(shape, _)| shape).collect();
        shapes.sort();
        shapes.dedup();
        let outcome = campaign(target, inputs, RUNS, 8);
        assert!(outcome.shapes >= 4.max(shapes.len()), "{}: {}", target.name, outcome.shapes);
    }
}
