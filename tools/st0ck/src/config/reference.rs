//! The reference of settings as a page: what `st0ck config reference` prints and CONFIG.md holds.
//!
//! *Invariant:* printed from the table that the program itself reads ([`keys`]), so that it cannot
//! tell another story; a test compares it with the committed file.

use super::{Key, keys};
use st0ck_engine::params::Params;
use st0ck_engine::risk::RiskLimits;
use st0ck_lab::limits::LIMITS;
use st0ck_strategy::registry::{Listing, listings};
use std::fmt::Write;

/// What stands above the tables.
const HEAD: &str = "\
<!-- Printed from the table of settings: BLESS=1 cargo test -p st0ck reference -->

# Settings

A value comes from the first of these that gives one: a flag (`--set KEY=VALUE`, or a flag of its own),
an environment variable, the file of `--config FILE` (TOML), the default below. A `.env` beside that
file (without one: in the working directory) counts as environment, below the real one.
`st0ck config show` prints every value and where it came from; `st0ck config check` says whether they
can be used. A key that nobody reads, a value of the wrong type or out of its range is exit 10, named
with its flag, variable, or file and line.

In a file `capital = 10000` stands at the top, `mode = \"simple\"` under `[strategy]`; on the command
line keys of `strategy` and `risk` may go without their prefix: `--set mode=simple`.

Credentials are no settings: `<BOT>_KEY` and `<BOT>_SECRET` are read from the environment or `.env`
alone, and never printed, logged or journaled. `<BOT>` is the bot's name in capitals.

Where a key is pinned (`ST0CK_LIMITS_KEY`, or `/etc/st0ck/limits.pub`) `st0ck run` takes only `runtime`,
`journal` and `log` from anywhere. Everything else bounds money: it comes from a file that is signed with that
key, or is the default below, and a flag, a variable or a `.env` that sets it is exit 10, even when it would
be stricter. [OPERATIONS.md](OPERATIONS.md#signing-the-limits) tells how to sign, deploy and rotate.
";

/// What stands above a bot's limits.
const LIMITS_HEAD: &str = "\
The value is the most that the risk gate lets pass; C1 … C29 name its controls. A limit that is not set
follows the capital or the strategy's own profile: the defaults below are those of the default settings.
";

const COLUMNS: &str = "\
| setting | default | unit | allowed | environment | what it is |
|---|---|---|---|---|---|
";

/// The whole page in Markdown.
///
/// # Panics
/// When a recipe's defaults break its own ranges, which the registry's tests rule out.
pub(crate) fn page() -> String {
    let mut text = String::from(HEAD);
    section(&mut text, "Common: every bot", "", &rows(keys::COMMON));
    for listing in listings() {
        let bot = listing.recipe.name();
        let keys = keys::keys_of(listing);
        let (strategy, risk): (Vec<Key>, Vec<Key>) =
            keys[keys::COMMON.len()..].iter().partition(|key| key.name.starts_with("strategy."));
        section(&mut text, &format!("{bot}: strategy"), "", &rows(&strategy));
        let limits = rows_with(&risk, default_limits(listing));
        section(&mut text, &format!("{bot}: risk"), LIMITS_HEAD, &limits);
    }
    text
}

/// What each limit is when nobody sets anything, in the order of the table.
fn default_limits(listing: &Listing) -> impl Iterator<Item = String> {
    let recipe = listing.recipe;
    let params = Params::defaults(recipe.params()).expect("a recipe's defaults keep its ranges");
    let limits = recipe.profile(&params).over(RiskLimits::for_capital(listing.capital));
    LIMITS.iter().map(move |limit| limit.text(&limits))
}

fn rows(keys: &[Key]) -> String {
    rows_with(keys, keys.iter().map(|key| key.default.to_owned()))
}

fn rows_with(keys: &[Key], defaults: impl Iterator<Item = String>) -> String {
    keys.iter().zip(defaults).map(|(key, default)| row(key, &default)).collect()
}

fn row(key: &Key, default: &str) -> String {
    let env = key.env.map_or_else(String::new, |e| format!("`{}`", e.replace("{BOT}", "<BOT>")));
    let (name, unit, allowed, help) = (key.name, key.unit, key.kind.range(), key.help);
    format!("| `{name}` | {default} | {unit} | {allowed} | {env} | {help} |\n")
}

fn section(text: &mut String, title: &str, head: &str, rows: &str) {
    let gap = if head.is_empty() { "" } else { "\n" };
    write!(text, "\n## {title}\n\n{head}{gap}{COLUMNS}{rows}").expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../CONFIG.md");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == page(), "CONFIG.md is old: BLESS=1 cargo test -p st0ck reference");
    }

    #[test]
    fn every_key_of_every_bot_has_a_row_with_its_help() {
        let page = page();
        for key in listings().iter().flat_map(keys::keys_of) {
            let name = key.name;
            let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            assert!(row.is_some_and(|row| row.ends_with(&format!("| {} |", key.help))), "{name}");
            assert!(!key.help.is_empty(), "{name} has no help");
            assert!(!row.unwrap().contains("|  |  |  |"), "{name} tells too little");
        }
    }
}
