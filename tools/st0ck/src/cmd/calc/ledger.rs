//! Topic `ledger`: executions and marks of made-up accounts, through the very portfolio the engine uses.
//!
//! The whole document goes through; what is filled in is `expected_after_event`, event by event.

use serde_json::{Map, Value, json};
use st0ck_engine::portfolio::ledger::Ledger;
use st0ck_types::{InstrumentId, Money, Price, Qty};

/// Fills in every case. An error names the case and the event.
pub(super) fn calculate(text: &str) -> Result<String, String> {
    let mut document: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let cases = document.get_mut("cases").and_then(Value::as_array_mut);
    for (index, case) in cases.ok_or("expected an object with `cases`")?.iter_mut().enumerate() {
        let name = case["case_id"].as_str().map_or_else(|| format!("case {index}"), str::to_owned);
        let results = account(case).map_err(|words| format!("{name}: {words}"))?;
        case["expected_after_event"] = Value::Array(results);
    }
    let mut answer = serde_json::to_string_pretty(&document).map_err(|e| e.to_string())?;
    answer.push('\n');
    Ok(answer)
}

/// One account from its first event to its last.
fn account(case: &Value) -> Result<Vec<Value>, String> {
    let instruments = case["instruments"].as_object().ok_or("expected `instruments`")?;
    let names: Vec<&str> = instruments.keys().map(String::as_str).collect();
    let multipliers: Result<Vec<u16>, String> =
        instruments.values().map(|i| whole(i, "multiplier")).collect();
    let cash = money(case, "starting_cash")?;
    let multipliers = multipliers?;
    let mut room = Room { units: 0, money: Room::size(cash)? };
    let events = case["events"].as_array().ok_or("expected `events`")?;
    let mut ledger = Ledger::new(cash, multipliers.clone(), events.len().max(1));
    let mut results = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        let result = match event["type"].as_str() {
            Some("fill") => room
                .fill(&names, &multipliers, event)
                .and_then(|()| fill(&mut ledger, &names, event)),
            Some("mark") => room
                .mark(&names, &multipliers, event)
                .and_then(|()| mark(&mut ledger, &names, event)),
            other => Err(format!("type {other:?} is neither fill nor mark")),
        };
        let mut result = result.map_err(|words| format!("event {index}: {words}"))?;
        result.insert("event_index".to_owned(), json!(index));
        results.push(Value::Object(result));
    }
    Ok(results)
}

/// How much went through an account: what a ledger, which stops at an overflow, must be able to hold
/// whichever way it went.
struct Room {
    /// Units of every instrument, bought and sold, in 1e-9.
    units: i128,
    /// Starting cash, values and fees, in 1e-18.
    money: i128,
}

impl Room {
    const FULL: &str = "is more than a ledger can hold: at most 4.6e9 units or a price of as much, \
        and 1e19 of money, may go through an account";
    const UNITS_MAX: i128 = 1 << 62;
    /// A tenth of what money can be: results are sums and differences of what went through.
    const MONEY_MAX: i128 = 10_000_000_000_000_000_000 * Money::ONE.0;

    fn size(money: Money) -> Result<i128, String> {
        let size = i128::try_from(money.0.unsigned_abs()).unwrap_or(i128::MAX);
        if size <= Self::MONEY_MAX { Ok(size) } else { Err(format!("{money} {}", Self::FULL)) }
    }

    /// Makes room for a value beside what is there; `None` when there is none.
    fn beside(&self, price: Price, units: i128, multiplier: u16) -> Option<i128> {
        let price = i128::from(price.0).abs();
        let value = price.checked_mul(units)?.checked_mul(i128::from(multiplier))?;
        let sum = value.checked_add(self.money)?;
        let fits = price <= Self::UNITS_MAX && units <= Self::UNITS_MAX && sum <= Self::MONEY_MAX;
        fits.then_some(sum)
    }

    fn fill(&mut self, names: &[&str], of: &[u16], event: &Value) -> Result<(), String> {
        let instrument = instrument(names, text(event, "instrument")?)?;
        let qty = parse("signed_quantity", Qty::parse(text(event, "signed_quantity")?))?;
        let price = parse("price", Price::parse(text(event, "price")?))?;
        self.money = (self.money + Self::size(money(event, "fee")?)?).min(Self::MONEY_MAX);
        self.units += i128::from(qty.0).abs();
        let room = self.beside(price, self.units, of[instrument.index()]);
        self.money = room.ok_or_else(|| format!("{qty} at {price} {}", Self::FULL))?;
        Ok(())
    }

    fn mark(&self, names: &[&str], of: &[u16], event: &Value) -> Result<(), String> {
        let prices = event["prices"].as_object().ok_or("expected `prices`")?;
        for (name, price) in prices {
            let price = price.as_str().ok_or_else(|| format!("price of {name}: expected text"))?;
            let (instrument, price) = (instrument(names, name)?, parse(name, Price::parse(price))?);
            self.beside(price, self.units, of[instrument.index()])
                .ok_or_else(|| format!("{name} at {price} {}", Self::FULL))?;
        }
        Ok(())
    }
}

