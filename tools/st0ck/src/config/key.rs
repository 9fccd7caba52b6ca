//! What a setting is: one row of a table that the parser, the checks, the help and the reference read.

use st0ck_engine::params::{ParamKind, ParamSpec, Params};
use st0ck_engine::risk::RiskLimits;
use st0ck_lab::limits::LimitKey;
use st0ck_net::endpoint::{Endpoint, EndpointError};
use st0ck_types::{Money, decimal};

/// What a value may be.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// A base URL; not repeated in a message where it may hold a credential.
    Url,
    /// A venue's symbol: 1 to 24 printable characters without a blank.
    Symbol,
    /// `true` or `false`.
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An exact decimal between two (inclusive).
    Decimal(&'static str, &'static str),
    /// A whole number between two (inclusive).
    Integer(i64, i64),
    /// A strategy's parameter.
    Param(&'static ParamSpec),
    /// A limit of the risk gate; empty means the strategy's own.
    Limit(&'static LimitKey),
}

/// One setting.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    /// Dotted name, as in the file.
    pub(crate) name: &'static str,
    /// What it may be.
    pub(crate) kind: Kind,
    /// Its unit; empty when it has none.
    pub(crate) unit: &'static str,
    /// Its value when nobody says otherwise.
    pub(crate) default: &'static str,
    /// Environment variable that sets it; `{BOT}` stands for the bot's name in capitals.
    pub(crate) env: Option<&'static str>,
    /// One line of help.
    pub(crate) help: &'static str,
}

/// What says how the machine runs, and not what may be traded, how much of it, where and how.
const OF_THE_MACHINE: [&str; 3] = ["runtime.", "journal.", "log."];

impl Key {
    /// Whether it bounds money (control C28): with a key pinned, its value comes from the signed file
    /// or is the default. A new setting is one of those until it is said to be of the machine.
    ///
    /// A strategy's settings are among them: its loss limit, its hours and its number of entries become
    /// limits of the gate where the file sets none.
    pub(crate) fn must_be_signed(&self) -> bool {
        !OF_THE_MACHINE.iter().any(|part| self.name.starts_with(part))
    }
}

impl Kind {
    /// Checks a value; the error says what would be accepted.
    pub(crate) fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Text => Ok(()),
            Self::Url => check_url(text),
            Self::Symbol if is_symbol(text) => Ok(()),
            Self::Symbol => Err("expected 1 to 24 printable characters without a blank".to_owned()),
            Self::Bool if matches!(text, "true" | "false") => Ok(()),
            Self::Bool => Err("expected true or false".to_owned()),
            Self::Choice(words) if words.contains(&text) => Ok(()),
            Self::Choice(words) => Err(format!("expected one of: {}", words.join(", "))),
            Self::Decimal(min, max) => check_decimal(text, min, max),
            Self::Integer(min, max) => match text.parse::<i64>() {
                Ok(n) if (min..=max).contains(&n) => Ok(()),
                Ok(_) => Err(format!("expected a whole number from {min} to {max}")),
                Err(_) => Err(format!("expected a whole number from {min} to {max}, not a text")),
            },
            Self::Param(spec) => Params::resolve(std::slice::from_ref(spec), &[(spec.name, text)])
                .map(|_| ())
                .map_err(|e| e.to_string()),
            Self::Limit(_) if text.is_empty() => Ok(()),
            Self::Limit(limit) => limit.apply(&mut RiskLimits::for_capital(Money::ONE), text),
        }
    }

    /// Checks how a value is written in a TOML file; the error says how it should be. A number in
    /// quotes or a text without them is a slip that may hide another one.
    pub(crate) fn check_toml(self, text: &str, toml_type: &str) -> Result<(), &'static str> {
        let number = matches!(toml_type, "integer" | "float");
        match self {
            Self::Bool => (toml_type == "boolean").then_some(()).ok_or(BARE_BOOL),
            Self::Decimal(..) | Self::Integer(..) => number.then_some(()).ok_or(BARE_NUMBER),
            Self::Limit(_) => (number || text.is_empty()).then_some(()).ok_or(BARE_NUMBER),
            Self::Param(spec) => match spec.kind {
                ParamKind::Bool => (toml_type == "boolean").then_some(()).ok_or(BARE_BOOL),
                ParamKind::Choice => (toml_type == "string").then_some(()).ok_or(QUOTED),
                // TOML has times of day of its own.
                ParamKind::TimeOfDay if toml_type == "date" => Ok(()),
                ParamKind::TimeOfDay => (toml_type == "string").then_some(()).ok_or(QUOTED),
                _ => number.then_some(()).ok_or(BARE_NUMBER),
            },
            Self::Text | Self::Url | Self::Symbol | Self::Choice(_) => {
                (toml_type == "string").then_some(()).ok_or(QUOTED)
            }
        }
    }

    /// Whether a message may show the value as it is.
    pub(crate) fn may_be_shown(self) -> bool {
        !matches!(self, Self::Url)
    }

    /// How the range reads in the reference.
    pub(crate) fn range(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Url => "scheme://host[:port][/path]".to_owned(),
            Self::Symbol => "1 to 24 characters".to_owned(),
            Self::Bool => "true, false".to_owned(),
            Self::Choice(words) => words.join(", "),
            Self::Decimal(min, max) => format!("{min} … {max}"),
            Self::Integer(min, max) => format!("{min} … {max}"),
            Self::Limit(limit) => format!("{} … {}", limit.min, limit.max),
            Self::Param(spec) if !spec.choices.is_empty() => spec.choices.join(", "),
            Self::Param(spec) if spec.min.is_empty() && spec.max.is_empty() => {
                spec.kind.words().to_owned()
            }
            Self::Param(spec) => format!("{} … {}", spec.min, spec.max),
        }
    }
}

const BARE_BOOL: &str = "expected true or false, without quotes";
const BARE_NUMBER: &str = "expected a number, without quotes";
const QUOTED: &str = "expected a text in quotes";

fn check_url(text: &str) -> Result<(), String> {
    match Endpoint::parse(text) {
        Ok(_) => Ok(()),
        Err(EndpointError::NotABase) => Err(EndpointError::NotABase.to_string()),
        // What could hold a credential was refused above; the rest may be shown.
        Err(_) => {
            Err(format!("{text:?}: expected scheme://host[:port][/path] of http, https, ws or wss"))
        }
    }
}

fn is_symbol(text: &str) -> bool {
    (1..=24).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check_decimal(text: &str, min: &str, max: &str) -> Result<(), String> {
    let parse = |t: &str| decimal::parse(t.as_bytes(), decimal::SCALE_9);
    let value = parse(text).map_err(|e| format!("expected a number from {min} to {max}: {e}"))?;
    let low = parse(min).expect("table bounds are decimals");
    let high = parse(max).expect("table bounds are decimals");
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(format!("expected a number from {min} to {max}"))
    }
}
