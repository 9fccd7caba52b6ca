//! The portfolio against ledgers kept in exact fractions elsewhere.

use serde_json::Value;
use st0ck_engine::portfolio::ledger::{AfterFill, AfterMark, Ledger};
use st0ck_types::{InstrumentId, Money, Price, Qty};

/// The tolerance where an exact fraction does not terminate: 1e-12.
const TOLERANCE: i128 = 1_000_000;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn money(value: &Value, key: &str) -> Money {
    Money::parse(text(value, key)).unwrap()
}

fn close_to(ours: Money, reference: Money, what: &str) {
    let off = (ours.0 - reference.0).abs();
    assert!(off <= TOLERANCE, "{what}: {ours} instead of {reference}");
}

/// |ours − n/d| ≤ 1e-15, in integers, where the fraction's terms fit; exact where it terminates.
fn close_to_fraction(ours: Money, fraction: &Value, what: &str) -> bool {
    let Some((n, d)) = fraction.as_str().and_then(|text| text.split_once('/')) else {
        return false;
    };
    let (Ok(n), Ok(d)) = (n.parse::<i128>(), d.parse::<i128>()) else { return false };
    let (Some(theirs), Some(ours)) =
        (n.checked_mul(1_000_000_000_000_000_000), ours.0.checked_mul(d))
    else {
        return false;
    };
    assert!((theirs - ours).abs() <= d * 1_000, "{what}: {ours}/{d} instead of {n}/{d}");
    true
}

struct Names(Vec<String>);

impl Names {
    fn id(&self, name: &str) -> InstrumentId {
        InstrumentId(self.0.iter().position(|n| n == name).unwrap() as u32)
    }
}

fn check_fill(ours: &AfterFill, theirs: &Value, what: &str) -> usize {
    assert_eq!(ours.position, Qty::parse(text(theirs, "position")).unwrap(), "{what}");
    assert_eq!(ours.cash, money(theirs, "cash"), "{what}: cash is exact");
    assert_eq!(ours.fees, money(theirs, "fees_paid"), "{what}: fees are exact");
    assert_eq!(ours.realised_fifo, money(theirs, "realized_pnl_fifo_gross"), "{what}: FIFO");
    let key = "realized_pnl_average_cost_gross";
    close_to(ours.realised_average, money(theirs, key), what);
    let fraction = &theirs["realized_pnl_average_cost_gross_exact_fraction"];
    let mut fractions = usize::from(close_to_fraction(ours.realised_average, fraction, what));
    match theirs["average_cost"].as_str() {
        None => assert_eq!(ours.average_cost, None, "{what}"),
        Some(text) => {
            let average = ours.average_cost.unwrap();
            close_to(average, Money::parse(text).unwrap(), what);
            let fraction = &theirs["average_cost_exact_fraction"];
            fractions += usize::from(close_to_fraction(average, fraction, what));
        }
    }
    let lots = theirs["fifo_open_lots"].as_array().unwrap().iter().map(|lot| {
        let part = |i: usize| lot[i].as_str().unwrap();
        (Qty::parse(part(0)).unwrap(), Money::parse(part(1)).unwrap())
    });
    assert!(ours.open_lots.iter().copied().eq(lots), "{what}: {:?}", ours.open_lots);
    fractions
}

fn check_mark(ours: &AfterMark, names: &Names, theirs: &Value, what: &str) {
    assert_eq!(ours.cash, money(theirs, "cash"), "{what}");
    assert_eq!(ours.equity, money(theirs, "equity"), "{what}: equity is exact");
    assert_eq!(ours.fees, money(theirs, "total_fees"), "{what}");
    assert_eq!(ours.realised_fifo, money(theirs, "total_realized_fifo_gross"), "{what}");
    close_to(ours.realised_average, money(theirs, "total_realized_average_cost_gross"), what);
    for line in &ours.by_instrument {
        let theirs = &theirs["by_instrument"][&names.0[line.instrument.index()]];
        assert_eq!(line.position, Qty::parse(text(theirs, "position")).unwrap(), "{what}");
        assert_eq!(line.market_value, money(theirs, "market_value"), "{what}");
        assert_eq!(line.unrealised_fifo, money(theirs, "unrealized_pnl_fifo"), "{what}");
        close_to(line.unrealised_average, money(theirs, "unrealized_pnl_average_cost"), what);
    }
}

/// Runs one case; returns how many exact fractions could be compared.
fn run(case: &Value) -> usize {
    let instruments = case["instruments"].as_object().unwrap();
    let names = Names(instruments.keys().cloned().collect());
    let multipliers = instruments.values().map(|i| text(i, "multiplier").parse().unwrap());
    let events = case["events"].as_array().unwrap();
    let mut ledger = Ledger::new(money(case, "starting_cash"), multipliers.collect(), events.len());
    let expected = case["expected_after_event"].as_array().unwrap();
    assert_eq!(events.len(), expected.len());
    let mut fractions = 0;
    for (i, (event, theirs)) in events.iter().zip(expected).enumerate() {
        let what = format!("{} event {i}", text(case, "case_id"));
        if text(event, "type") == "fill" {
            let qty = Qty::parse(text(event, "signed_quantity")).unwrap();
            let price = Price::parse(text(event, "price")).unwrap();
            let instrument = names.id(text(event, "instrument"));
            let ours = ledger.fill(instrument, qty, price, money(event, "fee"));
            fractions += check_fill(&ours, theirs, &what);
        } else {
            assert_eq!(text(event, "type"), "mark", "{what}: a kind of event not known here");
            let prices = event["prices"].as_object().unwrap().iter().map(|(name, price)| {
                (names.id(name), Price::parse(price.as_str().unwrap()).unwrap())
            });
            let ours = ledger.mark(&prices.collect::<Vec<_>>());
            check_mark(&ours, &names, theirs, &what);
        }
    }
    fractions
}

#[test]
#[expect(clippy::disallowed_macros, reason = "a skipped test says so")]
fn every_reference_ledger_is_met() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/accounting_ledgers.json");
    let Ok(json) = std::fs::read_to_string(path) else {
        eprintln!("skipped: {path} is not here");
        return;
    };
    let reference: Value = serde_json::from_str(&json).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    let fractions: usize = cases.iter().map(run).sum();
    assert_eq!(cases.len(), 20);
    assert!(fractions > 100, "only {fractions} exact fractions were compared");
}

#[test]
fn a_statement_shows_each_line() {
    let spy = InstrumentId(0);
    let (qty, price) = (|t| Qty::parse(t).unwrap(), |t| Price::parse(t).unwrap());
    let money = |t| Money::parse(t).unwrap();
    let mut ledger = Ledger::new(money("1000"), vec![100], 8);
    ledger.fill(spy, qty("2"), price("1.50"), money("0.65"));
    let line = ledger.fill(spy, qty("-3"), price("2"), money("0.65"));
    assert_eq!(
        line,
        AfterFill {
            position: qty("-1"),
            average_cost: Some(money("2")),
            realised_average: money("100"),
            realised_fifo: money("100"),
            fees: money("1.3"),
            open_lots: vec![(qty("-1"), money("2"))],
            cash: money("1298.7"),
        }
    );
    let after = ledger.mark(&[(spy, price("0"))]);
    assert_eq!((after.equity, after.realised_average), (money("1298.7"), money("100")));
    assert_eq!(after.by_instrument[0].unrealised_average, money("200"));
}
