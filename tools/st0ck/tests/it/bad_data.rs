//! Data that cannot be played: the message names the place, nothing is left half-done.

use crate::place::{Place, Ran};
use crate::tape;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// Refused with this code and these words; no session was begun.
#[track_caller]
fn refused(place: &Place, args: &[&str], code: i32, words: &[&str]) -> Ran {
    let ran = place.st0ck(&[&["demo", "--json"], args].concat()).exits(code).says(words);
    assert_eq!(ran.out, "", "stdout stays empty");
    assert!(!place.path("runs").exists(), "nothing was begun");
    ran
}

#[track_caller]
fn refused_file(name: &str, content: impl AsRef<[u8]>, words: &[&str]) {
    let place = Place::new();
    let path = place.write(name, content);
    refused(&place, &["--data", path.to_str().unwrap()], 10, &[&[name], words].concat());
}

#[test]
fn an_empty_file_is_named() {
    refused_file("empty.csv", "", &["empty"]);
    refused_file("blank.csv", "\n\n\n", &["empty"]);
    refused_file("header.csv", "ts_ms,open,high,low,close,volume\n", &["no rows"]);
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let noise: Vec<u8> =
        (0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    refused_file("noise.csv", &noise, &["line 1"]);
    refused_file("noise.csv.gz", &noise, &["gzip"]);
    refused_file("words.csv", "hello\nworld\n", &["line 1", "hello", "accepted headers"]);
}

#[test]
fn a_gzip_cut_short_is_named() {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(tape::bars(30).as_bytes()).unwrap();
    let whole = packer.finish().unwrap();
    refused_file("cut.csv.gz", &whole[..whole.len() / 2], &["gzip", "line"]);
}

#[test]
fn one_bad_line_is_named_by_line_and_column() {
    let good = tape::bars(30);
    let mut lines: Vec<&str> = good.lines().collect();
    let bad = lines[17].replacen("390", "39o", 1).replacen("391,391.25", "39o,391.25", 1);
    lines[17] = &bad;
    refused_file("bars.csv", lines.join("\n"), &["line 18", "column open", "39o"]);

    let good = tape::quotes(0, 60, tape::waves);
    let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
    lines[50].push_str(",7,8,9");
    refused_file("quotes.csv", lines.join("\n"), &["line 51", "fields"]);
}

#[test]
fn rows_out_of_order_are_named() {
    let good = tape::quotes(0, 60, tape::waves);
    let mut lines: Vec<&str> = good.lines().collect();
    lines.swap(40, 90);
    refused_file("quotes.csv", lines.join("\n"), &["line 42", "column ts_ms", "sort"]);
}

#[test]
fn a_file_that_is_not_there_is_an_io_error() {
    let place = Place::new();
    refused(&place, &["--data", "gone.csv"], 20, &["gone.csv", "cannot be read"]);
    refused(&place, &["--data", "gone/"], 20, &["gone"]);
}

#[test]
fn a_folder_without_data_is_named() {
    let place = Place::new();
    place.write("folder/notes.txt", "no data here");
    refused(&place, &["--data", "folder"], 10, &["folder", "no data file"]);
}

#[test]
fn a_symbol_that_the_data_lacks_is_named_with_those_it_has() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    refused(
        &place,
        &["--data", "quotes.csv", "--symbol", "QQQ"],
        10,
        &["quotes.csv", "QQQ", "SPY"],
    );
    refused(&place, &["--symbol", "QQQ"], 10, &["embedded", "QQQ", "SPY"]);
}

#[test]
fn a_date_that_the_data_lacks_is_named_with_those_it_has() {
    let place = Place::new();
    refused(&place, &["--date", "2020-12-14"], 10, &["2020-12-14", "2020-12-15", "2020-12-18"]);
    refused(&place, &["--date", "2020-12-32"], 2, &["--date 2020-12-32", "expected 2020-12-15"]);
    refused(&place, &["--date", "yesterday"], 2, &["--date yesterday"]);
}

#[test]
fn data_outside_every_session_is_refused() {
    let night = tape::quotes(-4 * 3600, 60, tape::waves);
    refused_file("night.csv", night, &["none of the 120 rows", "UTC"]);
    let in_1970 = "ts_ns,symbol,price,size\n1615987800000,SPY,390,1\n";
    refused_file("units.csv", in_1970, &["line 2", "ts_ms"]);
}

#[test]
fn the_emulator_refuses_the_same_files_without_a_ready_line() {
    let place = Place::new();
    place.write("bad.csv", "ts_ms,price,size\nsoon,1,1\n");
    let ran = place.st0ck(&["emulate", "alpaca", "--data", "bad.csv"]).exits(10);
    assert_eq!(ran.says(&["bad.csv", "line 2", "column ts_ms"]).out, "");
    place.st0ck(&["emulate", "alpaca", "--data", "gone.csv"]).exits(20).says(&["gone.csv"]);
    place.st0ck(&["emulate", "alpaca", "--speed", "max"]).exits(2).says(&["st0ck demo"]);
}
