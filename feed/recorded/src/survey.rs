//! The first look over all data: is every line sound, which days are in it, which instruments.
//!
//! A recording needs this before its first event: instruments are announced first, a bad line must
//! refuse the data before anything trades on it, and a day must be chosen. So files are read twice;
//! neither time is more than a line held in memory.

use crate::error::DataError;
use crate::history::Rows;
use crate::hours::{Hours, TradingDay};
use crate::schema::RowKind;
use crate::source::{DataFile, Source};
use st0ck_types::calendar::Date;
use st0ck_types::symbol::occ::OccSymbol;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{
    AssetClass, InstrumentDef, InstrumentId, MarketEvent, Nanos, Price, Qty, Symbol,
};
use std::collections::BTreeMap;

/// What was found in the data.
#[derive(Debug, Clone)]
pub struct Survey {
    pub(crate) hours: Hours,
    pub(crate) files: Vec<SurveyedFile>,
    rows_outside: u64,
}

/// What was found in one file.
#[derive(Debug, Clone)]
pub(crate) struct SurveyedFile {
    pub(crate) file: DataFile,
    pub(crate) kind: RowKind,
    /// Length of its bars in nanoseconds: the shortest distance of two bars of one symbol.
    pub(crate) bar_length: i64,
    /// In order of appearance, as [`Rows`] numbers them.
    symbols: Vec<SymbolFacts>,
    days: Vec<(TradingDay, u64)>,
}

/// What prices say about an instrument.
#[derive(Debug, Clone, Copy)]
struct SymbolFacts {
    symbol: Symbol,
    first_price: Price,
    /// The coarsest power of ten, a cent at most, on which every quoted price lies.
    grid: Price,
}

impl Survey {
    /// Reads all of a source. `symbol` names the rows of files without a symbol column.
    ///
    /// # Errors
    /// [`DataError`] for the first thing that is not sound, and when no row is inside a session.
    pub fn of(source: &Source, symbol: Symbol, hours: Hours) -> Result<Self, DataError> {
        let mut survey = Self { hours, files: Vec::new(), rows_outside: 0 };
        for file in source.files(symbol)? {
            let surveyed = survey.read(file)?;
            survey.files.push(surveyed);
        }
        if survey.dates().is_empty() {
            let names: Vec<String> = survey.files.iter().map(|f| f.file.name()).collect();
            return Err(DataError::NothingInSession {
                files: names.join(", "),
                rows: survey.rows_outside,
                hours: hours.name(),
            });
        }
        Ok(survey)
    }

    /// The days with at least one row inside the session, ascending.
    #[must_use]
    pub fn dates(&self) -> Vec<Date> {
        let days = self.files.iter().flat_map(|f| &f.days);
        let mut dates: Vec<Date> = days.map(|(day, _)| day.date).collect();
        dates.sort();
        dates.dedup();
        dates
    }

    /// Rows outside every session (before the open, the closing auction, holidays).
    #[must_use]
    pub fn rows_outside(&self) -> u64 {
        self.rows_outside
    }

    /// Rows inside the session of a day.
    #[must_use]
    pub fn rows_on(&self, date: Date) -> u64 {
        let days = self.files.iter().flat_map(|f| &f.days);
        days.filter(|(day, _)| day.date == date).map(|(_, rows)| rows).sum()
    }

    /// The day asked for, or the first.
    pub(crate) fn choose(&self, wanted: Option<Date>) -> Result<TradingDay, DataError> {
        let days = self.files.iter().flat_map(|f| &f.days).map(|(day, _)| *day);
        match wanted {
            None => Ok(days.min_by_key(|day| day.date).expect("a survey has at least one day")),
            Some(date) => days
                .clone()
                .find(|day| day.date == date)
                .ok_or_else(|| DataError::NoSuchDate { wanted: date, available: self.dates() }),
        }
    }

    /// The files with rows on a day.
    pub(crate) fn files_on(&self, date: Date) -> impl Iterator<Item = &SurveyedFile> {
        self.files.iter().filter(move |f| f.days.iter().any(|(day, _)| day.date == date))
    }

    /// The instruments of the files with rows on that day, numbered in order of their symbols.
    pub(crate) fn instruments_on(&self, day: &TradingDay) -> Vec<InstrumentDef> {
        let mut facts: BTreeMap<&str, SymbolFacts> = BTreeMap::new();
        for file in self.files_on(day.date) {
            for found in &file.symbols {
                let merged = facts.entry(found.symbol.as_str()).or_insert(*found);
                merged.grid = merged.grid.min(found.grid);
            }
        }
        facts
            .values()
            .zip(0..)
            .map(|(facts, id)| facts.define(InstrumentId(id), day.open))
            .collect()
    }

