//! The sentences of an answer: what stood there, how far it was off, since when.

use super::{Blocker, WhyNot, entries};
use crate::explain::{Found, Story};
use crate::words::{amount, clock, seconds, shares};
use st0ck_types::{Nanos, Qty};

/// Every sentence, in reading order.
pub(super) fn of(answer: &WhyNot, story: &Story, last: Option<Nanos>) -> Vec<String> {
    let (before, after) = entries(story, answer.at);
    let mut words = vec![opening(answer)];
    words.extend(answer.blockers.iter().map(sentence));
    if let Some(sent) = before.filter(|found| last == Some(found.order.decided_at)) {
        words.push(format!("It had just entered: {} was sent on that input.", named(sent)));
    }
    words.extend(after.map(|found| format!("The next entry was {}.", named(found))));
    if after.is_none() && last.is_some() {
        words.push("There was no entry after that.".to_owned());
    }
    words
}

fn opening(answer: &WhyNot) -> String {
    let (at, state) = (clock(answer.at), answer.state);
    match answer.blockers.len() {
        0 => format!(
            "At {at} New York nothing stood in the way: entries are decided on quotes, and it \
             waited for the next one."
        ),
        1 => {
            format!("At {at} New York (lane {state}) one thing stood in the way of an entry:")
        }
        n => {
            format!("At {at} New York (lane {state}) {n} things stood in the way of an entry:")
        }
    }
}

fn named(found: &Found) -> String {
    format!("order {} at {}", found.order.no.0, clock(found.order.decided_at))
}

fn sentence(blocker: &Blocker) -> String {
    let since = match blocker.since {
        Some(at) => format!(", since {}", clock(at)),
        None => ", from the beginning".to_owned(),
    };
    format!("{}: {}{since}.", blocker.code, what(blocker))
}

/// What a blocker says, in the words of its code; values against limits for the gate's.
fn what(blocker: &Blocker) -> String {
    let Blocker { value, limit, unit, .. } = *blocker;
    match blocker.code {
        "not_begun" => format!("the session had not begun, {} were to go", seconds(value)),
        "record_over" => format!("the record had ended {} before", seconds(value)),
        "not_started" => "the strategy had not been called yet".to_owned(),
        "position_held" => format!("it held {}, and enters when flat", shares(Qty(value))),
        "order_open" => "an order of its own was not settled yet".to_owned(),
        "session_exit" => "it was leaving for the day".to_owned(),
        "entry_hours" => format!(
            "its hours of entry end {} after the open, and it was {}",
            seconds(limit),
            seconds(value)
        ),
        "entry_pacing" => format!(
            "{} after the last entry, and entries keep {} apart",
            seconds(value),
            seconds(limit)
        ),
        "retry_pause" => format!("something was refused, and it waited {} more", seconds(-value)),
        "vwap_unknown" => "the session had no average price yet".to_owned(),
        "vwap_discount" => format!(
            "the middle was {} from the session's average, and {} or less is asked for",
            amount(value, unit),
            amount(limit, unit)
        ),
        code => match restraint(code) {
            Some(words) => words.to_owned(),
            None => format!("{} against a limit of {}", amount(value, unit), amount(limit, unit)),
        },
    }
}

/// What holds the lane down, in words; `None` for what is no restraint.
fn restraint(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_armed" => "nobody had armed the lane, or somebody had halted it",
        "reduced" => "somebody had asked to reduce only",
        "killed" => "the kill switch was thrown, and nobody had armed again",
        "daily_loss" => "the day's loss had reached its limit",
        "account_loss" => "the account's loss of the day had reached its limit",
        "all_accounts_loss" => "all accounts together had lost what they may lose in a day",
        "losing_streak" => "there had been too many losses in a row",
        "duplicate_storm" => "a strategy had repeated itself too often",
        "journal_low" => "the journal had no next segment ready",
        "feed_down" => "the market feed was down",
        "stream_down" => "the order stream was down for too long",
        "reconciling" => "the broker's books were being read",
        "unreconciled" => "the broker's books had not been found to agree with ours",
        "foreign" => "something traded on the account that is not ours",
        "order_fault" => "an order had done what none can do",
        "account_blocked" => "the broker did not let the account trade",
        "quarantine" => "the strategy had panicked and was no longer called",
        _ => return None,
    })
}
