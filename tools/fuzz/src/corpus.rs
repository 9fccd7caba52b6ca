//! Where inputs are kept: `corpus/TARGET/`, one file each, under version control.
//!
//! Every file was written from the documented format of what it is an example of, or is an input that
//! once was a finding; those begin with `found-`.

use crate::target::Target;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of a target.
#[must_use]
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// What the corpus folder holds, by name, and the target's own seeds behind it.
///
/// # Errors
/// Those of reading; a folder that is not there holds nothing.
pub fn load(target: &Target) -> io::Result<Vec<Vec<u8>>> {
    let folder = folder(target.name);
    let mut paths: Vec<PathBuf> = match folder.read_dir() {
        Ok(entries) => entries.map(|e| e.map(|e| e.path())).collect::<io::Result<_>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    paths.sort();
    let mut inputs: Vec<Vec<u8>> = paths.iter().map(std::fs::read).collect::<io::Result<_>>()?;
    inputs.extend((target.seeds)());
    Ok(inputs)
}

/// Keeps a finding as a file of the corpus; where it went.
///
/// # Errors
/// Those of writing.
pub fn keep(target: &Target, input: &[u8]) -> io::Result<PathBuf> {
    let folder = folder(target.name);
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("found-{:016x}", crate::target::Shape::of(&input).0));
    std::fs::write(&path, input)?;
    Ok(path)
}
