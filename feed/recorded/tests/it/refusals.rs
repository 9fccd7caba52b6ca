//! Everything that can be wrong with data, and what is said about it.

use crate::{OPEN_MS, folder, request};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use st0ck_recorded::{DataError, Recording, Request};
use st0ck_types::Symbol;
use std::io::Write;

/// What opening one file says, its folder's name taken out.
fn refusal(name: &str, content: &[u8]) -> (DataError, String) {
    let folder = folder(&[(name, content)]);
    let path = folder.path().join(name);
    let error = Recording::open(&request(vec![path.clone()])).err().expect("refused");
    let said = error.to_string().replace(&path.display().to_string(), name);
    (error, said)
}

/// A file whose third line, the second row, is `row`.
fn with_second_row(header: &str, first: &str, row: &str) -> String {
    let fill = |text: &str| text.replace('T', &OPEN_MS.to_string());
    format!("{header}\n{}\n{}\n", fill(first), fill(row))
}

#[test]
fn one_bad_line_is_named_by_line_and_column() {
    let bars = ("ts_ms,open,high,low,close,volume", "T,10,11,9,10,500");
    let quotes = ("ts_ms,symbol,bid,bid_size,ask,ask_size", "T,X,1,1,2,1");
    let trades = ("ts_ms,symbol,price,size,exchange", "T,X,1,1,V");
    for ((header, first), row, says) in [
        (
            bars,
            "T,1o,11,9,10,500",
            "column open: `1o` is not a number this column can hold: not a decimal number at",
        ),
        (bars, "T,10,,9,10,500", "column high: `` is not a number this column can hold: no digits"),
        (
            bars,
            "T,10,11,9,10.0000000001,5",
            "column close: `10.0000000001` is not a number this column can hold: more decimals",
        ),
        (bars, "T,10,9.5,9,9,500", "column high: `9.5` is the high, but 10 of this bar is higher"),
        (bars, "T,10,11,10.5,11,500", "column low: `10.5` is the low, but 10 of this bar is lower"),
        (bars, "T,0,11,9,10,500", "column open: `0` must be above zero"),
        (bars, "T,10,11,-9,10,500", "column low: `-9` must be above zero"),
        (bars, "T,10,11,9,10,-5", "column volume: `-5` must not be below zero"),
        (bars, "T,10,11,9,10,0.000000003", "column volume: `0.000000003` is traded volume below"),
        (bars, "T,10,11,9,10,500", "is the start of an earlier bar of this symbol too"),
        (
            bars,
            "1608042599999,10,11,9,10,5",
            "column ts_ms: `1608042599999` is before the row above (2020-12-15T14:30:00.0",
        ),
        (bars, "2020-12-15 09:31,1,1,1,1,1", "column ts_ms: `2020-12-15 09:31` is not a time"),
        (
            bars,
            "1608042600000000000,1,1,1,1,1",
            "column ts_ms: `1608042600000000000` is not a time",
        ),
        (bars, "T,10,11,9,10", "5 fields, but the header has 6 columns"),
        (bars, "T,10,11,9,10,500,7", "7 fields, but the header has 6 columns"),
        (bars, "99999999999999999999,1,1,1,1,1", "is not a time"),
        (quotes, "T,X,-1,1,2,1", "column bid: `-1` must not be below zero"),
        (quotes, "T,X,1,1,2,-1", "column ask_size: `-1` must not be below zero"),
        (quotes, "T,X,0,100,2,1", "column bid_size: `100` is a size, but this side has no price"),
        (quotes, "T,,1,1,2,1", "column symbol: `` is not a symbol"),
        (quotes, "T,A LONG NAME,1,1,2,1", "column symbol: `A LONG NAME` is not a symbol"),
        (trades, "T,X,1,0,V", "column size: `0` must be above zero"),
        (trades, "T,X,0,1,V", "column price: `0` must be above zero"),
        (trades, "T,X,1,1,NYSE", "column exchange: `NYSE` must be one letter or digit, or empty"),
    ] {
        let (_, said) = refusal("f.csv", with_second_row(header, first, row).as_bytes());
        assert!(said.starts_with("f.csv, line 3"), "{row}: {said}");
        assert!(said.contains(says), "{row}: {said}");
    }
}

