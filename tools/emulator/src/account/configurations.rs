//! What an account may do, set by its owner: `/v2/account/configurations` (`alpaca.md` §2).
//!
//! *Invariant:* a change is taken as a whole or not at all.

use crate::book::position::Intent;
use crate::refusal::Refusal;
use serde::Serialize;
use serde_json::{Map, Value};
use st0ck_types::Money;

/// Equity below which an account has no margin and cannot sell short (FINRA Rule 4210(b)).
const MARGIN_EQUITY_MIN: Money = Money(2_000 * Money::ONE.0);
/// Reg T lets half of a purchase be borrowed: twice the equity, whatever the setting.
const REG_T_MULTIPLIER: u8 = 2;

/// The settings, in the order of their keys on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Configurations {
    /// Which of the pattern-day-trader checks: gone since 2026-07-06.
    #[serde(skip_serializing_if = "Option::is_none")]
    dtbp_check: Option<&'static str>,
    /// Fractional orders are let in.
    pub(crate) fractional_trading: bool,
    max_margin_multiplier: &'static str,
    max_options_trading_level: u8,
    no_shorting: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pdt_check: Option<&'static str>,
    ptp_no_exception_entry: bool,
    /// No new orders.
    pub(crate) suspend_trade: bool,
    trade_confirm_email: &'static str,
    disable_overnight_trading: bool,
}

impl Configurations {
    /// Those of a new account; `pdt_keys` brings back the two keys of the pattern-day-trader rule.
    pub(crate) fn new(pdt_keys: bool) -> Self {
        let check = |word| pdt_keys.then_some(word);
        Self {
            dtbp_check: check("entry"),
            fractional_trading: true,
            max_margin_multiplier: "4",
            max_options_trading_level: 3,
            no_shorting: false,
            pdt_check: check("entry"),
            ptp_no_exception_entry: false,
            suspend_trade: false,
            trade_confirm_email: "all",
            disable_overnight_trading: false,
        }
    }

    /// Takes the body of a PATCH: any subset of the keys; a null is as good as absent, for the
    /// Python SDK sends one for every key that was not set.
    pub(crate) fn patch(&mut self, body: &[u8]) -> Result<(), Refusal> {
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            return Err(Refusal::unreadable_body());
        };
        let mut new = self.clone();
        for (key, value) in [
            ("fractional_trading", &mut new.fractional_trading),
            ("no_shorting", &mut new.no_shorting),
            ("ptp_no_exception_entry", &mut new.ptp_no_exception_entry),
            ("suspend_trade", &mut new.suspend_trade),
            ("disable_overnight_trading", &mut new.disable_overnight_trading),
        ] {
            set_flag(&body, key, value)?;
        }
        set_word(&body, "max_margin_multiplier", &["1", "2", "4"], &mut new.max_margin_multiplier)?;
        set_word(&body, "trade_confirm_email", &["all", "none"], &mut new.trade_confirm_email)?;
        for (key, value) in [("dtbp_check", &mut new.dtbp_check), ("pdt_check", &mut new.pdt_check)]
        {
            if let Some(value) = value {
                set_word(&body, key, &["both", "entry", "exit"], value)?;
            }
        }
        if let Some(level) = given(&body, "max_options_trading_level") {
            let level = level.as_u64().and_then(|level| u8::try_from(level).ok());
            new.max_options_trading_level = level
                .filter(|level| *level <= 3)
                .ok_or_else(|| invalid("max_options_trading_level"))?;
        }
        *self = new;
        Ok(())
    }

    /// How many times its equity the account may hold: 1 or 2.
    pub(crate) fn multiplier(&self, equity: Money) -> u8 {
        let wanted = if self.max_margin_multiplier == "1" { 1 } else { REG_T_MULTIPLIER };
        if equity < MARGIN_EQUITY_MIN { 1 } else { wanted }
    }

    /// Whether an account of that equity may sell short.
    pub(crate) fn may_short(&self, equity: Money) -> bool {
        !self.no_shorting && self.multiplier(equity) > 1
    }

    /// The options level that is in force.
    pub(crate) fn options_level(&self) -> u8 {
        self.max_options_trading_level
    }

    /// Whether an order that does this to a position may be let in at all.
    pub(crate) fn permit(&self, intent: Intent, equity: Money) -> Result<(), Refusal> {
        if self.suspend_trade {
            return Err(Refusal::forbidden("account not authorized to trade"));
        }
        if intent == Intent::SellToOpen && !self.may_short(equity) {
            return Err(Refusal::forbidden("account is not allowed to short"));
        }
        Ok(())
    }
}

