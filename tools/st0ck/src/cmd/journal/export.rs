//! `st0ck journal export --parquet FILE`: records as a flat table for notebooks and databases.
//!
//! One row a record. Every row has `seq`, `at`, `kind` and `body`, the fields that `cat --json` gives;
//! what people filter and add up by has a column of its own. [`COLUMNS`] is the schema.

use super::parquet_file::{Cell, Column, Kind, ParquetFile};
use super::{kind, last_seq};
use crate::cli::ExportArgs;
use crate::cmd::replay;
use crate::exit::{Exit, Failure, Outcome};
use crate::record_json;
use crate::session::opening::journal_failure;
use crate::view::progress::Progress;
use crate::view::say::say;
use crate::view::table::grouped;
use serde_json::json;
use st0ck_journal::{Body, Reader, Record, decode};
use st0ck_lab::header::SessionHeader;
use st0ck_types::{
    Bar, Input, InstrumentId, MarketEvent, Nanos, OrderRequest, Output, Price, Qty, Quote, Reject,
    Report, Side, Trade,
};
use std::path::Path;

const fn every(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: true }
}

const fn some(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: false }
}

/// The schema, in the order of [`Row::cells`]. Money, prices and quantities are exact decimals of 19
/// digits, 9 of them behind the point; `at` is lane time, `ts_event` the exchange's. `body` is JSON, and
/// typed as text: not every reader knows the format's type for it.
const COLUMNS: &[Column] = &[
    every("seq", Kind::Whole),
    every("at", Kind::Time),
    every("kind", Kind::Text),
    some("symbol", Kind::Text),
    some("ts_event", Kind::Time),
    some("order", Kind::Whole),
    some("client_order_id", Kind::Text),
    some("side", Kind::Text),
    some("price", Kind::Decimal),
    some("qty", Kind::Decimal),
    some("bid", Kind::Decimal),
    some("bid_size", Kind::Decimal),
    some("ask", Kind::Decimal),
    some("ask_size", Kind::Decimal),
    some("open", Kind::Decimal),
    some("high", Kind::Decimal),
    some("low", Kind::Decimal),
    some("close", Kind::Decimal),
    some("volume", Kind::Decimal),
    some("what", Kind::Text),
    every("body", Kind::Text),
];

/// Writes the file.
///
/// # Errors
/// 2 when the file is there and `--force` is not given, 20 when it cannot be written, 21 when the
/// journal is damaged. No file is left behind then.
pub(super) fn run(dir: &Path, args: &ExportArgs) -> Outcome {
    let path = &args.parquet;
    if path.exists() && !args.force {
        let words = format_args!("{}: is there already; --force replaces it", path.display());
        return Err(Failure::new(Exit::Usage, words));
    }
    let header = SessionHeader::vouched(dir).map_err(|e| replay::failure(e.into()))?;
    let only = args.journal.kind.as_deref().map(kind).transpose()?;
    let (from, to) = (args.journal.from.unwrap_or(0), args.journal.to.unwrap_or(u64::MAX));
    let mut progress = Progress::new(last_seq(dir)?.min(to).saturating_sub(from), "exporting");
    let written = |e| Failure::io(format_args!("{}: {e}", path.display()));
    let mut file = ParquetFile::create(path, COLUMNS).map_err(written)?;
    let mut reader = Reader::open_at(dir, st0ck_types::Seq(from)).map_err(journal_failure)?;
    let mut records = 0u64;
    while let Some(record) = reader.next().map_err(journal_failure)? {
        if record.seq.0 > to {
            break;
        }
        if record.seq.0 % 4096 == 0 {
            progress.at(record.seq.0 - from);
        }
        if only.is_none_or(|kind| kind == record.kind) {
            records += 1;
            file.push(cells(&record, &header.symbols)?).map_err(written)?;
        }
    }
    let bytes = file.finish().map_err(written)?;
    progress.finish();
    let name = path.display().to_string();
    if args.journal.json {
        let columns: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        say!("{}", json!({ "file": name, "records": records, "bytes": bytes, "columns": columns }));
    } else {
        say!("{name}: {} records, {} bytes", grouped(records), grouped(bytes));
    }
    Ok(None)
}

fn cells(record: &Record<'_>, symbols: &[String]) -> Result<Vec<Cell>, Failure> {
    let body = decode(record)
        .map_err(|e| Failure::new(Exit::Damaged, format_args!("record {}: {e}", record.seq)))?;
    let row = Row::of(&body);
    let symbol = row.instrument.and_then(|id| symbols.get(id.index()));
    let mut cells = vec![
        Cell::Number(i64::try_from(record.seq.0).unwrap_or(i64::MAX)),
        Cell::Number(record.at.0),
        Cell::Text(record.kind.as_str().to_owned()),
        symbol.map_or(Cell::Empty, |symbol| Cell::Text(symbol.clone())),
    ];
    row.cells(&mut cells);
    cells.push(Cell::Text(record_json::body(&body).to_string()));
    Ok(cells)
}