#[test]
fn a_file_that_is_no_data_is_told_what_it_is() {
    for (content, says) in [
        (
            &b""[..],
            "f.csv: the file is empty: it needs a header line and rows; accepted headers are",
        ),
        (b"\n\n", "f.csv: the file is empty"),
        (b"ts_ms,price,size\n", "f.csv: the file has a header but no rows"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "f.csv, line 1: this is not a line of text"),
        (b"\x00\x01\x02", "f.csv, line 1: this is not a line of text"),
        (b"date,price\n2020,1\n", "f.csv, line 1: columns of trades without `size`; accepted"),
        (b"hello\nworld\n", "f.csv, line 1: `hello` is no header known here; accepted headers are"),
    ] {
        let (_, said) = refusal("f.csv", content);
        assert!(said.starts_with(says), "{said}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_shown_and_not_fatal() {
    let mut content = b"ts_ms,price,size\n".to_vec();
    content.extend_from_slice(OPEN_MS.to_string().as_bytes());
    content.extend_from_slice(b",1\xff,1\n");
    let (_, said) = refusal("f.csv", &content);
    assert!(said.contains("line 2, column price: `1\u{fffd}`"), "{said}");
}

#[test]
fn damaged_gzip_is_told_from_a_bad_disk() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    writeln!(packed, "ts_ms,price,size").unwrap();
    for i in 0..5_000 {
        writeln!(packed, "{},{},1", OPEN_MS + i, 100 + i * 7919 % 101).unwrap();
    }
    let whole = packed.finish().unwrap();
    let (error, said) = refusal("f.csv.gz", &whole[..whole.len() / 2]);
    assert!(matches!(error, DataError::Gzip { line, .. } if line > 100), "{said}");
    assert!(!error.is_unreadable() && said.contains("gzip -t"), "{said}");

    let mut flipped = whole.clone();
    let end = flipped.len() - 6;
    flipped[end] ^= 1;
    let (error, said) = refusal("f.csv.gz", &flipped);
    assert!(matches!(error, DataError::Gzip { .. }), "the checksum is read: {said}");
}

#[test]
fn what_cannot_be_read_is_another_matter() {
    let folder = folder(&[]);
    let missing = folder.path().join("nothing.csv");
    let error = Recording::open(&request(vec![missing])).err().unwrap();
    assert!(error.is_unreadable() && error.to_string().contains("nothing.csv"), "{error}");
    let error = Recording::open(&request(vec![folder.path().into()])).err().unwrap();
    assert!(matches!(error, DataError::NoFiles { .. }), "{error}");
}

#[test]
fn rows_of_nobody_knows_what_are_refused() {
    let folder = folder(&[("t.csv", format!("ts_ms,price,size\n{OPEN_MS},1,1\n").as_bytes())]);
    let nameless = Request { symbol: Symbol::EMPTY, ..request(vec![folder.path().into()]) };
    let error = Recording::open(&nameless).err().unwrap();
    assert!(matches!(error, DataError::NoSymbol { .. }), "{error}");
}

#[test]
fn a_year_without_a_calendar_is_told_with_the_likely_reason() {
    let (error, said) = refusal("f.csv", b"ts_ns,price,size\n1608042600000,1,1\n");
    assert!(matches!(error, DataError::Calendar { line: 2, .. }));
    assert!(said.contains("1970-01-01T00:26:48.042600000Z"), "{said}");
    assert!(said.ends_with("if the times are milliseconds, name the column ts_ms"), "{said}");
}

#[test]
fn the_file_with_the_bad_line_is_the_one_named() {
    let good = format!("ts_ms,price,size\n{OPEN_MS},1,1\n");
    let bad = format!("ts_ms,price,size\n{OPEN_MS},1,1\n\n{OPEN_MS},1,x\n");
    let folder = folder(&[("a.csv", good.as_bytes()), ("b.csv", bad.as_bytes())]);
    let error = Recording::open(&request(vec![folder.path().into()])).err().unwrap().to_string();
    assert!(error.contains("b.csv, line 4, column size: `x`"), "{error}");
}

#[test]
fn a_file_that_changes_while_it_plays_ends_with_an_error() {
    let file = |tail: &str| format!("ts_ms,price,size\n{OPEN_MS},1,1\n{}", tail);
    let folder = folder(&[("t.csv", file("").as_bytes())]);
    let request = request(vec![folder.path().into()]);
    let survey =
        st0ck_recorded::Survey::of(&request.source, request.symbol, request.hours).unwrap();
    std::fs::write(folder.path().join("t.csv"), file("1,1,1\n")).unwrap();
    let opened = Recording::of_survey(&survey, None, 1);
    let outcome: Vec<bool> = match opened {
        Ok(recording) => recording.map(|event| event.is_ok()).collect(),
        Err(_) => vec![false],
    };
    assert_eq!(outcome.last(), Some(&false));
}

/// Text that is nearly a data file.
fn nearly_data() -> impl Strategy<Value = Vec<u8>> {
    let headers = proptest::sample::select(vec![
        "ts_ms,open,high,low,close,volume",
        "ts_ns,symbol,bid,bid_size,ask,ask_size,conditions",
        "ts_ms,symbol,price,size,exchange",
    ]);
    let time = prop_oneof![
        3 => (0i64..25_000_000).prop_map(|ms| (OPEN_MS + ms).to_string()),
        1 => "[0-9]{0,20}",
    ];
    let field = prop_oneof![4 => "[0-9]{1,4}(\\.[0-9]{1,3})?", 1 => "[-+.eE0-9A-Z\" ]{0,24}"];
    let row = (time, proptest::collection::vec(field, 4..7));
    (headers, proptest::collection::vec(row, 0..8)).prop_map(|(header, rows)| {
        let lines = rows.into_iter().map(|(time, fields)| format!("{time},{}\n", fields.join(",")));
        std::iter::once(format!("{header}\n")).chain(lines).collect::<String>().into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_file_makes_it_panic_and_every_refusal_names_the_file(
        content in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            nearly_data(),
        ]
    ) {
        let folder = folder(&[("f.csv", &content)]);
        match Recording::open(&request(vec![folder.path().into()])) {
            Ok(recording) => prop_assert!(recording.into_iter().all(|event| event.is_ok())),
            Err(error) => prop_assert!(error.to_string().contains("f.csv"), "{}", error),
        }
    }
}
