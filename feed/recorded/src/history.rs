//! One file as rows: each line checked, numbered, and turned into a market event.
//!
//! Called by [`crate::survey`] (every row, before anything is played) and by the streams of a
//! recording (again, while playing).
//!
//! What is refused: a value that cannot be kept exactly, prices of bars and trades that are not
//! positive, a high or low that is none, negative sizes, times that go back, a second bar of a
//! symbol with the same start. What is legal, for markets do it: locked and crossed quotes, a side
//! that is missing (empty or 0), a displayed size of 0, a bar without volume, rows at one time.
//!
//! *Invariant:* memory does not grow with the file; the first unsound line ends the reading with
//! its number and column.

use crate::error::{DataError, Problem};
use crate::lines::{FIELDS_MAX, Lines};
use crate::schema::{RowKind, Schema};
use crate::source::DataFile;
use st0ck_types::decimal;
use st0ck_types::{Bar, InstrumentId, MarketEvent, Nanos, Price, Qty, Quote, Symbol, Trade};
use std::collections::BTreeMap;

/// Prints that a bar may need: its open, high, low and close. Each needs a volume of 1e-9.
const VOLUME_MIN: Qty = Qty(4);

/// Reads a file row by row.
pub struct Rows {
    lines: Lines,
    schema: Schema,
    /// Rows are numbered by symbol in order of appearance.
    symbols: Vec<Symbol>,
    numbers: BTreeMap<Box<[u8]>, u32>,
    previous: Nanos,
    /// Start of each symbol's last bar.
    last_bar: Vec<Option<Nanos>>,
}

