//! A `.env` beside the configuration: `NAME=value` lines, weaker than the real environment.

use super::resolve::Origin;
use crate::exit::Failure;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The process environment with a `.env` file below it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    real: BTreeMap<String, String>,
    /// What stands in the `.env` at `path`.
    file: BTreeMap<String, String>,
    path: PathBuf,
}

impl Environment {
    /// The real environment over `folder/.env`, if there is one.
    ///
    /// # Errors
    /// Names the line of a `.env` that is not `NAME=value`.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(".env");
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => parse(&text)
                .map_err(|words| Failure::config(format_args!("{}: {words}", path.display())))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => return Err(Failure::config(format_args!("{}: {e}", path.display()))),
        };
        let real = std::env::vars_os();
        let real = real.filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Ok(Self { real: real.collect(), file, path })
    }

    /// Made of these pairs, for tests.
    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self { real: pairs.iter().map(owned).collect(), ..Self::default() }
    }

    /// The value of a variable; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.real.get(name).or_else(|| self.file.get(name));
        value.map(String::as_str).filter(|v| !v.is_empty())
    }

    /// Where the value of a variable stands.
    pub(crate) fn origin(&self, name: String) -> Origin {
        if self.real.contains_key(&name) {
            return Origin::Environment(name);
        }
        Origin::DotEnv(self.path.clone(), name)
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut values = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The value is never repeated in the message: it may be a secret.
        let (name, value) = line
            .split_once('=')
            .filter(|(name, _)| !name.is_empty() && !name.contains(char::is_whitespace))
            .ok_or_else(|| format!("line {}: expected NAME=value", index + 1))?;
        let value = value.trim();
        let quoted = |q: char| value.strip_prefix(q).and_then(|v| v.strip_suffix(q));
        let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
        if values.insert(name.to_owned(), value.to_owned()).is_some() {
            // What is not spelt like a variable may be a secret that ends in an equals sign.
            let plain = name.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
            let name = if plain { name } else { "a variable" };
            return Err(format!("line {}: {name} is set twice; keep one", index + 1));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_exports_and_comments_are_understood() {
        let values = parse("# keys\nexport A=1\nB=\"two words\"\n\nC='x=y'\n").unwrap();
        let seen: Vec<_> = values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(seen, [("A", "1"), ("B", "two words"), ("C", "x=y")]);
    }

    #[test]
    fn a_variable_that_is_set_twice_is_named() {
        let words = |text: &str| parse(text).unwrap_err();
        assert_eq!(words("A_1=1\nB=2\nexport A_1=3\n"), "line 3: A_1 is set twice; keep one");
        assert_eq!(words("c2Vj=\nc2Vj=\n"), "line 2: a variable is set twice; keep one");
    }

    #[test]
    fn a_bad_line_is_named_without_its_content() {
        let words = parse("A=1\nhunter2 is my secret\n").unwrap_err();
        assert!(words.contains("line 2") && !words.contains("hunter2"), "{words}");
    }
}
