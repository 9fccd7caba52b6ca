//! The configuration file: TOML flattened to dotted keys, each with the line it stands on.

use crate::exit::Failure;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// One value of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileValue {
    /// Dotted name.
    pub(crate) name: String,
    /// The value as text, exactly as written (strings without their quotes).
    pub(crate) text: String,
    /// Line in the file, 1 first.
    pub(crate) line: usize,
    /// Whether TOML calls it a string, a boolean, an integer or a float.
    pub(crate) type_name: &'static str,
}

/// A configuration file as it was read, once: what a signature is held against is what is parsed.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Where it was read.
    pub(crate) path: PathBuf,
    /// All of it.
    pub(crate) bytes: Vec<u8>,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path)
            .map_err(|e| Failure::config(format_args!("{}: {e}", path.display())))?;
        Ok(Self { path: path.to_owned(), bytes })
    }

    /// Its values, in the order of their lines' tables.
    ///
    /// # Errors
    /// Names the file, and the line when the text is not TOML.
    pub(crate) fn values(&self) -> Result<Vec<FileValue>, Failure> {
        let text = std::str::from_utf8(&self.bytes).map_err(|e| e.to_string());
        text.and_then(parse)
            .map_err(|words| Failure::config(format_args!("{}: {words}", self.path.display())))
    }
}

/// Flattens TOML text; an error begins with its line.
pub(crate) fn parse(text: &str) -> Result<Vec<FileValue>, String> {
    let table = DeTable::parse(text).map_err(|e| {
        let line = e.span().map_or(1, |span| line_of(text, span.start));
        format!("line {line}{}: {}", key_on(text, line), e.message())
    })?;
    let mut values = Vec::new();
    flatten(text, "", table.get_ref(), &mut values)?;
    Ok(values)
}

fn flatten(
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    into: &mut Vec<FileValue>,
) -> Result<(), String> {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let line = line_of(text, key.span().start);
        let (text_value, type_name) = match value.get_ref() {
            DeValue::Table(inner) => {
                flatten(text, &format!("{name}."), inner, into)?;
                continue;
            }
            DeValue::String(s) => (s.to_string(), "string"),
            DeValue::Boolean(b) => (b.to_string(), "boolean"),
            DeValue::Integer(i) => (i.to_string().replace('_', ""), "integer"),
            DeValue::Float(f) => (f.to_string().replace('_', ""), "float"),
            DeValue::Datetime(d) => (d.to_string(), "date"),
            DeValue::Array(_) => {
                return Err(format!("line {line}: {name} is a list; no setting takes one"));
            }
        };
        into.push(FileValue { name, text: text_value, line, type_name });
    }
    Ok(())
}

/// What stands before the `=` of a line, for a message: TOML's own do not name the key.
fn key_on(text: &str, line: usize) -> String {
    let key =
        text.lines().nth(line - 1).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    key.filter(|key| !key.is_empty()).map_or_else(String::new, |key| format!(" ({key})"))
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_become_dotted_names_with_their_lines() {
        let values =
            parse("# st0cka\ncapital = 10_000\n\n[strategy]\nmode = \"simple\"\n").unwrap();
        let seen: Vec<_> =
            values.iter().map(|v| (v.name.as_str(), v.text.as_str(), v.line)).collect();
        assert_eq!(seen, [("capital", "10000", 2), ("strategy.mode", "simple", 5)]);
    }

    #[test]
    fn what_is_not_toml_is_named_by_its_line() {
        assert!(parse("a = 1\nb = = 2\n").unwrap_err().starts_with("line 2 (b): "));
        assert_eq!(parse("a = 1\na = 2\n").unwrap_err(), "line 2 (a): duplicate key");
        assert!(parse("a = [1]\n").unwrap_err().contains("line 1: a is a list"));
    }
}
