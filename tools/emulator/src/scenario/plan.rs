//! A scenario as it was asked for: what a file says, checked, before anything runs.

use super::parse;
use crate::book::activity::ActivityFacts;
use crate::document::FileError as ScenarioError;
use crate::document::{self, Moment};
use crate::market::asset::Standing;
use crate::market::newsroom::Article;
use st0ck_types::{Money, Price, Qty};
use std::path::Path;

/// What shall happen, read from a file. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scenario {
    pub(crate) events: Vec<Event>,
}

impl Scenario {
    /// Reads the text of a file, which messages call `file`.
    ///
    /// # Errors
    /// [`FaultError`](crate::FaultError) names the line of what is wrong.
    pub fn parse(text: &str, file: &str) -> Result<Self, ScenarioError> {
        let wrong = |(line, words)| ScenarioError { file: file.to_owned(), line, words };
        parse::scenario(text).map_err(wrong)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`FaultError`](crate::FaultError) when it cannot be read (line 0) or says something that is
    /// no scenario.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        document::read(path, Self::parse)
    }

    /// Whether nothing shall happen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// When an event happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// By the clock of the session.
    Moment(Moment),
    /// So many nanoseconds after so many orders were taken in.
    Orders { count: u64, wait: i64 },
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) when: When,
    pub(crate) act: Act,
    /// Where it stands in its file.
    pub(crate) line: usize,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Something happens on the market of one symbol.
    Market(String, MarketAct),
    /// Somebody writes.
    News(Article),
    /// Money of one account moves.
    Money { account: u16, facts: ActivityFacts, net_amount: Money },
    /// Every share held of a symbol is paid for, in all accounts or one.
    PerShare { account: Option<u16>, symbol: String, rate: Money, facts: ActivityFacts },
    /// So many new shares of a symbol for so many old ones.
    Split { symbol: String, new: i64, old: i64 },
    /// A symbol's standing with the broker.
    Asset { symbol: String, terms: AssetTerms },
}

/// What is to change about an asset's standing; nothing where `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct AssetTerms {
    pub(crate) active: Option<bool>,
    pub(crate) tradable: Option<bool>,
    pub(crate) shortable: Option<bool>,
    pub(crate) fractionable: Option<bool>,
    pub(crate) long_margin: Option<u8>,
    pub(crate) short_margin: Option<u8>,
}

impl AssetTerms {
    /// Changes a standing.
    pub(crate) fn apply(self, standing: &mut Standing) {
        standing.active = self.active.unwrap_or(standing.active);
        standing.tradable = self.tradable.unwrap_or(standing.tradable);
        standing.shortable = self.shortable.unwrap_or(standing.shortable);
        standing.fractionable = self.fractionable.unwrap_or(standing.fractionable);
        standing.long_margin = self.long_margin.unwrap_or(standing.long_margin);
        standing.short_margin = self.short_margin.unwrap_or(standing.short_margin);
    }
}

impl Act {
    /// The symbol that must be played for it.
    pub(crate) fn symbol(&self) -> Option<&str> {
        match self {
            Self::Market(symbol, _)
            | Self::PerShare { symbol, .. }
            | Self::Split { symbol, .. }
            | Self::Asset { symbol, .. } => Some(symbol),
            Self::News(_) | Self::Money { .. } => None,
        }
    }

    /// The account that must be there for it.
    pub(crate) fn account(&self) -> Option<u16> {
        match self {
            Self::Money { account, .. } => Some(*account),
            Self::PerShare { account, .. } => *account,
            _ => None,
        }
    }
}

