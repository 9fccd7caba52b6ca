//! What is known of one instrument's market: its best bid and ask, last trade, and the references
//! that the collar and the data checks compare with.
//!
//! Moved by the engine, read by strategies and the gate. *Invariant:* a quote older than the one held
//! never replaces it. *Invariant:* no division and no allocation on a quote.

use st0ck_types::state::StateError;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{InstrumentId, Nanos, Price, Qty, Quote, StateReader, StateSink, Trade};

/// After a break of the feed, this many quotes in a row make the book live again.
pub const QUOTES_AFTER_BREAK: u8 = 5;

/// Two stamps of one quote that lie further apart were not made by one clock.
const SAME_CLOCK: i64 = 60 * MINUTE;

/// Top of book and what was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Book {
    quote: Quote,
    quote_at: Nanos,
    trade: Trade,
    trade_at: Nanos,
    /// Middle of the newest sound quote.
    middle: Price,
    jump: Jump,
    minute: Minute,
    halted: bool,
    /// Quotes still wanted before the book counts as live.
    quotes_wanted: u8,
    quotes: u64,
    trades_lost: u64,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self { quotes_wanted: 1, ..Self::default() }
    }

    /// The newest quote; all zero before the first.
    #[must_use]
    pub fn quote(&self) -> &Quote {
        &self.quote
    }

    /// Lane time at which the newest quote was consumed.
    #[must_use]
    pub fn quote_at(&self) -> Nanos {
        self.quote_at
    }

    /// Best bid; `None` when nobody bids.
    #[must_use]
    pub fn bid(&self) -> Option<Price> {
        (self.quote.bid.0 > 0).then_some(self.quote.bid)
    }

    /// Best ask; `None` when nobody offers.
    #[must_use]
    pub fn ask(&self) -> Option<Price> {
        (self.quote.ask.0 > 0).then_some(self.quote.ask)
    }

    /// Middle of the newest sound quote (two sides, bid below ask): the reference of the collar and
    /// the mark of positions. `None` before the first.
    #[must_use]
    pub fn middle(&self) -> Option<Price> {
        (self.middle.0 > 0).then_some(self.middle)
    }

    /// The lowest and highest middle of the last minute of lane time, up to five seconds more, counted
    /// back from the newest sound quote; `None` before the first.
    #[must_use]
    pub fn minute_range(&self) -> Option<(Price, Price)> {
        self.minute.range()
    }

    /// The newest regular trade; all zero before the first.
    #[must_use]
    pub fn last_trade(&self) -> &Trade {
        &self.trade
    }

    /// Lane time at which the newest regular trade was consumed.
    #[must_use]
    pub fn last_trade_at(&self) -> Nanos {
        self.trade_at
    }

    /// Whether the venue halted trading.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.halted
    }

    /// Whether the newest quote has two sides, the bid below the ask.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.quote.bid.0 > 0 && self.quote.bid < self.quote.ask
    }

    /// How many more quotes are wanted before the book counts as live: 1 at the start, more after a
    /// break of the feed, 0 when it is.
    #[must_use]
    pub fn quotes_wanted(&self) -> u8 {
        self.quotes_wanted
    }

    /// How old the newest quote is, in nanoseconds: since its bytes were read, or since it was consumed
    /// where that is not known or another clock told it (the wall's, in a recorded session).
    #[must_use]
    pub fn age(&self, now: Nanos) -> i64 {
        let read_at = self.quote.ts_recv;
        let waited = self.quote_at.since(read_at);
        let known = read_at.0 > 0 && (0..SAME_CLOCK).contains(&waited);
        now.since(if known { read_at } else { self.quote_at })
    }

    /// The lowest and highest middle of this second and the one before; `None` before the first.
    #[must_use]
    pub fn second_range(&self) -> Option<(Price, Price)> {
        self.jump.range()
    }

    /// Quotes taken in.
    #[must_use]
    pub fn quotes(&self) -> u64 {
        self.quotes
    }

    /// Prints that the feed lost on the way: volume, VWAP and bars are no longer whole.
    #[must_use]
    pub fn trades_lost(&self) -> u64 {
        self.trades_lost
    }

    /// Takes a quote in; `false`, and nothing changes, when it is older than the one held.
    pub(crate) fn on_quote(&mut self, at: Nanos, quote: &Quote) -> bool {
        if quote.ts_event < self.quote.ts_event {
            return false;
        }
        self.quote = *quote;
        self.quote_at = at;
        self.quotes += 1;
        self.quotes_wanted = self.quotes_wanted.saturating_sub(1);
        if self.is_sound() {
            self.middle = quote.bid.midpoint(quote.ask);
            self.jump.on_middle(at, self.middle);
            self.minute.on_middle(at, self.middle);
        }
        true
    }

    pub(crate) fn on_trade(&mut self, at: Nanos, trade: &Trade) {
        self.trade = *trade;
        self.trade_at = at;
    }

    pub(crate) fn set_halted(&mut self, halted: bool) {
        self.halted = halted;
    }

    /// Events were lost. After a broken connection the book must prove itself live again.
    pub(crate) fn on_gap(&mut self, trades_lost: u64, broken: bool) {
        self.trades_lost = self.trades_lost.saturating_add(trades_lost);
        if broken {
            self.quotes_wanted = QUOTES_AFTER_BREAK;
        }
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        save_quote(&self.quote, sink);
        sink.i64(self.quote_at.0);
        save_trade(&self.trade, sink);
        sink.i64(self.trade_at.0);
        sink.i64(self.middle.0);
        self.jump.save(sink);
        self.minute.save(sink);
        sink.bool(self.halted);
        sink.u8(self.quotes_wanted);
        sink.u64(self.quotes);
        sink.u64(self.trades_lost);
    }

    pub(crate) fn load(from: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            quote: load_quote(from)?,
            quote_at: Nanos(from.i64("quote at")?),
            trade: load_trade(from)?,
            trade_at: Nanos(from.i64("trade at")?),
            middle: Price(from.i64("middle")?),
            jump: Jump::load(from)?,
            minute: Minute::load(from)?,
            halted: from.bool("halted")?,
            quotes_wanted: from.u8("quotes wanted")?,
            quotes: from.u64("quotes")?,
            trades_lost: from.u64("trades lost")?,
        })
    }
}

