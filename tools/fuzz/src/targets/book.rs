//! The engine's book against one that keeps every quote and works everything out again.

use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude, no_seeds};
use st0ck_engine::market::Book;
use st0ck_engine::orders::Identity;
use st0ck_engine::{Capacities, Engine, EngineConfig, InstrumentConfig, Outbox, Strategy};
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::market::GapCause;
use st0ck_types::state::StateError;
use st0ck_types::time::{MILLISECOND, MINUTE, SECOND};
use st0ck_types::{
    BotCode, Epoch, Gap, Halt, Input, InstrumentId, MarketEvent, Money, Nanos, Nonce,
};
use st0ck_types::{Price, Quote, Seq, StateReader, StateSink, StrategyId, Trade};

/// Six bytes are one event: kind and instrument, lane time, exchange time, bid, spread, what else.
pub(super) static BOOK: Target = Target {
    name: "book",
    about: "the engine's book = one that keeps every quote: touch, middle, ranges, breaks",
    run,
    seeds: no_seeds,
    words: Words::Binary,
    mend: None,
    // An engine makes all of its tables at start.
    room: 16 << 20,
    longest: 1200,
    patience: 4,
};

/// Looks on.
struct Nobody;

impl Strategy for Nobody {
    fn save(&self, _: &mut dyn StateSink) {}
    fn resume(&mut self, _: &mut StateReader<'_>) -> Result<(), StateError> {
        Ok(())
    }
}

fn engine() -> Engine {
    let date = Date::new(2020, 12, 15).expect("a day of the calendar");
    let session = NYSE.session(date).ok().flatten().expect("a trading day");
    let identity = Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"fzz"), epoch: Epoch(1) };
    let symbols = ["SPY", "AAPL"].map(InstrumentConfig::new).to_vec();
    let capital = Money::ONE;
    let small = Capacities { orders: 8, lots: 8, timers: 8 };
    let config = EngineConfig::new(symbols, session, NYSE.zone(), identity, capital);
    let config = EngineConfig { capacities: small, ..config };
    Engine::new(config, vec![(StrategyId(0), Box::new(Nobody))]).expect("a sound configuration")
}

/// Everything that one instrument was told.
#[derive(Default)]
struct Slow {
    /// Quotes taken, with their lane times.
    quotes: Vec<(Nanos, Quote)>,
    trade: Option<(Nanos, Trade)>,
    halted: bool,
    /// Quotes taken when the line broke last.
    broken_at: Option<usize>,
    lost: u64,
}

impl Slow {
    /// Middles of sound quotes, with their lane times.
    fn middles(&self) -> Vec<(Nanos, Price)> {
        let sound = self.quotes.iter().filter(|(_, q)| q.bid.0 > 0 && q.bid < q.ask);
        sound.map(|(at, q)| (*at, Price((q.bid.0 + q.ask.0).div_euclid(2)))).collect()
    }

    fn wanted(&self) -> u8 {
        let (wanted, since) = match self.broken_at {
            Some(at) => (5, self.quotes.len() - at),
            None => (1, self.quotes.len()),
        };
        wanted - since.min(usize::from(wanted)) as u8
    }

    fn agrees(&self, book: &Book) {
        let newest = self.quotes.last().copied().unwrap_or_default();
        assert_eq!((book.quote_at(), *book.quote()), newest);
        assert_eq!(book.quotes(), self.quotes.len() as u64);
        let middles = self.middles();
        let last = middles.last().copied();
        assert_eq!(book.middle(), last.map(|(_, middle)| middle));
        let within = |width: i64, back: i64| {
            let from = last.map_or(Nanos::MAX, |(at, _)| at.floor_to(width) - back);
            middles.iter().filter(move |(at, _)| *at >= from).map(|(_, middle)| *middle)
        };
        let range = |width, back| within(width, back).min().zip(within(width, back).max());
        assert_eq!(book.second_range(), range(SECOND, SECOND));
        // A minute is kept in steps of five seconds, the newest not over yet.
        assert_eq!(book.minute_range(), range(5 * SECOND, MINUTE));
        assert_eq!((book.quotes_wanted(), book.is_halted()), (self.wanted(), self.halted));
        assert_eq!(book.trades_lost(), self.lost);
        let trade = self.trade.unwrap_or_default();
        assert_eq!((book.last_trade_at(), *book.last_trade()), trade);
    }
}

