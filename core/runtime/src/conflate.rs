//! The market ring's producer side: when the core is slow, newer quotes overtake older ones here.
//!
//! Prints cannot be merged, so those that find no slot are counted and told as a [`Gap`] in a
//! reserved slot. Quotes are kept one per instrument, the newest, and flushed in the order in which
//! their instruments first had to wait, before anything newer may enter the ring. So is the newest
//! halt of each instrument, before the quotes: a lane must not trade what no longer trades.
//!
//! *Invariant:* what the core sees of each kind is in order; its newest quote and halt are never lost.

use crate::backing::Producing;
use crate::ring::{Rx, Tx, ring};
use st0ck_types::market::GapCause;
use st0ck_types::{Gap, Halt, InstrumentId, MarketEvent, Nanos, Quote};

/// Slots kept for gap notices.
const RESERVE: usize = 4;

/// The producer's end of a lane's market ring.
#[derive(Debug)]
pub struct MarketTx<P = rtrb::Producer<MarketEvent>> {
    tx: Tx<MarketEvent, P>,
    pending: Vec<Option<Quote>>,
    waiting: Vec<InstrumentId>,
    halts: Vec<Option<Halt>>,
    halts_waiting: usize,
    gap: Option<Gap>,
    /// Whether anything of the above waits: one look for each event.
    backed_up: bool,
}

/// A market ring of `capacity` slots for instruments `0..instruments`.
#[must_use]
pub fn market_ring(capacity: usize, instruments: usize) -> (MarketTx, Rx<MarketEvent>) {
    let (tx, rx) = ring(capacity + RESERVE, RESERVE);
    (MarketTx::over(tx, instruments), rx)
}

impl<P: Producing<MarketEvent>> MarketTx<P> {
    /// Over the producer's end of a ring that keeps [`RESERVE`] slots.
    fn over(tx: Tx<MarketEvent, P>, instruments: usize) -> Self {
        let waiting = Vec::with_capacity(instruments);
        let (pending, halts) = (vec![None; instruments], vec![None; instruments]);
        Self { tx, pending, waiting, halts, halts_waiting: 0, gap: None, backed_up: false }
    }

    /// Hands one event to the core, or keeps what can be kept of it.
    /// Returns how many events entered the ring.
    #[inline]
    pub fn push(&mut self, event: MarketEvent) -> u32 {
        if self.backed_up {
            return self.push_behind(event);
        }
        match self.tx.try_push(event) {
            Ok(()) => 1,
            Err(event) => self.keep(event),
        }
    }

    /// [`MarketTx::push`] of an event that must not overtake what was kept.
    #[cold]
    fn push_behind(&mut self, event: MarketEvent) -> u32 {
        let entered = self.flush();
        if self.backed_up {
            return entered + self.keep(event);
        }
        entered + self.push(event)
    }

    /// Moves what was kept into the ring as far as it goes; call it on idle cycles too.
    /// Returns how many events entered the ring.
    pub fn flush(&mut self) -> u32 {
        let entered = self.flush_kept();
        self.backed_up = self.gap.is_some() || self.halts_waiting > 0 || !self.waiting.is_empty();
        entered
    }

    fn flush_kept(&mut self) -> u32 {
        let mut entered = 0;
        if let Some(gap) = self.gap {
            if self.tx.push_reserved(MarketEvent::Gap(gap)).is_err() {
                return 0;
            }
            self.gap = None;
            entered += 1;
        }
        entered += self.flush_halts();
        while let Some(&instrument) = self.waiting.first() {
            let kept = self.pending[instrument.index()];
            let quote = kept.expect("an instrument waits only while its quote is kept");
            if self.tx.free() == 0 || self.tx.try_push(MarketEvent::Quote(quote)).is_err() {
                break;
            }
            self.pending[instrument.index()] = None;
            self.waiting.remove(0);
            entered += 1;
        }
        entered
    }

