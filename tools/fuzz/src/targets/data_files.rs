//! Data files: bars, quotes and trades as CSV, plain and packed.

use super::scratch;
use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude};
use flate2::Compression;
use flate2::write::GzEncoder;
use st0ck_recorded::DataError;
use st0ck_recorded::error::Problem;
use st0ck_recorded::history::Rows;
use st0ck_recorded::source::DataFile;
use st0ck_types::{MarketEvent, Nanos, Symbol};
use std::io::Write;

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    ",", "\n", "\r\n", "\"", " ", "\t", "\u{feff}", "ts_ms", "ts_ns", "symbol", "open", "high", "low", "close",
    "volume", "bid", "bid_size", "ask", "ask_size", "price", "size", "exchange", "conditions", "SPY", "R", "1o",
    "1608042600000", "1608042600000000000", "590.01", "-1", "1e3", "\n\n", ",,", "0", "nan",
];

/// CSV text.
pub(super) static CSV: Target = Target {
    name: "data_csv",
    about: "data files: every row in order and sound, or refused by line; memory is one line",
    run: csv,
    seeds: Vec::new,
    words: Words::Text(WORDS),
    mend: None,
    // Read buffers and a name for each symbol.
    room: 64 << 10,
    longest: 8 << 10,
    patience: 1,
};

/// Packed data.
pub(super) static GZIP: Target = Target {
    name: "data_csv_gz",
    about: "packed data files: the same, however the packing is damaged",
    run: csv,
    seeds: packed,
    words: Words::Binary,
    mend: None,
    // Of what is unpacked one line is held, at most 64 KiB, in a buffer that doubles. The inflater's
    // window and its buffers beside it.
    room: 512 << 10,
    longest: 4 << 10,
    patience: 1,
};

fn csv(input: &[u8]) -> Shape {
    let path = scratch::write("data", input);
    let file = DataFile::at(path, Symbol::new("SPY"));
    let mut rows = match Rows::open(&file) {
        Ok(rows) => rows,
        Err(error) => return refused(&error),
    };
    let (mut count, mut last, mut line) = (0, Nanos(i64::MIN), 1);
    let ended = loop {
        match rows.next_row() {
            Ok(None) => break Shape(0),
            Err(error) => break refused(&error),
            Ok(Some(row)) => {
                assert!(row.ts_event() >= last && rows.line() > line, "out of order");
                assert!(is_sound(&row) && row.instrument().index() < rows.symbols().len());
                (count, last, line) = (count + 1, row.ts_event(), rows.line());
            }
        }
    };
    Shape::of(&(rows.kind() as u8, magnitude(count), rows.symbols().len().min(3), ended))
}

/// What every refusal owes its reader: the file's name, and for a field its line.
fn refused(error: &DataError) -> Shape {
    let words = error.to_string();
    assert!(words.contains("/data"), "{words}");
    match error {
        DataError::Value { line, problem, column, .. } => {
            assert!(words.contains(&format!("line {line}")), "{words}");
            let problem: &Problem = problem;
            Shape::of(&(std::mem::discriminant(problem), column))
        }
        DataError::Header { problem, .. } => Shape::of(&problem.len()),
        other => Shape::of(&std::mem::discriminant(other)),
    }
}

/// What `history` promises of a row.
fn is_sound(row: &MarketEvent) -> bool {
    match row {
        MarketEvent::Bar(b) => {
            let inside = |price| b.low <= price && price <= b.high;
            b.low.0 > 0 && inside(b.open) && inside(b.close) && b.volume.0 >= 0
        }
        MarketEvent::Quote(q) => {
            let side = |price: i64, size: i64| price >= 0 && size >= 0 && (price > 0 || size == 0);
            side(q.bid.0, q.bid_size.0) && side(q.ask.0, q.ask_size.0)
        }
        MarketEvent::Trade(t) => t.price.0 > 0 && t.size.0 > 0,
        _ => false,
    }
}

/// The kinds of rows as a packed file each, and one of two members.
fn packed() -> Vec<Vec<u8>> {
    let pack = |text: &str| -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text.as_bytes()).expect("a Vec takes everything");
        packer.finish().expect("a Vec takes everything")
    };
    let bars = "ts_ms,open,high,low,close,volume\n1608042600000,10,11,9,10,500\n";
    let more = "1608042660000,10,11,9,10,500\n";
    let trades = "ts_ns,symbol,price,size\n1608042600000000000,SPY,1,1\n";
    let long = format!("ts_ms,price,size\n{}", "1608042600000,367.5,100\n".repeat(200));
    vec![pack(bars), [pack(bars), pack(more)].concat(), pack(trades), pack(&long)]
}
