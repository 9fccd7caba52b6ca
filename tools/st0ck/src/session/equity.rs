//! What the accounts of an installation have: each bot leaves its account's figures in its folder, and
//! reads those of the others (control C13, all accounts together).
//!
//! Called by the shell of a lane about once a second, never by a hot thread. A bot that has stopped
//! still counts: what it lost today is lost. *Invariant:* an account counts once, however many bots
//! trade on it, and figures of another session never count.

use serde::{Deserialize, Serialize};
use st0ck_types::{AccountSums, Money, Nanos};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::opening::AccountHash;
use super::paths;

/// The file in a bot's folder.
const FILE: &str = "account.json";

/// One account as its bot knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Figures {
    /// Which account, as a hash: no key and no number.
    account: String,
    /// The close of the session they are of.
    session_close: String,
    /// Equity at the session's first reading, USD.
    opening: String,
    /// Equity now, USD.
    equity: String,
    /// When this was so.
    at: String,
}

impl Figures {
    fn sums(&self) -> Option<AccountSums> {
        let (opening, equity) =
            (Money::parse(&self.opening).ok()?, Money::parse(&self.equity).ok()?);
        Some(AccountSums { opening, equity })
    }
}

/// The figures of one bot's account, and of the accounts of the others.
#[derive(Debug)]
pub(crate) struct Equities {
    runs: PathBuf,
    bot: String,
    account: String,
    session_close: String,
    /// What was left for the others last.
    shared: Option<AccountSums>,
    /// What was found of the others, by bot: figures that cannot be read again still count.
    found: BTreeMap<String, Figures>,
    /// What the lane was told of them last.
    told: AccountSums,
    /// Whether something went wrong and was said.
    said: bool,
}

impl Equities {
    /// Of a bot whose session closes then.
    pub(crate) fn new(runs: &Path, bot: &str, account: AccountHash, close: Nanos) -> Self {
        Self {
            runs: runs.to_owned(),
            bot: bot.to_owned(),
            account: format!("{:016x}", account.0),
            session_close: close.to_string(),
            shared: None,
            found: BTreeMap::new(),
            told: AccountSums::default(),
            said: false,
        }
    }

    /// Leaves the own account's figures for the others, when they changed.
    pub(crate) fn share(&mut self, own: AccountSums, at: Nanos) {
        if self.shared == Some(own) {
            return;
        }
        let figures = Figures {
            account: self.account.clone(),
            session_close: self.session_close.clone(),
            opening: own.opening.to_string(),
            equity: own.equity.to_string(),
            at: at.to_string(),
        };
        match write(&self.runs.join(&self.bot), &figures) {
            Ok(()) => self.shared = Some(own),
            Err(e) => self.say(&format!("other bots do not learn what this account has: {e}")),
        }
    }

    /// What the other accounts have, when that changed since it was asked last.
    pub(crate) fn others(&mut self) -> Option<AccountSums> {
        let bots = paths::bots(&self.runs);
        bots.into_iter().for_each(|bot| self.find(bot));
        let sums = self.sums();
        if sums == self.told {
            return None;
        }
        self.told = sums;
        Some(sums)
    }

    fn find(&mut self, bot: String) {
        if bot == self.bot {
            return;
        }
        let path = self.runs.join(&bot).join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return,
            Err(e) => return self.say(&format!("{}: {e}", path.display())),
        };
        match serde_json::from_slice::<Figures>(&bytes) {
            Ok(figures) if figures.sums().is_some() => _ = self.found.insert(bot, figures),
            _ => self.say(&format!("{}: not the figures of an account", path.display())),
        }
    }

    /// Each other account once, by the newest that any bot knows of it.
    fn sums(&self) -> AccountSums {
        let mut accounts = BTreeMap::<&str, &Figures>::new();
        let of_today = |f: &&Figures| f.session_close == self.session_close;
        let of_others = |f: &&Figures| f.account != self.account;
        for figures in self.found.values().filter(of_today).filter(of_others) {
            let newest = accounts.entry(&figures.account).or_insert(figures);
            if figures.at > newest.at {
                *newest = figures;
            }
        }
        accounts.values().filter_map(|f| f.sums()).fold(AccountSums::default(), |sum, one| {
            AccountSums { opening: sum.opening + one.opening, equity: sum.equity + one.equity }
        })
    }

    /// Once is enough: it is looked at every second.
    fn say(&mut self, words: &str) {
        if !self.said {
            log::error!("C13 of all accounts: {words}");
        }
        self.said = true;
    }
}

