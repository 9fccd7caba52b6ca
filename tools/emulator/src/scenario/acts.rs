//! Where the emulator does what its scenario says.

use super::plan::{Act, Event, MarketAct, Scenario};
use crate::emulator::Emulator;
use crate::house::House;
use st0ck_types::{MarketEvent, Nanos, Price, Qty, Trade};

/// Condition of a print that reopens trading (`alpaca.md` §8.2).
const REOPENING: u8 = b'5';
/// Prints of a scenario are numbered from here, beyond those of recordings.
const FIRST_ID: u64 = 1 << 52;

impl Scenario {
    /// The first event that this house cannot play, and why.
    pub(crate) fn unfit(&self, house: &House) -> Option<(&Event, String)> {
        let why = |event: &Event| match &event.act {
            Act::Market(symbol, _) if house.asset(symbol).is_none() => {
                let known: Vec<&str> = house.assets.iter().map(|a| a.symbol.as_str()).collect();
                Some(format!("is of {symbol}, which is not played: there is {}", known.join(", ")))
            }
            Act::Market(..) => None,
        };
        self.events.iter().find_map(|event| why(event).map(|why| (event, why)))
    }
}

impl Emulator {
    /// Plays the scenario's events that are due.
    pub(crate) fn play_scene(&mut self, due: Nanos) {
        self.house.advance(due);
        self.tell_instant(due);
        while let Some(act) = self.script.take(due) {
            match act {
                Act::Market(symbol, act) => {
                    let asset = self.house.asset(&symbol).expect("looked at before it began");
                    self.move_market(asset, act);
                }
            }
            self.tell_notices();
        }
        self.progress.note(due, 0);
    }

    fn move_market(&mut self, asset: usize, act: MarketAct) {
        match act {
            MarketAct::Halt { code, reason, quoted } => {
                self.house.halt(asset, code.as_deref(), reason.as_deref(), quoted);
            }
            MarketAct::Resume { code, reason, print } => {
                self.house.resume(asset, code.as_deref(), reason.as_deref());
                self.tell_notices();
                if let Some(print) = print {
                    self.print(asset, self.house.now(), print, REOPENING);
                }
            }
        }
    }

    /// Somebody trades.
    fn print(&mut self, asset: usize, at: Nanos, (price, size): (Price, Qty), condition: u8) {
        let of = &self.house.assets[asset];
        let trade = MarketEvent::Trade(Trade {
            ts_event: at,
            ts_recv: at,
            price,
            size,
            id: FIRST_ID + self.script.next_number(),
            instrument: of.instrument,
            venue: of.listing(),
            tape: of.tape,
            conditions: [condition, 0, 0, 0],
            ..Trade::default()
        });
        self.house.on_market(&trade);
        self.tell_notices();
        self.tell_event(&trade);
    }
}
