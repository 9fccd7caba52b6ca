//! Journal records as JSON: money, prices and quantities as decimal strings, times in RFC 3339.

use serde_json::{Value, json};
use st0ck_journal::Body;
use st0ck_types::ids::uuid_text;
use st0ck_types::reject::Unit;
use st0ck_types::report::{Fill, Snapshot, Status};
use st0ck_types::{
    BrokerOrderId, Decision, Input, MarketEvent, Nanos, OrderRequest, Output, PositionEffect,
    Price, Reject, Report, SystemEvent,
};

/// The fields of a record.
pub(crate) fn body(body: &Body<'_>) -> Value {
    match body {
        Body::Input(Input::Market(event)) => market(event),
        Body::Input(Input::Report(report)) => self::report(report),
        Body::Input(Input::Command(command)) => {
            json!({ "command": command.as_str(), "reason": command.reason().as_str() })
        }
        Body::Input(Input::Timer(fired)) => {
            json!({ "strategy": fired.strategy.0, "timer": fired.timer.0, "due": time(fired.due) })
        }
        Body::Input(Input::System(event)) => system(event),
        Body::Output(output) => self::output(output),
        Body::Carry(state) => json!({ "bytes": state.len() }),
        Body::Hash(hash) => json!({ "state_hash": format!("{hash:016x}") }),
        Body::Seal => json!({}),
    }
}

/// The fields in one line for people.
pub(crate) fn line(body: &Value) -> String {
    let Value::Object(fields) = body else { return body.to_string() };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let present = fields.iter().filter(|(_, value)| !value.is_null());
    present.map(|(key, value)| format!("{key}={}", text(value))).collect::<Vec<_>>().join(" ")
}

fn time(at: Nanos) -> String {
    at.to_string()
}

fn optional_time(at: Nanos) -> Option<String> {
    (at != Nanos::ZERO).then(|| at.to_string())
}

fn letter(byte: u8) -> Option<String> {
    (byte != 0).then(|| char::from(byte).to_string())
}

fn market(event: &MarketEvent) -> Value {
    match event {
        MarketEvent::Quote(q) => json!({
            "instrument": q.instrument.0, "bid": q.bid.to_string(), "bid_size": q.bid_size.to_string(),
            "ask": q.ask.to_string(), "ask_size": q.ask_size.to_string(), "ts_event": time(q.ts_event),
            "ts_recv": time(q.ts_recv), "flags": q.flags,
        }),
        MarketEvent::Trade(t) => json!({
            "instrument": t.instrument.0, "price": t.price.to_string(), "size": t.size.to_string(),
            "id": t.id, "venue": letter(t.venue), "ts_event": time(t.ts_event),
            "ts_recv": time(t.ts_recv), "flags": t.flags,
        }),
        MarketEvent::Bar(b) => json!({
            "instrument": b.instrument.0, "start": time(b.start), "seconds": b.seconds,
            "open": b.open.to_string(), "high": b.high.to_string(), "low": b.low.to_string(),
            "close": b.close.to_string(), "volume": b.volume.to_string(),
        }),
        MarketEvent::Halt(h) => json!({
            "instrument": h.instrument.0, "halted": h.halted != 0, "ts_event": time(h.ts_event),
        }),
        MarketEvent::InstrumentDef(d) => json!({
            "instrument": d.instrument.0, "symbol": d.symbol.as_str(), "tick": d.tick.to_string(),
            "lot": d.lot.to_string(), "multiplier": d.multiplier,
        }),
        MarketEvent::Gap(g) => json!({
            "instrument": g.instrument.0, "trades_lost": g.trades_lost,
            "quotes_conflated": g.quotes_conflated, "cause": format!("{:?}", g.cause),
        }),
    }
}

fn broker(id: BrokerOrderId) -> Option<String> {
    id.is_known().then(|| uuid_text(id.0).as_str().to_owned())
}

/// `open` or `close`.
pub(crate) fn effect(effect: PositionEffect) -> &'static str {
    match effect {
        PositionEffect::Open => "open",
        PositionEffect::Close => "close",
    }
}

/// What kind of report, in the word of its `report` field.
pub(crate) fn report_word(report: &Report) -> &'static str {
    match report {
        Report::Sending { .. } => "sending",
        Report::SendRefused { .. } => "send_refused",
        Report::Accepted(_) => "accepted",
        Report::Rejected(_) => "rejected",
        Report::Canceled(_) => "canceled",
        Report::Expired(_) => "expired",
        Report::CancelRejected(_) => "cancel_rejected",
        Report::Unknown(_) => "unknown",
        Report::NotFound(_) => "not_found",
        Report::Fill(_) => "fill",
        Report::Snapshot(_) => "snapshot",
        Report::Position(_) => "position",
        Report::Account(_) => "account",
        Report::Reconcile(_) => "reconcile",
        Report::Link { .. } => "link",
    }
}

fn status(what: &str, s: &Status) -> Value {
    json!({
        "report": what, "client_order_id": s.client_id.as_str(), "broker_id": broker(s.broker_id),
        "broker_at": optional_time(s.at), "code": s.code, "words": s.words.as_str(),
    })
}

