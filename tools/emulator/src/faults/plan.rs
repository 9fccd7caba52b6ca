//! Faults as they were asked for: what a file says, checked, before anything runs.

use super::parse;
use super::table::{Kind, KindRow, Target};
use crate::document;
pub use crate::document::FileError as FaultError;
pub(crate) use crate::document::Moment as From;
use st0ck_types::Nanos;
use st0ck_types::calendar::Date;
use std::path::Path;

/// What shall go wrong, read from a file. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// Names the chance of the faults; the emulator's or proxy's own seed when `None`.
    pub seed: Option<u64>,
    pub(crate) faults: Vec<Fault>,
}

impl FaultPlan {
    /// Reads the text of a file, which messages call `file`.
    ///
    /// # Errors
    /// [`FaultError`] names the line of what is wrong.
    pub fn parse(text: &str, file: &str) -> Result<Self, FaultError> {
        parse::plan(text).map_err(|(line, words)| FaultError { file: file.to_owned(), line, words })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`FaultError`] when it cannot be read (line 0) or says something that is no plan.
    pub fn read(path: &Path) -> Result<Self, FaultError> {
        document::read(path, Self::parse)
    }

    /// Whether nothing shall go wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    Number(i64),
    Flag(bool),
    Word(&'static str),
}

/// Which way the bytes or messages go that a fault acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What the client hears.
    ToClient,
    /// What the client says.
    ToServer,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) row: &'static KindRow,
    /// What it acts on; never empty.
    pub(crate) on: Vec<Target>,
    pub(crate) way: Way,
    pub(crate) from: From,
    /// Nanoseconds it lasts; to the end when `None`.
    pub(crate) lasts: Option<i64>,
    pub(crate) every: u64,
    /// Of a thousand.
    pub(crate) chance: u32,
    pub(crate) count: Option<u64>,
    pub(crate) account: Option<u16>,
    pub(crate) symbol: Option<String>,
    pub(crate) event: Option<String>,
    /// In the order of the row's parameters.
    pub(crate) values: Vec<Value>,
    /// Where it stands in its file.
    pub(crate) line: usize,
}

impl Fault {
    pub(crate) fn kind(&self) -> Kind {
        self.row.kind
    }

    fn value(&self, name: &str) -> Value {
        let at = self.row.params.iter().position(|param| param.name == name);
        self.values[at.expect("asked for by a name of its row")]
    }

    /// A number of its row.
    pub(crate) fn number(&self, name: &str) -> i64 {
        match self.value(name) {
            Value::Number(number) => number,
            _ => unreachable!("{name} of {} is a number by its row", self.row.name),
        }
    }

    /// A number that is not negative by its row.
    pub(crate) fn count_of(&self, name: &str) -> u64 {
        self.number(name).unsigned_abs()
    }

