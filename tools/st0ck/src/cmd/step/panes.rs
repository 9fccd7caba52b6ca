//! What stands in each pane, line by line.
//!
//! *Invariant:* looks at the engine through its public view; computes nothing that decides.

use super::walk::Walk;
use st0ck_engine::engine::Engine;
use st0ck_engine::orders::Order;
use st0ck_lab::groups::Group;
use st0ck_lab::words::{amount, clock, factor_unit, plain, price, seconds};
use st0ck_types::{Decision, InstrumentId, Money, OrderRequest, Output, StrategyId};

/// Book, position and the day's result.
pub(super) fn holding(walk: &Walk) -> Vec<String> {
    let mut rows = book(walk);
    rows.extend(position(walk));
    rows
}

fn book(walk: &Walk) -> Vec<String> {
    let world = walk.stepper.engine().world();
    let Some(book) = world.market.book(walk.instrument) else { return Vec::new() };
    let quote = book.quote();
    let side = |name, at: Option<_>, size: i64| match at {
        Some(at) => format!("{name} {} x {}", price(at), plain(size, 3)),
        None => format!("{name} nobody"),
    };
    let moment = walk.stepper.moment(walk.instrument);
    let spread = match (moment.spread(), moment.spread_bps()) {
        (Some(spread), Some(bps)) => format!("spread {} ({} bps)", plain(spread, 4), plain(bps, 2)),
        _ => "spread none".to_owned(),
    };
    let age = match book.quotes() {
        0 => "no quote yet".to_owned(),
        _ => format!("quote {} old", seconds(book.age(world.session.now()))),
    };
    let halted = if book.is_halted() { ", HALTED" } else { "" };
    vec![
        side("bid", book.bid(), quote.bid_size.0),
        side("ask", book.ask(), quote.ask_size.0),
        spread,
        format!("{age}{halted}"),
    ]
}

fn position(walk: &Walk) -> Vec<String> {
    let portfolio = walk.stepper.engine().portfolio();
    let position = portfolio.position(walk.instrument);
    let average = position.average().map_or_else(String::new, |at| format!(" @ {}", price(at)));
    let (realised, open, fees) = (portfolio.realised(), portfolio.unrealised(), portfolio.fees());
    let usd = |amount: Money| plain(amount.to_e9(), 4);
    vec![
        format!("holds {}{average}", plain(position.qty.0, 9)),
        format!("realized {}, open {}", usd(realised), usd(open)),
        format!("fees {}, net {}", usd(fees), usd(realised + open - fees)),
    ]
}

/// Orders that may still trade.
pub(super) fn orders(engine: &Engine) -> Vec<String> {
    let rows: Vec<String> = engine.orders().live().map(order).collect();
    if rows.is_empty() { vec!["none".to_owned()] } else { rows }
}

fn order(order: &Order) -> String {
    let canceling = if order.is_cancel_pending() { ", canceling" } else { "" };
    let (stage, filled) = (order.stage.as_str(), plain(order.cum.0, 9));
    format!("{}; {stage}, {filled} filled{canceling}", terms(&order.request))
}

fn terms(order: &OrderRequest) -> String {
    let limit = order.kind.limit().map_or_else(String::new, |at| format!(" {}", price(at)));
    let (side, qty, kind) = (order.side.as_str(), plain(order.qty.0, 9), order.kind.as_str());
    format!("#{} {side} {qty} {kind}{limit}", order.no.0)
}

/// What holds the lane down, and what the gate refused so far.
pub(super) fn gate(engine: &Engine) -> Vec<String> {
    let mut rows = vec![format!("state {}", engine.state())];
    let held: Vec<&str> = engine.restraints().iter().map(|r| r.as_str()).collect();
    if !held.is_empty() {
        rows.push(format!("held by {}", held.join(", ")));
    }
    let counters = engine.counters();
    let refused = counters.rejects().filter(|(_, count)| *count > 0);
    let refused: Vec<String> =
        refused.map(|(code, count)| format!("{count} x {}", code.as_str())).collect();
    rows.push(if refused.is_empty() {
        "nothing refused so far".to_owned()
    } else {
        format!("refused {}", refused.join(", "))
    });
    rows
}

/// The newest input that led to something, and to what.
pub(super) fn decision(decided: Option<&Group>) -> Vec<String> {
    let Some(group) = decided else { return vec!["nothing decided yet".to_owned()] };
    let mut rows = vec![format!("record {} at {}", group.seq.0, clock(group.at))];
    rows.extend(group.outputs.iter().map(|output| match output {
        Output::Decision(decision) => weighed(decision),
        Output::Order(order) => format!("order {}", terms(order)),
        Output::Cancel(cancel) => format!("cancel #{}", cancel.no.0),
        Output::Reject(reject) => {
            let (code, unit) = (reject.code.as_str(), reject.code.unit());
            format!(
                "reject {code}: {}, limit {}",
                amount(reject.value, unit),
                amount(reject.limit, unit)
            )
        }
    }));
    rows
}

fn weighed(decision: &Decision) -> String {
    let factors = decision.factors().iter().map(|factor| {
        let name = factor.name.as_str();
        let value = factor_unit(name)
            .map_or_else(|| plain(factor.value, 6), |unit| amount(factor.value, unit));
        format!("{name} {value}")
    });
    let factors: Vec<String> = factors.collect();
    format!("{}: {}", decision.what.as_str(), factors.join(", "))
}

/// What the strategy says of itself.
pub(super) fn notes(engine: &Engine) -> Vec<String> {
    let mut notes = Vec::new();
    engine.notes(StrategyId(0), &mut |name, value| {
        notes.push(format!("{name} {}", plain(value, 6)));
    });
    vec![notes.join(", ")]
}

/// The symbol of an instrument.
pub(super) fn symbol(walk: &Walk, instrument: InstrumentId) -> String {
    let symbol = walk.stepper.engine().world().market.symbol(instrument);
    symbol.map_or_else(String::new, |symbol| symbol.as_str().to_owned())
}
