//! The documents name only what exists.

use super::root;
use std::fs;

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn the_readme_opens_with_the_two_commands() {
    let readme = read("README.md");
    let head: String = readme.lines().take(30).collect::<Vec<_>>().join("\n");
    for command in ["cargo run --release -- demo", "cargo test --workspace"] {
        assert!(head.contains(command), "the README's head must show `{command}`");
    }
}

/// Rows of ARCHITECTURE.md's tables that begin with a number name a file and a function.
#[test]
fn the_life_of_a_quote_names_functions_that_exist() {
    let text = read("ARCHITECTURE.md");
    let life = text.split("## The life of a quote").nth(1).expect("the chapter is there");
    let life = life.split("\n## ").next().unwrap_or(life);
    let mut steps = 0;
    for line in life.lines().filter(|l| l.starts_with("| ") && l.as_bytes()[2].is_ascii_digit()) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (file, function) = (cells[2].trim_matches('`'), cells[3].trim_matches('`'));
        let source = read(file);
        let name = function.rsplit("::").next().unwrap_or(function);
        assert!(source.contains(&format!("fn {name}")), "{file} has no function {function}");
        steps += 1;
    }
    assert!(steps >= 15, "only {steps} steps found");
}

#[test]
fn the_code_map_names_folders_that_exist_and_all_of_them() {
    let text = read("ARCHITECTURE.md");
    let map = text.split("## Code map").nth(1).expect("the chapter is there");
    let map = map.split("\n## ").next().unwrap_or(map);
    for folder in super::crates() {
        let name = super::short(&folder);
        assert!(map.contains(&format!("`{name}`")), "the code map does not tell of {name}");
    }
    for path in map.split('`').skip(1).step_by(2).filter(|p| p.contains('/')) {
        assert!(root().join(path).exists(), "the code map names {path}, which is not there");
    }
}
