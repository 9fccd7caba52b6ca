//! Bars become quotes and prints: the model that lets a bot trade a day of which only bars are
//! left.
//!
//! What is modelled, all of it drawn from the seed and flagged [`MODELLED`]:
//! - **Time.** A bar is cut into half seconds, one quote in each at a random moment: two quotes in
//!   every second. Nothing is quoted for a bar that is missing.
//! - **Price.** A path at the tick from the open through both extremes to the close (`path.rs`).
//!   A price that rose stands at the ask, one that fell at the bid, one that stayed where it was
//!   but for one time in four.
//! - **Spread.** One tick; two in one quote of twenty; more in bars with a wide range: up to a
//!   sixty-fourth of the range on top.
//! - **Displayed sizes.** Uniform in the logarithm: 2^k round lots with k from 0 to 5, plus a
//!   uniform part of as many again. A round lot is 100 shares, or 1 contract or coin.
//! - **Prints.** At most one to two quotes, fewer in bars with little volume. The first is at the
//!   open, the last at the close, one each at the high and the low; the others at the bid or ask of
//!   the moment, inside the bar's range. Each gets a share of the volume by a weight of the same
//!   distribution. So bars rebuilt from the prints are the source bars, volume included.
//!
//! Prices finer than the tick (SPY at 367.345) are kept in prints; quotes are at the tick.
//! *Invariant:* the volumes of a bar's prints sum exactly to its volume.

use crate::path::{self, TickBar};
use crate::recording::Arrival;
use st0ck_quant::rng::Rng;
use st0ck_types::market::MODELLED;
use st0ck_types::time::MILLISECOND;
use st0ck_types::{AssetClass, Bar, InstrumentDef, MarketEvent, Nanos, Price, Qty, Quote, Trade};

/// One quote in each of these.
const SLOT: i64 = 500 * MILLISECOND;
/// Quotes of two ticks, in a thousand.
const WIDE_PER_MILLE: u32 = 50;
/// How often in a thousand a price that stayed changes between bid and ask.
const FLIP_PER_MILLE: u32 = 250;

/// Turns the bars of one instrument into quotes and prints, bar after bar.
#[derive(Debug)]
pub struct Bridge {
    instrument: InstrumentDef,
    round_lot: Qty,
    rng: Rng,
    /// Whether the price stands at the ask.
    at_ask: bool,
    last_tick: i64,
    last_print_id: u64,
    path: Vec<i64>,
    prints: Vec<Print>,
}

/// A print before it has a time.
#[derive(Debug, Clone, Copy)]
struct Print {
    slot: usize,
    price: PrintPrice,
    size: Qty,
}

/// Which price a print gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PrintPrice {
    Open,
    High,
    Low,
    Market,
    Close,
}

impl Bridge {
    /// A bridge for one instrument; its stream of chance is named by the seed and the symbol.
    #[must_use]
    pub fn new(instrument: InstrumentDef, seed: u64) -> Self {
        let round_lot = if instrument.class == AssetClass::Equity { 100 } else { 1 };
        Self {
            round_lot: Qty(round_lot * Qty::ONE.0),
            rng: Rng::new(seed).fork("bridge").fork(instrument.symbol.as_str()),
            at_ask: false,
            last_tick: 0,
            last_print_id: 0,
            path: Vec::new(),
            prints: Vec::new(),
            instrument,
        }
    }

