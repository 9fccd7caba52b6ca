//! Trading in a symbol stops and goes on: halts of the scenario, and the pauses of the price bands.
//!
//! While a symbol is halted its orders are taken in, become `new` and wait at the venue, as Alpaca's
//! do; the recording of it passes unseen, for it tells of a market that was open.
//!
//! *Invariant:* what the bands held back does not trade between a halt and its end.

use crate::house::House;
use crate::market::asset::Halted;
use crate::market::notice::Notice;
use st0ck_types::{Halt, MarketEvent};

impl House {
    /// Halts trading in an asset; codes as the message has them, or those of its tape.
    pub(crate) fn halt(
        &mut self,
        asset: usize,
        code: Option<&str>,
        reason: Option<&str>,
        quoted: bool,
    ) {
        let (stop, why) = if self.assets[asset].tape == b'C' { ("H", "T1") } else { ("2", "P") };
        self.assets[asset].halt = if quoted { Halted::Quoted } else { Halted::Yes };
        self.assets[asset].bands.forget();
        self.stop_or_go(asset, true, code.unwrap_or(stop), reason.unwrap_or(why));
    }

    /// Lets an asset trade again.
    pub(crate) fn resume(&mut self, asset: usize, code: Option<&str>, reason: Option<&str>) {
        let go = if self.assets[asset].tape == b'C' { "T" } else { "3" };
        self.assets[asset].halt = Halted::No;
        self.assets[asset].bands.forget();
        self.stop_or_go(asset, false, code.unwrap_or(go), reason.unwrap_or_default());
    }

    /// Whether an event of the recording did not happen, for its symbol is halted.
    pub(crate) fn hides(&self, event: &MarketEvent) -> bool {
        let instrument = event.instrument();
        let asset = self.assets.iter().find(|asset| asset.instrument == instrument);
        match asset.map_or(Halted::No, |asset| asset.halt) {
            Halted::No => false,
            Halted::Yes => matches!(event, MarketEvent::Quote(_) | MarketEvent::Trade(_)),
            Halted::Quoted => matches!(event, MarketEvent::Trade(_)),
        }
    }

    /// Stops an asset's trading now, or lets it go on, and tells so.
    pub(super) fn stop_or_go(&mut self, asset: usize, halted: bool, code: &str, reason: &str) {
        let instrument = self.assets[asset].instrument;
        let halt = Halt {
            ts_event: self.now,
            ts_recv: self.now,
            instrument,
            halted: u8::from(halted),
            code: padded(code),
            reason: padded(reason),
            ..Halt::default()
        };
        // In this order: what the bands held back must not trade in between.
        self.venue.on_market(&MarketEvent::Halt(halt));
        self.venue.set_bands(instrument, None);
        self.floor.notices.push_back((asset, Notice::Event(MarketEvent::Halt(halt))));
    }
}

/// As much of a code as there is room for, and zeros.
fn padded<const N: usize>(code: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(code.bytes()).for_each(|(to, from)| *to = from);
    bytes
}