/// Lowest and highest middle of the running second of lane time and of the one before it: the move
/// within any one second lies inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Jump {
    until: Nanos,
    low: Price,
    high: Price,
    low_before: Price,
    high_before: Price,
}

impl Jump {
    fn on_middle(&mut self, at: Nanos, middle: Price) {
        if at >= self.until {
            let fresh = at < self.until + SECOND;
            (self.low_before, self.high_before) =
                if fresh { (self.low, self.high) } else { (middle, middle) };
            (self.low, self.high) = (middle, middle);
            self.until = at.floor_to(SECOND) + SECOND;
        } else {
            self.low = self.low.min(middle);
            self.high = self.high.max(middle);
        }
    }

    fn range(&self) -> Option<(Price, Price)> {
        let range = (self.low.min(self.low_before), self.high.max(self.high_before));
        (range.0.0 > 0).then_some(range)
    }

    fn save(&self, sink: &mut dyn StateSink) {
        sink.i64(self.until.0);
        for price in [self.low, self.high, self.low_before, self.high_before] {
            sink.i64(price.0);
        }
    }

    fn load(from: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            until: Nanos(from.i64("jump end")?),
            low: Price(from.i64("jump low")?),
            high: Price(from.i64("jump high")?),
            low_before: Price(from.i64("jump low before")?),
            high_before: Price(from.i64("jump high before")?),
        })
    }
}

/// Steps of this length make up the rolling minute.
const STEP: i64 = 5 * SECOND;
/// A minute of steps, the running one aside.
const STEPS: usize = 12;
/// The same, as a number of steps between two of them.
const SPAN: i64 = MINUTE / STEP;

/// The lowest and highest middle of one step; zero when it had none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Span {
    step: i64,
    low: Price,
    high: Price,
}

/// Lowest and highest middle of a rolling minute: of the running step and the twelve before it. A
/// quote costs a comparison or two; the sum over the steps is made when one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Minute {
    running: Span,
    /// Over the steps of `past` that lie within the minute.
    before: Span,
    past: [Span; STEPS],
}

impl Minute {
    fn on_middle(&mut self, at: Nanos, middle: Price) {
        let step = at.0.div_euclid(STEP);
        if step == self.running.step && self.running.low.0 > 0 {
            self.running.low = self.running.low.min(middle);
            self.running.high = self.running.high.max(middle);
        } else {
            self.begin(step, middle);
        }
    }

    fn begin(&mut self, step: i64, middle: Price) {
        let ended = self.running;
        let place = usize::try_from(ended.step.rem_euclid(SPAN));
        self.past[place.expect("a remainder is not negative")] = ended;
        self.running = Span { step, low: middle, high: middle };
        let recent = self.past.iter().filter(|span| span.low.0 > 0);
        let recent = recent.filter(|span| step - span.step <= SPAN);
        self.before = recent.fold(self.running, |all, span| Span {
            step,
            low: all.low.min(span.low),
            high: all.high.max(span.high),
        });
    }