impl Rows {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`DataError`] when it cannot be read, is empty, or has a header of no known kind.
    pub fn open(file: &DataFile) -> Result<Self, DataError> {
        let mut lines = file.open()?;
        if !lines.advance()? {
            return Err(DataError::Empty { file: lines.file() });
        }
        let (file_name, line) = (lines.file(), lines.number());
        if lines.len() > FIELDS_MAX {
            let problem = format!("{} columns are more than any kind of file has", lines.len());
            return Err(DataError::Header { file: file_name, line, problem });
        }
        let column = |i| std::str::from_utf8(lines.field(i)).map(str::to_ascii_lowercase);
        let Ok(columns) = (0..lines.len()).map(column).collect() else {
            return Err(DataError::NotText { file: file_name, line });
        };
        let schema = Schema::read(columns).map_err(|problem| DataError::Header {
            file: file_name,
            line,
            problem,
        })?;
        let mut rows = Self {
            lines,
            schema,
            symbols: Vec::new(),
            numbers: BTreeMap::new(),
            previous: Nanos(i64::MIN),
            last_bar: Vec::new(),
        };
        if rows.schema.symbol.is_none() {
            if file.symbol.is_empty() {
                return Err(DataError::NoSymbol { file: file.name() });
            }
            rows.number(file.symbol);
        }
        Ok(rows)
    }

    /// What the rows are.
    #[must_use]
    pub fn kind(&self) -> RowKind {
        self.schema.kind
    }

    /// The symbols seen so far; an event's instrument is an index into it.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Line number of the last row.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.lines.number()
    }

    /// Name of the column that holds the time.
    #[must_use]
    pub fn time_column(&self) -> &str {
        &self.schema.columns[self.schema.time]
    }

    /// The next row as an event: a quote, a trade, or a bar whose length is not set. None at the
    /// end of the file.
    ///
    /// # Errors
    /// [`DataError`] for an unsound line; reading cannot go on after it.
    pub fn next_row(&mut self) -> Result<Option<MarketEvent>, DataError> {
        if !self.lines.advance()? {
            return Ok(None);
        }
        let (found, expected) = (self.lines.len(), self.schema.columns.len());
        if found != expected {
            let (file, line) = (self.lines.file(), self.lines.number());
            return Err(DataError::FieldCount { file, line, found, expected });
        }
        let at = self.time()?;
        let instrument = self.instrument()?;
        Ok(Some(match self.schema.kind {
            RowKind::Bars => MarketEvent::Bar(self.bar(at, instrument)?),
            RowKind::Quotes => MarketEvent::Quote(self.quote(at, instrument)?),
            RowKind::Trades => MarketEvent::Trade(self.trade(at, instrument)?),
        }))
    }

    fn time(&mut self) -> Result<Nanos, DataError> {
        let column = self.schema.time;
        let at = std::str::from_utf8(self.lines.field(column))
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .filter(|units| *units >= 0)
            .and_then(|units| units.checked_mul(self.schema.time_unit))
            .map(Nanos)
            .ok_or_else(|| self.problem(column, Problem::Time))?;
        if at < self.previous {
            return Err(self.problem(column, Problem::Unsorted { previous: self.previous }));
        }
        self.previous = at;
        Ok(at)
    }

    fn instrument(&mut self) -> Result<InstrumentId, DataError> {
        let Some(column) = self.schema.symbol else { return Ok(InstrumentId(0)) };
        if let Some(&number) = self.numbers.get(self.lines.field(column)) {
            return Ok(InstrumentId(number));
        }
        let text = self.lines.field(column);
        let sound = (1..=24).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
        match std::str::from_utf8(text) {
            Ok(symbol) if sound => Ok(self.number(Symbol::new(symbol))),
            _ => Err(self.problem(column, Problem::Symbol)),
        }
    }

    fn number(&mut self, symbol: Symbol) -> InstrumentId {
        let number = self.symbols.len() as u32;
        self.numbers.insert(symbol.as_str().as_bytes().into(), number);
        self.symbols.push(symbol);
        self.last_bar.push(None);
        InstrumentId(number)
    }

    fn bar(&mut self, start: Nanos, instrument: InstrumentId) -> Result<Bar, DataError> {
        let [open, high, low, close] = [0, 1, 2, 3].map(|i| self.positive_price(i));
        let (open, high, low, close) = (open?, high?, low?, close?);
        let volume = self.size(4)?;
        for price in [open, low, close] {
            self.check(1, price <= high, Problem::HighBelow(price))?;
        }
        for price in [open, close] {
            self.check(2, price >= low, Problem::LowAbove(price))?;
        }
        self.check(4, volume.is_zero() || volume >= VOLUME_MIN, Problem::TooSmall)?;
        if self.last_bar[instrument.index()].replace(start) == Some(start) {
            return Err(self.problem(self.schema.time, Problem::Repeated));
        }
        Ok(Bar { start, open, high, low, close, volume, instrument, ..Bar::default() })
    }

    fn quote(&self, at: Nanos, instrument: InstrumentId) -> Result<Quote, DataError> {
        let (bid, bid_size) = self.quoted_side(0)?;
        let (ask, ask_size) = self.quoted_side(2)?;
        Ok(Quote {
            ts_event: at,
            ts_recv: at,
            bid,
            ask,
            bid_size,
            ask_size,
            instrument,
            condition: self.conditions()[0],
            ..Quote::default()
        })
    }

    fn trade(&self, at: Nanos, instrument: InstrumentId) -> Result<Trade, DataError> {
        let (price, size) = (self.positive_price(0)?, self.size(1)?);
        self.check(1, !size.is_zero(), Problem::NotPositive)?;
        let venue = match self.schema.exchange {
            Some(column) => self.letter(column)?,
            None => 0,
        };
        let conditions = self.conditions();
        Ok(Trade {
            ts_event: at,
            ts_recv: at,
            price,
            size,
            // The files have no ids; the line is one that a reader of the file understands.
            id: self.lines.number(),
            instrument,
            venue,
            conditions,
            ..Trade::default()
        })
    }

    /// Price and size of one side of a quote, whose price is the form's value `index`.
    fn quoted_side(&self, index: usize) -> Result<(Price, Qty), DataError> {
        let price = Price(self.number_or_empty(index)?);
        let size = Qty(self.number_or_empty(index + 1)?);
        self.check(index, price >= Price::ZERO, Problem::Negative)?;
        self.check(index + 1, size >= Qty::ZERO, Problem::Negative)?;
        let offered = price > Price::ZERO || size.is_zero();
        self.check(index + 1, offered, Problem::SizeWithoutPrice)?;
        Ok((price, size))
    }

    fn positive_price(&self, index: usize) -> Result<Price, DataError> {
        let price = Price(self.decimal(index)?);
        self.check(index, price > Price::ZERO, Problem::NotPositive)?;
        Ok(price)
    }

    fn size(&self, index: usize) -> Result<Qty, DataError> {
        let size = Qty(self.decimal(index)?);
        self.check(index, size >= Qty::ZERO, Problem::Negative)?;
        Ok(size)
    }

    fn number_or_empty(&self, index: usize) -> Result<i64, DataError> {
        if self.lines.field(self.schema.values[index]).is_empty() {
            return Ok(0);
        }
        self.decimal(index)
    }

    fn decimal(&self, index: usize) -> Result<i64, DataError> {
        let column = self.schema.values[index];
        decimal::parse_i64(self.lines.field(column))
            .map_err(|e| self.problem(column, Problem::Decimal(e)))
    }

    /// One letter or digit; 0 for an empty field.
    fn letter(&self, column: usize) -> Result<u8, DataError> {
        match self.lines.field(column) {
            [] => Ok(0),
            [letter] if letter.is_ascii_alphanumeric() => Ok(*letter),
            _ => Err(self.problem(column, Problem::Letter)),
        }
    }

    /// The first four condition letters; blanks and separators between them do not count.
    fn conditions(&self) -> [u8; 4] {
        let mut letters = [0; 4];
        if let Some(column) = self.schema.conditions {
            let field = self.lines.field(column).iter();
            let codes = field.filter(|b| b.is_ascii_graphic() && !b",;|[]'".contains(b));
            letters.iter_mut().zip(codes).for_each(|(slot, &code)| *slot = code);
        }
        letters
    }

    fn check(&self, index: usize, sound: bool, problem: Problem) -> Result<(), DataError> {
        if sound { Ok(()) } else { Err(self.problem(self.schema.values[index], problem)) }
    }

    fn problem(&self, column: usize, problem: Problem) -> DataError {
        let value = String::from_utf8_lossy(self.lines.field(column)).chars().take(40).collect();
        let (file, line) = (self.lines.file(), self.lines.number());
        DataError::Value { file, line, column: self.schema.name(column), value, problem }
    }
}
