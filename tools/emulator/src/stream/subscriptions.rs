//! What one market-data session is subscribed to.
//!
//! *Invariant:* an acknowledgement always lists the whole state, in the order subscribed.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Channels by name, in the order of an acknowledgement. `corrections` and `cancelErrors` follow
/// `trades` and cannot be asked for.
const CHANNELS: [&str; 8] =
    ["trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "imbalances"];
/// Where the acknowledgement lists the two that follow `trades`: after `lulds`.
const IMBALANCES: usize = 7;
const STAR: &str = "*";

/// A channel with data in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Prints.
    Trades = 0,
    /// Best bid and ask.
    Quotes = 1,
    /// Minute bars.
    Bars = 2,
    /// Halts and resumptions.
    Statuses = 5,
}

/// Why a subscription is refused; the state is then unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Error 400.
    Syntax,
    /// Error 405.
    SymbolLimit,
}

/// Symbols by channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Subscriptions {
    symbols: [Vec<String>; CHANNELS.len()],
}

impl Subscriptions {
    /// Adds what a message lists. `limit` counts symbols of trades and quotes together; a star is
    /// beyond every limit.
    pub(crate) fn add(
        &mut self,
        message: &Map<String, Value>,
        limit: Option<usize>,
    ) -> Result<(), Fault> {
        let mut next = self.clone();
        for (channel, symbols) in next.symbols.iter_mut().zip(lists(message)?) {
            for symbol in symbols {
                if !channel.contains(&symbol) {
                    channel.push(symbol);
                }
            }
        }
        if limit.is_some_and(|limit| next.live_symbols() > limit) {
            return Err(Fault::SymbolLimit);
        }
        *self = next;
        Ok(())
    }

    /// Takes away what a message lists.
    pub(crate) fn remove(&mut self, message: &Map<String, Value>) -> Result<(), Fault> {
        for (channel, symbols) in self.symbols.iter_mut().zip(lists(message)?) {
            channel.retain(|symbol| !symbols.contains(symbol));
        }
        Ok(())
    }

    /// Whether a symbol is wanted on a channel.
    pub(crate) fn wants(&self, channel: Channel, symbol: &str) -> bool {
        let symbols = &self.symbols[channel as usize];
        symbols.iter().any(|wanted| wanted == symbol || wanted == STAR)
    }

    /// Whether anything is subscribed.
    pub(crate) fn any(&self) -> bool {
        self.symbols.iter().any(|channel| !channel.is_empty())
    }

    /// The acknowledgement's keys.
    pub(crate) fn acknowledge(&self) -> Map<String, Value> {
        let mut keys = Map::new();
        for (name, symbols) in CHANNELS.into_iter().zip(&self.symbols).take(IMBALANCES) {
            keys.insert(name.to_owned(), symbols.clone().into());
        }
        for follower in ["corrections", "cancelErrors"] {
            keys.insert(follower.to_owned(), self.symbols[Channel::Trades as usize].clone().into());
        }
        // The real one does not list this channel unless it is in use.
        if !self.symbols[IMBALANCES].is_empty() {
            let symbols = self.symbols[IMBALANCES].clone();
            keys.insert(CHANNELS[IMBALANCES].to_owned(), symbols.into());
        }
        keys
    }

    fn live_symbols(&self) -> usize {
        let live =
            [Channel::Trades, Channel::Quotes].map(|channel| &self.symbols[channel as usize]);
        if live.iter().any(|symbols| symbols.iter().any(|symbol| symbol == STAR)) {
            return usize::MAX;
        }
        live.into_iter().flatten().collect::<BTreeSet<_>>().len()
    }
}

/// The symbols a message lists for each channel.
fn lists(message: &Map<String, Value>) -> Result<[Vec<String>; CHANNELS.len()], Fault> {
    let mut lists = [const { Vec::new() }; CHANNELS.len()];
    for (list, name) in lists.iter_mut().zip(CHANNELS) {
        match message.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(symbols)) => {
                for symbol in symbols {
                    let symbol = symbol.as_str().filter(|symbol| is_symbol(symbol));
                    list.push(symbol.ok_or(Fault::Syntax)?.to_owned());
                }
            }
            Some(_) => return Err(Fault::Syntax),
        }
    }
    Ok(lists)
}

fn is_symbol(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text == STAR
        || (1..=24).contains(&text.len())
            && text.bytes().all(|byte| letters(byte) || matches!(byte, b'.' | b'-' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn subscribing_adds_unsubscribing_subtracts_and_the_ack_lists_all() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.add(&message(json!({"trades": ["AAPL"], "quotes": ["AMD"]})), None).unwrap();
        subscriptions
            .add(&message(json!({"quotes": ["SPY", "AMD"], "bars": ["*"]})), None)
            .unwrap();
        subscriptions.remove(&message(json!({"quotes": ["AMD", "X"]}))).unwrap();
        assert_eq!(
            Value::Object(subscriptions.acknowledge()).to_string(),
            r#"{"trades":["AAPL"],"quotes":["SPY"],"bars":["*"],"updatedBars":[],"dailyBars":[],"statuses":[],"lulds":[],"corrections":["AAPL"],"cancelErrors":["AAPL"]}"#
        );
        assert!(subscriptions.wants(Channel::Bars, "ANY"));
        assert!(!subscriptions.wants(Channel::Quotes, "AMD"));
    }

    #[test]
    fn the_limit_counts_symbols_of_trades_and_quotes_once() {
        let mut subscriptions = Subscriptions::default();
        let both = message(json!({"trades": ["A", "B"], "quotes": ["B", "A"], "bars": ["C", "D"]}));
        assert_eq!(subscriptions.add(&both, Some(2)), Ok(()));
        let before = subscriptions.clone();
        let third = message(json!({"quotes": ["C"]}));
        assert_eq!(subscriptions.add(&third, Some(2)), Err(Fault::SymbolLimit));
        let star = message(json!({"trades": ["*"]}));
        assert_eq!(subscriptions.add(&star, Some(2)), Err(Fault::SymbolLimit));
        assert_eq!(subscriptions, before, "a refusal changes nothing");
    }

    #[test]
    fn what_is_no_list_of_symbols_is_a_syntax_error() {
        for bad in [json!({"trades": "AAPL"}), json!({"quotes": [1]}), json!({"bars": ["a b"]})] {
            assert_eq!(Subscriptions::default().add(&message(bad), None), Err(Fault::Syntax));
        }
    }
}