/// What has a column of its own.
#[derive(Default)]
struct Row {
    instrument: Option<InstrumentId>,
    ts_event: Option<Nanos>,
    order: Option<u32>,
    client_order_id: Option<String>,
    side: Option<Side>,
    price: Option<Price>,
    qty: Option<Qty>,
    /// Bid, its size, ask, its size.
    quote: [Option<i64>; 4],
    /// Open, high, low, close, volume.
    bar: [Option<i64>; 5],
    /// A reject's code; the word of a decision, report, command or system event.
    what: Option<&'static str>,
    /// The same, where the record brings its own text.
    what_text: Option<String>,
}

impl Row {
    fn of(body: &Body<'_>) -> Self {
        match body {
            Body::Input(Input::Market(event)) => Self::market(event),
            Body::Input(Input::Report(report)) => Self::report(report),
            Body::Input(Input::Command(c)) => Self { what: Some(c.as_str()), ..Self::default() },
            Body::Input(Input::System(e)) => Self { what: Some(e.as_str()), ..Self::default() },
            Body::Output(Output::Order(order)) => Self::order(order),
            Body::Output(Output::Cancel(c)) => Self {
                order: Some(c.no.0),
                client_order_id: Some(c.client_id.as_str().to_owned()),
                ..Self::default()
            },
            Body::Output(Output::Reject(reject)) => Self::reject(reject),
            Body::Output(Output::Decision(d)) => Self {
                order: (d.order != st0ck_types::OrderNo::NONE).then_some(d.order.0),
                what_text: Some(d.what.as_str().to_owned()),
                ..Self::default()
            },
            Body::Input(Input::Timer(_)) | Body::Carry(_) | Body::Hash(_) | Body::Seal => {
                Self::default()
            }
        }
    }

    fn market(event: &MarketEvent) -> Self {
        let instrument = Some(event.instrument()).filter(|&id| id != InstrumentId::ALL);
        let row = Self { instrument, ts_event: Some(event.ts_event()), ..Self::default() };
        match event {
            MarketEvent::Quote(Quote { bid, bid_size, ask, ask_size, .. }) => {
                let quote = [Some(bid.0), Some(bid_size.0), Some(ask.0), Some(ask_size.0)];
                Self { quote, ..row }
            }
            MarketEvent::Trade(Trade { price, size, .. }) => {
                Self { price: Some(*price), qty: Some(*size), ..row }
            }
            MarketEvent::Bar(Bar { open, high, low, close, volume, .. }) => {
                Self { bar: [open.0, high.0, low.0, close.0, volume.0].map(Some), ..row }
            }
            MarketEvent::Halt(_) | MarketEvent::InstrumentDef(_) | MarketEvent::Gap(_) => row,
        }
    }

    fn report(report: &Report) -> Self {
        let row = Self { what: Some(record_json::report_word(report)), ..Self::default() };
        match report {
            Report::Fill(f) => Self {
                instrument: Some(f.instrument),
                client_order_id: Some(f.client_id.as_str().to_owned()),
                order: f.client_id.parts().map(|parts| parts.order.0),
                side: Some(f.side),
                price: Some(f.price),
                qty: Some(f.qty),
                ..row
            },
            Report::Accepted(s)
            | Report::Rejected(s)
            | Report::Canceled(s)
            | Report::Expired(s)
            | Report::CancelRejected(s)
            | Report::Unknown(s)
            | Report::NotFound(s) => Self {
                client_order_id: Some(s.client_id.as_str().to_owned()),
                order: s.client_id.parts().map(|parts| parts.order.0),
                ..row
            },
            Report::Sending { no } | Report::SendRefused { no, .. } => {
                Self { order: Some(no.0), ..row }
            }
            _ => row,
        }
    }

    fn order(order: &OrderRequest) -> Self {
        Self {
            instrument: Some(order.instrument),
            order: Some(order.no.0),
            client_order_id: Some(order.client_id.as_str().to_owned()),
            side: Some(order.side),
            price: order.kind.limit(),
            qty: Some(order.qty),
            what: Some(order.kind.as_str()),
            ..Self::default()
        }
    }

    fn reject(reject: &Reject) -> Self {
        Self {
            instrument: Some(reject.instrument),
            side: Some(reject.side),
            qty: Some(reject.qty),
            what: Some(reject.code.as_str()),
            ..Self::default()
        }
    }

    /// The cells between `symbol` and `body`.
    fn cells(self, into: &mut Vec<Cell>) {
        let number = |value: Option<i64>| value.map_or(Cell::Empty, Cell::Number);
        let text = |value: Option<String>| value.map_or(Cell::Empty, Cell::Text);
        into.push(number(self.ts_event.map(|at| at.0)));
        into.push(number(self.order.map(i64::from)));
        into.push(text(self.client_order_id));
        into.push(text(self.side.map(|side| side.as_str().to_owned())));
        into.push(number(self.price.map(|price| price.0)));
        into.push(number(self.qty.map(|qty| qty.0)));
        into.extend(self.quote.map(number));
        into.extend(self.bar.map(number));
        into.push(text(self.what.map(str::to_owned).or(self.what_text)));
    }
}
