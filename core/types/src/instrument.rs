//! What the core knows about an instrument, as told in-band by an [`InstrumentDef`].

use crate::market::InstrumentDef;
use crate::{InstrumentId, Price, Qty, Symbol};

/// Kind of instrument; decides fees, collars and which controls apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum AssetClass {
    /// A share or an exchange-traded fund.
    #[default]
    Equity = 0,
    /// A listed option.
    Option = 1,
    /// A future.
    Future = 2,
    /// An index, which cannot be bought.
    Index = 3,
    /// A coin.
    Crypto = 4,
}

impl AssetClass {
    /// The class with this number in the journal.
    #[must_use]
    pub fn from_u8(value: u8) -> Option<Self> {
        [Self::Equity, Self::Option, Self::Future, Self::Index, Self::Crypto]
            .get(usize::from(value))
            .copied()
    }
}

/// One instrument of the lane's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instrument {
    /// Place in the table.
    pub id: InstrumentId,
    /// Venue symbol.
    pub symbol: Symbol,
    /// Kind.
    pub class: AssetClass,
    /// Smallest price step of an order.
    pub tick: Price,
    /// Smallest quantity step of an order.
    pub lot: Qty,
    /// Units of the underlying per contract; 1 for shares.
    pub multiplier: u16,
}

impl From<&InstrumentDef> for Instrument {
    fn from(def: &InstrumentDef) -> Self {
        Self {
            id: def.instrument,
            symbol: def.symbol,
            class: def.class,
            tick: def.tick,
            lot: def.lot,
            multiplier: def.multiplier,
        }
    }
}
