//! Topic `calendar`: is the exchange open at a time, when does a session open and close.

use super::table::Table;
use st0ck_types::Nanos;
use st0ck_types::calendar::{Date, Market, Session};

const PROBE: [&str; 4] = [
    "is_open_open_inclusive_close_exclusive",
    "next_open_strictly_after_utc_ns",
    "next_close_strictly_after_utc_ns",
    "error",
];
const SESSION: [&str; 5] =
    ["open_utc_ns", "close_utc_ns", "session_minutes", "is_early_close", "error"];

/// Answers each row: times in `query_utc_ns`, or dates in `session_date_local`.
pub(super) fn calculate(text: &str, params: &[String]) -> Result<String, String> {
    let market = market(params)?;
    let table = Table::parse(text)?;
    if let Some(column) = table.column("query_utc_ns") {
        let results = table.rows.iter().map(|row| answer(probe(market, &row[column]), 3));
        let results = results.collect();
        return table.with_results(&PROBE, results);
    }
    if let Some(column) = table.column("session_date_local") {
        let results = table.rows.iter().map(|row| answer(session(market, &row[column]), 4));
        let results = results.collect();
        return table.with_results(&SESSION, results);
    }
    Err("expected a column query_utc_ns or session_date_local".to_owned())
}

fn market(params: &[String]) -> Result<&'static Market, String> {
    let code = params.iter().find_map(|p| p.strip_prefix("market=")).unwrap_or("XNYS");
    if let Some(other) = params.iter().find(|p| !p.starts_with("market=")) {
        return Err(format!("--param {other}: this topic takes only market=CODE"));
    }
    Market::by_code(code).ok_or_else(|| {
        let known: Vec<&str> = Market::all().iter().map(|m| m.code()).collect();
        format!("--param market={code}: known markets are {}", known.join(", "))
    })
}

/// Results with an empty error, or empty results with the reason.
fn answer(result: Result<Vec<String>, String>, columns: usize) -> Vec<String> {
    match result {
        Ok(mut cells) => {
            cells.push(String::new());
            cells
        }
        Err(words) => {
            let mut cells = vec![String::new(); columns];
            cells.push(words);
            cells
        }
    }
}

fn probe(market: &Market, cell: &str) -> Result<Vec<String>, String> {
    let at: i64 = cell.parse().map_err(|_| format!("{cell:?} is not a time in nanoseconds"))?;
    let at = Nanos(at);
    let open = market.is_open(at).map_err(|e| e.to_string())?;
    let next_open = market.next_open_after(at).map_err(|e| e.to_string())?;
    let next_close = market.next_close_after(at).map_err(|e| e.to_string())?;
    Ok(vec![open.to_string(), next_open.0.to_string(), next_close.0.to_string()])
}

fn session(market: &Market, cell: &str) -> Result<Vec<String>, String> {
    let date: Date = cell.parse().map_err(|e| format!("{cell:?}: {e}"))?;
    let session = market.session(date).map_err(|e| e.to_string())?;
    let Session { open, close, early_close, .. } =
        session.as_ref().ok_or_else(|| format!("{date} is not a trading day"))?;
    let minutes = session.as_ref().map_or(0, Session::minutes);
    Ok(vec![open.0.to_string(), close.0.to_string(), minutes.to_string(), early_close.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_get_their_session_and_holidays_a_reason() {
        let out = calculate("session_date_local,note\n2020-12-24,half\n2020-12-25,none\n", &[]);
        let out = out.unwrap();
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[1], "2020-12-24,half,1608820200000000000,1608832800000000000,210,true,");
        assert!(lines[2].starts_with("2020-12-25,none,,,,,2020-12-25 is not a trading day"));
    }

    #[test]
    fn times_are_answered_and_nonsense_is_an_error_in_its_row() {
        let out = calculate("query_utc_ns\n1608042600000000000\nsoon\n", &["market=XNYS".into()]);
        let out = out.unwrap();
        let lines: Vec<&str> = out.lines().collect();
        assert!(lines[1].starts_with("1608042600000000000,true,1608129000000000000,"), "{out}");
        assert!(lines[2].contains("not a time in nanoseconds"), "{out}");
    }

    #[test]
    fn an_unknown_market_lists_the_known_ones() {
        let words = calculate("query_utc_ns\n1\n", &["market=XXXX".into()]).unwrap_err();
        assert!(words.contains("XNYS"), "{words}");
    }
}
