//! Frames as the venue sends them, as it might, and as it should not.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The symbols of the tests' table; the generator also uses others.
pub(crate) const SYMBOLS: [&str; 5] = ["SPY", "AAPL", "BRK.B", "F", "SPY250620C00600000"];

/// One frame: mostly plain messages, sometimes odd ones, compact or spaced.
pub(crate) fn frame() -> impl Strategy<Value = String> {
    let plain = vec(message(0), 1..8);
    let odd = vec(prop_oneof![6 => message(0), 3 => message(1), 1 => message(2)], 0..6);
    let spacing = select(vec!["", "", "", "", " ", "\n", "\t "]);
    (prop_oneof![3 => plain, 2 => odd], spacing).prop_map(|(messages, space)| {
        let messages: Vec<String> = messages.iter().map(|fields| object(fields, space)).collect();
        format!("[{space}{}{space}]", messages.join(&format!("{space},{space}")))
    })
}

fn object(fields: &[(String, String)], space: &str) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("\"{key}\"{space}:{space}{value}")).collect();
    format!("{{{space}{}{space}}}", fields.join(&format!("{space},{space}")))
}

/// How far from ordinary: 0 as the venue writes, 1 unusual but legal, 2 anything.
type Oddity = u8;

fn message(odd: Oddity) -> impl Strategy<Value = Vec<(String, String)>> {
    let kinds: Vec<&'static str> = match odd {
        0 => vec!["q", "q", "q", "t", "t", "b"],
        _ => vec!["q", "t", "b", "s", "u", "d", "c", "x", "l", "i", "success", "subscription"],
    };
    let extra = if odd == 0 { 0..1usize } else { 0..3 };
    (select(kinds), vec(unknown_field(odd), extra), any::<bool>(), any::<prop::sample::Index>())
        .prop_flat_map(move |(kind, extra, shuffled, dropped)| {
            let mut fields = vec![(String::from("T"), Just(format!("\"{kind}\"")).boxed())];
            for key in keys(kind) {
                fields.push((String::from(*key), value(kind, key, odd)));
            }
            if odd == 2 {
                drop(fields.remove(dropped.index(fields.len())));
            }
            fields.extend(extra.into_iter().map(|(key, value)| (key, Just(value).boxed())));
            let fields: Vec<_> = fields
                .into_iter()
                .map(|(key, value)| value.prop_map(move |v| (key.clone(), v)))
                .collect();
            if shuffled { fields.prop_shuffle().boxed() } else { fields.boxed() }
        })
}

fn keys(kind: &str) -> &'static [&'static str] {
    match kind {
        "q" => &["S", "bx", "bp", "bs", "ax", "ap", "as", "c", "z", "t"],
        "t" => &["S", "i", "x", "p", "s", "c", "z", "t"],
        "b" | "u" | "d" => &["S", "o", "h", "l", "c", "v", "n", "vw", "t"],
        "s" => &["S", "sc", "sm", "rc", "rm", "t", "z"],
        "success" => &["msg"],
        "subscription" => &["trades", "quotes", "bars", "statuses"],
        _ => &["S", "t", "z", "p"],
    }
}

fn value(kind: &str, key: &str, odd: Oddity) -> BoxedStrategy<String> {
    let usual: BoxedStrategy<String> = match (kind, key) {
        (_, "S") => symbol().boxed(),
        (_, "t") => time(odd).boxed(),
        ("b" | "u" | "d", "c") => price(odd),
        (_, "c") => vec(quoted("[@A-Z4-9 ]"), if odd == 0 { 0..4 } else { 0..6 })
            .prop_map(|letters| format!("[{}]", letters.join(",")))
            .boxed(),
        (_, "bp" | "ap" | "p" | "o" | "h" | "l" | "vw") => price(odd),
        (_, "bs" | "as" | "s" | "v" | "n") => size(odd),
        (_, "i") if odd == 0 => (0u64..1 << 60).prop_map(|id| id.to_string()).boxed(),
        (_, "i") => any::<u64>().prop_map(|id| id.to_string()).boxed(),
        (_, "sc") => select(vec!["H", "T", "2", "3", "P", "Q", "F", "5"])
            .prop_map(|code| format!("\"{code}\""))
            .boxed(),
        (_, "rc") => {
            select(vec!["M", "D", "LUDP", ""]).prop_map(|reason| format!("\"{reason}\"")).boxed()
        }
        (_, "msg") => select(vec!["\"connected\"", "\"authenticated\"", "\"other\""])
            .prop_map(String::from)
            .boxed(),
        (_, "trades" | "quotes" | "bars" | "statuses") => {
            vec(symbol(), 0..4).prop_map(|names| format!("[{}]", names.join(","))).boxed()
        }
        (_, "x" | "bx" | "ax" | "z") => quoted("[A-Z]").boxed(),
        _ => quoted("[ -!#-\\[\\]-~]{0,12}").boxed(),
    };
    if odd < 2 { usual } else { prop_oneof![3 => usual, 1 => anything()].boxed() }
}

