//! What a setting may be, said a second time: from the table's ranges, by digits and characters, with
//! none of the program's parsers.

use crate::config::{Key, Kind};
use crate::targets::long_hand;
use st0ck_engine::params::{ParamKind, ParamSpec};

/// Whether some key has this name, with or without its prefix.
pub(super) fn is_known(name: &str, keys: &[Key]) -> bool {
    let name = name.trim();
    keys.iter().any(|key| {
        let short = ["strategy.", "risk."].iter().find_map(|prefix| key.name.strip_prefix(prefix));
        key.name == name || short == Some(name)
    })
}

/// What is shown of a value given by `--set`; `None` when it must be refused.
pub(super) fn by_set(kind: Kind, text: &str) -> Option<String> {
    let text = text.trim();
    legal(kind, text).then(|| text.to_owned())
}

/// What is shown of a TOML literal; `None` when it must be refused.
pub(super) fn by_literal(kind: Kind, literal: &str) -> Option<String> {
    let literal = literal.trim_matches(' ');
    let (text, toml) = if let Some(text) = quoted(literal) {
        (text, Toml::String)
    } else if matches!(literal, "true" | "false") {
        (literal, Toml::Bool)
    } else if is_toml_number(literal) {
        (literal, Toml::Number)
    } else if literal.len() == 8 && second_of_day(literal).is_some() {
        (literal, Toml::Time)
    } else {
        return None;
    };
    (wants(kind).contains(&toml) && legal(kind, text)).then(|| text.to_owned()).or_else(|| {
        // An empty limit follows the capital.
        (matches!(kind, Kind::Limit(_)) && literal == "\"\"").then(String::new)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Toml {
    String,
    Bool,
    Number,
    Time,
}

fn quoted(literal: &str) -> Option<&str> {
    literal.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains(['"', '\\']))
}

/// `[+-]int[.digits][e[+-]digits]`, the integer without leading zeros (TOML 1.0).
fn is_toml_number(literal: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned =
        |text: &str| text.strip_prefix(['+', '-']).map_or(text.to_owned(), str::to_owned);
    let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let mantissa = unsigned(mantissa);
    let (whole, places) = mantissa.split_once('.').unwrap_or((&mantissa, "0"));
    let no_zeros = whole == "0" || !whole.starts_with('0');
    digits(whole) && no_zeros && digits(places) && digits(&unsigned(exponent))
}

/// The TOML types that a kind is written in.
fn wants(kind: Kind) -> &'static [Toml] {
    match kind {
        Kind::Bool => &[Toml::Bool],
        Kind::Decimal(..) | Kind::Integer(..) | Kind::Limit(_) => &[Toml::Number],
        Kind::Param(spec) => match spec.kind {
            ParamKind::Bool => &[Toml::Bool],
            ParamKind::Choice => &[Toml::String],
            ParamKind::TimeOfDay => &[Toml::String, Toml::Time],
            _ => &[Toml::Number],
        },
        _ => &[Toml::String],
    }
}

fn legal(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Text => true,
        Kind::Url => is_url(text),
        Kind::Symbol => {
            (1..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
        }
        Kind::Bool => ["true", "false"].contains(&text),
        Kind::Choice(words) => words.contains(&text),
        Kind::Decimal(min, max) => between(text, min, max),
        Kind::Integer(min, max) => {
            is_whole(text) && between(text, &min.to_string(), &max.to_string())
        }
        Kind::Limit(limit) => {
            let whole = ["count", "ticks", "times", "contracts"].contains(&limit.unit);
            let steps = long_hand(text.as_bytes(), 9).is_some_and(|n| n % 1_000_000_000 == 0);
            text.is_empty() || (between(text, limit.min, limit.max) && (!whole || steps))
        }
        Kind::Param(spec) => is_param(spec, text.trim()),
    }
}

fn is_param(spec: &ParamSpec, text: &str) -> bool {
    match spec.kind {
        ParamKind::Bool => ["true", "false"].contains(&text),
        ParamKind::Choice => spec.choices.contains(&text),
        ParamKind::Int => is_whole(text) && between(text, spec.min, spec.max),
        ParamKind::TimeOfDay => second_of_day(text).is_some_and(|at| {
            let low = second_of_day(spec.min).is_none_or(|min| at >= min);
            low && second_of_day(spec.max).is_none_or(|max| at <= max)
        }),
        ParamKind::Ratio | ParamKind::Price | ParamKind::Qty => between(text, spec.min, spec.max),
    }
}

/// Whether a decimal of nine places lies between two; an empty end is open.
fn between(text: &str, min: &str, max: &str) -> bool {
    let Some(value) = long_hand(text.as_bytes(), 9) else { return false };
    let end = |text: &str| long_hand(text.as_bytes(), 9);
    end(min).is_none_or(|min| value >= min) && end(max).is_none_or(|max| value <= max)
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Seconds of `HH:MM` or `HH:MM:SS`.
fn second_of_day(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split(':').collect();
    let sound = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(sound) {
        return None;
    }
    let numbers: Vec<u32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let second = numbers.get(2).copied().unwrap_or(0);
    let real = numbers[0] < 24 && numbers[1] < 60 && second < 60;
    real.then_some(numbers[0] * 3600 + numbers[1] * 60 + second)
}

/// `scheme://host[:port][/path]` of names and IPv4 addresses.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "1"));
    let host_byte = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    ["http", "https", "ws", "wss"].contains(&scheme.to_ascii_lowercase().as_str())
        && !host.is_empty()
        && host.bytes().all(host_byte)
        && port.bytes().all(|b| b.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0)
        && path.bytes().all(|b| b.is_ascii_graphic())
        && !text.contains(['?', '#', '@'])
}

/// The ends of a kind's range, as text.
pub(super) fn ends(kind: Kind) -> (Option<String>, Option<String>) {
    let some = |end: &str| (!end.is_empty()).then(|| end.to_owned());
    match kind {
        Kind::Decimal(min, max) => (some(min), some(max)),
        Kind::Integer(min, max) => (Some(min.to_string()), Some(max.to_string())),
        Kind::Limit(limit) => (some(limit.min), some(limit.max)),
        Kind::Param(spec) => (some(spec.min), some(spec.max)),
        _ => (None, None),
    }
}

/// A number, and its neighbours in the last place that it may have and by one; a time and the seconds
/// around it.
pub(super) fn around(end: &str) -> Vec<String> {
    if let Some(second) = second_of_day(end) {
        let text = |s: u32| format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
        return vec![end.to_owned(), text(second - 1), text(second), text(second + 1)];
    }
    let Some(value) = long_hand(end.as_bytes(), 9) else { return vec![end.to_owned()] };
    let text = |value: i128| {
        let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
        let (whole, places) = (size / 1_000_000_000, size % 1_000_000_000);
        if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{places:09}") }
    };
    let steps = [0, 1, -1, 1_000_000_000, -1_000_000_000];
    steps.iter().map(|step| text(value + step)).collect()
}