fn report(report: &Report) -> Value {
    let what = report_word(report);
    match report {
        Report::Sending { no } => json!({ "report": what, "order": no.0 }),
        Report::SendRefused { no, why } => {
            json!({ "report": what, "order": no.0, "why": format!("{why:?}") })
        }
        Report::Accepted(s)
        | Report::Rejected(s)
        | Report::Canceled(s)
        | Report::Expired(s)
        | Report::CancelRejected(s)
        | Report::Unknown(s)
        | Report::NotFound(s) => status(what, s),
        Report::Fill(f) => fill(f),
        Report::Snapshot(s) => snapshot(s),
        Report::Position(p) => json!({
            "report": what, "symbol": p.symbol.as_str(), "qty": p.qty.to_string(),
            "average_price": p.average_price.to_string(),
        }),
        Report::Account(a) => json!({
            "report": what, "cash": a.cash.to_string(), "equity": a.equity.to_string(),
            "buying_power": a.buying_power.to_string(), "tradable": a.tradable,
        }),
        Report::Reconcile(r) => json!({
            "report": what, "ended": r.ended, "stable": r.stable,
            "foreign_orders": r.foreign_orders,
        }),
        Report::Link { up } => json!({ "report": what, "up": up }),
    }
}

fn fill(f: &Fill) -> Value {
    json!({
        "report": "fill", "client_order_id": f.client_id.as_str(), "broker_id": broker(f.broker_id),
        "execution_id": uuid_text(f.execution.0).as_str(), "instrument": f.instrument.0,
        "side": f.side.as_str(), "price": f.price.to_string(), "qty": f.qty.to_string(),
        "cum_qty": f.cum_qty.to_string(), "complete": f.complete, "broker_at": optional_time(f.at),
    })
}

fn snapshot(s: &Snapshot) -> Value {
    json!({
        "report": "snapshot", "client_order_id": s.client_id.as_str(),
        "broker_id": broker(s.broker_id), "instrument": s.instrument.0, "side": s.side.as_str(),
        "stage": format!("{:?}", s.stage), "qty": s.qty.to_string(), "filled": s.filled.to_string(),
    })
}

fn system(event: &SystemEvent) -> Value {
    let what = event.as_str();
    match event {
        SystemEvent::SessionStart { epoch, first_order } => {
            json!({ "event": what, "epoch": epoch.0, "first_order": first_order })
        }
        SystemEvent::Restart { epoch } => json!({ "event": what, "epoch": epoch.0 }),
        SystemEvent::SessionEnd | SystemEvent::JournalFull => json!({ "event": what }),
        SystemEvent::LaneFault { seq } => json!({ "event": what, "input": seq.0 }),
        SystemEvent::ClockStep { by } => json!({ "event": what, "by_ns": by }),
        SystemEvent::FeedLink { up, at } => json!({ "event": what, "up": up, "since": time(*at) }),
        SystemEvent::OtherAccounts(sums) => json!({
            "event": what, "opening": sums.opening.to_string(), "equity": sums.equity.to_string(),
        }),
        SystemEvent::JournalLow { low } => json!({ "event": what, "low": low }),
    }
}

fn output(output: &Output) -> Value {
    match output {
        Output::Decision(d) => decision(d),
        Output::Order(o) => order(o),
        Output::Cancel(c) => json!({
            "order": c.no.0, "client_order_id": c.client_id.as_str(),
            "broker_id": broker(c.broker_id), "cause": c.cause.0,
        }),
        Output::Reject(r) => reject(r),
    }
}

/// The fields of an order.
pub(crate) fn order(o: &OrderRequest) -> Value {
    json!({
        "order": o.no.0, "client_order_id": o.client_id.as_str(), "strategy": o.strategy.0,
        "instrument": o.instrument.0, "side": o.side.as_str(), "type": o.kind.as_str(),
        "limit_price": o.kind.limit().map(|p| p.to_string()), "qty": o.qty.to_string(),
        "time_in_force": o.tif.as_str(), "effect": effect(o.effect),
        "cause": o.cause.0, "tag": o.tag,
    })
}

fn decision(d: &Decision) -> Value {
    let factors = d.factors().iter().map(|f| {
        json!({ "factor": f.name.as_str(), "value": Price(f.value).to_string(),
            "weight": Price(f.weight).to_string() })
    });
    json!({ "what": d.what.as_str(), "order": d.order.0, "factors": factors.collect::<Vec<_>>() })
}

fn reject(r: &Reject) -> Value {
    let unit = match r.code.unit() {
        Unit::Number => "",
        Unit::Money => "USD",
        Unit::Shares => "shares",
        Unit::Ratio => "ratio",
        Unit::Seconds => "s",
    };
    json!({
        "code": r.code.as_str(), "value": Price(r.value).to_string(),
        "limit": Price(r.limit).to_string(), "unit": unit, "strategy": r.strategy.0,
        "instrument": r.instrument.0, "side": r.side.as_str(), "qty": r.qty.to_string(),
    })
}
