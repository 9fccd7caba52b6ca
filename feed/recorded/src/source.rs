//! Where rows come from: files, folders, the embedded sets.
//!
//! *Invariant:* the files of a source always come in the same order: paths as given, a folder's
//! files by name.

use crate::error::DataError;
use crate::hours::Hours;
use crate::lines::Lines;
use flate2::read::MultiGzDecoder;
use st0ck_types::Symbol;
use st0ck_types::calendar::NYSE;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A set inside this binary.
    Embedded(Dataset),
    /// Files, and folders whose `.csv` and `.csv.gz` files are read (not those of folders inside).
    Paths(Vec<PathBuf>),
}

/// The embedded sets; `data/NOTICE` tells their origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dataset {
    /// SPY, 1-minute bars of 2020-12-15 to 18.
    Spy,
    /// BTC/USDT, ETH/USDT and SOL/USDT: 38,968 quotes and 11,032 trades of three minutes.
    Binance,
}

impl Dataset {
    /// The hours of the market that it comes from.
    #[must_use]
    pub fn hours(self) -> Hours {
        match self {
            Self::Spy => Hours::Calendar(&NYSE),
            Self::Binance => Hours::AllDay,
        }
    }

    fn files(self) -> Vec<DataFile> {
        let file = |name, bytes, symbol| DataFile {
            origin: Origin::Embedded { name, bytes },
            symbol: Symbol::new(symbol),
        };
        match self {
            Self::Spy => vec![file(
                "embedded spy_1m_20201215_18.csv.gz",
                include_bytes!("../data/spy_1m_20201215_18.csv.gz"),
                "SPY",
            )],
            Self::Binance => vec![
                file(
                    "embedded binance_l1_20250325.csv.gz",
                    include_bytes!("../data/binance_l1_20250325.csv.gz"),
                    "",
                ),
                file(
                    "embedded binance_trades_20250325.csv.gz",
                    include_bytes!("../data/binance_trades_20250325.csv.gz"),
                    "",
                ),
            ],
        }
    }
}

impl Source {
    /// The files, in order. `symbol` names the rows of files without a symbol column; an embedded
    /// set knows its own.
    pub(crate) fn files(&self, symbol: Symbol) -> Result<Vec<DataFile>, DataError> {
        let paths = match self {
            Self::Embedded(set) => return Ok(set.files()),
            Self::Paths(paths) => paths,
        };
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                files.extend(data_files_in(path)?);
            } else {
                files.push(path.clone());
            }
        }
        let file = |path| DataFile { origin: Origin::Path(path), symbol };
        Ok(files.into_iter().map(file).collect())
    }
}

/// The data files of a folder by name.
fn data_files_in(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |source| DataError::Unreadable { file: folder.display().to_string(), source };
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if path.is_file() && (name.ends_with(".csv") || name.ends_with(".csv.gz")) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(DataError::NoFiles { folder: folder.to_path_buf() });
    }
    files.sort();
    Ok(files)
}

/// One file, not yet open.
#[derive(Debug, Clone)]
pub struct DataFile {
    origin: Origin,
    /// Names its rows when it has no symbol column.
    pub(crate) symbol: Symbol,
}

#[derive(Debug, Clone)]
enum Origin {
    Path(PathBuf),
    Embedded { name: &'static str, bytes: &'static [u8] },
}

impl DataFile {
    /// A file on disk; `symbol` names its rows when it has no symbol column.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>, symbol: Symbol) -> Self {
        Self { origin: Origin::Path(path.into()), symbol }
    }

    /// For messages.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.origin {
            Origin::Path(path) => path.display().to_string(),
            Origin::Embedded { name, .. } => (*name).to_owned(),
        }
    }

    /// Opens it, through gzip when it starts as gzip does, whatever its name.
    pub(crate) fn open(&self) -> Result<Lines, DataError> {
        let unreadable = |source| DataError::Unreadable { file: self.name(), source };
        let mut raw: Box<dyn Read + Send> = match &self.origin {
            Origin::Path(path) => Box::new(File::open(path).map_err(unreadable)?),
            Origin::Embedded { bytes, .. } => Box::new(Cursor::new(*bytes)),
        };
        let mut start = [0u8; 2];
        let read = read_up_to(&mut raw, &mut start).map_err(unreadable)?;
        let whole = Cursor::new(start).take(read as u64).chain(raw);
        let gzip = start == [0x1f, 0x8b];
        let input: Box<dyn BufRead + Send> = if gzip {
            Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(whole))))
        } else {
            Box::new(BufReader::new(whole))
        };
        Ok(Lines::new(self.name(), gzip, input))
    }
}

/// Fills `buffer` unless the input ends before; how much was read.
fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