    /// Appends the quotes and prints of a bar that ends at `end`, in order of time; every time is
    /// at or after the bar's start and before its end.
    pub fn expand(&mut self, bar: &Bar, end: Nanos, out: &mut Vec<Arrival>) {
        let slots = (end.since(bar.start) + SLOT - 1).div_euclid(SLOT).max(1) as usize;
        let ticks = self.ticks(bar);
        let mut path = std::mem::take(&mut self.path);
        path.clear();
        path.resize(slots, 0);
        let turns = path::walk(&ticks, &mut self.rng, &mut path);
        self.plan_prints(bar, slots, turns);
        let mut planned = std::mem::take(&mut self.prints);
        let mut next = planned.as_slice();
        for (slot, &tick) in path.iter().enumerate() {
            let opens = bar.start + slot as i64 * SLOT;
            let closes = (opens + SLOT).min(end);
            let at = opens + self.draw_offset(opens, closes);
            let quote = self.quote(tick, &ticks, at);
            out.push(Arrival { at: quote.ts_event, event: MarketEvent::Quote(quote) });
            let here = next.iter().take_while(|p| p.slot == slot).count();
            let (now, later) = next.split_at(here);
            self.print(now, bar, &quote, closes, out);
            next = later;
        }
        planned.clear();
        (self.prints, self.path) = (planned, path);
    }

    /// A random moment of a slot, as nanoseconds after its opening.
    fn draw_offset(&mut self, opens: Nanos, closes: Nanos) -> i64 {
        // The second half stays free for the prints that follow the quote.
        self.rng.between(0, closes.since(opens) / 2)
    }

    fn ticks(&self, bar: &Bar) -> TickBar {
        let tick = self.instrument.tick.0.max(1);
        let floor = |p: Price| p.0.div_euclid(tick);
        let (low, high) = ((bar.low.0 + tick - 1).div_euclid(tick), floor(bar.high));
        // A bar between two ticks is quoted at the lower one.
        let (low, high) = if low > high { (high, high) } else { (low, high) };
        let near = |p: Price| (p.0 + tick / 2).div_euclid(tick).clamp(low, high);
        TickBar { open: near(bar.open), high, low, close: near(bar.close) }
    }

