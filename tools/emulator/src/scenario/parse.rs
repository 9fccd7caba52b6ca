//! A file of events, read by the rows of the table.
//!
//! *Invariant:* every error says the line, what stands there and what may stand there.

use super::plan::{Act, AssetTerms, Event, MarketAct, Scenario, When};
use super::table::{KEYS, KINDS, Kind, KindRow, ParamRow, Shape};
use crate::book::activity::ActivityFacts;
use crate::document::{self, Entry, Lines, Moment, Wrong, duration, integer, join, shown};
use crate::market::newsroom::Article;
use st0ck_types::time::SECOND;
use st0ck_types::{Money, Nanos, Price, Qty};
use toml::de::DeValue;

/// Keys of a file; faults are read by others.
const TOP: &[&str] = &["event", "seed", "fault"];

/// Said of a table that does not say what it is.
const NO_KIND: &str = "an event needs a kind, such as kind = \"halt\"";

/// The greatest price, number of shares and amount: far beyond any market, and nothing that is added up
/// of them overflows.
const MOST: i64 = 1_000_000;
const MOST_MONEY: Money = Money(1_000 * MOST as i128 * Money::ONE.0);

/// How long ago a late print may have happened.
const DAY: i64 = 24 * 3_600 * SECOND;

/// Shares of a print that does not say how many.
const ROUND_LOT: Qty = Qty(100 * Qty::ONE.0);

/// Reads a whole file.
pub(super) fn scenario(text: &str) -> Result<Scenario, Wrong> {
    let lines = Lines(text);
    let mut events = Vec::new();
    for (key, value) in &document::table(text)? {
        let line = lines.at(&key.span());
        let wrong = || (line, "write each event as a table [[event]]".to_owned());
        match key.get_ref().as_ref() {
            "event" => {
                for entry in value.get_ref().as_array().ok_or_else(wrong)? {
                    let table = entry.get_ref().as_table().ok_or_else(wrong)?;
                    events.push(Entry::new(&lines, lines.at(&entry.span()), table).event()?);
                }
            }
            known if TOP.contains(&known) => {}
            other => {
                let words = format!("there is no key {other:?}; a file has {}", TOP.join(", "));
                return Err((line, words));
            }
        }
    }
    Ok(Scenario { events })
}

