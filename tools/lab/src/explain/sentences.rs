//! The sentences: what was ordered, why, how many, what the gate said, what became of it.
//!
//! *Invariant:* each sentence is made of the explanation's own numbers; where there are none it is
//! left out, never guessed.

use super::fate::Fate;
use super::trail::LAST_ENTRY;
use super::{Explanation, Found};
use crate::words::{amount, clock, factor_unit, money, plain, price, seconds, shares};
use st0ck_engine::risk::Check;
use st0ck_types::decision::FactorRole;
use st0ck_types::reject::Unit;
use st0ck_types::{
    Factor, Money, OrderKind, PositionEffect, Price, Qty, RejectCode, Side, TimeInForce,
};

/// Every sentence about an order, in reading order.
pub(super) fn of(told: &Explanation) -> Vec<String> {
    let mut words = vec![headline(told), reason(told), size(told)];
    words.push(checks(told.found.order.effect, &told.checks));
    words.push(fate(&told.found));
    words.retain(|sentence| !sentence.is_empty());
    words
}

fn headline(told: &Explanation) -> String {
    let order = &told.found.order;
    let (qty, symbol) = (plain(order.qty.0, 9), told.symbol.as_str());
    let (at, no, id) = (clock(order.decided_at), order.no.0, order.client_id.as_str());
    let filled = filled(&told.found).0;
    let did = match (order.kind, order.side, filled == order.qty) {
        (OrderKind::Market, Side::Buy, true) => format!("Bought {qty} {symbol} at market"),
        (OrderKind::Market, Side::Sell, true) => format!("Sold {qty} {symbol} at market"),
        (OrderKind::Market, side, false) => {
            format!("Wanted to {} {qty} {symbol} at market", side.as_str())
        }
        (OrderKind::Limit(limit), Side::Buy, _) => {
            format!("Bid {} for {qty} {symbol}{}", price(limit), life(order.tif))
        }
        (OrderKind::Limit(limit), Side::Sell, _) => {
            format!("Offered {qty} {symbol} at {}{}", price(limit), life(order.tif))
        }
    };
    format!("{did}: order {no} ({id}), decided at {at} New York on {}.", told.found.cause)
}

fn life(tif: TimeInForce) -> &'static str {
    match tif {
        TimeInForce::Day => "",
        TimeInForce::Gtc => ", good till canceled",
    }
}

fn find<'a>(told: &'a Explanation, name: &str) -> Option<&'a Factor> {
    told.found.decision.factors().iter().find(|factor| factor.name.as_str() == name)
}

fn reason(told: &Explanation) -> String {
    let value = |name| find(told, name).map(|factor| factor.value);
    match told.found.decision.what.as_str() {
        "entry" => entry(told),
        "take_profit" => {
            let (Some(cost), Some(target)) = (value("average_cost"), value("target_price")) else {
                return signals(told);
            };
            let above = value("target_raw").map_or(String::new(), |raw| {
                format!(" and the target is {} a share", plain(raw, 9))
            });
            format!(
                "It takes profit: the shares cost {} each on average{above}; up to the tick that is {}.",
                plain(cost, 9),
                plain(target, 9)
            )
        }
        what => {
            let why = match what {
                "session_exit" => "The market closes soon, and nothing is held overnight",
                "time_exit" => "The hour of the exit came, and leaving cost nothing",
                "broken_offers" => "The broker kept ending the offers",
                _ => return signals(told),
            };
            let (Some(cost), Some(bid)) = (value("average_cost"), value("bid")) else {
                return format!("{why}.");
            };
            let each = plain(bid.saturating_sub(cost), 9);
            let (cost, bid) = (plain(cost, 9), plain(bid, 9));
            format!("{why}: the shares cost {cost} each, {bid} was bid, {each} a share.")
        }
    }
}

fn entry(told: &Explanation) -> String {
    let again = told.causes.iter().any(|cause| cause.role == LAST_ENTRY);
    let since = if again { "the last entry" } else { "the open" };
    let waited = find(told, "waited")
        .map_or(String::new(), |f| format!(", {} after {since}", seconds(f.value)));
    let cheap = find(told, "vwap_deviation").map_or(String::new(), |f| {
        format!(", with the middle {} from the session's average", amount(f.value, Unit::Ratio))
    });
    format!("It is an entry: flat, nothing open{waited}{cheap}.")
}

/// For decisions of which only names and numbers are known.
fn signals(told: &Explanation) -> String {
    let what = told.found.decision.what.as_str();
    let list: Vec<String> = told.factors(FactorRole::Signal).map(named).collect();
    if list.is_empty() {
        return format!("It is {what}.");
    }
    format!("It is {what}, on {}.", list.join(", "))
}

fn named(factor: &Factor) -> String {
    let unit = factor_unit(factor.name.as_str()).unwrap_or(Unit::Number);
    format!("{} {}", factor.name.as_str(), amount(factor.value, unit))
}

fn size(told: &Explanation) -> String {
    let value = |name| find(told, name).map(|factor| factor.value);
    let qty = shares(told.found.order.qty);
    if let Some(held) = value("held").or(value("uncovered")) {
        let all = if held == told.found.order.qty.0 { "all" } else { "what is not offered yet" };
        return format!("It is for {qty}, {all} of what is held.");
    }
    let rests = match (value("volatility"), value("bars")) {
        (Some(volatility), bars) => volatility_words(volatility, bars, value("history_days"), told),
        (None, Some(bars)) if find(told, "size").is_some() => format!(
            ", the smallest size: no estimate of volatility stands on {} one-minute bars",
            plain(bars, 0)
        ),
        _ => String::new(),
    };
    let raw = value("size_raw").filter(|raw| Qty(*raw) != told.found.order.qty);
    let raw = raw.map_or(String::new(), |raw| format!(" ({} before rounding)", plain(raw, 3)));
    format!("Its size is {qty}{raw}{rests}.")
}

