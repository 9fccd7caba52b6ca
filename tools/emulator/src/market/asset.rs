//! The tradable things of this session, and where their market stands.
//!
//! One per instrument of the recording. Facts that no recording tells (name, listing, lending) come
//! from a small table, with plain defaults for the rest.

use crate::market::auction::Auctions;
use crate::market::bands::PriceBands;
use st0ck_quant::rng::Rng;
use st0ck_types::market::IRREGULAR;
use st0ck_types::{InstrumentDef, InstrumentId, MarketEvent, Price, Symbol};

/// Whether an asset is halted by more than its price bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Halted {
    /// It trades.
    #[default]
    No,
    /// It does not trade, and is not quoted.
    Yes,
    /// It does not trade, and is quoted all the same.
    Quoted,
}

impl Halted {
    /// Whether it is halted.
    pub(crate) fn is_on(self) -> bool {
        self != Self::No
    }
}

/// How an asset stands with the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Listed and open to the broker's clients.
    pub(crate) active: bool,
    /// Orders are taken in.
    pub(crate) tradable: bool,
    /// It can be borrowed and sold short.
    pub(crate) shortable: bool,
    /// It can be traded in parts.
    pub(crate) fractionable: bool,
    /// Percent of a long position's worth that must be the account's own.
    pub(crate) long_margin: u8,
    /// The same of a short position.
    pub(crate) short_margin: u8,
}

impl Default for Standing {
    /// In full standing, at the maintenance margin of ordinary stocks (`alpaca.md` §11).
    fn default() -> Self {
        Self {
            active: true,
            tradable: true,
            shortable: true,
            fractionable: true,
            long_margin: 30,
            short_margin: 30,
        }
    }
}

/// One asset.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    /// UUID, the same for a symbol in every run.
    pub(crate) id: u128,
    /// Its number in the recording.
    pub(crate) instrument: InstrumentId,
    /// Ticker.
    pub(crate) symbol: Symbol,
    /// Name for people.
    pub(crate) name: String,
    /// Listing exchange, Alpaca's spelling.
    pub(crate) exchange: &'static str,
    /// Tape letter of that exchange.
    pub(crate) tape: u8,
    /// Best bid, zero when there is none.
    pub(crate) bid: Price,
    /// Best ask, zero when there is none.
    pub(crate) ask: Price,
    /// Last regular print.
    pub(crate) last: Option<Price>,
    /// Its opening and closing auction.
    pub(crate) auctions: Auctions,
    /// Its price bands.
    pub(crate) bands: PriceBands,
    /// Whether its trading is halted.
    pub(crate) halt: Halted,
    /// How it stands with the broker.
    pub(crate) standing: Standing,
}

/// Symbol, name, exchange.
const KNOWN: [(&str, &str, &str); 6] = [
    ("SPY", "SPDR S&P 500 ETF Trust", "ARCA"),
    ("QQQ", "Invesco QQQ Trust, Series 1", "NASDAQ"),
    ("IWM", "iShares Russell 2000 ETF", "ARCA"),
    ("AAPL", "Apple Inc. Common Stock", "NASDAQ"),
    ("MSFT", "Microsoft Corporation Common Stock", "NASDAQ"),
    ("IBM", "International Business Machines Corporation", "NYSE"),
];

/// Asset ids are drawn from a stream of their own, named by the symbol.
const ASSET_ID_SEED: u64 = 0x6173_7365_7473;

impl Asset {
    /// The asset that a recording defines.
    pub(crate) fn new(def: &InstrumentDef) -> Self {
        let known = KNOWN.iter().find(|(symbol, ..)| *symbol == def.symbol.as_str());
        let (name, exchange) = match known {
            Some(&(_, name, exchange)) => (name.to_owned(), exchange),
            None => (def.symbol.to_string(), "NASDAQ"),
        };
        Self {
            id: asset_id(def.symbol.as_str()),
            instrument: def.instrument,
            symbol: def.symbol,
            name,
            exchange,
            tape: match exchange {
                "NYSE" => b'A',
                "ARCA" => b'B',
                _ => b'C',
            },
            bid: Price::ZERO,
            ask: Price::ZERO,
            last: None,
            auctions: Auctions::default(),
            bands: PriceBands::new(known.is_some()),
            halt: Halted::No,
            standing: Standing::default(),
        }
    }

    /// Letter of its listing exchange (`alpaca.md` §8.2).
    pub(crate) fn listing(&self) -> u8 {
        match self.exchange {
            "NYSE" => b'N',
            "ARCA" => b'P',
            _ => b'Q',
        }
    }

    /// Takes note of a market event of this asset.
    pub(crate) fn on_market(&mut self, event: &MarketEvent) {
        match event {
            MarketEvent::Quote(quote) => (self.bid, self.ask) = (quote.bid, quote.ask),
            MarketEvent::Trade(trade) if trade.flags & IRREGULAR == 0 => {
                self.last = Some(trade.price);
            }
            _ => {}
        }
    }

    /// The current price: the last print, else the middle of the quote, else whichever side is
    /// there; `None` before the first event.
    pub(crate) fn price(&self) -> Option<Price> {
        let sides = [self.bid, self.ask];
        let quoted = match sides {
            [Price::ZERO, Price::ZERO] => None,
            [bid, ask] if bid > Price::ZERO && ask > Price::ZERO => Some(bid.midpoint(ask)),
            [bid, ask] => Some(bid.max(ask)),
        };
        self.last.or(quoted)
    }

    /// What a buyer pays now, for the buying-power check; `None` before the first event.
    pub(crate) fn ask_or_price(&self) -> Option<Price> {
        if self.ask > Price::ZERO { Some(self.ask) } else { self.price() }
    }

    /// What a seller gets now; `None` before the first event.
    pub(crate) fn bid_or_price(&self) -> Option<Price> {
        if self.bid > Price::ZERO { Some(self.bid) } else { self.price() }
    }

    /// Whether a price lies inside the quote, as far as there is one.
    pub(crate) fn is_inside_quote(&self, price: Price) -> bool {
        (self.bid <= Price::ZERO || price >= self.bid)
            && (self.ask <= Price::ZERO || price <= self.ask)
    }
}

fn asset_id(symbol: &str) -> u128 {
    crate::book::ids::IdSource::new(Rng::new(ASSET_ID_SEED).fork(symbol)).uuid()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use st0ck_types::{Nanos, Qty, Quote};

    /// SPY, quoted 367.40 to 367.42.
    pub(crate) fn spy() -> Asset {
        let def = InstrumentDef {
            symbol: Symbol::new("SPY"),
            tick: Price::CENT,
            lot: Qty::ONE,
            ..InstrumentDef::default()
        };
        let mut asset = Asset::new(&def);
        asset.on_market(&MarketEvent::Quote(Quote {
            ts_event: Nanos(1),
            bid: Price::parse("367.40").unwrap(),
            ask: Price::parse("367.42").unwrap(),
            ..Quote::default()
        }));
        asset
    }

    #[test]
    fn the_price_is_the_last_print_and_before_it_the_middle_of_the_quote() {
        let mut asset = spy();
        assert_eq!(asset.price(), Price::parse("367.41").ok());
        assert_eq!(asset.ask_or_price(), Price::parse("367.42").ok());
        asset.last = Some(Price::ONE);
        assert_eq!(asset.price(), Some(Price::ONE));
    }

    #[test]
    fn an_asset_has_the_same_id_in_every_run() {
        assert_eq!(spy().id, spy().id);
        assert_ne!(asset_id("SPY"), asset_id("QQQ"));
    }
}