    fn read(&mut self, file: DataFile) -> Result<SurveyedFile, DataError> {
        let mut rows = Rows::open(&file)?;
        let mut found = SurveyedFile {
            kind: rows.kind(),
            bar_length: i64::MAX,
            symbols: Vec::new(),
            days: Vec::new(),
            file,
        };
        let mut last_start: Vec<Nanos> = Vec::new();
        let mut count = 0u64;
        while let Some(row) = rows.next_row()? {
            count += 1;
            let index = row.instrument().index();
            if index == found.symbols.len() {
                found.symbols.push(SymbolFacts::of(rows.symbols()[index]));
                last_start.push(Nanos(i64::MIN));
            }
            found.symbols[index].see(&row);
            let gap = row.ts_event().since(last_start[index]);
            found.bar_length = found.bar_length.min(gap);
            last_start[index] = row.ts_event();
            self.count_row(&mut found, &rows, row.ts_event())?;
        }
        if count == 0 {
            return Err(DataError::NoRows { file: found.file.name() });
        }
        found.bar_length = whole_seconds(found.bar_length);
        Ok(found)
    }

    /// Counts a row to its day, or as outside.
    fn count_row(
        &mut self,
        found: &mut SurveyedFile,
        rows: &Rows,
        at: Nanos,
    ) -> Result<(), DataError> {
        if let Some((_, count)) = found.days.last_mut().filter(|(day, _)| day.contains(at)) {
            *count += 1;
            return Ok(());
        }
        let day = self.hours.day_at(at).map_err(|source| DataError::Calendar {
            file: found.file.name(),
            line: rows.line(),
            column: rows.time_column().to_owned(),
            at,
            source,
        })?;
        match day {
            Some(day) => found.days.push((day, 1)),
            None => self.rows_outside += 1,
        }
        Ok(())
    }
}

/// A bar length as an event can carry it; a minute when a file has one bar a symbol.
fn whole_seconds(gap: i64) -> i64 {
    if gap == i64::MAX { MINUTE } else { (gap / SECOND).clamp(1, i64::from(u16::MAX)) * SECOND }
}

impl SurveyedFile {
    /// Which instrument each of the file's own symbol numbers is.
    pub(crate) fn numbering(&self, instruments: &[InstrumentDef]) -> Vec<InstrumentDef> {
        let find = |facts: &SymbolFacts| {
            *instruments
                .iter()
                .find(|def| def.symbol == facts.symbol)
                .expect("the instruments of a day are those of its files")
        };
        self.symbols.iter().map(find).collect()
    }
}

impl SymbolFacts {
    fn of(symbol: Symbol) -> Self {
        Self { symbol, first_price: Price::ZERO, grid: Price::CENT }
    }

    fn see(&mut self, row: &MarketEvent) {
        let price = match row {
            MarketEvent::Bar(bar) => bar.open,
            MarketEvent::Trade(trade) => trade.price,
            MarketEvent::Quote(quote) => {
                while !(quote.bid.is_on_tick(self.grid) && quote.ask.is_on_tick(self.grid)) {
                    self.grid = Price(self.grid.0 / 10);
                }
                quote.bid.max(quote.ask)
            }
            _ => Price::ZERO,
        };
        if self.first_price == Price::ZERO {
            self.first_price = price;
        }
    }

    fn define(&self, instrument: InstrumentId, at: Nanos) -> InstrumentDef {
        let class = class_of(self.symbol.as_str());
        InstrumentDef {
            ts_event: at,
            tick: self.tick(class),
            lot: if class == AssetClass::Crypto { Qty(1) } else { Qty::ONE },
            instrument,
            multiplier: if class == AssetClass::Option { 100 } else { 1 },
            class,
            symbol: self.symbol,
        }
    }

    /// A cent, finer where quotes were finer, and 0.0001 for a stock under a dollar (SEC Rule 612).
    fn tick(&self, class: AssetClass) -> Price {
        const SUB_DOLLAR: Price = Price(100_000);
        let cheap = class == AssetClass::Equity && self.first_price < Price::ONE;
        if cheap { SUB_DOLLAR.min(self.grid) } else { self.grid }
    }
}

/// An OCC symbol is an option, a pair such as `BTC/USDT` a coin, anything else a share.
fn class_of(symbol: &str) -> AssetClass {
    if OccSymbol::parse(symbol).is_some() {
        AssetClass::Option
    } else if symbol.contains('/') {
        AssetClass::Crypto
    } else {
        AssetClass::Equity
    }
}