fn volatility_words(
    volatility: i64,
    bars: Option<i64>,
    days: Option<i64>,
    told: &Explanation,
) -> String {
    let blended = find(told, "vol_blended").is_some_and(|factor| factor.value != 0);
    let days = days.filter(|_| blended);
    let days = days.map_or(String::new(), |days| format!(" and {} days", plain(days, 0)));
    let bars =
        bars.map_or(String::new(), |bars| format!(" over {} one-minute bars", plain(bars, 0)));
    format!(": volatility is {} a year{bars}{days}", amount(volatility, Unit::Ratio))
}

/// How many passed, and which came closest to its limit.
fn checks(effect: PositionEffect, checks: &[Check]) -> String {
    let failed: Vec<&str> =
        checks.iter().filter(|check| !check.passed).map(|check| check.code.as_str()).collect();
    if !failed.is_empty() {
        return format!("Of {} checks {} did not pass.", checks.len(), failed.join(", "));
    }
    let Some(tight) = tightest(effect, checks) else {
        return format!("All {} checks passed.", checks.len());
    };
    let unit = tight.code.unit();
    format!(
        "All {} checks passed; the tightest was {}: {} of {}.",
        checks.len(),
        tight.code.as_str(),
        amount(tight.value, unit),
        amount(tight.limit, unit)
    )
}

/// The check of a size against a limit that used the most of it. Statements, and quantities that are
/// meant to be used up, have nothing to spare and are passed over; so is what an order that closes
/// need not heed.
fn tightest(effect: PositionEffect, checks: &[Check]) -> Option<&Check> {
    let share = |check: &&Check| {
        let (value, limit) = (i128::from(check.value), i128::from(check.limit));
        (value.max(0) * 1_000_000).checked_div(limit).unwrap_or(0)
    };
    let heeded = |code| match effect {
        PositionEffect::Close => matches!(code, RejectCode::OrderQty | RejectCode::PriceCollar),
        PositionEffect::Open => matches!(code.unit(), Unit::Money | Unit::Ratio),
    };
    let measured = |check: &&Check| {
        heeded(check.code)
            && check.limit > 0
            && (0..=check.limit).contains(&check.value)
            && !matches!(check.code, RejectCode::OffTick | RejectCode::PriceNotPositive)
    };
    checks.iter().filter(measured).max_by_key(share)
}

/// Shares filled and what they came to.
fn filled(found: &Found) -> (Qty, Money) {
    found.steps.iter().fold((Qty::ZERO, Money::ZERO), |(qty, sum), step| match &step.fate {
        Fate::Filled { price, qty: part, .. } => {
            (Qty(qty.0.saturating_add(part.0)), sum + price.times(*part))
        }
        _ => (qty, sum),
    })
}

fn fills(found: &Found) -> usize {
    found.steps.iter().filter(|step| matches!(step.fate, Fate::Filled { .. })).count()
}

fn fate(found: &Found) -> String {
    let mut words: Vec<String> = found.steps.iter().filter_map(|s| step(found, s)).collect();
    let (qty, sum) = filled(found);
    if found.steps.is_empty() {
        words.push("The record ends before anything is told of it".to_owned());
    } else if qty == found.order.qty && fills(found) == 1 {
        words.push(format!("that is {}", money(sum)));
    } else if qty == found.order.qty {
        let average = sum.per(qty).unwrap_or(Price::ZERO);
        words.push(format!("in all {} at {} for {}", shares(qty), price(average), money(sum)));
    } else if qty > Qty::ZERO {
        words.push(format!("{} of {} were filled", plain(qty.0, 9), shares(found.order.qty)));
    }
    let text = words.join("; ");
    let mut letters = text.chars();
    let first = letters.next().map_or(String::new(), |letter| letter.to_uppercase().to_string());
    if first.is_empty() {
        "Nothing else is told of it.".to_owned()
    } else {
        format!("{first}{}.", letters.as_str())
    }
}

fn step(found: &Found, step: &super::Step) -> Option<String> {
    Some(match &step.fate {
        Fate::Sent | Fate::Accepted => return None,
        Fate::NotSent(why) => format!("it was not sent ({})", format!("{why:?}").to_lowercase()),
        Fate::Filled { price: paid, qty, at } => {
            // By the broker's clock where it told the time: lane time may stand still meanwhile.
            let at = if *at > found.order.decided_at { *at } else { step.at };
            let later = seconds(at.since(found.order.decided_at));
            format!("it filled {} at {}, {later} later", shares(*qty), price(*paid))
        }
        Fate::CancelAsked(why) => {
            format!("its end was asked for at {}, {why}", clock(step.at))
        }
        Fate::CancelRefused => "the broker did not cancel it".to_owned(),
        Fate::Canceled => format!("it was canceled at {}", clock(step.at)),
        Fate::Expired => format!("it expired at {}", clock(step.at)),
        Fate::Rejected(words) => format!("the broker refused it: {words}"),
        Fate::Unknown => format!("its fate was not certain at {}", clock(step.at)),
        Fate::NotFound => "the broker did not know it".to_owned(),
    })
}
