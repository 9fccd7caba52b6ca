//! The manifests hold the arrows: a crate sees only those that the architecture lets it see.

use super::{crates, short};
use std::fs;

/// Who may see whom (of ours). `*` means everybody. Test-only dependencies are not arrows.
const ARROWS: &[(&str, &str)] = &[
    ("core/types", ""),
    ("core/runtime", "types"),
    ("core/net", "types runtime"),
    ("core/quant", "types"),
    ("core/engine", "types runtime quant"),
    ("core/strategy", "types quant engine"),
    ("feed/live", "types runtime net"),
    ("gateway/live", "types runtime net"),
    ("feed/recorded", "types quant"),
    ("gateway/sim", "types quant"),
    ("journal", "types runtime"),
    ("tools/lab", "types runtime quant engine strategy recorded sim journal"),
    ("tools/emulator", "types runtime net quant recorded sim"),
    ("tools/fuzz", "*"),
    ("tools/st0ck", "*"),
    ("bench", "*"),
];

fn ours(manifest: &str) -> Vec<String> {
    let table: toml::Table = manifest.parse().unwrap();
    let dependencies = table.get("dependencies").and_then(|d| d.as_table());
    let names = dependencies.into_iter().flat_map(toml::Table::keys);
    names.filter_map(|n| n.strip_prefix("st0ck-").map(str::to_owned)).collect()
}

#[test]
fn every_crate_sees_only_whom_it_may_see() {
    let mut wrong = Vec::new();
    for folder in crates() {
        let name = short(&folder);
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
            wrong.push(format!("{name} has no row in the table of arrows"));
            continue;
        };
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for seen in ours(&manifest) {
            if *allowed != "*" && !allowed.split(' ').any(|a| a == seen) {
                wrong.push(format!("{name} must not see {seen}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_row_for_a_crate_that_is_gone() {
    let there: Vec<String> = crates().iter().map(|p| short(p)).collect();
    for (name, _) in ARROWS {
        assert!(there.iter().any(|t| t == name), "{name} is gone");
    }
}

#[test]
fn unsafe_code_is_forbidden_everywhere_but_in_the_journal() {
    for folder in crates() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let inherits = manifest.contains("[lints]\nworkspace = true");
        assert!(inherits || short(&folder) == "journal", "{} sets its own lints", short(&folder));
    }
}
