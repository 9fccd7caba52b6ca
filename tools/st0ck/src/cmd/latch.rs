//! `st0ck kill` and `arm`: shut or open a bot's latch. `reduce` and `halt`: ask something of a running
//! bot. It sees either within 100 ms.

use crate::cli::LatchArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::session::latch::{Asked, Latch};
use crate::session::paths;
use crate::view::say::say;
use serde_json::json;
use st0ck_runtime::WallClock;
use st0ck_strategy::registry;

/// What to do with the latch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Kill,
    Arm,
}

/// Turns the latch of one bot or of all.
///
/// # Errors
/// When the bot is unknown, the reason is empty, or the latch cannot be made durable.
pub(crate) fn run(args: &LatchArgs, turn: Turn) -> Outcome {
    if args.reason.trim().is_empty() {
        return Err(no_reason());
    }
    let bots = bots(args)?;
    let now = WallClock::new().now();
    let mut lines = Vec::new();
    for bot in &bots {
        let latch = Latch::of(&args.runs.runs.join(bot));
        let was_shut = latch.state().is_some();
        match turn {
            Turn::Kill => latch.shut(&args.reason, now)?,
            Turn::Arm => _ = latch.open(&args.reason, now)?,
        }
        lines.push(json!({ "bot": bot, "killed": turn == Turn::Kill, "was_killed": was_shut }));
    }
    if args.json {
        say!("{}", json!({ "at": now.to_string(), "reason": args.reason, "bots": lines }));
    } else {
        let word = if turn == Turn::Kill { "killed" } else { "armed" };
        bots.iter().for_each(|bot| say!("{bot}: {word} ({})", args.reason));
    }
    Ok(None)
}

/// Asks running bots to reduce or to halt.
///
/// # Errors
/// When the bot is unknown, the reason is empty, or the log cannot be made durable.
pub(crate) fn ask(args: &LatchArgs, what: Asked) -> Outcome {
    if args.reason.trim().is_empty() {
        return Err(no_reason());
    }
    let (bots, now, word) = (bots(args)?, WallClock::new().now(), what.as_str());
    let reason = &args.reason;
    for bot in &bots {
        Latch::of(&args.runs.runs.join(bot)).ask(what, reason, now)?;
    }
    if args.json {
        let at = now.to_string();
        say!("{}", json!({ "at": at, "reason": reason, "asked": word, "bots": bots }));
    } else {
        bots.iter().for_each(|bot| say!("{bot}: asked to {word}, if it runs ({reason})"));
    }
    Ok(None)
}

pub(super) fn no_reason() -> Failure {
    Failure::new(Exit::Usage, "--reason needs words: they are journaled")
}

/// The bots that are meant.
///
/// # Errors
/// 2 when the one that is named is unknown.
pub(super) fn bots(args: &LatchArgs) -> Result<Vec<String>, Failure> {
    let Some(bot) = &args.bot else {
        // Every registered bot, also those that have never run: a kill comes before the start.
        let mut all = paths::bots(&args.runs.runs);
        all.extend(registry::listings().iter().map(|row| row.recipe.name().to_owned()));
        all.sort();
        all.dedup();
        return Ok(all);
    };
    crate::bot::find(bot)?;
    Ok(vec![bot.clone()])
}