fn quoted(pattern: &'static str) -> impl Strategy<Value = String> {
    pattern.prop_map(|text| format!("\"{text}\""))
}

fn symbol() -> impl Strategy<Value = String> {
    prop_oneof![
        40 => select(SYMBOLS.to_vec()).prop_map(|symbol| format!("\"{symbol}\"")),
        1 => select(vec!["\"MSFT\"", "\"\"", "\"S\\u0050Y\"", "\"*\"", "\"SPY250620C00600001\"", "\"é\""])
            .prop_map(String::from),
    ]
}

fn price(odd: Oddity) -> BoxedStrategy<String> {
    let usual = (0u32..2000, 0u32..10_000, 0usize..=4).prop_map(|(whole, cents, places)| {
        let text = format!("{whole}.{cents:04}");
        match places {
            0 => whole.to_string(),
            n => text[..text.len() - 4 + n].to_owned(),
        }
    });
    if odd == 0 { usual.boxed() } else { prop_oneof![usual, odd_number()].boxed() }
}

fn size(odd: Oddity) -> BoxedStrategy<String> {
    let usual = (0u32..100_000).prop_map(|size| size.to_string());
    if odd == 0 { usual.boxed() } else { prop_oneof![usual, odd_number()].boxed() }
}

fn odd_number() -> impl Strategy<Value = String> {
    let listed = vec![
        "0",
        "-0",
        "0.0",
        "-1.5",
        "1e2",
        "1.5E+3",
        "2.5e-3",
        "1e-12",
        "0.1234567895",
        "0.12345678949",
        "123456789.123456",
        "1234567890",
        "999999999999999",
        "9007199254740993",
        "18446744073709551616",
        "123456789012345678901234567890",
        "9223372036",
        "9223372037",
        "0.30000000000000004",
        "100.10000000000001",
        "389.0626390000",
        "1e400",
        "-1e-400",
        "1e308",
    ];
    prop_oneof![
        select(listed).prop_map(String::from),
        (0u64..1_000_000_000, "[0-9]{1,12}")
            .prop_map(|(whole, places)| format!("{whole}.{places}")),
        any::<f64>()
            .prop_filter("JSON has no such number", |f| f.is_finite())
            .prop_map(|float| format!("{float:e}")),
    ]
}

fn time(odd: Oddity) -> BoxedStrategy<String> {
    let clock =
        (0u32..24, 0u32..60, 0u32..60).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}"));
    let date =
        (2016u32..2032, 1u32..=12, 1u32..=28).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,9}"];
    let usual = (date, clock, fraction)
        .prop_map(|(date, clock, fraction)| format!("\"{date}T{clock}{fraction}Z\""));
    let zoned = usual.clone().prop_map(|time| time.replace('Z', "-04:00"));
    let listed = vec![
        "2024-02-29T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-12-31T23:59:60Z",
        "2024-01-01T24:00:00Z",
        "1969-12-31T23:59:59.5+05:30",
        "1600-01-01T00:00:00Z",
        "2024-01-01T00:00:00.1234567890Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.Z",
        "2024-1-01T00:00:00Z",
        "",
        "2262-04-11T23:47:16.854775807Z",
        "2262-04-11T23:47:16.854775808Z",
        "1677-09-21T00:12:43.145224192Z",
    ];
    let edges = select(listed).prop_map(|time| format!("\"{time}\""));
    match odd {
        0 => usual.boxed(),
        1 => prop_oneof![2 => usual, 1 => zoned].boxed(),
        _ => prop_oneof![usual, zoned, edges].boxed(),
    }
}

fn unknown_field(odd: Oddity) -> impl Strategy<Value = (String, String)> {
    let names = vec!["r", "u", "vwx", "take", "b", "", "as2", "SS", "q", "bq", "T2", "é"];
    let simple = prop_oneof![
        Just(String::from("true")),
        Just(String::from("null")),
        Just(String::from("false")),
        quoted("[a-z :,{}\\[\\]]{0,10}"),
        (0u32..100_000).prop_map(|n| n.to_string()),
    ];
    let value = if odd == 0 { simple.boxed() } else { prop_oneof![simple, anything()].boxed() };
    (select(names).prop_map(String::from), value)
}

/// Any JSON value, nested a little, with escapes.
fn anything() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just(String::from("null")),
        Just(String::from("true")),
        odd_number(),
        "\\PC{0,6}".prop_map(|text| serde_json::to_string(&text).expect("text is JSON")),
        select(vec!["\"\\u00e9\"", "\"\\ud83d\\ude00\"", "\"a\\\"b\"", "\"\\\\\"", "\"\\n\""])
            .prop_map(String::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            vec(inner, 0..3).prop_map(|items| {
                let fields: Vec<String> =
                    items.iter().enumerate().map(|(n, v)| format!("\"k{n}\":{v}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
    .boxed()
}
