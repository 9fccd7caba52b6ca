//! A recorded day as the venue would send it: every quote and print a frame of its own, in Alpaca's
//! JSON, made before anything is timed.

use st0ck_bench::day::Day;
use st0ck_types::{MarketEvent, Quote, Trade};

/// The day's frames in their order, and the instrument's definition, which no venue sends.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) definition: MarketEvent,
    pub(crate) bytes: Vec<Vec<u8>>,
    /// The first frame of the time that is measured.
    pub(crate) first: usize,
}

/// Minutes of a day before the first measurement: bars exist, tables and predictors are warm.
const WARM_UP: i64 = 10;

impl Frames {
    /// Writes them, up to where the lane would stop trading.
    pub(crate) fn of(day: &Day) -> Self {
        let write = |events: &[MarketEvent]| events.iter().filter_map(frame).collect::<Vec<_>>();
        let mut bytes = write(&day.events[..day.after_open(WARM_UP)]);
        let first = bytes.len();
        bytes.extend(write(day.from_minute(WARM_UP)));
        Self { definition: day.events[0], bytes, first }
    }
}

fn frame(event: &MarketEvent) -> Option<Vec<u8>> {
    match event {
        MarketEvent::Quote(quote) => Some(quote_frame(quote)),
        MarketEvent::Trade(trade) => Some(trade_frame(trade)),
        _ => None,
    }
}

fn quote_frame(quote: &Quote) -> Vec<u8> {
    let Quote { bid, ask, bid_size, ask_size, ts_event, .. } = quote;
    format!(
        r#"[{{"T":"q","S":"SPY","bx":"V","bp":{bid},"bs":{bid_size},"ax":"Q","ap":{ask},"as":{ask_size},"c":["R"],"z":"B","t":"{ts_event}"}}]"#
    )
    .into_bytes()
}

fn trade_frame(trade: &Trade) -> Vec<u8> {
    let Trade { price, size, id, ts_event, .. } = trade;
    format!(
        r#"[{{"T":"t","S":"SPY","i":{id},"x":"V","p":{price},"s":{size},"c":["@"],"z":"B","t":"{ts_event}"}}]"#
    )
    .into_bytes()
}
