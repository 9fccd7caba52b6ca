//! Goldens of the embedded day's orders: what each way of trading does, line by line.
//!
//! After a change that is meant to change them: `BLESS=1 cargo test -p st0ck --test it goldens`, and
//! read the difference before committing it.

use crate::place::Place;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// One line an order, then what the session came to.
fn session(args: &[&str]) -> String {
    let place = Place::new();
    let told = place.st0ck(&[&["demo", "--json", "--seed", "1"], args].concat()).ok().json();
    let mut text = format!("# st0ck demo --seed 1 {}\n", args.join(" "));
    for record in place.records("order") {
        writeln!(text, "{}", line(&record)).unwrap();
    }
    for key in ["orders_sent", "fills", "round_trips", "realized_pnl", "fees"] {
        writeln!(text, "# {key} {}", plain(&told[key])).unwrap();
    }
    text
}

fn line(record: &Value) -> String {
    let (at, body) = (record["at"].as_str().unwrap(), &record["body"]);
    let field = |key: &str| plain(&body[key]);
    let fields = ["side", "type", "qty", "limit_price", "time_in_force", "effect"].map(field);
    format!("{} {}", &at[11..23], fields.join(" "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn golden(name: &str, args: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let now = session(args);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &now).unwrap();
        return now;
    }
    let then = std::fs::read_to_string(&path).unwrap_or_default();
    let first = then.lines().zip(now.lines()).position(|(a, b)| a != b);
    let first = first.unwrap_or(then.lines().count().min(now.lines().count()));
    assert!(
        then == now,
        "{name}, line {}: was {:?}, is {:?} (BLESS=1 writes it anew)",
        first + 1,
        then.lines().nth(first),
        now.lines().nth(first)
    );
    now
}

fn orders(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    lines.map(|line| line.split(' ').collect()).collect()
}

#[test]
fn simple_buys_one_share_at_the_market_and_offers_it_a_cent_above() {
    let text = golden("simple.txt", &["--set", "mode=simple"]);
    let all = orders(&text);
    assert!(all.iter().all(|o| o[3] == "1"), "one share each");
    assert!(all.iter().any(|o| o[1..3] == ["buy", "market"]));
    assert!(all.iter().any(|o| o[1..3] == ["sell", "limit"]));
    let last = all.last().unwrap();
    assert!(last[0] < "16:00", "done by 10:55 New York time, 15:55 UTC: {last:?}");
}

#[test]
fn enhanced_sizes_by_volatility_and_trades_to_the_end_of_the_session() {
    let text = golden("enhanced.txt", &[]);
    let all = orders(&text);
    for size in ["1", "2", "3"] {
        assert!(all.iter().any(|o| o[3] == size), "never {size} shares");
    }
    assert_eq!(all[0][1..4], ["buy", "market", "1"], "one share until five bars are there");
    assert!(all.iter().any(|o| o[0] > "20:00:00"), "trades in the last hour");
    assert!(all.iter().all(|o| o[0] < "20:56:00"), "flat five minutes before the close");
    let entries: Vec<&str> = all.iter().filter(|o| o[1] == "buy").map(|o| o[0]).collect();
    for pair in entries.windows(2) {
        let millis = |t: &str| {
            let n = |r: std::ops::Range<usize>| t[r].parse::<i64>().unwrap();
            ((n(0..2) * 60 + n(3..5)) * 60 + n(6..8)) * 1000 + n(9..12)
        };
        assert!(millis(pair[1]) - millis(pair[0]) >= 40_000, "entries 40 s apart: {pair:?}");
    }
}

#[test]
fn without_volatility_every_order_is_one_share_all_day() {
    let text = golden("volatility_off.txt", &["--volatility-off"]);
    assert!(orders(&text).iter().all(|o| o[3] == "1"));
    assert!(orders(&text).iter().any(|o| o[0] > "20:00:00"));
}

#[test]
fn mean_reversion_enters_less_often() {
    let text = golden("mean_reversion.txt", &["--mean-reversion"]);
    let enhanced = session(&[]);
    assert!(orders(&text).len() < orders(&enhanced).len());
}

#[test]
fn mean_reversion_enters_below_the_average_by_the_deviation_asked_for() {
    let args = ["--mean-reversion", "--set", "vwap_deviation=0.001"];
    let text = golden("mean_reversion_tenth_of_a_percent.txt", &args);
    assert!(orders(&text).iter().any(|o| o[1] == "buy"), "some entries");
}
