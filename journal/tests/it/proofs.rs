//! Counting: how many trials, how many failures, and that a planted bug is seen.
//!
//! `cargo test` runs a seeded share; `ST0CK_PROOFS=full` runs all of it.

/// `share` in `cargo test`, `full` where the whole count is asked for.
pub(crate) fn at_scale(share: u64, full: u64) -> u64 {
    if std::env::var_os("ST0CK_PROOFS").is_some_and(|words| words == "full") { full } else { share }
}

/// What a proof counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) trials: u64,
    failures: u64,
    first: Option<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, trial: Result<(), String>) {
        self.trials += 1;
        if let Err(words) = trial {
            self.failures += 1;
            self.first.get_or_insert(words);
        }
    }

    /// All of it held.
    #[track_caller]
    pub(crate) fn green(&self, what: &str) {
        println!("{what}: n {}, failures {}", self.trials, self.failures);
        assert_eq!(self.failures, 0, "{what}, for one: {:?}", self.first);
        assert_ne!(self.trials, 0, "{what}: nothing was tried");
    }

    /// The planted bug was seen.
    #[track_caller]
    pub(crate) fn red(&self, what: &str) {
        println!("{what}: control, n {}, failures {}", self.trials, self.failures);
        assert_ne!(self.failures, 0, "{what}: a planted bug that nobody sees");
    }
}
