//! Data files that are small and unpack to much.

use super::Scene;
use flate2::Compression;
use flate2::write::GzEncoder;
use st0ck_recorded::history::Rows;
use st0ck_recorded::source::DataFile;
use st0ck_types::Symbol;
use std::io::Write;

/// A line, and the table of its fields at most.
const LINE: u64 = 2 << 20;

pub(super) static PACKED_LINE: Scene = Scene {
    name: "csv_packed_line",
    about: "a packed data file whose second line is 256 MiB of commas",
    held: LINE,
    play: || read(b',', 256 << 20),
    want: "line 2 is not text",
};

pub(super) static PACKED_BLANKS: Scene = Scene {
    name: "csv_packed_blanks",
    about: "a packed data file of 64 Mi blank lines",
    held: LINE,
    play: || read(b'\n', 64 << 20),
    want: "the end",
};

/// One byte, many times, packed.
pub(super) fn bomb(byte: u8, times: usize) -> Vec<u8> {
    pack(b"", byte, times)
}

fn pack(head: &[u8], byte: u8, times: usize) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let chunk = [byte; 16 << 10];
    packer.write_all(head).expect("a Vec takes everything");
    for _ in 0..times / chunk.len() {
        packer.write_all(&chunk).expect("a Vec takes everything");
    }
    packer.finish().expect("a Vec takes everything")
}

fn read(byte: u8, times: usize) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("bomb.csv.gz");
    let bytes = pack(b"ts_ms,price,size\n", byte, times);
    std::fs::write(&path, bytes).expect("the temporary folder takes a small file");
    let mut rows = match Rows::open(&DataFile::at(path, Symbol::new("SPY"))) {
        Ok(rows) => rows,
        Err(error) => return error.to_string(),
    };
    loop {
        match rows.next_row() {
            Ok(Some(_)) => {}
            Ok(None) => return "the end".to_owned(),
            Err(st0ck_recorded::DataError::NotText { line, .. }) => {
                return format!("line {line} is not text");
            }
            Err(error) => return error.to_string(),
        }
    }
}