    fn range(&self) -> Option<(Price, Price)> {
        let range =
            (self.running.low.min(self.before.low), self.running.high.max(self.before.high));
        (range.0.0 > 0).then_some(range)
    }

    fn save(&self, sink: &mut dyn StateSink) {
        for span in [self.running, self.before].iter().chain(&self.past) {
            sink.i64(span.step);
            sink.i64(span.low.0);
            sink.i64(span.high.0);
        }
    }

    fn load(from: &mut StateReader<'_>) -> Result<Self, StateError> {
        let mut minute = Self::default();
        for span in [&mut minute.running, &mut minute.before].into_iter().chain(&mut minute.past) {
            span.step = from.i64("minute step")?;
            span.low = Price(from.i64("minute low")?);
            span.high = Price(from.i64("minute high")?);
        }
        Ok(minute)
    }
}

fn save_quote(quote: &Quote, sink: &mut dyn StateSink) {
    for number in [quote.ts_event.0, quote.bid.0, quote.ask.0, quote.bid_size.0, quote.ask_size.0] {
        sink.i64(number);
    }
    // When the bytes were read differs between two runs over the same recording.
    sink.private(&quote.ts_recv.0.to_le_bytes());
    sink.u32(quote.instrument.0);
    sink.bytes(&[quote.flags, quote.bid_venue, quote.ask_venue, quote.condition]);
}

fn load_quote(from: &mut StateReader<'_>) -> Result<Quote, StateError> {
    let mut quote = Quote {
        ts_event: Nanos(from.i64("quote time")?),
        bid: Price(from.i64("bid")?),
        ask: Price(from.i64("ask")?),
        bid_size: Qty(from.i64("bid size")?),
        ask_size: Qty(from.i64("ask size")?),
        ts_recv: Nanos(from.i64("quote read at")?),
        instrument: InstrumentId(from.u32("quote instrument")?),
        ..Quote::default()
    };
    [quote.flags, quote.bid_venue, quote.ask_venue, quote.condition] = from.array("quote marks")?;
    Ok(quote)
}

fn save_trade(trade: &Trade, sink: &mut dyn StateSink) {
    for number in [trade.ts_event.0, trade.price.0, trade.size.0] {
        sink.i64(number);
    }
    sink.private(&trade.ts_recv.0.to_le_bytes());
    sink.u64(trade.id);
    sink.u32(trade.instrument.0);
    sink.bytes(&[trade.flags, trade.venue, trade.tape]);
    sink.bytes(&trade.conditions);
}