impl Entry<'_> {
    fn event(&self) -> Result<Event, Wrong> {
        let row = self.kind(KINDS, |row| row.name, NO_KIND)?;
        let known =
            row.params.iter().map(|param| param.name).chain(KEYS.iter().map(|key| key.name));
        self.know_keys(row.name, known)?;
        for param in row.params {
            self.check(row, param)?;
        }
        Ok(Event { when: self.when()?, act: self.act(row)?, line: self.line })
    }

    /// Whether a parameter is what its row says.
    fn check(&self, row: &KindRow, param: &ParamRow) -> Result<(), Wrong> {
        let expected = || format!("{} ({})", may_be(param.shape), param.words);
        match self.fields.get(param.name) {
            None if param.needed => {
                Err((self.line, format!("{} needs {} = {}", row.name, param.name, expected())))
            }
            Some((line, value)) if !is(value, param.shape) => {
                let words = format!("{} = {}: expected {}", param.name, shown(value), expected());
                Err((*line, words))
            }
            _ => Ok(()),
        }
    }

    fn when(&self) -> Result<When, Wrong> {
        let (moment, count) = (self.moment()?, self.whole("after_orders", 1, u64::MAX)?);
        let wait = self.span("wait")?;
        match (moment, count) {
            (Some(_), Some(_)) => {
                let words = "at, after and after_orders all say when it happens: write one of them";
                Err((self.line_of("after_orders"), words.into()))
            }
            (_, Some(count)) => Ok(When::Orders { count, wait: wait.unwrap_or(0) }),
            _ if wait.is_some() => {
                Err((self.line_of("wait"), "wait goes with after_orders: add it".into()))
            }
            (moment, None) => Ok(When::Moment(moment.unwrap_or(Moment::After(0)))),
        }
    }

    /// The event itself; its parameters are what their rows say.
    fn act(&self, row: &KindRow) -> Result<Act, Wrong> {
        let act = match row.kind {
            Kind::Halt => MarketAct::Halt {
                code: self.text("code")?,
                reason: self.text("reason")?,
                quoted: self.flag("quotes"),
            },
            Kind::Resume => MarketAct::Resume {
                code: self.text("code")?,
                reason: self.text("reason")?,
                print: self.print()?,
            },
            Kind::Luld => self.luld()?,
            Kind::Imbalance => MarketAct::Imbalance(self.price("price").unwrap_or_default()),
            Kind::TradeCancel => MarketAct::Cancel {
                trade: self.whole("trade", 0, u64::MAX)?,
                action: if self.text("action")?.as_deref() == Some("error") { b'E' } else { b'C' },
            },
            Kind::TradeCorrect => self.correct()?,
            Kind::LatePrint => MarketAct::LatePrint {
                print: self.print()?.unwrap_or_default(),
                late: self.span("late")?.unwrap_or(0),
                conditions: self.codes("conditions")?,
            },
            Kind::News => return self.news(),
            Kind::Activity => return self.activity(),
            Kind::Split => return self.split(),
            Kind::Asset => return self.asset(),
        };
        Ok(Act::Market(self.text("symbol")?.unwrap_or_default(), act))
    }

    fn luld(&self) -> Result<MarketAct, Wrong> {
        let bands = match (self.price("low"), self.price("high")) {
            (Some(low), Some(high)) if low < high => Some((low, high)),
            (Some(low), Some(high)) => {
                let words = format!("low = {low}: expected less than high, which is {high}");
                return Err((self.line_of("low"), words));
            }
            (None, None) => None,
            _ => return Err((self.line, "luld takes low and high together, or neither".into())),
        };
        let indicator = self.text("indicator")?.map_or(b'B', |text| text.as_bytes()[0]);
        Ok(MarketAct::Luld { bands, indicator })
    }

    fn correct(&self) -> Result<MarketAct, Wrong> {
        let (price, size) = (self.price("price"), self.qty("size"));
        if price.is_none() && size.is_none() {
            return Err((self.line, "trade_correct needs price or size: what was it?".into()));
        }
        Ok(MarketAct::Correct { trade: self.whole("trade", 0, u64::MAX)?, price, size })
    }

    fn news(&self) -> Result<Act, Wrong> {
        let text = |key: &str| Ok(self.text(key)?.unwrap_or_default());
        let symbols = self.given("symbols").and_then(symbols).unwrap_or_default();
        let (headline, summary, content) = (text("headline")?, text("summary")?, text("content")?);
        Ok(Act::News(Article { id: 0, at: Nanos::ZERO, headline, summary, content, symbols }))
    }

    fn activity(&self) -> Result<Act, Wrong> {
        let account = self.whole("account", 0, u64::from(u16::MAX))?.map(|account| account as u16);
        let facts = ActivityFacts {
            kind: self.text("type")?.unwrap_or_default(),
            sub_type: self.text("sub_type")?,
            symbol: self.text("symbol")?,
            qty: self.qty("qty"),
            price: self.price("price"),
            per_share: None,
            description: self.text("description")?,
        };
        match (self.money("net_amount"), self.money("per_share_amount"), self.text("symbol")?) {
            (Some(net_amount), None, _) => {
                Ok(Act::Money { account: account.unwrap_or(0), facts, net_amount })
            }
            (None, Some(rate), Some(symbol)) => Ok(Act::PerShare { account, symbol, rate, facts }),
            _ => {
                let words = "activity needs net_amount, or symbol and per_share_amount: which?";
                Err((self.line, words.into()))
            }
        }
    }

    fn split(&self) -> Result<Act, Wrong> {
        let number = |key: &str| Ok(self.whole(key, 1, 1_000)?.map_or(1, |number| number as i64));
        let (new, old) = (number("new")?, number("old")?);
        if new == old {
            let words = format!("new = {new}: expected another number than old");
            return Err((self.line_of("new"), words));
        }
        Ok(Act::Split { symbol: self.text("symbol")?.unwrap_or_default(), new, old })
    }

    fn asset(&self) -> Result<Act, Wrong> {
        let flag = |key: &str| self.given(key).and_then(DeValue::as_bool);
        let percent = |key: &str| Ok(self.whole(key, 1, 100)?.map(|percent| percent as u8));
        let terms = AssetTerms {
            active: flag("active"),
            tradable: flag("tradable"),
            shortable: flag("shortable"),
            fractionable: flag("fractionable"),
            long_margin: percent("margin_long")?,
            short_margin: percent("margin_short")?,
        };
        if terms == AssetTerms::default() {
            let words = "asset changes nothing: add one of active, tradable, shortable, \
                         fractionable, margin_long, margin_short";
            return Err((self.line, words.into()));
        }
        Ok(Act::Asset { symbol: self.text("symbol")?.unwrap_or_default(), terms })
    }

    /// Letters, with zeros behind them.
    fn codes(&self, key: &str) -> Result<[u8; 4], Wrong> {
        let (text, mut codes) = (self.text(key)?.unwrap_or_default(), [0; 4]);
        codes.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        Ok(codes)
    }

    /// A print that may be there.
    fn print(&self) -> Result<Option<(Price, Qty)>, Wrong> {
        match (self.price("price"), self.qty("size")) {
            (None, Some(_)) => {
                Err((self.line_of("size"), "size goes with price: add it, or leave it out".into()))
            }
            (price, size) => Ok(price.map(|price| (price, size.unwrap_or(ROUND_LOT)))),
        }
    }

    fn given(&self, key: &str) -> Option<&DeValue<'_>> {
        self.fields.get(key).map(|(_, value)| *value)
    }

    fn price(&self, key: &str) -> Option<Price> {
        self.given(key).and_then(price)
    }

    fn money(&self, key: &str) -> Option<Money> {
        self.given(key).and_then(money)
    }

    fn qty(&self, key: &str) -> Option<Qty> {
        self.given(key).and_then(qty)
    }

    fn flag(&self, key: &str) -> bool {
        self.given(key).and_then(DeValue::as_bool).unwrap_or(false)
    }
}

