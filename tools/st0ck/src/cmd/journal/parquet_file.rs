//! A flat table written as a Parquet file, row by row, whole or not at all.
//!
//! Rows collect in memory by column and go to the file 65,536 at a time. The file appears under its
//! name when it is complete and on the disk; until then it is a temporary one beside it, which an
//! error takes away again.

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of one row group: what a reader has to hold at once, and we.
const GROUP_ROWS: usize = 65_536;
/// Bytes of a decimal: the fewest that hold 19 digits, as an `i64` of 1e-9 may have.
const DECIMAL_BYTES: usize = 9;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 64-bit whole numbers.
    Whole,
    /// UTC nanoseconds since 1970.
    Time,
    /// Text.
    Text,
    /// An exact decimal of 19 digits, nine of them behind the point.
    Decimal,
}

/// A column of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether every row has it.
    pub(super) required: bool,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// None.
    Empty,
    /// For [`Kind::Whole`], [`Kind::Time`], and in units of 1e-9 for [`Kind::Decimal`].
    Number(i64),
    /// For [`Kind::Text`].
    Text(String),
}

/// The file while it is written.
pub(super) struct ParquetFile {
    columns: &'static [Column],
    path: PathBuf,
    temporary: PathBuf,
    writer: Option<SerializedFileWriter<File>>,
    rows: Vec<Vec<Cell>>,
}

impl ParquetFile {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(super) fn create(path: &Path, columns: &'static [Column]) -> Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".tmp{}", std::process::id()));
        let temporary = PathBuf::from(name);
        let zstd = Compression::ZSTD(ZstdLevel::default());
        let properties = Arc::new(WriterProperties::builder().set_compression(zstd).build());
        let file = File::create(&temporary)?;
        let writer = SerializedFileWriter::new(file, schema(columns)?, properties)?;
        let rows = vec![Vec::new(); columns.len()];
        Ok(Self { columns, path: path.to_owned(), temporary, writer: Some(writer), rows })
    }

    /// Adds a row: one cell a column, in their order.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn push(&mut self, row: impl IntoIterator<Item = Cell>) -> Result<()> {
        for (column, cell) in self.rows.iter_mut().zip(row) {
            column.push(cell);
        }
        if self.rows[0].len() >= GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// Completes the file: on the disk and under its name. Returns its length in bytes.
    ///
    /// # Errors
    /// When it cannot be written; nothing is left behind then.
    pub(super) fn finish(mut self) -> Result<u64> {
        self.write_group()?;
        let writer = self.writer.take().ok_or_else(|| general("finished twice"))?;
        let file = writer.into_inner()?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        fs::rename(&self.temporary, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(bytes)
    }

    fn write_group(&mut self) -> Result<()> {
        let Some(writer) = self.writer.as_mut().filter(|_| !self.rows[0].is_empty()) else {
            return Ok(());
        };
        let mut group = writer.next_row_group()?;
        for (column, cells) in self.columns.iter().zip(&mut self.rows) {
            let mut to = group.next_column()?.ok_or_else(|| general("fewer columns than named"))?;
            write_column(&mut to, *column, std::mem::take(cells))?;
            to.close()?;
        }
        group.close().map(drop)
    }
}

impl Drop for ParquetFile {
    /// After an error: the temporary file goes. After [`ParquetFile::finish`] there is none.
    fn drop(&mut self) {
        if self.temporary.exists() {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

fn general(words: &str) -> ParquetError {
    ParquetError::General(words.to_owned())
}

fn schema(columns: &[Column]) -> Result<TypePtr> {
    let fields: Result<Vec<TypePtr>> = columns.iter().map(|c| field(c).map(Arc::new)).collect();
    Type::group_type_builder("st0ck_journal").with_fields(fields?).build().map(Arc::new)
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        Kind::Whole => (Physical::INT64, LogicalType::integer(64, true)),
        Kind::Time => (Physical::INT64, LogicalType::timestamp(true, TimeUnit::NANOS)),
        Kind::Text => (Physical::BYTE_ARRAY, LogicalType::String),
        Kind::Decimal => (Physical::FIXED_LEN_BYTE_ARRAY, LogicalType::decimal(9, 19)),
    };
    let repetition = if column.required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let mut builder = Type::primitive_type_builder(column.name, physical)
        .with_repetition(repetition)
        .with_logical_type(Some(logical));
    if column.kind == Kind::Decimal {
        builder = builder.with_length(DECIMAL_BYTES as i32).with_precision(19).with_scale(9);
    }
    builder.build()
}

fn write_column(
    to: &mut SerializedColumnWriter<'_>,
    column: Column,
    cells: Vec<Cell>,
) -> Result<()> {
    let present = |cell: &Cell| i16::from(*cell != Cell::Empty);
    let levels: Option<Vec<i16>> = (!column.required).then(|| cells.iter().map(present).collect());
    let levels = levels.as_deref();
    let numbers = cells.iter().filter_map(|cell| match cell {
        Cell::Number(number) => Some(*number),
        Cell::Empty | Cell::Text(_) => None,
    });
    match column.kind {
        Kind::Whole | Kind::Time => {
            let values: Vec<i64> = numbers.collect();
            to.typed::<Int64Type>().write_batch(&values, levels, None)?;
        }
        Kind::Decimal => {
            let values: Vec<FixedLenByteArray> = numbers.map(decimal).collect();
            to.typed::<FixedLenByteArrayType>().write_batch(&values, levels, None)?;
        }
        Kind::Text => {
            let texts = cells.into_iter().filter_map(|cell| match cell {
                Cell::Text(text) => Some(ByteArray::from(text.into_bytes())),
                Cell::Empty | Cell::Number(_) => None,
            });
            let values: Vec<ByteArray> = texts.collect();
            to.typed::<ByteArrayType>().write_batch(&values, levels, None)?;
        }
    }
    Ok(())
}

/// Two's complement, most significant byte first, as the format wants decimals.
fn decimal(value: i64) -> FixedLenByteArray {
    let wide = i128::from(value).to_be_bytes();
    FixedLenByteArray::from(wide[wide.len() - DECIMAL_BYTES..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column { name: "n", kind: Kind::Whole, required: true },
        Column { name: "price", kind: Kind::Decimal, required: false },
    ];

    #[test]
    fn decimals_keep_the_sign_and_every_digit() {
        let bytes = |value| decimal(value).data().to_vec();
        assert_eq!(bytes(-1), [0xff; 9]);
        assert_eq!(bytes(i64::MAX), [0, 0x7f, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(bytes(i64::MIN), [0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_file_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.parquet");
        let mut file = ParquetFile::create(&path, COLUMNS).unwrap();
        file.push([Cell::Number(1), Cell::Empty]).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the temporary one");
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
