//! What one market-data session is subscribed to.
//!
//! *Invariant:* an acknowledgement always lists the whole state, in the order subscribed.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A channel with data in it. `corrections` and `cancelErrors` follow `trades` and cannot be asked
/// for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Prints.
    Trades = 0,
    /// Best bid and ask.
    Quotes = 1,
    /// Minute bars.
    Bars = 2,
    /// Minute bars told again, because a print came late.
    UpdatedBars = 3,
    /// The day's bar, after each minute.
    DailyBars = 4,
    /// Halts and resumptions.
    Statuses = 5,
    /// Price bands.
    Lulds = 6,
    /// Order imbalances.
    Imbalances = 7,
    /// Articles.
    News = 8,
}

use Channel::{Bars, DailyBars, Imbalances, Lulds, News, Quotes, Statuses, Trades, UpdatedBars};

/// Symbols of one channel: more than exchanges list. Beyond, error 405 whatever the plan: a client must
/// not make the others wait for its list.
const SYMBOLS_MAX: usize = 16_384;
const CHANNELS: usize = 9;
const STAR: &str = "*";

impl Channel {
    /// In the order of an acknowledgement.
    const ALL: [Self; CHANNELS] =
        [Trades, Quotes, Bars, UpdatedBars, DailyBars, Statuses, Lulds, Imbalances, News];

    fn name(self) -> &'static str {
        match self {
            Trades => "trades",
            Quotes => "quotes",
            Bars => "bars",
            UpdatedBars => "updatedBars",
            DailyBars => "dailyBars",
            Statuses => "statuses",
            Lulds => "lulds",
            Imbalances => "imbalances",
            News => "news",
        }
    }
}

/// Which channels a feed has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Menu {
    /// All but news.
    Stocks,
    /// Trades, quotes and bars.
    Test,
    /// News.
    News,
}

impl Menu {
    fn has(self, channel: Channel) -> bool {
        match self {
            Self::Stocks => channel != News,
            Self::Test => matches!(channel, Trades | Quotes | Bars),
            Self::News => channel == News,
        }
    }
}

/// Why a subscription is refused; the state is then unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Error 400.
    Syntax,
    /// Error 410.
    Channel,
    /// Error 405.
    SymbolLimit,
}

/// Symbols by channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscriptions {
    menu: Menu,
    symbols: [Vec<String>; CHANNELS],
}

impl Subscriptions {
    /// Nothing yet, of these channels.
    pub(crate) fn new(menu: Menu) -> Self {
        Self { menu, symbols: [const { Vec::new() }; CHANNELS] }
    }

    /// Adds what a message lists. `limit` counts symbols of trades and quotes together; a star is
    /// beyond every limit.
    pub(crate) fn add(
        &mut self,
        message: &Map<String, Value>,
        limit: Option<usize>,
    ) -> Result<(), Fault> {
        let mut next = self.clone();
        for (channel, symbols) in next.symbols.iter_mut().zip(self.lists(message)?) {
            let mut known: BTreeSet<String> = channel.iter().cloned().collect();
            channel.extend(symbols.into_iter().filter(|symbol| known.insert(symbol.clone())));
            if channel.len() > SYMBOLS_MAX {
                return Err(Fault::SymbolLimit);
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
        let lists = self.lists(message)?;
        for (channel, symbols) in self.symbols.iter_mut().zip(lists) {
            let gone: BTreeSet<String> = symbols.into_iter().collect();
            channel.retain(|symbol| !gone.contains(symbol));
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
        for channel in Channel::ALL.into_iter().filter(|channel| self.menu.has(*channel)) {
            let symbols = &self.symbols[channel as usize];
            // The real one does not list this channel unless it is in use, and the two that follow
            // trades before it.
            if channel == Imbalances {
                for follower in ["corrections", "cancelErrors"] {
                    keys.insert(follower.to_owned(), self.symbols[Trades as usize].clone().into());
                }
                if symbols.is_empty() {
                    continue;
                }
            }
            keys.insert(channel.name().to_owned(), symbols.clone().into());
        }
        keys
    }

    fn live_symbols(&self) -> usize {
        let live = [Trades, Quotes].map(|channel| &self.symbols[channel as usize]);
        if live.iter().any(|symbols| symbols.iter().any(|symbol| symbol == STAR)) {
            return usize::MAX;
        }
        live.into_iter().flatten().collect::<BTreeSet<_>>().len()
    }

    /// The symbols a message lists for each channel.
    fn lists(&self, message: &Map<String, Value>) -> Result<[Vec<String>; CHANNELS], Fault> {
        let mut lists = [const { Vec::new() }; CHANNELS];
        for (list, channel) in lists.iter_mut().zip(Channel::ALL) {
            match message.get(channel.name()) {
                None | Some(Value::Null) => {}
                Some(Value::Array(symbols)) => {
                    for symbol in symbols {
                        let symbol = symbol.as_str().filter(|symbol| is_symbol(symbol));
                        list.push(symbol.ok_or(Fault::Syntax)?.to_owned());
                    }
                }
                Some(_) => return Err(Fault::Syntax),
            }
            if !list.is_empty() && !self.menu.has(channel) {
                return Err(Fault::Channel);
            }
        }
        Ok(lists)
    }
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
        let mut subscriptions = Subscriptions::new(Menu::Stocks);
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
        let mut subscriptions = Subscriptions::new(Menu::Stocks);
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
    fn more_symbols_than_there_are_listed_are_refused_and_change_nothing() {
        let symbols = |from: usize, count: usize| -> Map<String, Value> {
            let all: Vec<String> = (from..from + count).map(|n| format!("X{n}")).collect();
            message(json!({ "statuses": all }))
        };
        let mut subscriptions = Subscriptions::new(Menu::Stocks);
        assert_eq!(subscriptions.add(&symbols(0, SYMBOLS_MAX), None), Ok(()));
        assert_eq!(subscriptions.add(&symbols(5, 10), None), Ok(()), "they are there already");
        assert_eq!(subscriptions.add(&symbols(SYMBOLS_MAX, 1), None), Err(Fault::SymbolLimit));
        assert!(!subscriptions.wants(Statuses, &format!("X{SYMBOLS_MAX}")));
        assert_eq!(subscriptions.remove(&symbols(0, SYMBOLS_MAX)), Ok(()));
        assert!(!subscriptions.any());
    }

    #[test]
    fn what_is_no_list_of_symbols_is_a_syntax_error() {
        for bad in [json!({"trades": "AAPL"}), json!({"quotes": [1]}), json!({"bars": ["a b"]})] {
            assert_eq!(
                Subscriptions::new(Menu::Stocks).add(&message(bad), None),
                Err(Fault::Syntax)
            );
        }
    }
}
