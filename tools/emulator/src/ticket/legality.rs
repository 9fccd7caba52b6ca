//! Which type may be combined with which time in force, class, hours and amount (`alpaca.md` §4.2),
//! as rows of a table.
//!
//! *Invariant:* what the table does not name is refused.

use super::Ticket;
use crate::refusal::Refusal;
use crate::terms::Lifetime::{Cls, Day, Fok, Gtc, Ioc, Opg};
use crate::terms::{Amount, Class, Lifetime};
use st0ck_types::{Money, Qty};

struct Rule {
    kind: &'static str,
    lifetimes: &'static [Lifetime],
    /// Lifetimes with which it trades outside core hours.
    extended: &'static [Lifetime],
    /// Fractions of shares and amounts of dollars, for the day.
    fractional: bool,
    /// Classes beside simple ones.
    classes: &'static [Class],
}

const RULES: [Rule; 5] = [
    Rule {
        kind: "market",
        lifetimes: &[Day, Gtc, Ioc, Fok, Opg, Cls],
        extended: &[],
        fractional: true,
        classes: &[Class::Bracket, Class::Oto],
    },
    Rule {
        kind: "limit",
        lifetimes: &[Day, Gtc, Ioc, Fok, Opg, Cls],
        extended: &[Day, Gtc],
        fractional: true,
        classes: &[Class::Bracket, Class::Oto, Class::Oco],
    },
    Rule { kind: "stop", lifetimes: &[Day, Gtc], extended: &[], fractional: true, classes: &[] },
    Rule {
        kind: "stop_limit",
        lifetimes: &[Day, Gtc],
        extended: &[],
        fractional: true,
        classes: &[],
    },
    Rule {
        kind: "trailing_stop",
        lifetimes: &[Day, Gtc],
        extended: &[],
        fractional: false,
        classes: &[],
    },
];

/// The least amount of dollars.
const NOTIONAL_MIN: Money = Money::ONE;

/// Time in force, then class, hours, amount.
pub(super) fn check(ticket: &Ticket) -> Result<(), Refusal> {
    let word = ticket.kind.as_str();
    let rule = RULES.iter().find(|rule| rule.kind == word).expect("each type has a row");
    lifetime(ticket, rule)?;
    class(ticket, rule)?;
    hours(ticket, rule)?;
    amount(ticket, rule)
}

fn lifetime(ticket: &Ticket, rule: &Rule) -> Result<(), Refusal> {
    let lasting = [Day, Gtc].contains(&ticket.lifetime);
    if !rule.lifetimes.contains(&ticket.lifetime) || (ticket.class.is_group() && !lasting) {
        return Err(Refusal::parameter("invalid time_in_force"));
    }
    Ok(())
}

fn class(ticket: &Ticket, rule: &Rule) -> Result<(), Refusal> {
    if !ticket.class.is_group() || rule.classes.contains(&ticket.class) {
        return Ok(());
    }
    Err(Refusal::parameter(match ticket.class {
        Class::Oco => "oco orders must be limit orders",
        Class::Oto => "oto orders must be market or limit orders",
        _ => "bracket orders must be market or limit orders",
    }))
}

fn hours(ticket: &Ticket, rule: &Rule) -> Result<(), Refusal> {
    if !ticket.extended_hours {
        return Ok(());
    }
    Err(Refusal::business(if ticket.kind.waits_for_print() {
        "stop orders are not eligible for extended hours trading"
    } else if !rule.extended.contains(&ticket.lifetime) {
        "extended hours order must be DAY or GTC limit orders"
    } else if ticket.class.is_group() {
        "extended hours order must be simple orders"
    } else {
        return Ok(());
    }))
}

