//! A venue's symbols to the lane's instrument numbers: one probe for a stock ticker.
//!
//! Filled at start from the configuration, read by decoders for every message.
//! *Invariant:* looking up never allocates, and never takes a symbol for another one.

use st0ck_types::{InstrumentId, Symbol};

/// Odd constant of Fibonacci hashing: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The first eight bytes of the symbol, zero-padded; zero marks an empty slot.
    word: u64,
    id: InstrumentId,
    len: u8,
    symbol: Symbol,
}

impl Slot {
    const EMPTY: Self = Self { word: 0, id: InstrumentId::ALL, len: 0, symbol: Symbol::EMPTY };

    fn new(symbol: Symbol, id: InstrumentId) -> Self {
        let bytes = symbol.as_str().as_bytes();
        Self { word: pack(bytes), id, len: bytes.len() as u8, symbol }
    }

    fn bytes(&self) -> &[u8] {
        &self.symbol.padded()[..usize::from(self.len)]
    }
}

/// An open-addressing table, at most half full.
#[derive(Debug, Clone)]
pub struct SymbolTable {
    slots: Box<[Slot]>,
    shift: u32,
    listed: Vec<(Symbol, InstrumentId)>,
}

impl SymbolTable {
    /// A table of these instruments. Empty symbols are left out; of two equal ones the later holds.
    #[must_use]
    pub fn new(instruments: impl IntoIterator<Item = (Symbol, InstrumentId)>) -> Self {
        let listed: Vec<_> =
            instruments.into_iter().filter(|(symbol, _)| !symbol.is_empty()).collect();
        let capacity = (listed.len() * 2).next_power_of_two().max(8);
        let shift = 64 - capacity.trailing_zeros();
        let slots = vec![Slot::EMPTY; capacity].into_boxed_slice();
        let mut table = Self { slots, shift, listed };
        for at in 0..table.listed.len() {
            let (symbol, id) = table.listed[at];
            let slot = table.slot_of(symbol.as_str().as_bytes());
            table.slots[slot] = Slot::new(symbol, id);
        }
        table
    }

    /// The number of this symbol, if it is in the table.
    #[must_use]
    pub fn find(&self, symbol: &[u8]) -> Option<InstrumentId> {
        let slot = &self.slots[self.slot_of(symbol)];
        (slot.word != 0).then_some(slot.id)
    }

    /// [`SymbolTable::find`] for a symbol of 1–8 bytes, none of them zero, packed little-endian.
    #[must_use]
    pub fn find_packed(&self, word: u64) -> Option<InstrumentId> {
        let mut at = self.start_of(word);
        loop {
            let slot = &self.slots[at];
            if slot.word == 0 {
                return None;
            }
            if slot.word == word && slot.len <= 8 {
                return Some(slot.id);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Every symbol and its number, in the order given.
    #[must_use]
    pub fn listed(&self) -> &[(Symbol, InstrumentId)] {
        &self.listed
    }

    /// Where the symbol is, or the empty slot where it would go. Ends: the table is half empty.
    fn slot_of(&self, symbol: &[u8]) -> usize {
        let mut at = self.start_of(hash(symbol));
        while self.slots[at].word != 0 && self.slots[at].bytes() != symbol {
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    fn start_of(&self, hash: u64) -> usize {
        hash.wrapping_mul(SPREAD).wrapping_shr(self.shift) as usize
    }
}

/// The first eight bytes, zero-padded.
fn pack(symbol: &[u8]) -> u64 {
    let mut word = [0; 8];
    let len = symbol.len().min(8);
    word[..len].copy_from_slice(&symbol[..len]);
    u64::from_le_bytes(word)
}

/// Equal to [`pack`] for up to eight bytes, so that the packed way finds the same slot; option
/// symbols differ behind their eighth byte, so there the rest is mixed in.
fn hash(symbol: &[u8]) -> u64 {
    let rest = symbol.get(8..).unwrap_or_default();
    rest.chunks(8).fold(pack(symbol), |hash, chunk| hash.rotate_left(23) ^ pack(chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(symbols: &[&str]) -> SymbolTable {
        let numbered = symbols.iter().zip(0..);
        SymbolTable::new(numbered.map(|(s, n)| (Symbol::new(s), InstrumentId(n))))
    }

    #[test]
    fn every_listed_symbol_is_found_and_no_other() {
        let names: Vec<String> = (0..500)
            .map(|n| format!("S{n}"))
            .chain((0..500).map(|n| format!("SPY250620C{:08}", n * 1000)))
            .collect();
        let table = table(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for (name, n) in names.iter().zip(0..) {
            assert_eq!(table.find(name.as_bytes()), Some(InstrumentId(n)), "{name}");
            if name.len() <= 8 {
                assert_eq!(table.find_packed(pack(name.as_bytes())), Some(InstrumentId(n)));
            }
        }
        for other in ["S", "S500", "SPY250620C00000001", "SPY250620C0000000", "SPY25062", ""] {
            assert_eq!(table.find(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_long_symbol_is_not_found_by_its_first_eight_bytes() {
        let table = table(&["SPY25062", "SPY250620C00600000"]);
        assert_eq!(table.find(b"SPY25062"), Some(InstrumentId(0)));
        assert_eq!(table.find_packed(pack(b"SPY25062")), Some(InstrumentId(0)));
        let long_only = self::table(&["SPY250620C00600000"]);
        assert_eq!(long_only.find_packed(pack(b"SPY25062")), None);
    }

    #[test]
    fn a_nul_byte_does_not_make_two_symbols_equal() {
        let table = table(&["A"]);
        assert_eq!(table.find(b"A\0"), None);
    }

    #[test]
    fn an_empty_table_finds_nothing() {
        assert_eq!(table(&[]).find(b"SPY"), None);
        assert_eq!(table(&[]).find_packed(pack(b"SPY")), None);
    }
}
