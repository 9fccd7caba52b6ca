//! `st0ck replay --set`: what a session would have come to with other settings.

use crate::bot;
use crate::cli::ReplayArgs;
use crate::cmd::replay::failure;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::{Choices, Plan};
use crate::session::paths;
use crate::view::say::{remark, say};
use crate::view::table::table;
use serde_json::{Map, Value, json};
use st0ck_engine::params::Params;
use st0ck_engine::risk::RiskLimits;
use st0ck_lab::build;
use st0ck_lab::header::SessionHeader;
use st0ck_lab::limits::LIMITS;
use st0ck_lab::replay::ReplayError;
use st0ck_lab::what_if::{
    Change, Footing, OrderChange, Profit, Sent, WhatIf, WhatIfError, what_if,
};
use st0ck_lab::words;
use st0ck_types::{Money, OrderKind};

/// Plays a session again under its own settings with some changed.
///
/// # Errors
/// 2 or 10 for a setting as `demo` would refuse it; 1 when the session itself does not come out the
/// same; 20 or 21 when it cannot be read.
pub(crate) fn run(args: &ReplayArgs) -> Outcome {
    if args.to.is_some() {
        let words = "--to and --set do not go together: a what-if goes to the session's end";
        return Err(Failure::new(Exit::Usage, words));
    }
    let dir = paths::find(&args.dir, &args.runs.runs)?;
    let header = SessionHeader::vouched(&dir).map_err(|e| failure(ReplayError::Header(e)))?;
    let changed = changed(&header, &args.set)?;
    let answer = what_if(&dir, &changed).map_err(|error| match error {
        WhatIfError::Replay(error) => failure(error),
        WhatIfError::Differs(_) => Failure::new(Exit::No, error),
    })?;
    if args.json {
        say!("{}", to_json(&answer, args));
    } else {
        print(&answer, args);
    }
    Ok(None)
}

/// The session's header with other settings, settled as a start would settle them.
fn changed(header: &SessionHeader, sets: &[String]) -> Result<SessionHeader, Failure> {
    let mut all = own_settings(header)?;
    // What is asked for takes the place of the session's own: no key may be given twice.
    all.retain(|own| !sets.iter().any(|set| is_same_key(own, set)));
    all.extend(sets.iter().cloned());
    let plan = Plan::settle(&Choices {
        bot: &header.bot,
        file: None,
        sets: &all,
        volatility_off: false,
        mean_reversion: false,
        debug: false,
    })?;
    Ok(SessionHeader {
        params: plan.params.texts().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        limits: build::limit_texts(&plan.limits),
        capital: plan.capital.to_string(),
        ..header.clone()
    })
}

/// What the session was started with: every parameter, and the limits that people had set. Those that
/// follow from the parameters and the capital are left to follow.
fn own_settings(header: &SessionHeader) -> Result<Vec<String>, Failure> {
    let recipe = bot::find(&header.bot)?.recipe;
    let given: Vec<(&str, &str)> =
        header.params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let params = Params::resolve(recipe.params(), &given).map_err(Failure::config)?;
    let capital = Money::parse(&header.capital)
        .map_err(|e| Failure::config(format_args!("session.json: capital: {e}")))?;
    let derived = recipe.profile(&params).over(RiskLimits::for_capital(capital));
    let is_set = |name: &str, text: &str| {
        LIMITS.iter().any(|key| key.name == name && key.text(&derived) != text)
    };
    let mut own = vec![format!("capital={}", header.capital)];
    own.extend(header.params.iter().map(|(name, text)| format!("strategy.{name}={text}")));
    let limits = header.limits.iter().filter(|(name, text)| is_set(name, text));
    own.extend(limits.map(|(name, text)| format!("risk.{name}={text}")));
    Ok(own)
}

/// Whether two `KEY=VALUE` texts set one key; people may leave its prefix out.
fn is_same_key(own: &str, set: &str) -> bool {
    let key = |text: &str| text.split('=').next().unwrap_or_default().trim().to_owned();
    let (own, set) = (key(own), key(set));
    own == set || own.split_once('.').is_some_and(|(_, short)| short == set)
}

fn print(answer: &WhatIf, args: &ReplayArgs) {
    say!("{} with {}:", args.dir, args.set.join(", "));
    let [removed, added, changed] =
        [Change::Removed, Change::Added, Change::Changed].map(|change| answer.count(change));
    say!("{removed} orders fewer, {added} more, {changed} otherwise");
    let mut sums = table(&["", ">orders", ">fills", ">gross", ">fees", ">net"]);
    for (name, sum) in [("recorded", &answer.recorded), ("what if", &answer.what_if)] {
        sums.add_row([
            name.to_owned(),
            sum.orders.to_string(),
            sum.fills.to_string(),
            words::money(sum.realised + sum.unrealised),
            words::money(sum.fees),
            words::money(sum.net()),
        ]);
    }
    say!("\n{sums}");
    if !answer.changes.is_empty() {
        let mut list = table(&["at (New York)", "change", "what", "recorded", "what if"]);
        for order in &answer.changes {
            let terms = |sent: Option<Sent>| sent.map_or("-".to_owned(), |sent| terms(&sent));
            let what = order.recorded.or(order.what_if).map(|sent| sent.what).unwrap_or_default();
            list.add_row([
                words::clock(order.at()),
                order.change.as_str().to_owned(),
                what.as_str().to_owned(),
                terms(order.recorded),
                terms(order.what_if),
            ]);
        }
        say!("\n{list}");
    }
    if answer.footing == Footing::Modelled {
        remark!("fills after the first difference are modelled: this venue cannot be played again");
    }
}

fn terms(sent: &Sent) -> String {
    let (side, qty) = (sent.order.side.as_str(), sent.order.qty);
    match sent.order.kind {
        OrderKind::Market => format!("{side} {qty} at market"),
        OrderKind::Limit(price) => format!("{side} {qty} at {price}"),
    }
}

fn to_json(answer: &WhatIf, args: &ReplayArgs) -> Value {
    json!({
        "set": args.set,
        "orders_added": answer.count(Change::Added),
        "orders_removed": answer.count(Change::Removed),
        "orders_changed": answer.count(Change::Changed),
        "pnl_recorded": answer.recorded.net().to_string(),
        "pnl_what_if": answer.what_if.net().to_string(),
        "recorded": profit(&answer.recorded),
        "what_if": profit(&answer.what_if),
        "fills": answer.footing.as_str(),
        "orders": answer.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn profit(sum: &Profit) -> Value {
    json!({
        "orders_sent": sum.orders,
        "fills": sum.fills,
        "realized_pnl": sum.realised.to_string(),
        "unrealized_pnl": sum.unrealised.to_string(),
        "fees": sum.fees.to_string(),
    })
}

fn change(order: &OrderChange) -> Value {
    let mut told = Map::new();
    told.insert("change".to_owned(), json!(order.change.as_str()));
    told.insert("at".to_owned(), json!(order.at().to_string()));
    for (name, sent) in [("recorded", order.recorded), ("what_if", order.what_if)] {
        told.insert(name.to_owned(), sent.as_ref().map_or(Value::Null, order_json));
    }
    Value::Object(told)
}

fn order_json(sent: &Sent) -> Value {
    json!({
        "order": sent.order.no.0,
        "client_order_id": sent.order.client_id.as_str(),
        "what": sent.what.as_str(),
        "side": sent.order.side.as_str(),
        "type": sent.order.kind.as_str(),
        "limit_price": sent.order.kind.limit().map(|price| price.to_string()),
        "qty": sent.order.qty.to_string(),
    })
}