fn load_trade(from: &mut StateReader<'_>) -> Result<Trade, StateError> {
    let mut trade = Trade {
        ts_event: Nanos(from.i64("trade time")?),
        price: Price(from.i64("trade price")?),
        size: Qty(from.i64("trade size")?),
        ts_recv: Nanos(from.i64("trade read at")?),
        id: from.u64("trade id")?,
        instrument: InstrumentId(from.u32("trade instrument")?),
        ..Trade::default()
    };
    [trade.flags, trade.venue, trade.tape] = from.array("trade marks")?;
    trade.conditions = from.array("trade conditions")?;
    Ok(trade)
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::time::MILLISECOND;

    fn quote(ts_event: i64, bid: i64, ask: i64) -> Quote {
        Quote { ts_event: Nanos(ts_event), bid: Price(bid), ask: Price(ask), ..Quote::default() }
    }

    fn book(quotes: &[(i64, i64, i64)]) -> Book {
        let mut book = Book::new();
        for &(at, bid, ask) in quotes {
            assert!(book.on_quote(Nanos(at), &quote(at, bid, ask)));
        }
        book
    }

    #[test]
    fn an_older_quote_never_replaces_the_one_held() {
        let mut book = book(&[(10, 100, 102)]);
        let before = book;
        assert!(!book.on_quote(Nanos(20), &quote(9, 1, 2)));
        assert_eq!(book, before);
        assert!(book.on_quote(Nanos(20), &quote(10, 1, 2)), "of the same time is newer");
    }

    #[test]
    fn only_sound_quotes_move_the_references() {
        let book = book(&[(1, 100, 102), (2, 0, 50), (3, 50, 0), (4, 50, 50), (5, 51, 50)]);
        let only = (Price(101), Price(101));
        assert_eq!((book.middle(), book.minute_range()), (Some(Price(101)), Some(only)));
        assert_eq!((book.bid(), book.ask()), (Some(Price(51)), Some(Price(50))));
        assert!(!book.is_sound());
        let empty = Book::new();
        assert_eq!((empty.middle(), empty.bid(), empty.second_range()), (None, None, None));
    }

    #[test]
    fn the_range_of_a_second_holds_every_move_within_one_second() {
        let at = |ms: i64| 1_000 * SECOND + ms * MILLISECOND;
        let mut moving = book(&[(at(100), 99, 101), (at(900), 109, 111)]);
        assert_eq!(moving.second_range(), Some((Price(100), Price(110))));
        moving.on_quote(Nanos(at(1_100)), &quote(at(1_100), 119, 121));
        assert_eq!(moving.second_range(), Some((Price(100), Price(120))));
        moving.on_quote(Nanos(at(2_100)), &quote(at(2_100), 119, 121));
        assert_eq!(moving.second_range(), Some((Price(120), Price(120))));
        moving.on_quote(Nanos(at(9_000)), &quote(at(9_000), 9, 11));
        assert_eq!(moving.second_range(), Some((Price(10), Price(10))), "a pause is no jump");
    }

    #[test]
    fn the_range_of_a_minute_rolls_and_forgets_what_is_older() {
        let mut book = book(&[(0, 99, 101), (59 * SECOND, 109, 111)]);
        let range = |low, high| Some((Price(low), Price(high)));
        assert_eq!(book.minute_range(), range(100, 110));
        let mut quote_at = |second: i64, middle: i64| {
            let at = second * SECOND;
            book.on_quote(Nanos(at), &quote(at, middle - 1, middle + 1));
            book.minute_range()
        };
        assert_eq!(quote_at(60, 120), range(100, 120), "no minute's end forgets anything");
        assert_eq!(quote_at(64, 105), range(100, 120));
        assert_eq!(quote_at(65, 121), range(105, 121), "the first is older than a minute");
        assert_eq!(quote_at(119, 122), range(105, 122));
        assert_eq!(quote_at(125, 123), range(121, 123));
        assert_eq!(quote_at(1_000, 90), range(90, 90), "a pause forgets all");
    }

    /// The slow twin: every middle is kept, and looked through.
    #[test]
    fn the_range_of_a_minute_is_that_of_every_middle_in_it() {
        let (mut book, mut all) = (Book::new(), Vec::<(i64, i64)>::new());
        let (mut at, mut seed) = (0, 1_u64);
        for _ in 0..5_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            at += (seed >> 33) as i64 % (9 * SECOND);
            let middle = 1_000 + (seed >> 50) as i64 % 500;
            book.on_quote(Nanos(at), &quote(at, middle - 1, middle + 1));
            all.push((at.div_euclid(STEP), middle));
            let now = at.div_euclid(STEP);
            let within = || all.iter().rev().take_while(|(step, _)| now - step <= STEPS as i64);
            let low = within().map(|(_, middle)| *middle).min().unwrap();
            let high = within().map(|(_, middle)| *middle).max().unwrap();
            assert_eq!(book.minute_range(), Some((Price(low), Price(high))), "at {at}");
        }
    }

    #[test]
    fn age_counts_from_the_read_unless_another_clock_told_it() {
        let read_at = |ts_recv: i64| {
            let (mut book, at) = (Book::new(), 10_000 * SECOND);
            book.on_quote(Nanos(at), &Quote { ts_recv: Nanos(ts_recv), ..quote(at, 1, 2) });
            book.age(Nanos(at + SECOND))
        };
        assert_eq!(read_at(9_998 * SECOND), 3 * SECOND, "it waited in a ring");
        assert_eq!(read_at(0), SECOND, "not known");
        assert_eq!(read_at(20_000 * SECOND), SECOND, "the wall's clock, years later");
        assert_eq!(read_at(10 * SECOND), SECOND, "the wall's clock, long ago");
    }

    #[test]
    fn a_broken_feed_wants_five_quotes_and_a_full_ring_none() {
        let mut book = Book::new();
        assert_eq!(book.quotes_wanted(), 1);
        book.on_quote(Nanos(1), &quote(1, 1, 2));
        book.on_gap(3, false);
        assert_eq!((book.quotes_wanted(), book.trades_lost()), (0, 3));
        book.on_gap(1, true);
        assert_eq!((book.quotes_wanted(), book.trades_lost()), (QUOTES_AFTER_BREAK, 4));
        for at in 2..7 {
            book.on_quote(Nanos(at), &quote(at, 1, 2));
        }
        assert_eq!((book.quotes_wanted(), book.quotes()), (0, 6));
    }
}
