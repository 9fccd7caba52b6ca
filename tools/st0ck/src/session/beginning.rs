//! What a session begins with, in a sentence: the first thing that `st0ck run` says.
//!
//! Kills, latches and the day's losses lie in a bot's folder under `--runs`. Another folder knows
//! nothing of them, so whoever starts a bot is told which one was looked at and what lay there.
//! *Invariant:* only tells; what a session begins with is decided by [`opening`](super::opening).

use super::opening::Opened;
use super::paths;
use std::path::Path;

/// Says what this session begins with.
pub(crate) fn of(bot_folder: &Path, opened: &Opened) -> String {
    let folder = bot_folder.display();
    if opened.recovered.is_some() {
        let session = opened.dir.file_name().unwrap_or_default().to_string_lossy();
        let held: Vec<&str> = opened.engine.restraints().iter().map(|r| r.as_str()).collect();
        return format!("{folder}: continues {session}, {}", held_back(&held));
    }
    let before = paths::sessions(bot_folder).iter().filter(|dir| **dir != opened.dir).count();
    format!("{folder}: a new session, {}", behind(before))
}

/// What holds a continued session back.
fn held_back(restraints: &[&str]) -> String {
    if restraints.is_empty() {
        "nothing latched".to_owned()
    } else {
        format!("held back by {}", restraints.join(", "))
    }
}

/// What stands behind a new session.
fn behind(sessions: usize) -> String {
    match sessions {
        0 => "the first in this folder: no kill, latch or loss under another --runs counts here"
            .to_owned(),
        1 => "after another one here; no kill lies on the bot".to_owned(),
        n => format!("after {n} others here; no kill lies on the bot"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_continued_session_back_is_named() {
        assert_eq!(held_back(&[]), "nothing latched");
        let held = held_back(&["daily_loss", "losing_streak"]);
        assert_eq!(held, "held back by daily_loss, losing_streak");
    }

    #[test]
    fn a_folder_without_a_past_says_what_it_does_not_know() {
        assert!(behind(0).contains("another --runs"));
        assert!(!behind(1).contains("--runs") && behind(2).contains("2 others"));
    }
}
