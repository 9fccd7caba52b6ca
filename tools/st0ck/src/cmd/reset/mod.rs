//! `st0ck reset`: a person takes back what latched in a running bot, bot by bot, after seeing what lies
//! on it (control C28: one reason each, and a typed confirmation).
//!
//! *Invariant:* lifts what latched and nothing else. Limits are the configuration's; no command
//! changes one.

mod latched;

use super::latch::{bots, no_reason};
use crate::cli::LatchArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::session::latch::{Asked, Latch};
use crate::view::say::{remark, say};
use latched::Latched;
use serde_json::{Map, Value, json};
use st0ck_runtime::WallClock;
use st0ck_types::Nanos;
use std::io::{BufRead, IsTerminal};

/// A reset, and who answers for it.
#[derive(Debug, clap::Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    latch: LatchArgs,
    /// Who answers for it; the user's name unless told.
    #[arg(long)]
    by: Option<String>,
    /// Do not ask for `reset BOT` to be typed; needed where there is no terminal.
    #[arg(long)]
    yes: bool,
}

/// What came of the bots so far.
#[derive(Default)]
struct Tally {
    /// What lay on each.
    latched: Map<String, Value>,
    /// Those that were asked to begin anew.
    asked: Vec<String>,
    /// Those whose reset nobody confirmed.
    spared: Vec<String>,
    /// The first that could not be read.
    failure: Option<Failure>,
}

/// Takes back what latched, in the name of a person who says so for each bot.
///
/// # Errors
/// 2 when nobody is named or nobody can be asked, 20 when a bot's session cannot be read or its log
/// cannot be made durable. Exit 1 when a reset was not confirmed.
pub(crate) fn run(args: &ResetArgs) -> Outcome {
    if args.latch.reason.trim().is_empty() {
        return Err(no_reason());
    }
    let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
    let Some(person) = args.by.clone().or_else(user) else {
        let words = "--by NAME is needed: a reset is journaled with the person who answers for it";
        return Err(Failure::new(Exit::Usage, words));
    };
    if !args.yes && !std::io::stdin().is_terminal() {
        let words = "--yes is needed where nobody can be asked: a reset lets a bot trade again";
        return Err(Failure::new(Exit::Usage, words));
    }
    let (reason, now) = (format!("{person}: {}", args.latch.reason), WallClock::new().now());
    let mut tally = Tally::default();
    for bot in bots(&args.latch)? {
        tally.take(args, bot, &reason, now)?;
    }
    tell(args, &tally, &reason, now);
    match tally.failure {
        Some(failure) => Err(failure),
        None => Ok((!tally.spared.is_empty()).then_some(Exit::No)),
    }
}

impl Tally {
    /// Shows what lies on a bot, and resets it once somebody has said so.
    fn take(
        &mut self,
        args: &ResetArgs,
        bot: String,
        reason: &str,
        now: Nanos,
    ) -> Result<(), Failure> {
        let folder = args.latch.runs.runs.join(&bot);
        let latched = match latched::of_bot(&folder) {
            Ok(latched) => latched,
            Err(words) => {
                // Of the others each is a matter of its own.
                remark!("{bot}: nothing was asked, what lies on it cannot be read: {words}");
                self.failure.get_or_insert(Failure::io(format_args!("{bot}: {words}")));
                return Ok(());
            }
        };
        self.latched.insert(bot.clone(), latched.iter().map(|l| l.to_json()).collect());
        show(&bot, &latched);
        if latched.is_empty() {
            return Ok(());
        }
        if !args.yes && !confirmed(&bot, &mut std::io::stdin().lock())? {
            remark!("{bot}: not reset");
            self.spared.push(bot);
            return Ok(());
        }
        Latch::of(&folder).ask(Asked::Reset, reason, now)?;
        self.asked.push(bot);
        Ok(())
    }
}

/// One line for each reason, before anybody is asked.
fn show(bot: &str, latched: &[Latched]) {
    if latched.is_empty() {
        remark!("{bot}: nothing to reset, no loss limit or breaker has latched");
        return;
    }
    remark!("{bot}: a reset takes back");
    latched.iter().for_each(|latched| remark!("  {latched}"));
}

/// Loosening wants the bot's name typed with the word: nobody resets another one by habit.
fn confirmed(bot: &str, typed: &mut dyn BufRead) -> Result<bool, Failure> {
    remark!("Limits stay as they are. Type \"reset {bot}\" to do it:");
    let mut line = String::new();
    typed.read_line(&mut line).map_err(Failure::io)?;
    Ok(line.split_whitespace().eq(["reset", bot]))
}

fn tell(args: &ResetArgs, tally: &Tally, reason: &str, now: Nanos) {
    if args.latch.json {
        say!(
            "{}",
            json!({
                "at": now.to_string(), "reason": reason, "asked": Asked::Reset.as_str(),
                "bots": tally.asked, "not_confirmed": tally.spared, "latched": tally.latched,
            })
        );
    } else {
        tally.asked.iter().for_each(|bot| say!("{bot}: asked to reset, if it runs ({reason})"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_with_the_bots_own_name_confirms() {
        let says = |line: &str| confirmed("st0cka", &mut line.as_bytes()).unwrap();
        assert!(says("reset st0cka\n") && says("  reset   st0cka"));
        for line in ["", "\n", "reset\n", "y\n", "yes\n", "reset st0ckb\n", "RESET st0cka\n"] {
            assert!(!says(line), "{line:?}");
        }
        assert!(!says("reset st0cka now\n") && !says("please reset st0cka\n"));
    }
}