/// A key's value, unless it is absent or null.
fn given<'a>(body: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    body.get(key).filter(|value| !value.is_null())
}

fn set_flag(body: &Map<String, Value>, key: &str, into: &mut bool) -> Result<(), Refusal> {
    if let Some(value) = given(body, key) {
        *into = value.as_bool().ok_or_else(|| invalid(key))?;
    }
    Ok(())
}

/// Numbers are taken for their digits, as the real one takes `4` for `"4"`.
fn set_word(
    body: &Map<String, Value>,
    key: &str,
    words: &[&'static str],
    into: &mut &'static str,
) -> Result<(), Refusal> {
    let Some(value) = given(body, key) else { return Ok(()) };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let word = words.iter().find(|word| **word == text);
    *into = word.copied().ok_or_else(|| invalid(key))?;
    Ok(())
}

fn invalid(key: &str) -> Refusal {
    Refusal::parameter(format!("invalid {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(whole: i128) -> Money {
        Money(whole * Money::ONE.0)
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_when_part_of_it_is_wrong() {
        let mut settings = Configurations::new(false);
        settings.patch(br#"{"no_shorting":true,"suspend_trade":null,"other":1}"#).unwrap();
        assert!(settings.no_shorting && !settings.suspend_trade);
        let before = settings.clone();
        for (body, message) in [
            (r#"{"suspend_trade":true,"no_shorting":"yes"}"#, "invalid no_shorting"),
            (
                r#"{"suspend_trade":true,"max_margin_multiplier":"3"}"#,
                "invalid max_margin_multiplier",
            ),
            (
                r#"{"suspend_trade":true,"max_options_trading_level":4}"#,
                "invalid max_options_trading_level",
            ),
            (r#"{"trade_confirm_email":"some"}"#, "invalid trade_confirm_email"),
            ("[]", "request body format is invalid"),
        ] {
            assert_eq!(settings.patch(body.as_bytes()).unwrap_err().message, message);
            assert_eq!(settings, before);
        }
    }

    #[test]
    fn the_checks_of_the_day_trader_rule_are_there_only_when_asked_for() {
        let body = br#"{"pdt_check":"both","dtbp_check":"exit"}"#;
        let mut new = Configurations::new(false);
        new.patch(body).unwrap();
        assert_eq!(new, Configurations::new(false), "the keys are gone");
        let mut legacy = Configurations::new(true);
        legacy.patch(body).unwrap();
        assert_eq!((legacy.pdt_check, legacy.dtbp_check), (Some("both"), Some("exit")));
        assert!(legacy.patch(br#"{"pdt_check":"never"}"#).is_err());
    }

    #[test]
    fn margin_is_twice_the_equity_at_most_and_none_below_two_thousand_dollars() {
        let mut settings = Configurations::new(false);
        assert_eq!(settings.multiplier(dollars(2_000)), 2);
        assert_eq!(settings.multiplier(dollars(1_999)), 1);
        assert!(settings.permit(Intent::SellToOpen, dollars(2_000)).is_ok());
        assert!(settings.permit(Intent::SellToOpen, dollars(1_999)).is_err());
        settings.patch(br#"{"max_margin_multiplier":1}"#).unwrap();
        assert_eq!(settings.multiplier(dollars(100_000)), 1);
        assert!(!settings.may_short(dollars(100_000)), "short selling needs margin");
    }
}