    /// A flag of its row.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.value(name) == Value::Flag(true)
    }

    /// A word of its row.
    pub(crate) fn word(&self, name: &str) -> &'static str {
        match self.value(name) {
            Value::Word(word) => word,
            _ => unreachable!("{name} of {} is a word by its row", self.row.name),
        }
    }

    /// When it is on, in a session that began at `start` on `date`: from the first until before the
    /// second.
    pub(crate) fn window(&self, start: Nanos, date: Date) -> (Nanos, Nanos) {
        let from = self.from.on(start, date);
        let until = self.lasts.map_or(Nanos(i64::MAX), |lasts| Nanos(from.0.saturating_add(lasts)));
        (from, until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        FaultPlan::parse(text, "f.toml").unwrap_err().to_string()
    }

    #[test]
    fn a_file_says_everything_a_fault_needs() {
        let text = "seed = 7\n\n[[fault]]\nname = \"acks-late\"\nkind = \"delay\"\non = \"orders\"\n\
            at = \"10:00:30\"\nfor = \"30s\"\nevery = 3\nchance = 250\ncount = 5\nms = 500\n\
            [[fault]]\nkind = \"cut\"\non = \"connections\"\nreset = true\nafter = \"2m\"\n";
        let plan = FaultPlan::parse(text, "f.toml").unwrap();
        assert_eq!(plan.seed, Some(7));
        let [late, cut] = plan.faults.as_slice() else { panic!("two faults") };
        assert_eq!((late.name.as_str(), late.on.as_slice()), ("acks-late", &[Target::Orders][..]));
        assert_eq!((late.every, late.chance, late.count, late.line), (3, 250, Some(5), 3));
        assert_eq!((late.number("ms"), late.number("jitter_ms")), (500, 0));
        let day = Date::new(2020, 12, 15).unwrap();
        let (from, until) = late.window(Nanos(0), day);
        assert_eq!(from.to_string(), "2020-12-15T15:00:30.000000000Z");
        assert_eq!(until.since(from), 30_000_000_000);
        assert_eq!((cut.name.as_str(), cut.flag("reset")), ("cut-2", true));
        assert_eq!(cut.window(Nanos(1), day), (Nanos(120_000_000_001), Nanos(i64::MAX)));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_what_would_be_right() {
        let fault = |more: &str| wrong(&format!("[[fault]]\nkind = \"delay\"\n{more}"));
        assert_eq!(
            wrong("[[fault]]\nkind = \"dely\"\n"),
            "f.toml:2: there is no kind \"dely\"; did you mean \"delay\"?"
        );
        assert!(wrong("[[fault]]\nkind = \"xyzzy\"\n").contains("expected one of delay, drop, "));
        assert_eq!(
            wrong("[[fault]]\nms = 1\n"),
            "f.toml:1: a fault needs a kind, such as kind = \"delay\""
        );
        assert_eq!(
            fault("on = \"orders\"\n"),
            "f.toml:1: delay needs ms = a number of ms from 0 to 3600000 (how much later)"
        );
        assert_eq!(
            fault("on = \"orders\"\nms = -1\n"),
            "f.toml:4: ms = -1: expected a number of ms from 0 to 3600000 (how much later)"
        );
        assert_eq!(
            fault("ms = 1\n"),
            "f.toml:1: delay needs on = one of orders, cancels, replaces, reads, data, updates, \
             market, news, connections, any"
        );
        assert!(
            fault("ms = 1\non = \"order\"\n").starts_with("f.toml:4: on = \"order\": expected")
        );
        assert!(
            fault("ms = 1\nmsec = 4\n").starts_with("f.toml:4: delay has no key \"msec\"; it has")
        );
        assert!(wrong("sed = 1\n").starts_with("f.toml:1: there is no key \"sed\""));
        assert!(wrong("seed = -1\n").starts_with("f.toml:1: seed"));
        assert!(wrong("seed = = 1\n").starts_with("f.toml:1: "));
        assert!(
            fault("ms = 1\non=\"any\"\nfor = \"3 days\"\n").contains("f.toml:5: for = \"3 days\"")
        );
        assert!(fault("ms = 1\non=\"any\"\nat = \"25:00\"\n").contains("f.toml:5: at = \"25:00\""));
        assert!(
            fault("ms = 1\non=\"any\"\nat = \"10:00\"\nafter = \"1s\"\n")
                .contains("one of the two")
        );
        assert!(
            fault("ms = 1\non=\"market\"\nevent = \"fill\"\n").contains("event is for updates")
        );
        let twice = "[[fault]]\nname = \"a\"\nkind = \"mute\"\non = \"news\"\n";
        assert_eq!(
            wrong(&format!("{twice}{twice}")),
            "f.toml:6: the name \"a\" is taken by line 1"
        );
    }

    #[test]
    fn events_of_the_market_stand_in_the_same_file_and_are_read_by_others() {
        let text = "[[event]]\nkind = \"halt\"\nat = \"10:00\"\n";
        assert!(FaultPlan::parse(text, "f.toml").unwrap().is_empty());
    }
}
