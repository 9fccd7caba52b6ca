//! The lane's instruments by number and by the broker's symbol.
//!
//! *Invariant:* a symbol that is not in the table is [`InstrumentId::ALL`], never another one.

use st0ck_types::{InstrumentId, Symbol};

/// A small table: a lane trades a handful, and replies are not the hot way, so it is searched.
#[derive(Debug, Clone, Default)]
pub struct InstrumentTable(Vec<(Symbol, InstrumentId)>);

impl InstrumentTable {
    /// A table of these instruments.
    #[must_use]
    pub fn new(instruments: impl IntoIterator<Item = (Symbol, InstrumentId)>) -> Self {
        Self(instruments.into_iter().collect())
    }

    /// The number of a symbol; [`InstrumentId::ALL`] when it is not in the table.
    #[must_use]
    pub fn number(&self, symbol: &str) -> InstrumentId {
        let found = self.0.iter().find(|(listed, _)| listed.as_str() == symbol);
        found.map_or(InstrumentId::ALL, |(_, id)| *id)
    }

    /// The symbol of a number.
    #[must_use]
    pub fn symbol(&self, id: InstrumentId) -> Option<Symbol> {
        self.0.iter().find(|(_, listed)| *listed == id).map(|(symbol, _)| *symbol)
    }

    /// Every symbol and its number.
    #[must_use]
    pub fn listed(&self) -> &[(Symbol, InstrumentId)] {
        &self.0
    }
}