    fn flush_halts(&mut self) -> u32 {
        let before = self.halts_waiting;
        if before == 0 {
            return 0;
        }
        for kept in &mut self.halts {
            let Some(halt) = *kept else { continue };
            if self.tx.try_push(MarketEvent::Halt(halt)).is_err() {
                break;
            }
            *kept = None;
            self.halts_waiting -= 1;
        }
        (before - self.halts_waiting) as u32
    }

    /// Whether newer events must wait behind kept ones.
    #[must_use]
    #[inline]
    pub fn is_backed_up(&self) -> bool {
        self.backed_up
    }

    /// Tells the core that events were lost before they reached this ring.
    pub fn note_gap(&mut self, gap: Gap) -> u32 {
        self.merge_gap(gap);
        self.flush()
    }

    /// The ring below.
    #[must_use]
    pub fn tx(&self) -> &Tx<MarketEvent, P> {
        &self.tx
    }

    /// Keeps what can be kept of an event that does not enter the ring yet; says how many did: none.
    #[cold]
    fn keep(&mut self, event: MarketEvent) -> u32 {
        self.backed_up = true;
        let at = event.ts_event();
        match event {
            MarketEvent::Quote(quote) => self.keep_quote(quote),
            MarketEvent::Halt(halt) => self.keep_halt(halt),
            MarketEvent::Gap(gap) => self.merge_gap(gap),
            MarketEvent::Trade(trade) => self.merge_gap(lost(trade.instrument, at, 1, 0)),
            // Bars can be rebuilt and definitions are resent; their loss is still told.
            other => self.merge_gap(lost(other.instrument(), at, 0, 0)),
        }
        0
    }

    fn keep_quote(&mut self, quote: Quote) {
        let Some(slot) = self.pending.get_mut(quote.instrument.index()) else {
            return self.merge_gap(lost(quote.instrument, quote.ts_event, 0, 1));
        };
        if slot.replace(quote).is_some() {
            self.merge_gap(lost(quote.instrument, quote.ts_event, 0, 1));
        } else {
            self.waiting.push(quote.instrument);
        }
    }

    fn keep_halt(&mut self, halt: Halt) {
        let Some(slot) = self.halts.get_mut(halt.instrument.index()) else {
            return self.merge_gap(lost(halt.instrument, halt.ts_event, 0, 0));
        };
        self.halts_waiting += usize::from(slot.replace(halt).is_none());
    }

    fn merge_gap(&mut self, gap: Gap) {
        self.gap = Some(match self.gap {
            None => gap,
            Some(old) => Gap {
                ts_event: old.ts_event.max(gap.ts_event),
                trades_lost: old.trades_lost + gap.trades_lost,
                quotes_conflated: old.quotes_conflated + gap.quotes_conflated,
                instrument: if old.instrument == gap.instrument {
                    gap.instrument
                } else {
                    InstrumentId::ALL
                },
                ..gap
            },
        });
    }
}

fn lost(instrument: InstrumentId, at: Nanos, trades_lost: u64, quotes_conflated: u64) -> Gap {
    let cause = GapCause::RingFull;
    Gap { ts_event: at, trades_lost, quotes_conflated, instrument, cause, ..Gap::default() }
}

