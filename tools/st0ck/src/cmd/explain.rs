//! `st0ck explain`: why an order was sent, from its last consequence back to its first cause.

use crate::cli::ExplainArgs;
use crate::cmd::replay::failure;
use crate::exit::{Exit, Failure, Outcome};
use crate::session::paths;
use crate::view::say::say;
use crate::view::table::table;
use serde_json::{Value, json};
use st0ck_lab::explain::{self, Explanation, Fate, Step, Story, Wanted};
use st0ck_lab::replay::ReplayError;
use st0ck_lab::words;
use st0ck_types::decision::FactorRole;
use st0ck_types::ids::{parse_uuid, uuid_text};
use st0ck_types::reject::Unit;
use st0ck_types::{BrokerOrderId, ClientOrderId, Factor, OrderNo, Price};
use std::path::Path;

/// Explains one order, or all of them.
///
/// # Errors
/// 2 when the session has no such order, 20 or 21 when it cannot be read.
pub(crate) fn run(args: &ExplainArgs) -> Outcome {
    let (dir, order) = match &args.order {
        Some(order) => (args.dir_or_order.as_str(), order.as_str()),
        None => ("last", args.dir_or_order.as_str()),
    };
    let dir = paths::find(dir, &args.runs.runs)?;
    let story = Story::read(&dir).map_err(|e| failure(ReplayError::Journal(e)))?;
    let wanted: Vec<OrderNo> = match order {
        "all" => story.orders().map(|found| found.order.no).collect(),
        one => vec![find(&story, one, &dir)?],
    };
    let explained = explain::explain(&dir, &story, &wanted).map_err(failure)?;
    if explained.len() < wanted.len() {
        let words = "the session does not come out the same: see `st0ck replay`";
        return Err(Failure::new(Exit::No, format_args!("{}: {words}", dir.display())));
    }
    show(args, order == "all", &explained);
    Ok(None)
}

fn find(story: &Story, text: &str, dir: &Path) -> Result<OrderNo, Failure> {
    let found = wanted(text).and_then(|wanted| story.find(wanted));
    found.map(|found| found.order.no).ok_or_else(|| {
        let span = match (story.orders().next(), story.orders().next_back()) {
            (Some(first), Some(last)) => {
                let (from, to) = (&first.order, &last.order);
                format!(
                    "they go from {} ({}) to {} ({})",
                    from.no.0,
                    from.client_id.as_str(),
                    to.no.0,
                    to.client_id.as_str()
                )
            }
            _ => "it has none".to_owned(),
        };
        Failure::new(
            Exit::Usage,
            format_args!("{}: no order is called {text}; {span}", dir.display()),
        )
    })
}

/// What a name may mean: the last, our ordinal, the broker's id, or the id that we gave it.
fn wanted(text: &str) -> Option<Wanted> {
    if text == "last" {
        return Some(Wanted::Last);
    }
    if let Ok(no) = text.parse() {
        return Some(Wanted::Ordinal(OrderNo(no)));
    }
    if let Some(id) = parse_uuid(text) {
        return Some(Wanted::Broker(BrokerOrderId(id)));
    }
    ClientOrderId::from_text(text).map(Wanted::Client)
}

fn show(args: &ExplainArgs, all: bool, explained: &[Explanation]) {
    if args.json && all {
        let orders: Vec<Value> = explained.iter().map(to_json).collect();
        say!("{}", json!({ "orders": orders }));
        return;
    }
    for (at, one) in explained.iter().enumerate() {
        if args.json {
            say!("{}", to_json(one));
            continue;
        }
        if at > 0 {
            say!("");
        }
        print(one, !all);
    }
}