/// Whole or not at all. It need not outlive a power cut: a new process tells its figures anew.
fn write(folder: &Path, figures: &Figures) -> io::Result<()> {
    let temporary = folder.join(format!("{FILE}.tmp{}", std::process::id()));
    fs::write(&temporary, serde_json::to_vec(figures)?)?;
    fs::rename(&temporary, folder.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: Nanos = Nanos(1_608_066_000_000_000_000);

    fn usd(units: i128) -> Money {
        Money(units * Money::ONE.0)
    }

    fn sums(opening: i128, equity: i128) -> AccountSums {
        AccountSums { opening: usd(opening), equity: usd(equity) }
    }

    fn bot(runs: &Path, name: &str, account: u64) -> Equities {
        fs::create_dir_all(runs.join(name)).unwrap();
        Equities::new(runs, name, AccountHash(account), CLOSE)
    }

    fn at(second: i64) -> Nanos {
        Nanos(CLOSE.0 - 3_600_000_000_000 + second * 1_000_000_000)
    }

    #[test]
    fn others_are_told_in_sums_and_only_when_they_change() {
        let place = tempfile::tempdir().unwrap();
        let mut own = bot(place.path(), "own", 1);
        own.share(sums(10_000, 9_000), at(0));
        assert_eq!(own.others(), None, "nobody else");
        bot(place.path(), "b", 2).share(sums(50_000, 49_000), at(1));
        bot(place.path(), "c", 3).share(sums(30_000, 30_500), at(2));
        assert_eq!(own.others(), Some(sums(80_000, 79_500)));
        assert_eq!(own.others(), None);
        bot(place.path(), "c", 3).share(sums(30_000, 30_000), at(3));
        assert_eq!(own.others(), Some(sums(80_000, 79_000)));
    }

    #[test]
    fn an_account_of_several_bots_counts_once_by_its_newest_figures_and_the_own_never() {
        let place = tempfile::tempdir().unwrap();
        let mut own = bot(place.path(), "own", 1);
        bot(place.path(), "same", 1).share(sums(10_000, 1), at(0));
        bot(place.path(), "late", 2).share(sums(50_000, 49_000), at(9));
        bot(place.path(), "early", 2).share(sums(50_000, 50_000), at(1));
        assert_eq!(own.others(), Some(sums(50_000, 49_000)));
    }

    #[test]
    fn figures_of_another_day_do_not_count() {
        let place = tempfile::tempdir().unwrap();
        let mut own = bot(place.path(), "own", 1);
        let yesterday = Nanos(CLOSE.0 - 86_400_000_000_000);
        fs::create_dir(place.path().join("b")).unwrap();
        Equities::new(place.path(), "b", AccountHash(2), yesterday).share(sums(5, 1), at(0));
        assert_eq!(own.others(), None);
    }

    #[test]
    fn what_cannot_be_read_again_still_counts() {
        let place = tempfile::tempdir().unwrap();
        let mut own = bot(place.path(), "own", 1);
        bot(place.path(), "b", 2).share(sums(50_000, 49_000), at(0));
        assert!(own.others().is_some());
        let file = place.path().join("b").join(FILE);
        for spoiled in ["", "{}", r#"{"account":"2","session_close":"x","opening":"1e5"}"#] {
            fs::write(&file, spoiled).unwrap();
            assert_eq!(own.others(), None, "as before, with {spoiled:?}");
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(own.others(), None);
        assert_eq!(own.sums(), sums(50_000, 49_000));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_end() {
        let place = tempfile::tempdir().unwrap();
        let mut own = Equities::new(place.path(), "gone", AccountHash(1), CLOSE);
        own.share(sums(1, 1), at(0));
        assert_eq!((own.shared, own.said), (None, true), "it is tried again");
    }
}