#[cfg(test)]
mod schedules;

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::{Price, Trade};

    fn quote(instrument: u32, n: i64) -> MarketEvent {
        let (ts_event, bid) = (Nanos(n), Price(n));
        MarketEvent::Quote(Quote {
            ts_event,
            bid,
            instrument: InstrumentId(instrument),
            ..Quote::default()
        })
    }

    fn print(n: i64) -> MarketEvent {
        MarketEvent::Trade(Trade { ts_event: Nanos(n), ..Trade::default() })
    }

    fn drain(rx: &mut Rx<MarketEvent>) -> Vec<MarketEvent> {
        std::iter::from_fn(|| rx.pop()).collect()
    }

    #[test]
    fn with_room_everything_passes_in_order() {
        let (mut tx, mut rx) = market_ring(8, 2);
        let events = [quote(0, 1), print(2), quote(1, 3)];
        assert_eq!(events.iter().map(|&e| tx.push(e)).sum::<u32>(), 3);
        assert_eq!(drain(&mut rx), events);
    }

    #[test]
    fn the_newest_quote_of_each_instrument_survives_a_full_ring() {
        let (mut tx, mut rx) = market_ring(2, 3);
        for event in [quote(0, 1), quote(0, 2), quote(1, 3), quote(2, 4), quote(1, 5), quote(0, 6)]
        {
            tx.push(event);
        }
        assert_eq!(drain(&mut rx)[..2], [quote(0, 1), quote(0, 2)]);
        while tx.is_backed_up() {
            tx.flush();
            let seen = drain(&mut rx);
            assert!(!seen.is_empty());
        }
        assert_eq!(tx.push(quote(2, 9)), 1);
        assert_eq!(drain(&mut rx), [quote(2, 9)]);
    }

    #[test]
    fn the_newest_halt_survives_a_full_ring_and_comes_before_the_quotes() {
        let halt = |halted| MarketEvent::Halt(Halt { halted, ..Halt::default() });
        let (mut tx, mut rx) = market_ring(1, 1);
        for event in [quote(0, 1), quote(0, 2), halt(1), halt(0), halt(1)] {
            tx.push(event);
        }
        assert_eq!(rx.pop(), Some(quote(0, 1)));
        let mut seen = Vec::new();
        while tx.is_backed_up() {
            assert!(tx.flush() > 0);
            seen.extend(drain(&mut rx));
        }
        assert_eq!(seen, [halt(1), quote(0, 2)]);
    }

    #[test]
    fn lost_prints_are_told_before_anything_newer() {
        let (mut tx, mut rx) = market_ring(1, 1);
        tx.push(quote(0, 1));
        tx.push(print(2));
        tx.push(print(3));
        tx.push(quote(0, 4));
        assert_eq!(rx.pop(), Some(quote(0, 1)));
        tx.flush();
        let MarketEvent::Gap(gap) = drain(&mut rx)[0] else { panic!("no gap told") };
        assert_eq!((gap.trades_lost, gap.ts_event), (1, Nanos(2)));
        // The second print came while the first gap still stood in the reserve.
        tx.flush();
        let rest = drain(&mut rx);
        assert!(
            matches!(rest[..], [MarketEvent::Gap(g), q] if g.trades_lost == 1 && q == quote(0, 4))
                || rest == [quote(0, 4)],
            "{rest:?}"
        );
    }

    #[test]
    fn nothing_is_ever_reordered_or_silently_lost() {
        let (mut tx, mut rx) = market_ring(3, 4);
        let (mut sent_prints, mut lost_prints, mut seen_prints) = (0u64, 0, 0u64);
        let (mut newest, mut newest_sent) = ([0i64; 4], [0i64; 4]);
        let mut last = 0;
        let mut check = |events: Vec<MarketEvent>, lost: &mut u64, seen: &mut u64| {
            for event in events {
                match event {
                    MarketEvent::Gap(g) => *lost += g.trades_lost,
                    MarketEvent::Trade(t) => {
                        *seen += 1;
                        assert!(t.ts_event.0 > last, "reordered");
                        last = t.ts_event.0;
                    }
                    _ => {}
                }
                if let MarketEvent::Quote(q) = event {
                    assert!(q.bid.0 > newest[q.instrument.index()], "an older quote came later");
                    newest[q.instrument.index()] = q.bid.0;
                }
            }
        };
        for n in 1..10_000i64 {
            if n % 3 == 0 {
                sent_prints += 1;
                tx.push(print(n));
            } else {
                newest_sent[(n % 4) as usize] = n;
                tx.push(quote((n % 4) as u32, n));
            }
            if n % 7 == 0 {
                check(drain(&mut rx), &mut lost_prints, &mut seen_prints);
            }
        }
        for _ in 0..10 {
            tx.flush();
            check(drain(&mut rx), &mut lost_prints, &mut seen_prints);
        }
        assert_eq!(sent_prints, lost_prints + seen_prints);
        assert_eq!(newest, newest_sent);
    }
}