fn amount(ticket: &Ticket, rule: &Rule) -> Result<(), Refusal> {
    match ticket.amount {
        Amount::Shares(qty) if qty.is_on_lot(Qty::ONE) => return Ok(()),
        Amount::Dollars(dollars) if dollars < NOTIONAL_MIN => {
            return Err(Refusal::business("notional must be >= 1.00"));
        }
        _ => {}
    }
    Err(Refusal::business(if !rule.fractional {
        "fractional orders must be market, limit, stop or stop limit orders"
    } else if ticket.lifetime != Day {
        "fractional orders must be DAY orders"
    } else if ticket.class.is_group() {
        "fractional orders must be simple orders"
    } else {
        return Ok(());
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn body(kind: &str, tif: &str, class: &str, extended: bool, qty: &str) -> Value {
        let mut body = json!({"symbol": "SPY", "qty": qty, "side": "buy", "type": kind,
            "time_in_force": tif, "order_class": class, "extended_hours": extended});
        if kind.ends_with("limit") {
            body["limit_price"] = "10".into();
        }
        if kind.starts_with("stop") {
            body["stop_price"] = "9".into();
        }
        if kind == "trailing_stop" {
            body["trail_percent"] = "1".into();
        }
        if ["bracket", "oco", "oto"].contains(&class) {
            body["take_profit"] = json!({"limit_price": "11"});
        }
        if ["bracket", "oco"].contains(&class) {
            body["stop_loss"] = json!({"stop_price": "8"});
        }
        body
    }

    fn outcomes(kind: &str) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for tif in Lifetime::ALL.map(Lifetime::as_str) {
            for class in ["", "simple", "bracket", "oco", "oto"] {
                for (extended, qty) in [(false, "1"), (false, "0.5"), (true, "1"), (true, "0.5")] {
                    let body = body(kind, tif, class, extended, qty).to_string();
                    let said = match Ticket::parse(body.as_bytes()) {
                        Ok(_) => String::from("taken"),
                        Err(refusal) => refusal.message,
                    };
                    *found.entry(said).or_default() += 1;
                }
            }
        }
        found
    }

    #[test]
    fn each_of_the_600_combinations_is_taken_or_refused_with_its_reason() {
        let expected: [(&str, &[(&str, usize)]); 5] = [
            (
                "market",
                &[
                    ("extended hours order must be DAY or GTC limit orders", 32),
                    ("fractional orders must be DAY orders", 12),
                    ("fractional orders must be simple orders", 2),
                    ("invalid time_in_force", 48),
                    ("oco orders must be limit orders", 8),
                    ("taken", 18),
                ],
            ),
            (
                "limit",
                &[
                    ("extended hours order must be DAY or GTC limit orders", 16),
                    ("extended hours order must be simple orders", 12),
                    ("fractional orders must be DAY orders", 15),
                    ("fractional orders must be simple orders", 3),
                    ("invalid time_in_force", 48),
                    ("taken", 26),
                ],
            ),
            (
                "stop",
                &[
                    ("bracket orders must be market or limit orders", 8),
                    ("fractional orders must be DAY orders", 2),
                    ("invalid time_in_force", 80),
                    ("oco orders must be limit orders", 8),
                    ("oto orders must be market or limit orders", 8),
                    ("stop orders are not eligible for extended hours trading", 8),
                    ("taken", 6),
                ],
            ),
            (
                "stop_limit",
                &[
                    ("bracket orders must be market or limit orders", 8),
                    ("fractional orders must be DAY orders", 2),
                    ("invalid time_in_force", 80),
                    ("oco orders must be limit orders", 8),
                    ("oto orders must be market or limit orders", 8),
                    ("stop orders are not eligible for extended hours trading", 8),
                    ("taken", 6),
                ],
            ),
            (
                "trailing_stop",
                &[
                    ("bracket orders must be market or limit orders", 8),
                    ("fractional orders must be market, limit, stop or stop limit orders", 4),
                    ("invalid time_in_force", 80),
                    ("oco orders must be limit orders", 8),
                    ("oto orders must be market or limit orders", 8),
                    ("stop orders are not eligible for extended hours trading", 8),
                    ("taken", 4),
                ],
            ),
        ];
        for (kind, rows) in expected {
            let rows: BTreeMap<String, usize> =
                rows.iter().map(|(said, count)| ((*said).to_owned(), *count)).collect();
            assert_eq!(outcomes(kind), rows, "{kind}");
            assert_eq!(rows.values().sum::<usize>(), 120);
        }
    }
}
