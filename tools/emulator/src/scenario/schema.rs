//! The vocabulary of scenarios for others: a JSON schema for editors and checkers, and the README's
//! tables. Both are made from the rows of the table.

use super::parse::may_be;
use super::table::{KEYS, KINDS, KindRow, Shape};
use serde_json::{Map, Value, json};

/// A JSON schema (draft 2020-12) of a file of events, as text.
#[must_use]
pub fn scenario_schema() -> String {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenarios of st0ck emulate",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "event": {"type": "array", "items": {"oneOf": KINDS.iter().map(kind).collect::<Vec<_>>()}},
            "seed": {"type": "integer", "minimum": 0, "description": "of the faults"},
            "fault": {"type": "array", "items": {"type": "object"}, "description": "what goes wrong"},
        },
    });
    format!("{schema:#}\n")
}

fn kind(row: &KindRow) -> Value {
    let mut properties = Map::new();
    for key in KEYS {
        let mut shape: Value = serde_json::from_str(key.schema).expect("a row's schema is JSON");
        if key.name == "kind" {
            shape = json!({"const": row.name});
        }
        shape["description"] = key.words.into();
        properties.insert(key.name.to_owned(), shape);
    }
    let mut required = vec!["kind"];
    for param in row.params {
        required.extend(param.needed.then_some(param.name));
        let mut shape = shape(param.shape);
        shape["description"] = param.words.into();
        properties.insert(param.name.to_owned(), shape);
    }
    json!({"type": "object", "description": row.words, "additionalProperties": false,
        "properties": properties, "required": required})
}

fn shape(shape: Shape) -> Value {
    let digits = r"^[0-9]+(\.[0-9]+)?$";
    match shape {
        Shape::Symbol => json!({"type": "string", "minLength": 1, "maxLength": 24}),
        Shape::Code(most) => json!({"type": "string", "minLength": 1, "maxLength": most}),
        Shape::Price | Shape::Qty => {
            json!({"anyOf": [{"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": digits}]})
        }
        Shape::Whole(low, high) => json!({"type": "integer", "minimum": low, "maximum": high}),
        Shape::Money => json!({"anyOf": [{"type": "number"},
            {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}]}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Word(words) => json!({"enum": words}),
        Shape::Text => json!({"type": "string", "minLength": 1}),
        Shape::Symbols => json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
        Shape::Span => json!({"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}),
    }
}

/// The two tables of the README.
#[must_use]
pub fn scenario_tables() -> String {
    let mut text = String::from("| key | |\n|---|---|\n");
    for key in KEYS {
        text += &format!("| `{}` | {} |\n", key.name, key.words);
    }
    text += "\n| kind | takes | what follows |\n|---|---|---|\n";
    for row in KINDS {
        let takes = row.params.iter().map(|param| {
            let star = if param.needed { "\\*" } else { "" };
            format!("`{}`{star} {}: {}", param.name, may_be(param.shape), param.words)
        });
        let takes = takes.collect::<Vec<_>>().join("<br>");
        text += &format!("| `{}` | {takes} | {} |\n", row.name, row.words);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn here(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    /// Compares a generated document with the one that is there, or writes it under `BLESS`.
    fn hold(name: &str, text: &str) {
        if std::env::var_os("BLESS").is_some() {
            fs::write(here(name), text).unwrap();
        }
        let there = fs::read_to_string(here(name)).unwrap_or_default();
        let words = "is out of date: BLESS=1 cargo test -p st0ck-emulator scenario";
        assert!(there == text, "{name} {words}");
    }

    #[test]
    fn the_schema_beside_the_readme_is_that_of_the_table() {
        hold("scenario.schema.json", &scenario_schema());
    }

    #[test]
    fn the_readme_has_the_tables() {
        const MARKS: [&str; 2] = ["<!-- scenario -->\n", "<!-- /scenario -->\n"];
        let text = fs::read_to_string(here("README.md")).unwrap();
        let (before, rest) = text.split_once(MARKS[0]).expect("the mark of the tables");
        let (_, after) = rest.split_once(MARKS[1]).expect("the mark of their end");
        let [begin, end] = MARKS;
        hold("README.md", &format!("{before}{begin}{}{end}{after}", scenario_tables()));
    }

    #[test]
    fn every_kind_has_an_example_that_parses() {
        let mut all = String::new();
        for entry in fs::read_dir(here("scenarios")).unwrap().flatten() {
            Scenario::read(&entry.path()).unwrap_or_else(|error| panic!("{error}"));
            all += &fs::read_to_string(entry.path()).unwrap();
        }
        for row in KINDS {
            let kind = format!("kind = \"{}\"", row.name);
            assert!(all.contains(&kind), "no file in scenarios/ shows {}", row.name);
        }
    }
}
