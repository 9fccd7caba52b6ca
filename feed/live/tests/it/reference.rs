//! The slow obvious twin of the decoder: serde_json into a tree, then field by field.
//!
//! It shares nothing with the crate but the result's types: times and conditions are read here by
//! other means.

use serde_json::{Map, Value};
use st0ck_feed::SymbolTable;
use st0ck_feed::alpaca::json::Subscribed;
use st0ck_feed::alpaca::{Decoded, Notice};
use st0ck_types::market::IRREGULAR;
use st0ck_types::time::days_from_civil;
use st0ck_types::{
    Bar, Halt, InstrumentId, MarketEvent, Nanos, Price, Qty, Quote, Text, Trade, decimal,
};

type Object = Map<String, Value>;

/// Decodes a frame, or refuses it.
pub(crate) fn decode(bytes: &[u8], t_recv: Nanos, symbols: &SymbolTable) -> Option<Decoded> {
    let Value::Array(messages) = serde_json::from_slice(bytes).ok()? else { return None };
    let mut out = Decoded::default();
    for message in &messages {
        message_of(message.as_object()?, t_recv, symbols, &mut out)?;
    }
    Some(out)
}

fn message_of(m: &Object, recv: Nanos, symbols: &SymbolTable, out: &mut Decoded) -> Option<()> {
    match m.get("T")?.as_str()? {
        "q" | "t" | "b" | "s" => {
            let instrument = find(m.get("S")?.as_str()?, symbols);
            let at = time(m.get("t")?.as_str()?)?;
            let id = instrument.unwrap_or(InstrumentId::ALL);
            let event = match m.get("T")?.as_str()? {
                "q" => Some(quote(m, id, at, recv)?),
                "t" => Some(trade(m, id, at, recv)?),
                "b" => Some(bar(m, id, at)?),
                _ => halt(m, id, at, recv)?,
            };
            match event {
                None => out.ignored += 1,
                Some(_) if instrument.is_none() => out.unknown_symbols += 1,
                Some(event) => out.events.push(event),
            }
        }
        "success" => match m.get("msg")?.as_str()? {
            "connected" => out.notices.push(Notice::Connected),
            "authenticated" => out.notices.push(Notice::Authenticated),
            _ => out.ignored += 1,
        },
        "subscription" => out.notices.push(Notice::Subscribed(Subscribed {
            trades: listed(m, "trades", symbols),
            quotes: listed(m, "quotes", symbols),
            bars: listed(m, "bars", symbols),
            statuses: listed(m, "statuses", symbols),
        })),
        "error" => {
            let code = u32::try_from(m.get("code")?.as_u64()?).unwrap_or(u32::MAX);
            let words = Text::new(m.get("msg").and_then(Value::as_str).unwrap_or_default());
            out.notices.push(Notice::Error { code, words });
        }
        _ => out.ignored += 1,
    }
    Some(())
}

fn quote(m: &Object, instrument: InstrumentId, at: Nanos, recv: Nanos) -> Option<MarketEvent> {
    Some(MarketEvent::Quote(Quote {
        ts_event: at,
        ts_recv: recv,
        bid: Price(number_or_zero(m, "bp")?),
        ask: Price(number_or_zero(m, "ap")?),
        bid_size: Qty(number_or_zero(m, "bs")?),
        ask_size: Qty(number_or_zero(m, "as")?),
        instrument,
        flags: 0,
        bid_venue: letter(m.get("bx")),
        ask_venue: letter(m.get("ax")),
        condition: letters(m).first().copied().unwrap_or(0),
    }))
}

fn trade(m: &Object, instrument: InstrumentId, at: Nanos, recv: Nanos) -> Option<MarketEvent> {
    let (letters, tape) = (letters(m), letter(m.get("z")));
    let mut conditions = [0; 4];
    letters.iter().take(4).enumerate().for_each(|(n, letter)| conditions[n] = *letter);
    Some(MarketEvent::Trade(Trade {
        ts_event: at,
        ts_recv: recv,
        price: Price(number(m, "p")?),
        size: Qty(number(m, "s")?),
        id: match m.get("i") {
            None | Some(Value::Null) => 0,
            Some(id) => id.as_u64()?,
        },
        instrument,
        flags: if letters.iter().any(|l| irregular(*l, tape)) { IRREGULAR } else { 0 },
        venue: letter(m.get("x")),
        tape,
        conditions,
        reserved: [0; 5],
    }))
}

