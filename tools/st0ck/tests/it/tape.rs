//! Made-up market data, written as the files that people have.

use std::fmt::Write;

/// 2021-03-17 13:30 UTC: an open in New York's summer time, on a day that the embedded data lacks.
pub(crate) const OPEN_S: i64 = 1_615_987_800;
pub(crate) const DATE: &str = "2021-03-17";

/// Two quotes a second for so many seconds, a cent wide. The bid is `cents(second)`.
pub(crate) fn quotes(from_s: i64, seconds: i64, cents: impl Fn(i64) -> i64) -> String {
    let mut text = "ts_ms,symbol,bid,bid_size,ask,ask_size\n".to_owned();
    for half in 0..2 * seconds {
        let bid = cents(half / 2);
        let (at, ask) = ((OPEN_S + from_s) * 1000 + half * 500 + 7, bid + 1);
        let price = |c: i64| format!("{}.{:02}", c / 100, c % 100);
        writeln!(text, "{at},SPY,{},300,{},300", price(bid), price(ask)).unwrap();
    }
    text
}

/// A price that goes up and down by three cents in eight seconds, a cent higher each time, so that
/// every target is met sooner or later.
pub(crate) fn waves(second: i64) -> i64 {
    39_000 + second / 8 + [0, 1, 2, 3, 3, 2, 1, 0][(second % 8) as usize]
}

/// One print a second at the middle of those quotes.
pub(crate) fn prints(seconds: i64, cents: impl Fn(i64) -> i64) -> String {
    let mut text = "ts_ns,symbol,price,size,exchange,conditions\n".to_owned();
    for second in 0..seconds {
        let (at, price) = ((OPEN_S + second) * 1_000_000_000 + 300_000_000, cents(second));
        writeln!(text, "{at},SPY,{}.{:02},100,V,@", price / 100, price % 100).unwrap();
    }
    text
}

/// One bar a minute. The header has no symbol column.
pub(crate) fn bars(minutes: i64) -> String {
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for minute in 0..minutes {
        let at = (OPEN_S + 60 * minute) * 1000;
        let (open, close) = if minute % 2 == 0 { (390, 391) } else { (391, 390) };
        writeln!(text, "{at},{open},391.25,389.75,{close},60000").unwrap();
    }
    text
}
