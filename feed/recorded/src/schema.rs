//! What a header says: the kind of rows, and where each column stands.
//!
//! Columns are found by name, in any order.
//! *Invariant:* a column that nobody would read is an error, as an unknown config key is.

use st0ck_types::time::MILLISECOND;

/// What a data file may hold, as every message about headers ends.
pub(crate) const ACCEPTED: &str = "accepted headers are `ts_ms,open,high,low,close,volume` (bars), \
    `ts_ns,symbol,bid,bid_size,ask,ask_size[,conditions]` (quotes) and \
    `ts_ns,symbol,price,size[,exchange,conditions]` (trades), each with ts_ms or ts_ns, with or \
    without symbol";

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKind {
    /// Open, high, low, close and volume of an interval.
    Bars,
    /// Best bid and ask.
    Quotes,
    /// Trades of the market.
    Trades,
}

struct Form {
    kind: RowKind,
    name: &'static str,
    values: &'static [&'static str],
    optional: &'static [&'static str],
}

const FORMS: [Form; 3] = [
    Form {
        kind: RowKind::Bars,
        name: "bars",
        values: &["open", "high", "low", "close", "volume"],
        optional: &[],
    },
    Form {
        kind: RowKind::Quotes,
        name: "quotes",
        values: &["bid", "bid_size", "ask", "ask_size"],
        optional: &["conditions"],
    },
    Form {
        kind: RowKind::Trades,
        name: "trades",
        values: &["price", "size"],
        optional: &["exchange", "conditions"],
    },
];

/// A header understood. Fields are indexes into a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) kind: RowKind,
    pub(crate) columns: Vec<String>,
    pub(crate) time: usize,
    /// Nanoseconds per unit of the time column.
    pub(crate) time_unit: i64,
    pub(crate) symbol: Option<usize>,
    /// The form's values in its order.
    pub(crate) values: Vec<usize>,
    pub(crate) exchange: Option<usize>,
    pub(crate) conditions: Option<usize>,
}

impl Schema {
    /// Reads a header; the error says what is wrong with it.
    pub(crate) fn read(columns: Vec<String>) -> Result<Self, String> {
        let place = |name: &str| columns.iter().position(|c| c == name);
        if let Some(twice) = columns.iter().enumerate().find(|(i, c)| place(c) != Some(*i)) {
            return Err(format!("the column `{}` is there twice", twice.1));
        }
        let form = choose(&columns)?;
        let known = |c: &str| {
            ["ts_ms", "ts_ns", "symbol"].contains(&c)
                || form.values.contains(&c)
                || form.optional.contains(&c)
        };
        if let Some(unknown) = columns.iter().find(|c| !known(c)) {
            return Err(format!("a file of {} has no column `{unknown}`: take it out", form.name));
        }
        let (time, time_unit) = match (place("ts_ms"), place("ts_ns")) {
            (Some(at), None) => (at, MILLISECOND),
            (None, Some(at)) => (at, 1),
            (None, None) => return Err("there is no time column `ts_ms` or `ts_ns`".to_owned()),
            (Some(_), Some(_)) => {
                return Err("there are two time columns, `ts_ms` and `ts_ns`: keep one".to_owned());
            }
        };
        Ok(Self {
            kind: form.kind,
            time,
            time_unit,
            symbol: place("symbol"),
            values: form.values.iter().filter_map(|name| place(name)).collect(),
            exchange: place("exchange"),
            conditions: place("conditions"),
            columns,
        })
    }

    /// Name of the column at `index`.
    pub(crate) fn name(&self, index: usize) -> String {
        self.columns[index].clone()
    }
}

/// The one form all of whose values are there, or what the nearest one lacks.
fn choose(columns: &[String]) -> Result<&'static Form, String> {
    let lacks = |form: &Form| -> Vec<&'static str> {
        form.values.iter().copied().filter(|v| !columns.iter().any(|c| c == v)).collect()
    };
    let whole: Vec<&Form> = FORMS.iter().filter(|form| lacks(form).is_empty()).collect();
    match whole[..] {
        [form] => Ok(form),
        [first, second, ..] => Err(format!(
            "these are columns of {} and of {}: one kind a file",
            first.name, second.name
        )),
        [] => {
            let nearest = FORMS.iter().max_by_key(|f| f.values.len() - lacks(f).len());
            match nearest.filter(|form| lacks(form).len() < form.values.len()) {
                Some(form) => {
                    let missing = lacks(form).join("`, `");
                    Err(format!("columns of {} without `{missing}`", form.name))
                }
                None => Err(format!("`{}` is no header known here", shown(columns))),
            }
        }
    }
}

/// The header cut to a length that fits a message.
fn shown(columns: &[String]) -> String {
    columns.join(",").chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Schema, String> {
        Schema::read(header.split(',').map(str::to_owned).collect())
    }

    #[test]
    fn the_header_decides_the_kind() {
        let bars = read("ts_ms,open,high,low,close,volume").unwrap();
        assert_eq!((bars.kind, bars.time_unit, bars.symbol), (RowKind::Bars, MILLISECOND, None));
        let quotes = read("ts_ns,symbol,bid,bid_size,ask,ask_size,conditions").unwrap();
        assert_eq!((quotes.kind, quotes.time_unit, quotes.symbol), (RowKind::Quotes, 1, Some(1)));
        let trades = read("ts_ns,symbol,price,size,exchange,conditions").unwrap();
        assert_eq!(
            (trades.kind, trades.exchange, trades.conditions),
            (RowKind::Trades, Some(4), Some(5))
        );
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let bars = read("volume,close,low,high,open,ts_ns,symbol").unwrap();
        assert_eq!(bars.values, [4, 3, 2, 1, 0]);
        assert_eq!((bars.time, bars.symbol), (5, Some(6)));
    }

    #[test]
    fn a_bad_header_is_told_what_it_lacks() {
        for (header, says) in [
            ("date,open,high,low,close,volume", "has no column `date`"),
            ("ts_ms,open,high,low,close", "columns of bars without `volume`"),
            ("ts_ms,symbol,bid,ask", "columns of quotes without `bid_size`, `ask_size`"),
            ("ts_ms,ts_ns,price,size", "two time columns"),
            ("price,size", "no time column"),
            ("ts_ms,price,size,price", "`price` is there twice"),
            ("a,b,c", "`a,b,c` is no header"),
            ("ts_ms,price,size,bid,bid_size,ask,ask_size", "one kind a file"),
            ("ts_ms,bid,bid_size,ask,ask_size,exchange", "has no column `exchange`"),
        ] {
            let said = read(header).unwrap_err();
            assert!(said.contains(says), "{header}: {said}");
        }
    }
}