fn bar(m: &Object, instrument: InstrumentId, start: Nanos) -> Option<MarketEvent> {
    Some(MarketEvent::Bar(Bar {
        start,
        open: Price(number(m, "o")?),
        high: Price(number(m, "h")?),
        low: Price(number(m, "l")?),
        close: Price(number(m, "c")?),
        volume: Qty(number_or_zero(m, "v")?),
        instrument,
        flags: 0,
        reserved: 0,
        seconds: 60,
    }))
}

fn halt(m: &Object, id: InstrumentId, at: Nanos, recv: Nanos) -> Option<Option<MarketEvent>> {
    let code = m.get("sc")?.as_str()?;
    let reason = m.get("rc").and_then(Value::as_str).unwrap_or_default();
    let halted = match code {
        "2" | "H" | "P" => 1,
        "F" if reason == "M" => 1,
        "3" | "T" => 0,
        _ => return Some(None),
    };
    Some(Some(MarketEvent::Halt(Halt {
        ts_event: at,
        ts_recv: recv,
        instrument: id,
        flags: 0,
        halted,
        code: *Text::<2>::new(code).padded(),
        reason: *Text::<8>::new(reason).padded(),
        reserved: [0; 24],
    })))
}

fn find(symbol: &str, symbols: &SymbolTable) -> Option<InstrumentId> {
    symbols.listed().iter().find(|(listed, _)| listed.as_str() == symbol).map(|(_, id)| *id)
}

fn listed(m: &Object, key: &str, symbols: &SymbolTable) -> u32 {
    let Some(Value::Array(items)) = m.get(key) else { return 0 };
    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    if texts.contains(&"*") {
        return symbols.listed().len() as u32;
    }
    texts.iter().filter(|text| find(text, symbols).is_some()).count() as u32
}

fn letter(value: Option<&Value>) -> u8 {
    match value.and_then(Value::as_str).and_then(|text| text.chars().next()) {
        Some(letter) if letter.is_ascii() => letter as u8,
        _ => 0,
    }
}

fn letters(m: &Object) -> Vec<u8> {
    let Some(Value::Array(items)) = m.get("c") else { return Vec::new() };
    items.iter().map(|item| letter(Some(item))).filter(|letter| *letter != 0).collect()
}

fn irregular(letter: u8, tape: u8) -> bool {
    match letter as char {
        'B' => "AB".contains(tape as char),
        'W' => "CO".contains(tape as char),
        other => "CHINRUV7GPZ49MQ".contains(other),
    }
}

fn number_or_zero(m: &Object, key: &str) -> Option<i64> {
    match m.get(key) {
        None | Some(Value::Null) => Some(0),
        Some(_) => number(m, key),
    }
}

/// The nearest float's shortest text, rounded half away from zero to nine decimals.
fn number(m: &Object, key: &str) -> Option<i64> {
    let value = m.get(key)?.as_number()?;
    let text = match (value.as_i64(), value.as_u64()) {
        (Some(whole), _) => whole.to_string(),
        (_, Some(whole)) => whole.to_string(),
        _ => value.as_f64()?.to_string(),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = format!("{decimals:0<10}");
    let cut = format!("{whole}.{}", &decimals[..9]);
    let up = i128::from(decimals.as_bytes()[9] >= b'5');
    let rounded = decimal::parse(cut.as_bytes(), 9).ok()?;
    let rounded = if text.starts_with('-') { rounded - up } else { rounded + up };
    i64::try_from(rounded).ok()
}

/// RFC 3339, by splitting.
fn time(text: &str) -> Option<Nanos> {
    let (date, rest) = text.split_once('T')?;
    let at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at(at);
    let (hms, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [year, month, day] = parts(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = parts(hms, ':', [2, 2, 2])?;
    let valid = (1..=12).contains(&month)
        && day >= 1
        && day <= days_in_month(year, month)
        && hour < 24
        && minute < 60
        && second <= 60;
    let digits = !fraction.is_empty() && fraction.len() <= 9;
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    let offset = match zone.split_at(1) {
        ("Z", "") => 0,
        (sign, hm) => {
            let [h, m] = parts(hm, ':', [2, 2])?;
            let offset = (h * 60 + m) * 60;
            if h >= 24 || m >= 60 || sign == "Z" {
                return None;
            }
            if sign == "-" { -offset } else { offset }
        }
    };
    if !valid || !digits || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos).map(Nanos)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_civil(next.0, next.1, 1) - days_from_civil(year, month, 1)
}

fn parts<const N: usize>(text: &str, by: char, widths: [usize; N]) -> Option<[i64; N]> {
    let texts: Vec<&str> = text.split(by).collect();
    let mut out = [0; N];
    if texts.len() != N {
        return None;
    }
    for (n, part) in texts.iter().enumerate() {
        if part.len() != widths[n] || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        out[n] = part.parse().ok()?;
    }
    Some(out)
}
