//! The venue from outside: what it does with orders, and what it can never do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod auctions;
mod conservation;
mod lifetimes;
mod replacements;
mod scenarios;

use st0ck_sim::{SimEvent, SimOrder, Venue};
use st0ck_types::time::MILLISECOND;
use st0ck_types::{
    Halt, InstrumentId, MarketEvent, Nanos, OrderKind, Price, Qty, Quote, Side, Trade,
};

const SPY: InstrumentId = InstrumentId(0);

/// Milliseconds into the test's day.
fn ms(at: i64) -> Nanos {
    Nanos(at * MILLISECOND)
}

fn shares(whole: i64) -> Qty {
    Qty::units(whole).unwrap()
}

fn cents(price: i64) -> Price {
    Price(price * Price::CENT.0)
}

/// A quote of SPY: bid and ask in cents, sizes in shares.
fn quote(at: i64, bid: i64, bid_size: i64, ask: i64, ask_size: i64) -> MarketEvent {
    MarketEvent::Quote(Quote {
        ts_event: ms(at),
        bid: cents(bid),
        bid_size: shares(bid_size),
        ask: cents(ask),
        ask_size: shares(ask_size),
        instrument: SPY,
        ..Quote::default()
    })
}

fn print(at: i64, price: i64, size: i64) -> MarketEvent {
    MarketEvent::Trade(Trade {
        ts_event: ms(at),
        price: cents(price),
        size: shares(size),
        instrument: SPY,
        ..Trade::default()
    })
}

fn halt(at: i64, halted: bool) -> MarketEvent {
    let halted = u8::from(halted);
    MarketEvent::Halt(Halt { ts_event: ms(at), instrument: SPY, halted, ..Halt::default() })
}

fn order(key: u64, at: i64, side: Side, kind: OrderKind, qty: i64) -> SimOrder {
    SimOrder::new(key, SPY, side, kind, shares(qty), ms(at))
}

fn limit(price: i64) -> OrderKind {
    OrderKind::Limit(cents(price))
}

fn drain(venue: &mut Venue) -> Vec<SimEvent> {
    std::iter::from_fn(|| venue.pop()).collect()
}

/// Events as text: `2ms fill #1 5 @ 100.01 done`.
fn told(venue: &mut Venue) -> Vec<String> {
    let tell = |event: SimEvent| {
        let (at, key) = (event.at().0 / MILLISECOND, event.key());
        match event {
            SimEvent::Accepted { .. } => format!("{at}ms accepted #{key}"),
            SimEvent::Fill { price, qty, complete, .. } => {
                format!("{at}ms fill #{key} {qty} @ {price}{}", if complete { " done" } else { "" })
            }
            SimEvent::Canceled { .. } => format!("{at}ms canceled #{key}"),
            SimEvent::Expired { .. } => format!("{at}ms expired #{key}"),
            SimEvent::Ended { .. } => format!("{at}ms ended #{key}"),
            SimEvent::Replaced { by, .. } => format!("{at}ms replaced #{key} by #{by}"),
            SimEvent::ReplaceTooLate { by, .. } => format!("{at}ms too late #{key} by #{by}"),
            SimEvent::CancelTooLate { .. } => format!("{at}ms too late #{key}"),
        }
    };
    drain(venue).into_iter().map(tell).collect()
}
