//! One input, and what it led to, in half a line.

use crate::record_json::report_word;
use st0ck_lab::groups::Group;
use st0ck_lab::words::{clock, plain, price};
use st0ck_types::{ClientOrderId, Input, MarketEvent, Output, Report};

/// `   1240 10:31:07.120 quote 367.40 x 367.41 → #12`.
pub(super) fn row(group: &Group) -> String {
    let led_to = outputs(&group.outputs);
    let arrow = if led_to.is_empty() { "" } else { " → " };
    format!("{:>7} {} {}{arrow}{led_to}", group.seq.0, clock(group.at), input(&group.input))
}

fn input(input: &Input) -> String {
    match input {
        Input::Market(event) => market(event),
        Input::Report(report) => self::report(report),
        Input::Command(command) => format!("{}: {}", command.as_str(), command.reason()),
        Input::Timer(fired) => format!("timer {}", fired.timer.0),
        Input::System(event) => event.as_str().to_owned(),
    }
}

fn market(event: &MarketEvent) -> String {
    match event {
        MarketEvent::Quote(q) => format!("quote {} x {}", price(q.bid), price(q.ask)),
        MarketEvent::Trade(t) => format!("print {} @ {}", plain(t.size.0, 3), price(t.price)),
        MarketEvent::Bar(b) => format!("bar, close {}", price(b.close)),
        MarketEvent::Halt(h) if h.halted != 0 => "halt".to_owned(),
        MarketEvent::Halt(_) => "trading again".to_owned(),
        MarketEvent::InstrumentDef(d) => format!("instrument {}", d.symbol.as_str()),
        MarketEvent::Gap(g) => {
            format!("gap: {} prints, {} quotes", g.trades_lost, g.quotes_conflated)
        }
    }
}

fn report(report: &Report) -> String {
    let word = report_word(report);
    let of = |id: &ClientOrderId| {
        id.parts().map_or_else(|| word.to_owned(), |parts| format!("{word} #{}", parts.order.0))
    };
    match report {
        Report::Fill(f) => {
            let (qty, at) = (plain(f.qty.0, 9), price(f.price));
            format!("{}: {} {qty} @ {at}", of(&f.client_id), f.side.as_str())
        }
        Report::Sending { no } | Report::SendRefused { no, .. } => format!("{word} #{}", no.0),
        Report::Accepted(s)
        | Report::Rejected(s)
        | Report::Canceled(s)
        | Report::Expired(s)
        | Report::CancelRejected(s)
        | Report::Unknown(s)
        | Report::NotFound(s) => of(&s.client_id),
        Report::Snapshot(s) => of(&s.client_id),
        Report::Link { up } => format!("{word} {}", if *up { "up" } else { "down" }),
        Report::Position(_) | Report::Account(_) | Report::Reconcile(_) => word.to_owned(),
    }
}

fn outputs(outputs: &[Output]) -> String {
    let words = outputs.iter().filter_map(|output| match output {
        Output::Order(order) => Some(format!("#{}", order.no.0)),
        Output::Cancel(cancel) => Some(format!("cancel #{}", cancel.no.0)),
        Output::Reject(reject) => {
            let code = reject.code.as_str();
            Some(format!("no: {}", code.split('_').next().unwrap_or(code)))
        }
        Output::Decision(_) => None,
    });
    words.collect::<Vec<_>>().join(", ")
}
