//! The feed for trying out connections (`/v2/test`): one symbol that exists nowhere, made up for the
//! session and told by its time.
//!
//! *Invariant:* what happened before anybody was connected is told to nobody.

use crate::market::asset::Asset;
use crate::market::bars::{Bar, DayBars};
use st0ck_recorded::synth::SynthSpec;
use st0ck_recorded::{Arrival, Recording, TradingDay};
use st0ck_types::calendar::NYSE;
use st0ck_types::{MarketEvent, Nanos, Price, Qty, Symbol};

/// The one symbol.
const FAKEPACA: &str = "FAKEPACA";
/// Its first price, in cents.
const OPEN: i64 = 13_400;
/// Its greatest move in a second, in cents.
const STEP: i64 = 2;
/// Its shares of a day.
const VOLUME: i64 = 5_000_000;

/// The feed.
pub(crate) struct TestFeed {
    recording: Recording,
    head: Option<Arrival>,
    /// What is traded.
    pub(crate) asset: Asset,
    bars: DayBars,
    minutes: usize,
}

impl TestFeed {
    /// The feed of a session, which the seed names.
    pub(crate) fn new(day: TradingDay, seed: u64) -> Self {
        let recording = Recording::synthetic(&SynthSpec {
            symbol: Symbol::new(FAKEPACA),
            day,
            open: Price(OPEN * Price::CENT.0),
            step_ticks: STEP,
            volume: Qty(VOLUME * Qty::ONE.0),
            seed,
        });
        let asset = Asset::new(&recording.instruments()[0]);
        let bars = DayBars::starting(NYSE.at_local(day.date, 0, 0, 0));
        Self { recording, head: None, asset, bars, minutes: 0 }
    }

    /// The next event that has happened by `now`.
    pub(crate) fn take(&mut self, now: Nanos) -> Option<MarketEvent> {
        if self.head.is_none() {
            self.head = self.recording.next_event()?.ok();
        }
        let event = self.head.take_if(|head| head.at <= now)?.event;
        if let MarketEvent::Trade(trade) = &event {
            self.bars.on_trade(trade, self.asset.tape);
        }
        Some(event)
    }

    /// The next bar of a minute that is over at `now`.
    pub(crate) fn take_bar(&mut self, now: Nanos) -> Option<Bar> {
        let bar = *self.bars.finished(now).get(self.minutes)?;
        self.minutes += 1;
        Some(bar)
    }
}