fn fill(ledger: &mut Ledger, names: &[&str], event: &Value) -> Result<Map<String, Value>, String> {
    let instrument = instrument(names, text(event, "instrument")?)?;
    let decimal = |key| text(event, key).and_then(|t| parse(key, Qty::parse(t)));
    let qty = decimal("signed_quantity")?;
    let price = parse("price", Price::parse(text(event, "price")?))?;
    let after = ledger.fill(instrument, qty, price, money(event, "fee")?);
    let lots: Vec<Value> =
        after.open_lots.iter().map(|(q, p)| json!([q.to_string(), p.to_string()])).collect();
    Ok(object(json!({
        "instrument": names[instrument.index()],
        "position": after.position.to_string(),
        "average_cost": after.average_cost.map(|c| c.to_string()),
        "realized_pnl_average_cost_gross": after.realised_average.to_string(),
        "realized_pnl_fifo_gross": after.realised_fifo.to_string(),
        "fees_paid": after.fees.to_string(),
        "fifo_open_lots": lots,
        "cash": after.cash.to_string(),
    })))
}

fn mark(ledger: &mut Ledger, names: &[&str], event: &Value) -> Result<Map<String, Value>, String> {
    let prices = event["prices"].as_object().ok_or("expected `prices`")?;
    let mut marks = Vec::with_capacity(prices.len());
    for (name, price) in prices {
        let price = price.as_str().ok_or_else(|| format!("price of {name}: expected text"))?;
        marks.push((instrument(names, name)?, parse(name, Price::parse(price))?));
    }
    let after = ledger.mark(&marks);
    let mut by_instrument = Map::new();
    for line in &after.by_instrument {
        let value = json!({
            "position": line.position.to_string(),
            "market_value": line.market_value.to_string(),
            "unrealized_pnl_average_cost": line.unrealised_average.to_string(),
            "unrealized_pnl_fifo": line.unrealised_fifo.to_string(),
        });
        by_instrument.insert(names[line.instrument.index()].to_owned(), value);
    }
    Ok(object(json!({
        "by_instrument": by_instrument,
        "cash": after.cash.to_string(),
        "equity": after.equity.to_string(),
        "total_realized_average_cost_gross": after.realised_average.to_string(),
        "total_realized_fifo_gross": after.realised_fifo.to_string(),
        "total_fees": after.fees.to_string(),
    })))
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn instrument(names: &[&str], name: &str) -> Result<InstrumentId, String> {
    let at = names.iter().position(|n| *n == name);
    at.map(|i| InstrumentId(i as u32)).ok_or_else(|| format!("{name} is not in `instruments`"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value[key].as_str().ok_or_else(|| format!("{key}: expected decimal text"))
}

fn money(value: &Value, key: &str) -> Result<Money, String> {
    parse(key, Money::parse(text(value, key)?))
}

fn whole(value: &Value, key: &str) -> Result<u16, String> {
    text(value, key)?.parse().map_err(|_| format!("{key}: expected a whole number up to 65535"))
}

fn parse<T, E: std::fmt::Display>(key: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|e| format!("{key}: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: &str = r#"{"cases":[{"case_id":"a","title":"kept",
        "instruments":{"SPY":{"multiplier":"1"}},"starting_cash":"1000",
        "events":[{"type":"fill","instrument":"SPY","signed_quantity":"1","price":"590","fee":"0"},
            {"type":"fill","instrument":"SPY","signed_quantity":"-1","price":"590.01","fee":"0.01"},
            {"type":"mark","prices":{"SPY":"600"}}],"expected_after_event":null}]}"#;

    #[test]
    fn the_document_comes_back_with_its_results() {
        let answer: Value = serde_json::from_str(&calculate(ROUND_TRIP).unwrap()).unwrap();
        let case = &answer["cases"][0];
        assert_eq!(case["title"], "kept");
        let after = &case["expected_after_event"];
        assert_eq!(after[0]["average_cost"], "590");
        assert_eq!(after[1]["realized_pnl_average_cost_gross"], "0.01");
        assert_eq!((&after[1]["average_cost"], &after[1]["cash"]), (&Value::Null, &json!("1000")));
        assert_eq!((&after[2]["equity"], &after[2]["event_index"]), (&json!("1000"), &json!(2)));
    }

    #[test]
    fn what_no_ledger_can_hold_is_named_instead_of_overflowing() {
        let edited =
            |from: &str, to: &str| calculate(&ROUND_TRIP.replacen(from, to, 1)).unwrap_err();
        for words in [
            edited("\"signed_quantity\":\"1\"", "\"signed_quantity\":\"9223372036\""),
            edited("\"price\":\"590\"", "\"price\":\"-9223372036.854775808\""),
            edited("\"fee\":\"0\"", "\"fee\":\"-99999999999999999999\""),
        ] {
            assert!(words.starts_with("a: event 0: ") && words.contains("can hold"), "{words}");
        }
        let words = edited("\"SPY\":\"600\"", "\"SPY\":\"9223372036\"");
        assert!(words.starts_with("a: event 2: SPY at 9223372036 "), "{words}");
    }

    #[test]
    fn what_cannot_be_read_is_named_by_case_and_event() {
        let broken = ROUND_TRIP.replacen("\"590\"", "\"59o\"", 1);
        let words = calculate(&broken).unwrap_err();
        assert!(words.starts_with("a: event 0: price: "), "{words}");
        assert!(calculate("{}").unwrap_err().contains("cases"));
    }
}
