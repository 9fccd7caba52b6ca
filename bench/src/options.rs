//! What can be said to a bench behind `cargo bench -p st0ck-bench --bench NAME --`.

use std::time::Duration;

/// How long a bench measures unless told otherwise, and with `--quick`.
const SECONDS: f64 = 10.0;
const SECONDS_QUICK: f64 = 1.0;

/// The help that an unknown word gets.
const USAGE: &str = "usage: [--json] [--quick | --seconds N]";

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// One JSON object instead of a table.
    pub json: bool,
    /// Seconds to measure.
    pub seconds: f64,
    /// Whether the seconds were named, so that a bench with a longer goal of its own keeps to them.
    pub is_timed: bool,
}

impl Options {
    /// Reads the words after the program's name; `--bench`, which cargo adds, is passed over.
    ///
    /// # Errors
    /// A sentence that names the word and says what there is.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { json: false, seconds: SECONDS, is_timed: false };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let seconds = match word.as_str() {
                "--bench" => continue,
                "--json" => {
                    options.json = true;
                    continue;
                }
                "--quick" => SECONDS_QUICK,
                "--seconds" => parse_seconds(words.next())?,
                _ => return Err(format!("`{word}` is not known; {USAGE}")),
            };
            (options.seconds, options.is_timed) = (seconds, true);
        }
        Ok(options)
    }

    /// This share of the time.
    #[must_use]
    pub fn time(&self, share: f64) -> Duration {
        Duration::from_secs_f64(self.seconds * share)
    }
}

fn parse_seconds(word: Option<String>) -> Result<f64, String> {
    let word = word.unwrap_or_default();
    let seconds = word.parse().ok().filter(|s| (0.1..=3_600.0).contains(s));
    seconds.ok_or_else(|| format!("--seconds `{word}`: give 0.1 to 3600; {USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Options, String> {
        Options::parse(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_are_read_and_strangers_are_named() {
        let plain = Options { json: false, seconds: 10.0, is_timed: false };
        assert_eq!(parse("--bench").unwrap(), plain);
        let asked = parse("--bench --json --seconds 2.5").unwrap();
        assert_eq!(asked, Options { json: true, seconds: 2.5, is_timed: true });
        assert_eq!(parse("--quick").unwrap().seconds, 1.0);
        assert!(parse("--jsn").unwrap_err().contains("`--jsn`"));
        for bad in ["--seconds", "--seconds x", "--seconds 0", "--seconds 4000", "--seconds nan"] {
            assert!(parse(bad).unwrap_err().contains("0.1 to 3600"), "{bad}");
        }
    }
}
