//! House rules as tests: who may see whom, how long a file and a function may be, nothing dead, and
//! documents that name only what exists.

mod arrows;
mod documents;
mod proofs;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's root.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies two folders below the root").to_owned()
}

/// Every crate's folder.
fn crates() -> Vec<PathBuf> {
    let root = root();
    let mut found = vec![root.join("journal"), root.join("bench")];
    for group in ["core", "feed", "gateway", "tools"] {
        let entries = fs::read_dir(root.join(group)).unwrap().flatten();
        found.extend(entries.map(|e| e.path()).filter(|p| p.join("Cargo.toml").exists()));
    }
    found.sort();
    found
}

/// Every Rust file of the workspace.
fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in crates() {
        collect(&folder, &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().flatten().map(|e| e.path()) {
        if path.is_dir() && path.file_name().is_some_and(|n| n != "target") {
            collect(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// A path as it reads from the root.
fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