/// The digits of a number, in quotes or not.
fn digits<'a>(value: &'a DeValue<'_>) -> Option<&'a str> {
    match value {
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
        DeValue::Float(number) => Some(number.as_str()),
        other => other.as_str(),
    }
}

fn price(value: &DeValue<'_>) -> Option<Price> {
    let price = digits(value).and_then(|text| Price::parse(text).ok());
    price.filter(|price| (1..=MOST * Price::ONE.0).contains(&price.0))
}

fn qty(value: &DeValue<'_>) -> Option<Qty> {
    let qty = digits(value).and_then(|text| Qty::parse(text).ok());
    qty.filter(|qty| (1..=1_000 * MOST * Qty::ONE.0).contains(&qty.0))
}

fn money(value: &DeValue<'_>) -> Option<Money> {
    let money = digits(value).and_then(|text| Money::parse(text).ok());
    money.filter(|money| money.abs() <= MOST_MONEY)
}

fn symbols(value: &DeValue<'_>) -> Option<Vec<String>> {
    let symbol = |value: &toml::Spanned<DeValue<'_>>| value.get_ref().as_str().map(str::to_owned);
    value.as_array()?.iter().map(symbol).collect()
}

fn is(value: &DeValue<'_>, shape: Shape) -> bool {
    let text = value.as_str();
    match shape {
        Shape::Symbol => text.is_some_and(|text| (1..=24).contains(&text.len())),
        Shape::Code(most) => text.is_some_and(|text| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        }),
        Shape::Price => price(value).is_some(),
        Shape::Qty => qty(value).is_some(),
        Shape::Money => money(value).is_some(),
        Shape::Whole(low, high) => integer(value)
            .is_some_and(|number| (i128::from(low)..=i128::from(high)).contains(&number)),
        Shape::Flag => value.as_bool().is_some(),
        Shape::Word(words) => text.is_some_and(|text| words.contains(&text)),
        Shape::Text => text.is_some_and(|text| !text.is_empty()),
        Shape::Symbols => symbols(value).is_some_and(|symbols| !symbols.is_empty()),
        Shape::Span => text.and_then(duration).is_some_and(|time| time <= DAY),
    }
}

/// What a parameter may be, in words.
pub(super) fn may_be(shape: Shape) -> String {
    match shape {
        Shape::Symbol => "a symbol in quotes".to_owned(),
        Shape::Code(most) => format!("a text of 1 to {most} letters in quotes"),
        Shape::Price => "a price above 0, as 367.45, of at most $1,000,000".to_owned(),
        Shape::Qty => "a number of shares above 0, at most a billion".to_owned(),
        Shape::Money => "an amount in dollars, as -1.25, of at most a billion".to_owned(),
        Shape::Whole(low, i64::MAX) => format!("a whole number from {low}"),
        Shape::Whole(low, high) => format!("a whole number from {low} to {high}"),
        Shape::Flag => "true or false".to_owned(),
        Shape::Word(words) => format!("one of {}", join(words.iter().copied())),
        Shape::Text => "a text in quotes".to_owned(),
        Shape::Symbols => "a list of symbols, as [\"SPY\"]".to_owned(),
        Shape::Span => "a time such as 250ms, 90s, 2m or 1h, at most 24h".to_owned(),
    }
}
