//! The vocabulary of faults for others: a JSON schema for editors and checkers, and the README's
//! tables. Both are made from the rows of the table.

use super::parse::may_be;
use super::table::{KEYS, KINDS, KindRow, Shape};
use serde_json::{Map, Value, json};

/// A JSON schema (draft 2020-12) of a file of faults, as text.
#[must_use]
pub fn fault_schema() -> String {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Faults of st0ck emulate and st0ck chaos",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "seed": {"type": "integer", "minimum": 0, "description": "names the chance of the faults"},
            "fault": {"type": "array", "items": {"oneOf": KINDS.iter().map(kind).collect::<Vec<_>>()}},
            "event": {"type": "array", "items": {"type": "object"}, "description": "what happens on the market"},
        },
    });
    format!("{schema:#}\n")
}

fn kind(row: &KindRow) -> Value {
    let mut properties = Map::new();
    for key in KEYS {
        let mut shape: Value = serde_json::from_str(key.schema).expect("a row's schema is JSON");
        match key.name {
            "kind" => shape = json!({"const": row.name}),
            "on" => {
                let any = (row.on.len() > 1).then_some("any");
                let words: Vec<_> = row.on.iter().map(|on| on.word()).chain(any).collect();
                shape = json!({"enum": words});
            }
            _ => {}
        }
        shape["description"] = key.words.into();
        properties.insert(key.name.to_owned(), shape);
    }
    let mut required = vec!["kind"];
    required.extend((row.on.len() > 1).then_some("on"));
    for param in row.params {
        let mut shape = match param.shape {
            Shape::Number { low, high, default, .. } => {
                required.extend(default.is_none().then_some(param.name));
                json!({"type": "integer", "minimum": low, "maximum": high, "default": default})
            }
            Shape::Flag { default } => json!({"type": "boolean", "default": default}),
            Shape::Word(words) => json!({"enum": words, "default": words[0]}),
        };
        if shape["default"].is_null() {
            shape.as_object_mut().expect("made above").remove("default");
        }
        shape["description"] = param.words.into();
        properties.insert(param.name.to_owned(), shape);
    }
    json!({"type": "object", "description": row.words, "additionalProperties": false,
        "properties": properties, "required": required})
}

/// The two tables of the README.
#[must_use]
pub fn fault_tables() -> String {
    let mut text = String::from("| key | |\n|---|---|\n");
    for key in KEYS {
        text += &format!("| `{}` | {} |\n", key.name, key.words);
    }
    text += "\n| kind | on | takes | what the client sees | proxy |\n|---|---|---|---|---|\n";
    for row in KINDS {
        let on: Vec<_> = row.on.iter().map(|target| target.word()).collect();
        let takes = row.params.iter().map(|param| {
            let default = match param.shape {
                Shape::Number { default: Some(default), .. } => format!("; {default}"),
                Shape::Flag { default } => format!("; {default}"),
                Shape::Word(words) => format!("; {}", words[0]),
                Shape::Number { .. } => String::new(),
            };
            format!("`{}` {}: {}{default}", param.name, may_be(&param.shape), param.words)
        });
        let takes = takes.collect::<Vec<_>>().join("<br>");
        let proxy = if row.by_proxy { "yes" } else { "" };
        let cells = [&format!("`{}`", row.name), &on.join(" "), &takes, row.words, proxy];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn here(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    /// Compares a generated document with the one that is there, or writes it under `BLESS`.
    fn hold(name: &str, text: &str) {
        if std::env::var_os("BLESS").is_some() {
            fs::write(here(name), text).unwrap();
        }
        let there = fs::read_to_string(here(name)).unwrap_or_default();
        assert!(
            there == text,
            "{name} is out of date: BLESS=1 cargo test -p st0ck-emulator faults"
        );
    }

    #[test]
    fn the_schema_beside_the_readme_is_that_of_the_table() {
        hold("faults.schema.json", &fault_schema());
    }

    #[test]
    fn the_readme_has_the_tables() {
        const MARKS: [&str; 2] = ["<!-- faults -->\n", "<!-- /faults -->\n"];
        let text = fs::read_to_string(here("README.md")).unwrap();
        let (before, rest) = text.split_once(MARKS[0]).expect("the mark of the tables");
        let (_, after) = rest.split_once(MARKS[1]).expect("the mark of their end");
        let [begin, end] = MARKS;
        hold("README.md", &format!("{before}{begin}{}{end}{after}", fault_tables()));
    }

    #[test]
    fn every_kind_has_an_example_that_parses_and_no_example_is_left_over() {
        let mut seen = Vec::new();
        for entry in fs::read_dir(here("faults")).unwrap().flatten() {
            let path = entry.path();
            let plan = crate::faults::FaultPlan::read(&path).unwrap_or_else(|e| panic!("{e}"));
            seen.extend(plan.faults.iter().map(|fault| fault.row.name));
        }
        for row in KINDS {
            assert!(seen.contains(&row.name), "no file in faults/ shows {}", row.name);
        }
    }
}
