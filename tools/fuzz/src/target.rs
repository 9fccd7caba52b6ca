//! What a fuzz target is: a function of bytes that must hold its own assertions, and what the runner
//! needs to know to feed it well.
//!
//! *Invariant:* a target is a plain function. It knows no runner, so the same one serves the seeded
//! mutator, libFuzzer and the tests.

use crate::mutate::Words;
use std::hash::{DefaultHasher, Hash, Hasher};

/// One parser, or one structure with its slow twin, under hostile input.
pub struct Target {
    /// Its name, also that of its corpus folder.
    pub name: &'static str,
    /// What it holds, in one line.
    pub about: &'static str,
    /// Parses the bytes and asserts. A panic is a finding.
    pub run: fn(&[u8]) -> Shape,
    /// Inputs made by the program's own encoders, beside those of the corpus folder.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What its inputs are made of.
    pub words: Words,
    /// Called after a mutation, three times in four: sets right what every parser checks first (a
    /// checksum, say), so that what lies behind it is reached too.
    pub mend: Option<fn(&mut Vec<u8>)>,
    /// Bytes that may be held at once beyond four times the input: buffers of fixed size.
    pub room: u64,
    /// Longest input that the mutator makes.
    pub longest: usize,
    /// How many times the usual time an input may take: 1 for a parser, more for what writes files.
    pub patience: u32,
}

impl Target {
    /// How many of `runs` inputs it gets: what writes, maps and syncs files gets a hundredth.
    #[must_use]
    pub fn share(&self, runs: u64) -> u64 {
        if self.patience >= 100 { runs / 100 } else { runs }
    }
}

/// What kind of thing happened to an input: which error, how many events. The runner keeps inputs
/// whose shape is new, which leads it behind the first check without any instrumentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape(pub u64);

impl Shape {
    /// The shape that a value names. Equal values have equal shapes, in every run.
    #[must_use]
    pub fn of(value: &impl Hash) -> Self {
        // Its keys are fixed: `RandomState` would make the runs differ.
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// A count as a shape tells it: its power of two. Every count being new would keep every input.
#[must_use]
pub fn magnitude(count: usize) -> u32 {
    usize::BITS - count.leading_zeros()
}

/// The beginning of what an error says, without what it quotes: two inputs that are refused for the
/// same reason have one shape.
#[must_use]
pub fn gist(words: &str) -> Vec<&str> {
    let is_plain = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphabetic());
    words.split(' ').take(6).map(|word| if is_plain(&word) { word } else { "_" }).collect()
}

/// No seeds but those of the corpus folder.
#[must_use]
pub fn no_seeds() -> Vec<Vec<u8>> {
    Vec::new()
}