/// What happens on the market of a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MarketAct {
    /// Trading stops. Codes are `sc` and `rc`; those of the tape when `None`.
    Halt { code: Option<String>, reason: Option<String>, quoted: bool },
    /// It goes on, with a reopening print or without.
    Resume { code: Option<String>, reason: Option<String>, print: Option<(Price, Qty)> },
    /// The bands are these; none gives them back to the rule.
    Luld { bands: Option<(Price, Price)>, indicator: u8 },
    /// The auction is unbalanced at this price.
    Imbalance(Price),
    /// The print of that number, else the last one, did not happen.
    Cancel { trade: Option<u64>, action: u8 },
    /// It was at another price or of another size.
    Correct { trade: Option<u64>, price: Option<Price>, size: Option<Qty> },
    /// A print of so many nanoseconds ago.
    LatePrint { print: (Price, Qty), late: i64, conditions: [u8; 4] },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Scenario::parse(text, "s.toml").unwrap_err().to_string()
    }

    #[test]
    fn a_file_says_when_what_happens_to_whom() {
        let text = "[[event]]\nkind = \"halt\"\nsymbol = \"SPY\"\nat = \"10:31:00\"\n\
            code = \"H\"\nreason = \"T12\"\n\n[[event]]\nkind = \"resume\"\nsymbol = \"SPY\"\n\
            after_orders = 3\nwait = \"2s\"\nprice = 367.455\n";
        let scenario = Scenario::parse(text, "s.toml").unwrap();
        let [halt, resume] = scenario.events.as_slice() else { panic!("two events") };
        let at = Moment::At { hour: 10, minute: 31, second: 0 };
        assert_eq!((halt.when, halt.line), (When::Moment(at), 1));
        let (code, reason) = (Some("H".to_owned()), Some("T12".to_owned()));
        let act = MarketAct::Halt { code, reason, quoted: false };
        assert_eq!(halt.act, Act::Market("SPY".into(), act));
        assert_eq!(resume.when, When::Orders { count: 3, wait: 2_000_000_000 });
        let print = Some((Price::parse("367.455").unwrap(), Qty::units(100).unwrap()));
        let act = MarketAct::Resume { code: None, reason: None, print };
        assert_eq!(resume.act, Act::Market("SPY".into(), act));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_what_would_be_right() {
        let halt = |more: &str| wrong(&format!("[[event]]\nkind = \"halt\"\n{more}"));
        assert_eq!(
            wrong("[[event]]\nkind = \"hallt\"\n"),
            "s.toml:2: there is no kind \"hallt\"; did you mean \"halt\"?"
        );
        assert!(
            wrong("[[event]]\nat = \"10:00\"\n").starts_with("s.toml:1: an event needs a kind")
        );
        assert_eq!(halt(""), "s.toml:1: halt needs symbol = a symbol in quotes (whose)");
        assert!(
            halt("symbol = \"SPY\"\nsince = 4\n")
                .starts_with("s.toml:4: halt has no key \"since\"; it has symbol, code, ")
        );
        assert!(
            halt("symbol = \"SPY\"\ncode = \"HHH\"\n")
                .starts_with("s.toml:4: code = \"HHH\": expected a text of 1 to 2 letters")
        );
        assert!(halt("symbol = \"SPY\"\nat = \"9\"\n").starts_with("s.toml:4: at = \"9\""));
        assert!(
            halt("symbol = \"SPY\"\nat = \"10:00\"\nafter_orders = 1\n")
                .starts_with("s.toml:5: at, after and after_orders all say when")
        );
        assert!(
            halt("symbol = \"SPY\"\nwait = \"1s\"\n")
                .starts_with("s.toml:4: wait goes with after_orders")
        );
        let resume = "[[event]]\nkind = \"resume\"\nsymbol = \"SPY\"\n";
        assert!(
            wrong(&format!("{resume}price = -1\n"))
                .starts_with("s.toml:4: price = -1: expected a price above 0")
        );
        for (key, least_too_much) in
            [("price", "1000000.01"), ("price", "0"), ("size", "1000000001")]
        {
            let words = wrong(&format!("{resume}{key} = {least_too_much}\n"));
            assert!(words.contains("expected a"), "{words}");
        }
        assert!(
            wrong(&format!("{resume}size = 5\n")).starts_with("s.toml:4: size goes with price")
        );
        let luld = "[[event]]\nkind = \"luld\"\nsymbol = \"SPY\"\nlow = 10\n";
        assert!(wrong(luld).starts_with("s.toml:1: luld takes low and high together"));
        assert!(
            wrong(&format!("{luld}high = 9.5\n")).starts_with("s.toml:4: low = 10: expected less")
        );
        let correct = "[[event]]\nkind = \"trade_correct\"\nsymbol = \"SPY\"\n";
        assert!(wrong(correct).starts_with("s.toml:1: trade_correct needs price or size"));
        let news = "[[event]]\nkind = \"news\"\nheadline = \"x\"\nsymbols = [\"SPY\", 4]\n";
        assert!(wrong(news).starts_with("s.toml:4: symbols = a array: expected a list of symbols"));
        let fee = "[[event]]\nkind = \"activity\"\ntype = \"FEE\"\n";
        assert!(wrong(fee).starts_with("s.toml:1: activity needs net_amount, or symbol and"));
        assert!(
            wrong(&fee.replace("FEE", "FEES")).starts_with("s.toml:3: type = \"FEES\": expected")
        );
        let two = format!("{fee}symbol = \"SPY\"\nnet_amount = 1\nper_share_amount = 1\n");
        assert!(wrong(&two).starts_with("s.toml:1: activity needs net_amount, or symbol and"));
        let same = "[[event]]\nkind = \"split\"\nsymbol = \"SPY\"\nnew = 2\nold = 2\n";
        assert!(wrong(same).starts_with("s.toml:4: new = 2: expected another number than old"));
        let asset = "[[event]]\nkind = \"asset\"\nsymbol = \"SPY\"\n";
        assert!(wrong(asset).starts_with("s.toml:1: asset changes nothing"));
        assert!(wrong("events = 1\n").starts_with("s.toml:1: there is no key \"events\""));
    }

    #[test]
    fn faults_stand_in_the_same_file_and_are_read_by_others() {
        let text = "seed = 1\n[[fault]]\nkind = \"mute\"\non = \"news\"\n";
        assert!(Scenario::parse(text, "s.toml").unwrap().is_empty());
    }
}
