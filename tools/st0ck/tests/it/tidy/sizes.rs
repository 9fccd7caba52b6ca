//! Files and functions stay short. What is longer stands in `ratchet.txt` and may only shrink.

use super::{root, rust_files, short};
use std::collections::BTreeMap;
use std::fs;

/// Lines of a file before its tests begin.
const FILE_MAX: usize = 500;
/// Lines of a function.
const FUNCTION_MAX: usize = 70;
const RATCHET: &str = "tools/st0ck/tests/it/tidy/ratchet.txt";

/// Everything over its wall: what, and how long it is.
fn too_long() -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for path in rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let is_test = short(&path).contains("/tests/") || short(&path).ends_with("/tests.rs");
        let body = lines.iter().position(|l| *l == "#[cfg(test)]").unwrap_or(lines.len());
        if body > FILE_MAX && !is_test {
            found.insert(short(&path), body);
        }
        for (name, length) in functions(&lines[..body]) {
            if length > FUNCTION_MAX {
                found.insert(format!("{} fn {name}", short(&path)), length);
            }
        }
    }
    found
}

/// Names and lengths of functions, found by their indentation (the code is formatted).
fn functions(lines: &[&str]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(at) = words.iter().position(|w| *w == "fn") else { continue };
        let is_head = words[..at].iter().all(|w| {
            w.starts_with("pub") || matches!(*w, "const" | "async" | "unsafe" | "extern" | "in")
        });
        if !is_head || line.trim_end().ends_with(';') {
            continue;
        }
        let end = format!("{}}}", " ".repeat(indent));
        if let Some(length) = lines[start..].iter().position(|l| *l == end) {
            let name = words.get(at + 1).map_or("", |w| w.split(['(', '<']).next().unwrap_or(w));
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}

fn ratchet() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(root().join(RATCHET)).unwrap();
    let rows = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    rows.map(|line| {
        let (length, name) = line.split_once(' ').expect("`LENGTH NAME` in ratchet.txt");
        (name.to_owned(), length.parse().expect("a length in ratchet.txt"))
    })
    .collect()
}

#[test]
fn files_and_functions_stay_short_and_the_long_ones_only_shrink() {
    let (now, allowed) = (too_long(), ratchet());
    let mut wrong = Vec::new();
    for (name, length) in &now {
        match allowed.get(name) {
            None => wrong.push(format!("{name} is {length} lines long: split it")),
            Some(max) if length > max => {
                wrong.push(format!("{name} grew from {max} to {length} lines: split it"));
            }
            Some(max) if length < max => {
                wrong.push(format!("{name} shrank to {length}: lower it in {RATCHET}"));
            }
            Some(_) => {}
        }
    }
    for name in allowed.keys().filter(|name| !now.contains_key(*name)) {
        wrong.push(format!("{name} is short now: take it out of {RATCHET}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn functions_are_measured_by_their_indentation() {
    let text = "fn one() {\n    a();\n}\n\nimpl X {\n    pub(crate) fn two(\n        b: u8,\n    ) {\n    }\n}\n";
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(functions(&lines), [("one".to_owned(), 3), ("two".to_owned(), 4)]);
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent: Vec<String> = rust_files()
        .iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .map(|path| short(path))
        .collect();
    assert!(silent.is_empty(), "no //! at the top of {silent:?}");
}

#[test]
fn no_file_is_dead() {
    let mut dead = Vec::new();
    for path in rust_files() {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let folder = path.parent().unwrap();
        let entry = matches!(stem, "lib" | "main");
        let own_crate = ["benches", "src/bin"].iter().any(|end| short(folder).ends_with(end));
        if entry || own_crate {
            continue;
        }
        let (name, parent) = if stem == "mod" {
            (folder.file_name().unwrap().to_str().unwrap(), folder.parent().unwrap())
        } else {
            (stem, folder)
        };
        let beside = parent.with_extension("rs");
        let declares =
            [parent.join("mod.rs"), parent.join("lib.rs"), parent.join("main.rs"), beside]
                .iter()
                .filter_map(|file| fs::read_to_string(file).ok())
                .any(|text| text.lines().any(|l| l.trim_end().ends_with(&format!("mod {name};"))));
        if !declares {
            dead.push(short(&path));
        }
    }
    assert!(dead.is_empty(), "nobody declares {dead:?}");
}