fn run(input: &[u8]) -> Shape {
    let (mut engine, mut out) = (engine(), Outbox::default());
    let mut slow = [Slow::default(), Slow::default()];
    let open = Nanos(1_608_042_600_000_000_000);
    let mut now = open;
    for (seq, event) in (1u64..).zip(input.chunks_exact(6)) {
        let jump = [1, 50, 300, 1_000, 7_000][usize::from(event[1]) % 5] * MILLISECOND;
        now = now + jump * i64::from(event[1] >> 5);
        let index = usize::from(event[0] >> 7);
        let event = make(event, now, open, index, &mut slow);
        engine.on_input(now, Seq(seq), &Input::Market(event), &mut out);
        for (id, slow) in (0u32..).zip(&slow) {
            let market = &engine.world().market;
            slow.agrees(market.book(InstrumentId(id)).expect("two instruments"));
        }
    }
    let [a, b] = &slow;
    let sizes = [a, b].map(|s| (magnitude(s.quotes.len()), s.halted, s.wanted()));
    Shape::of(&(sizes, a.second_count(), b.trade.is_some()))
}

impl Slow {
    fn second_count(&self) -> u32 {
        let mut seconds: Vec<_> =
            self.middles().iter().map(|(at, _)| at.floor_to(SECOND)).collect();
        seconds.dedup();
        magnitude(seconds.len())
    }
}

/// One event, taken by the slow book at once.
fn make(bytes: &[u8], now: Nanos, open: Nanos, index: usize, slow: &mut [Slow; 2]) -> MarketEvent {
    let instrument = InstrumentId(index as u32);
    let ts_event = open + i64::from(bytes[2]) * 100 * MILLISECOND;
    let bid = Price(i64::from(bytes[3]) * 10_000_000);
    match bytes[0] & 0x7f {
        0..=79 => {
            let ask = Price(bid.0 + i64::from(bytes[4] as i8) * 5_000_001);
            let quote = Quote { ts_event, bid, ask, instrument, ..Quote::default() };
            let book = &mut slow[index];
            if book.quotes.last().is_none_or(|(_, last)| last.ts_event <= ts_event) {
                book.quotes.push((now, quote));
            }
            MarketEvent::Quote(quote)
        }
        80..=99 => {
            let size = st0ck_types::Qty(i64::from(bytes[4]));
            let flags = bytes[5] & st0ck_types::market::IRREGULAR;
            let trade = Trade { ts_event, price: bid, size, flags, instrument, ..Trade::default() };
            if flags == 0 && bid.0 > 0 && size.0 > 0 {
                slow[index].trade = Some((now, trade));
            }
            MarketEvent::Trade(trade)
        }
        100..=109 => {
            slow[index].halted = bytes[4] & 1 != 0;
            let halted = bytes[4] & 1;
            MarketEvent::Halt(Halt { ts_event, instrument, halted, ..Halt::default() })
        }
        _ => gap(bytes, ts_event, instrument, slow),
    }
}

fn gap(
    bytes: &[u8],
    ts_event: Nanos,
    instrument: InstrumentId,
    slow: &mut [Slow; 2],
) -> MarketEvent {
    let causes = [GapCause::RingFull, GapCause::Reconnect, GapCause::SlowClient];
    let cause = causes[usize::from(bytes[4]) % 3];
    let all = bytes[5] & 1 != 0;
    for (index, book) in slow.iter_mut().enumerate() {
        if all || index == instrument.index() {
            book.lost += u64::from(bytes[3]);
            if cause != GapCause::RingFull {
                book.broken_at = Some(book.quotes.len());
            }
        }
    }
    let instrument = if all { InstrumentId::ALL } else { instrument };
    let trades_lost = u64::from(bytes[3]);
    MarketEvent::Gap(Gap { ts_event, trades_lost, instrument, cause, ..Gap::default() })
}
