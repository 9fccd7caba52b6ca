//! What `RELIABILITY-RESULTS.md` tells to run is there.

use super::{root, rust_files};
use std::fs;

/// The commands of the table, each the first text in backticks of its cell.
fn commands() -> Vec<String> {
    let text = fs::read_to_string(root().join("RELIABILITY-RESULTS.md")).unwrap();
    let rows = text.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| goal"));
    let cells = rows.filter_map(|row| row.split('|').nth(2));
    cells.filter_map(|cell| cell.split('`').nth(1)).map(str::to_owned).collect()
}

/// The names by which a command picks tests, the last part of each path.
fn picked(command: &str) -> Vec<&str> {
    let Some((_, picks)) = command.split_once(" -- ") else { return Vec::new() };
    if !command.contains("cargo test") {
        return Vec::new();
    }
    let words = picks.split_whitespace().filter(|word| !word.starts_with('-'));
    words.filter_map(|word| word.trim_end_matches("::").rsplit("::").next()).collect()
}

#[test]
fn every_proof_names_tests_and_scripts_that_exist() {
    let sources: Vec<String> =
        rust_files().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let there = |name: &str| {
        let (test, module) = (format!("fn {name}"), format!("mod {name};"));
        sources.iter().any(|text| text.contains(&test) || text.contains(&module))
    };
    let commands = commands();
    assert!(!commands.is_empty(), "the table has no rows");
    for command in &commands {
        for name in picked(command) {
            assert!(there(name), "`{command}`: there is no test {name}");
        }
        let is_script = |word: &&str| word.ends_with(".sh") || word.ends_with(".py");
        for script in command.split_whitespace().filter(is_script) {
            assert!(root().join(script).exists(), "`{command}`: there is no {script}");
        }
    }
}

#[test]
fn names_of_tests_are_found_in_commands() {
    let command =
        "ST0CK_PROOFS=full cargo test -p st0ck-journal --lib -- walk::proofs:: --nocapture x";
    assert_eq!(picked(command), ["proofs", "x"]);
    assert_eq!(picked("tools/st0ck/proofs/builds.sh"), [""; 0]);
}
