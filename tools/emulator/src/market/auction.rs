//! The opening and the closing auction of one asset, found in its prints.
//!
//! A consolidated tape names them by condition: `O` or `Q` is the listing exchange's opening, `6` or
//! `M` its close (`alpaca.md` §8.2). A recording may lack such a print. Then the first regular print
//! from the open on and the last one before the close stand for them: at once where prints carry no
//! conditions at all (bars, made-up markets), else when the named print has not come in its time.
//! Called by the house for every print; `House` serves the orders that wait.
//!
//! *Invariant:* each is found once a session, and never by a print that is still to come.

use st0ck_types::calendar::Session;
use st0ck_types::market::IRREGULAR;
use st0ck_types::time::MINUTE;
use st0ck_types::{Nanos, Price, Qty, Trade};

/// How long the opening print is waited for.
const OPENING_WITHIN: i64 = MINUTE;
/// How long the closing print is waited for, where the recording goes on after the close.
const CLOSING_WITHIN: i64 = 5 * MINUTE;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The opening auction.
    Opening,
    /// The closing auction.
    Closing,
}

/// What an auction came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cross {
    /// When it printed.
    pub(crate) at: Nanos,
    /// The one price of it.
    pub(crate) price: Price,
    /// Shares; `None` when an ordinary print stands for it.
    pub(crate) size: Option<Qty>,
    /// Venue letter, 0 when unknown.
    pub(crate) venue: u8,
    /// The condition that named it; `O` and `6` where an ordinary print stands for it.
    pub(crate) condition: u8,
}

/// The auctions of one asset in one session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Auctions {
    /// The opening, once it was.
    pub(crate) opening: Option<Cross>,
    /// The close, once it was.
    pub(crate) closing: Option<Cross>,
    /// The first regular print from the open on.
    first: Option<Trade>,
    /// The last regular print before the close.
    last: Option<Trade>,
}

impl Auctions {
    /// Takes a print; the auction that it makes, if it makes one.
    pub(crate) fn on_trade(&mut self, trade: &Trade, session: &Session) -> Option<(Which, Cross)> {
        let (at, regular) = (trade.ts_event, trade.flags & IRREGULAR == 0);
        if regular && session.contains(at) {
            self.first.get_or_insert(*trade);
            self.last = Some(*trade);
        }
        let cross = match self.opening {
            None if at >= session.open => self.find_opening(trade, session),
            _ => None,
        };
        if let Some(cross) = cross {
            self.opening = Some(cross);
            return Some((Which::Opening, cross));
        }
        if self.closing.is_some() || at < session.close {
            return None;
        }
        let late = at >= session.close + CLOSING_WITHIN;
        let named = named(trade, *b"6M");
        let cross = named.or_else(|| late.then(|| self.last_as_close(session.close)).flatten())?;
        self.closing = Some(cross);
        Some((Which::Closing, cross))
    }

    /// The recording is over at `at`: what the close came to, if nothing told it before.
    pub(crate) fn finish(&mut self, at: Nanos) -> Option<Cross> {
        if self.closing.is_none() {
            self.closing = self.last_as_close(at);
            return self.closing;
        }
        None
    }

    fn find_opening(&self, trade: &Trade, session: &Session) -> Option<Cross> {
        let named = named(trade, *b"OQ");
        let first = self.first.as_ref()?;
        let unnamed = first.conditions == [0; 4];
        let late = trade.ts_event >= session.open + OPENING_WITHIN;
        named.or_else(|| (unnamed || late).then(|| ordinary(first, first.ts_event, b'O')))
    }

    fn last_as_close(&self, at: Nanos) -> Option<Cross> {
        self.last.as_ref().map(|last| ordinary(last, at, b'6'))
    }
}

/// The auction that a print is by one of its conditions.
fn named(trade: &Trade, conditions: [u8; 2]) -> Option<Cross> {
    let condition = trade.conditions.iter().copied().find(|c| conditions.contains(c))?;
    let size = (trade.size > Qty::ZERO).then_some(trade.size);
    Some(Cross { size, ..ordinary(trade, trade.ts_event, condition) })
}

/// The auction that an ordinary print stands for.
fn ordinary(trade: &Trade, at: Nanos, condition: u8) -> Cross {
    Cross { at, price: trade.price, size: None, venue: trade.venue, condition }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::calendar::NYSE;
    use st0ck_types::time::SECOND;

    fn session() -> Session {
        NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap()
    }

    fn print(at: Nanos, cents: i64, conditions: &[u8]) -> Trade {
        let mut trade = Trade {
            ts_event: at,
            price: Price(cents * Price::CENT.0),
            size: Qty::units(7).unwrap(),
            ..Trade::default()
        };
        trade.conditions[..conditions.len()].copy_from_slice(conditions);
        trade
    }

    /// What a day of prints makes, as `O 100.01 x7` and `6 100.02`.
    fn told(prints: &[Trade]) -> Vec<String> {
        let (session, mut auctions) = (session(), Auctions::default());
        let mut crosses: Vec<Cross> =
            prints.iter().filter_map(|p| auctions.on_trade(p, &session)).map(|c| c.1).collect();
        crosses.extend(auctions.finish(session.post_close));
        let tell = |c: Cross| {
            let size = c.size.map_or(String::new(), |size| format!(" x{size}"));
            format!("{} {}{size}", char::from(c.condition), c.price)
        };
        crosses.into_iter().map(tell).collect()
    }

    #[test]
    fn the_tape_names_the_opening_and_the_close() {
        let Session { open, close, .. } = session();
        let prints = [
            print(open - SECOND, 9_000, b"T"),
            print(open, 10_000, b"@"),
            print(open + SECOND, 10_001, b"@O"),
            print(open + 2 * SECOND, 10_002, b"Q"),
            print(close - SECOND, 10_003, b"@"),
            print(close, 10_004, b"T"),
            print(close + SECOND, 10_005, b"6"),
            print(close + 2 * SECOND, 10_006, b"M"),
        ];
        assert_eq!(told(&prints), ["O 100.01 x7", "6 100.05 x7"]);
    }

    #[test]
    fn prints_without_conditions_open_with_the_first_and_close_with_the_last() {
        let Session { open, close, .. } = session();
        let mut odd = print(close - 1, 1, b"");
        odd.flags = IRREGULAR;
        let prints = [
            print(open, 10_000, b""),
            print(open + 1, 10_001, b""),
            print(close - 2, 9_999, b""),
            odd,
        ];
        assert_eq!(told(&prints), ["O 100", "6 99.99"]);
    }

    #[test]
    fn a_named_print_that_does_not_come_is_waited_for_and_then_replaced() {
        let Session { open, close, .. } = session();
        let prints = [
            print(open, 10_000, b"@"),
            print(open + 59 * SECOND, 10_001, b"@"),
            print(open + 60 * SECOND, 10_002, b"@"),
            print(open + 61 * SECOND, 10_003, b"O"),
            print(close - SECOND, 10_004, b"@"),
            print(close + 299 * SECOND, 10_005, b"T"),
            print(close + 300 * SECOND, 10_006, b"T"),
            print(close + 301 * SECOND, 10_007, b"6"),
        ];
        assert_eq!(told(&prints), ["O 100", "6 100.04"]);
        assert_eq!(told(&prints[..2]), ["6 100.01"], "nobody asks for an opening at the end");
        assert_eq!(told(&[]), [""; 0]);
    }
}