fn print(one: &Explanation, whole: bool) {
    one.words.iter().for_each(|sentence| say!("{sentence}"));
    if !whole {
        return;
    }
    let mut checks = table(&["check", ">value", ">limit", "passed"]);
    for check in &one.checks {
        let unit = check.code.unit();
        let (value, limit) = (words::amount(check.value, unit), words::amount(check.limit, unit));
        let passed = if check.passed { "yes" } else { "NO" };
        checks.add_row([check.code.as_str().to_owned(), value, limit, passed.to_owned()]);
    }
    say!("\n{checks}");
    let mut factors = table(&["factor", ">value", "role"]);
    for (role, word) in [(FactorRole::Signal, "signal"), (FactorRole::Sizing, "sizing")] {
        for factor in one.factors(role) {
            let name = factor.name.as_str().to_owned();
            factors.add_row([name, words::amount(factor.value, unit_of(factor)), word.to_owned()]);
        }
    }
    say!("\n{factors}");
    let mut inputs = table(&[">input", "at (New York)", "what"]);
    for cause in &one.causes {
        let (seq, at) = (cause.seq.0.to_string(), words::clock(cause.at));
        inputs.add_row([seq, at, format!("{}: {}", cause.role, cause.what)]);
    }
    say!("\n{inputs}");
}

fn unit_of(factor: &Factor) -> Unit {
    words::factor_unit(factor.name.as_str()).unwrap_or(Unit::Number)
}

fn to_json(one: &Explanation) -> Value {
    let checks = one.checks.iter().map(|check| {
        json!({ "code": check.code.as_str(), "value": Price(check.value).to_string(),
            "limit": Price(check.limit).to_string(),
            "unit": words::unit_name(check.code.unit()), "passed": check.passed })
    });
    let sizing = one.factors(FactorRole::Sizing).map(|factor| {
        json!({ "factor": factor.name.as_str(), "value": Price(factor.value).to_string(),
            "unit": words::unit_name(unit_of(factor)) })
    });
    let signal = one.factors(FactorRole::Signal).map(|factor| {
        json!({ "component": factor.name.as_str(), "value": Price(factor.value).to_string(),
            "weight": Price(factor.weight).to_string(),
            "unit": words::unit_name(unit_of(factor)) })
    });
    let causes = one.causes.iter().map(|cause| {
        json!({ "seq": cause.seq.0, "at": cause.at.to_string(), "kind": cause.kind,
            "role": cause.role, "what": cause.what })
    });
    json!({
        "order": order_json(one),
        "checks": checks.collect::<Vec<_>>(),
        "sizing": sizing.collect::<Vec<_>>(),
        "signal": signal.collect::<Vec<_>>(),
        "inputs": one.causes.iter().map(|cause| cause.seq.0).collect::<Vec<_>>(),
        "causes": causes.collect::<Vec<_>>(),
        "fate": one.found.steps.iter().map(step_json).collect::<Vec<_>>(),
        "sentences": one.words,
        "words": one.words.join(" "),
    })
}

fn order_json(one: &Explanation) -> Value {
    let (found, order) = (&one.found, &one.found.order);
    let broker = found.broker_id.is_known().then(|| uuid_text(found.broker_id.0).to_string());
    json!({
        "order": order.no.0, "client_order_id": order.client_id.as_str(),
        "broker_order_id": broker, "symbol": one.symbol.as_str(),
        "what": found.decision.what.as_str(), "side": order.side.as_str(),
        "type": order.kind.as_str(),
        "limit_price": order.kind.limit().map(|price| price.to_string()),
        "qty": order.qty.to_string(), "time_in_force": order.tif.as_str(),
        "effect": format!("{:?}", order.effect).to_lowercase(),
        "decided_at": order.decided_at.to_string(), "seq": found.seq.0, "cause": order.cause.0,
    })
}

fn step_json(step: &Step) -> Value {
    let mut told = json!({ "seq": step.seq.0, "at": step.at.to_string(),
        "what": step.fate.as_str() });
    match &step.fate {
        Fate::Filled { price, qty, .. } => {
            told["price"] = json!(price.to_string());
            told["qty"] = json!(qty.to_string());
        }
        Fate::CancelAsked(words) | Fate::Rejected(words) => told["words"] = json!(words),
        _ => {}
    }
    told
}
