//! A journal in words that stay the same whatever the types become: for the golden journals.

use st0ck_journal::{Body, Reader, decode, stat};
use st0ck_types::{Input, MarketEvent, Output, Report};
use std::fmt::Write;
use std::path::Path;

/// Counts, a checksum over every market event's numbers, and a line for each record that is not
/// market data.
pub(crate) fn of(dir: &Path) -> String {
    let stat = stat(dir).unwrap();
    let mut words = format!(
        "{} records, {} to {}, {} to {}\n",
        stat.records, stat.first_seq.0, stat.last_seq.0, stat.first_at.0, stat.last_at.0
    );
    for (kind, count) in &stat.kinds {
        writeln!(words, "{} {count}", kind.as_str()).unwrap();
    }
    let (mut reader, mut market) = (Reader::open(dir).unwrap(), 0);
    while let Some(record) = reader.next().unwrap() {
        let line = match decode(&record).unwrap() {
            Body::Input(Input::Market(event)) => {
                market = crc32c::crc32c_append(market, numbers(&event).as_bytes());
                continue;
            }
            body => words_of(&body),
        };
        let (seq, at, flags) = (record.seq.0, record.at.0, record.flags);
        writeln!(words, "{seq} {at} {} {flags} {line}", record.kind.as_str()).unwrap();
    }
    writeln!(words, "market {market:08x}").unwrap();
    words
}

fn numbers(event: &MarketEvent) -> String {
    match event {
        MarketEvent::Quote(q) => {
            let (bid, ask) = (q.bid.0, q.ask.0);
            format!("{} {bid} {} {ask} {}\n", q.ts_event.0, q.bid_size.0, q.ask_size.0)
        }
        MarketEvent::Trade(t) => format!("{} {} {} {}\n", t.ts_event.0, t.price.0, t.size.0, t.id),
        other => format!("{}\n", other.ts_event().0),
    }
}

fn words_of(body: &Body<'_>) -> String {
    match body {
        Body::Input(Input::Report(Report::Fill(f))) => {
            let (id, price) = (f.client_id.as_str(), f.price.0);
            let whole = if f.complete { "whole" } else { "part" };
            format!("{id} {:?} {price} {} of {} {whole} {}", f.side, f.qty.0, f.cum_qty.0, f.at.0)
        }
        Body::Input(Input::Report(Report::Accepted(s))) => {
            format!("{} accepted {:x}", s.client_id.as_str(), s.broker_id.0)
        }
        Body::Input(Input::Timer(t)) => format!("{} {} {}", t.strategy.0, t.timer.0, t.due.0),
        Body::Output(Output::Order(o)) => {
            let limit = o.kind.limit().map_or(0, |price| price.0);
            let words = format!("{} {} {:?} {limit}", o.no.0, o.client_id.as_str(), o.side);
            format!("{words} {} {} {} {}", o.qty.0, o.decided_at.0, o.cause.0, o.tag)
        }
        Body::Output(Output::Decision(d)) => {
            let factors = d.factors().iter();
            let factors = factors.map(|f| format!("{} {} {}", f.name.as_str(), f.value, f.weight));
            let what = d.what.as_str();
            format!("{} {what}: {}", d.order.0, factors.collect::<Vec<_>>().join(", "))
        }
        Body::Hash(hash) => format!("{hash:016x}"),
        Body::Carry(state) => format!("{} bytes {:08x}", state.len(), crc32c::crc32c(state)),
        _ => String::new(),
    }
}