    fn quote(&mut self, tick: i64, bar: &TickBar, at: Nanos) -> Quote {
        self.at_ask = match tick.cmp(&self.last_tick) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => self.at_ask ^ self.rng.chance(FLIP_PER_MILLE),
        };
        self.last_tick = tick;
        let spread = self.draw_spread(bar.high - bar.low);
        // Nothing is quoted below one tick.
        let bid = (if self.at_ask { tick - spread } else { tick }).max(1);
        let price = |ticks: i64| Price(ticks * self.instrument.tick.0);
        Quote {
            ts_event: at,
            ts_recv: at,
            bid: price(bid),
            ask: price(bid + spread),
            bid_size: self.draw_size(),
            ask_size: self.draw_size(),
            instrument: self.instrument.instrument,
            flags: MODELLED,
            ..Quote::default()
        }
    }

    fn draw_spread(&mut self, range: i64) -> i64 {
        let wide = i64::from(self.rng.chance(WIDE_PER_MILLE));
        1 + wide + self.rng.between(0, range / 64)
    }

    fn draw_size(&mut self) -> Qty {
        Qty(self.draw_weight() * self.round_lot.0)
    }

    /// 1 to 63, uniform in the logarithm.
    fn draw_weight(&mut self) -> i64 {
        let octave = 1 << self.rng.below(6);
        octave + self.rng.between(0, octave - 1)
    }

    /// Decides in which slots prints fall, at which kind of price, and of which sizes.
    fn plan_prints(&mut self, bar: &Bar, slots: usize, turns: path::Turns) {
        self.prints.clear();
        if bar.volume.is_zero() {
            return;
        }
        let mut plan = |slot, price| self.prints.push(Print { slot, price, size: Qty::ZERO });
        plan(0, PrintPrice::Open);
        if bar.high != bar.open && bar.high != bar.close {
            plan(turns.high_at, PrintPrice::High);
        }
        if bar.low != bar.open && bar.low != bar.close {
            plan(turns.low_at, PrintPrice::Low);
        }
        // One print says it all when nothing moved.
        let wanted = (bar.volume.0 / self.round_lot.0).min(slots as i64 / 2) as usize;
        if bar.high != bar.low || wanted > 1 {
            plan(slots - 1, PrintPrice::Close);
        }
        while self.prints.len() < wanted {
            let slot = self.rng.below(slots as u64) as usize;
            self.prints.push(Print { slot, price: PrintPrice::Market, size: Qty::ZERO });
        }
        self.prints.sort_by_key(|p| (p.slot, p.price));
        self.share_volume(bar.volume);
    }

    /// Gives every print one unit, and the rest of the volume by random weights; what does not
    /// divide goes to the last print. The unit is a round lot, a share, or 1e-9 of one, whichever
    /// is the first that there is enough of.
    fn share_volume(&mut self, volume: Qty) {
        let count = self.prints.len() as i64;
        let plenty = |unit: &i64| volume.0 / unit >= 4 * count || *unit == 1;
        let units = [self.round_lot.0, Qty::ONE.0, 1];
        let unit = units.into_iter().find(plenty).expect("the last unit always serves");
        let shared = i128::from(volume.0 / unit - count);
        let mut weights: i128 = 0;
        for i in 0..self.prints.len() {
            let weight = self.draw_weight();
            self.prints[i].size = Qty(weight);
            weights += i128::from(weight);
        }
        let mut left = volume.0;
        for print in &mut self.prints {
            // A share of an i64 by a weight below the sum of weights fits again.
            let extra = (shared * i128::from(print.size.0) / weights) as i64;
            print.size = Qty((1 + extra) * unit);
            left -= print.size.0;
        }
        if let Some(last) = self.prints.last_mut() {
            last.size = Qty(last.size.0 + left);
        }
    }

    /// The prints of one slot, evenly after its quote.
    fn print(
        &mut self,
        prints: &[Print],
        bar: &Bar,
        quote: &Quote,
        closes: Nanos,
        out: &mut Vec<Arrival>,
    ) {
        let gap = closes.since(quote.ts_event) / (prints.len() as i64 + 1);
        let mut at = quote.ts_event;
        for print in prints {
            at = at + gap;
            let price = match print.price {
                PrintPrice::Open => bar.open,
                PrintPrice::High => bar.high,
                PrintPrice::Low => bar.low,
                PrintPrice::Close => bar.close,
                PrintPrice::Market => {
                    let price = if self.at_ask { quote.ask } else { quote.bid };
                    price.clamp(bar.low, bar.high)
                }
            };
            self.last_print_id += 1;
            let trade = Trade {
                ts_event: at,
                ts_recv: at,
                price,
                size: print.size,
                id: self.last_print_id,
                instrument: self.instrument.instrument,
                flags: MODELLED,
                ..Trade::default()
            };
            out.push(Arrival { at, event: MarketEvent::Trade(trade) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy;
    use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};
    use st0ck_types::time::SECOND;
    use st0ck_types::{InstrumentId, Symbol};

    const START: Nanos = Nanos(1_608_042_600_000_000_000);

    fn bridge(seed: u64) -> Bridge {
        let instrument = InstrumentDef {
            tick: Price::CENT,
            lot: Qty::ONE,
            instrument: InstrumentId(3),
            multiplier: 1,
            symbol: Symbol::new("SPY"),
            ..InstrumentDef::default()
        };
        Bridge::new(instrument, seed)
    }

    fn bar(text: [&str; 5]) -> Bar {
        let [open, high, low, close] = [0, 1, 2, 3].map(|i| Price::parse(text[i]).unwrap());
        let volume = Qty::parse(text[4]).unwrap();
        Bar { start: START, open, high, low, close, volume, seconds: 60, ..Bar::default() }
    }

    fn expand(bridge: &mut Bridge, bar: &Bar) -> Vec<Arrival> {
        let mut out = Vec::new();
        bridge.expand(bar, bar.start + i64::from(bar.seconds) * SECOND, &mut out);
        out
    }

    fn quotes(events: &[Arrival]) -> Vec<Quote> {
        let quote = |a: &Arrival| match a.event {
            MarketEvent::Quote(quote) => Some(quote),
            _ => None,
        };
        events.iter().filter_map(quote).collect()
    }

    fn prints(events: &[Arrival]) -> Vec<Trade> {
        let print = |a: &Arrival| match a.event {
            MarketEvent::Trade(trade) => Some(trade),
            _ => None,
        };
        events.iter().filter_map(print).collect()
    }

    /// What a bar builder makes of the prints.
    fn rebuild(prints: &[Trade]) -> Option<[i64; 5]> {
        let (first, last) = (prints.first()?, prints.last()?);
        let prices = || prints.iter().map(|t| t.price.0);
        let volume = prints.iter().map(|t| t.size.0).sum();
        Some([first.price.0, prices().max()?, prices().min()?, last.price.0, volume])
    }

    fn facts(bar: &Bar) -> [i64; 5] {
        [bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.volume.0]
    }

    /// Any sound bar, on and off the tick, of any length and volume.
    fn any_bar() -> impl Strategy<Value = Bar> {
        let fine = 1i64..4_000_000_000_000;
        let range = proptest::prop_oneof![
            proptest::strategy::Just(0i64),
            0i64..20_000_000,
            0i64..5_000_000_000
        ];
        let volume = proptest::prop_oneof![
            4i64..1_000_000_000,
            (1i64..2_000_000).prop_map(|shares| shares * Qty::ONE.0),
            1_000_000_000i64..i64::MAX
        ];
        (fine, range, 0i64..=1000, 0i64..=1000, volume, 1u16..400).prop_map(
            |(low, range, open, close, volume, seconds)| Bar {
                start: START,
                open: Price(low + range * open / 1000),
                high: Price(low + range),
                low: Price(low),
                close: Price(low + range * close / 1000),
                volume: Qty(volume),
                seconds,
                ..Bar::default()
            },
        )
    }

    proptest! {
        #[test]
        fn bars_rebuilt_from_prints_are_the_source_bars(bar in any_bar(), seed: u64) {
            let events = expand(&mut bridge(seed), &bar);
            let prints = prints(&events);
            prop_assert_eq!(rebuild(&prints), Some(facts(&bar)));
            prop_assert!(prints.iter().all(|t| t.size > Qty::ZERO));
        }

        #[test]
        fn every_second_has_two_quotes_and_times_stay_inside_the_bar(
            bar in any_bar(), seed: u64
        ) {
            let events = expand(&mut bridge(seed), &bar);
            prop_assert!(events.is_sorted_by_key(|a| a.at));
            prop_assert!(events.iter().all(|a| a.at >= bar.start && a.at == a.event.ts_event()));
            let end = bar.start + i64::from(bar.seconds) * SECOND;
            prop_assert!(events.iter().all(|a| a.at < end));
            let mut per_second = vec![0; usize::from(bar.seconds)];
            for quote in quotes(&events) {
                per_second[(quote.ts_event.since(bar.start) / SECOND) as usize] += 1;
            }
            prop_assert!(per_second.iter().all(|&n| n == 2), "{per_second:?}");
        }

        #[test]
        fn quotes_are_on_the_tick_uncrossed_and_near_the_bar(bar in any_bar(), seed: u64) {
            prop_assume!(bar.low >= Price::ONE);
            let reach = (bar.high.0 - bar.low.0) / 64 + 4 * Price::CENT.0;
            for quote in quotes(&expand(&mut bridge(seed), &bar)) {
                let on_tick = |price: Price| price.is_on_tick(Price::CENT);
                prop_assert!(on_tick(quote.bid) && on_tick(quote.ask));
                prop_assert!(Price::ZERO < quote.bid && quote.bid < quote.ask);
                prop_assert!(quote.bid.0 >= bar.low.0 - reach && quote.ask.0 <= bar.high.0 + reach);
                prop_assert!(quote.bid_size > Qty::ZERO && quote.ask_size > Qty::ZERO);
            }
        }
    }

    #[test]
    fn prints_keep_prices_finer_than_the_tick_and_quotes_do_not() {
        let bar = bar(["188.6281", "188.71", "188.6001", "188.6999", "120000"]);
        let events = expand(&mut bridge(1), &bar);
        let prints = prints(&events);
        assert_eq!((prints[0].price, prints[prints.len() - 1].price), (bar.open, bar.close));
        assert!(quotes(&events).iter().all(|q| q.bid.is_on_tick(Price::CENT)));
    }

    #[test]
    fn a_bar_without_volume_is_quoted_and_not_printed() {
        let events = expand(&mut bridge(1), &bar(["10", "10", "10", "10", "0"]));
        assert_eq!((quotes(&events).len(), prints(&events).len()), (120, 0));
    }

    #[test]
    fn one_share_that_moved_nothing_is_one_print() {
        let events = expand(&mut bridge(1), &bar(["10", "10", "10", "10", "1"]));
        assert_eq!(prints(&events).len(), 1);
        let moved = expand(&mut bridge(1), &bar(["10", "10.05", "9.98", "10.01", "1"]));
        assert_eq!(prints(&moved).len(), 4, "open, high, low and close share it");
    }

    #[test]
    fn everything_made_is_flagged_and_numbered() {
        let mut bridge = bridge(9);
        let bar = bar(["367.4", "367.62", "367.36", "367.46", "407870"]);
        let (first, second) = (expand(&mut bridge, &bar), expand(&mut bridge, &bar));
        let ids: Vec<u64> = prints(&first).iter().chain(&prints(&second)).map(|t| t.id).collect();
        assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
        assert!(prints(&first).iter().all(|t| t.flags == MODELLED));
        assert!(quotes(&first).iter().all(|q| q.flags == MODELLED));
        assert!(first.iter().all(|a| a.event.instrument() == InstrumentId(3)));
    }

    #[test]
    fn spreads_and_sizes_follow_the_stated_model() {
        let mut bridge = bridge(5);
        let bar = bar(["367.4", "367.62", "367.36", "367.46", "407870"]);
        let made: Vec<Quote> = (0..100).flat_map(|_| quotes(&expand(&mut bridge, &bar))).collect();
        let one_tick = made.iter().filter(|q| q.ask.0 - q.bid.0 == Price::CENT.0).count();
        assert!((11_200..11_600).contains(&one_tick), "95 % of {}: {one_tick}", made.len());
        let lot = 100 * Qty::ONE.0;
        let sizes = || made.iter().map(|q| q.bid_size.0);
        assert!(sizes().all(|s| s % lot == 0 && (1..=63).contains(&(s / lot))));
        let small = sizes().filter(|s| s / lot < 8).count();
        assert!((5_700..6_300).contains(&small), "half the sizes are below 8 lots: {small}");
        let wide = Bar { high: Price::parse("380").unwrap(), ..bar };
        let widest = (0..20).flat_map(|_| quotes(&expand(&mut bridge, &wide)));
        let widest = widest.map(|q| (q.ask.0 - q.bid.0) / Price::CENT.0).max().unwrap();
        assert!((15..=22).contains(&widest), "1264 ticks of range allow 19 on top: {widest}");
    }

    #[test]
    fn the_seed_and_the_symbol_decide_everything() {
        let bar = bar(["367.4", "367.62", "367.36", "367.46", "407870"]);
        assert_eq!(expand(&mut bridge(1), &bar), expand(&mut bridge(1), &bar));
        assert_ne!(expand(&mut bridge(1), &bar), expand(&mut bridge(2), &bar));
        let other = InstrumentDef { symbol: Symbol::new("QQQ"), ..bridge(1).instrument };
        assert_ne!(expand(&mut bridge(1), &bar), expand(&mut Bridge::new(other, 1), &bar));
    }
}
