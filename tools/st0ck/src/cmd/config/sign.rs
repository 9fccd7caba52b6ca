//! `st0ck config sign`: a person answers for a file.
//!
//! *Invariant:* what is signed is told line by line, so that nobody signs what was not seen.

use super::keygen;
use crate::config::file::{Document, FileValue};
use crate::config::{Key, keys};
use crate::exit::{Exit, Failure};
use crate::session::durable;
use crate::signed::{secret::Signer, signature};
use crate::view::say::{remark, say};
use clap::Args;
use serde_json::{Map, Value, json};
use st0ck_runtime::WallClock;
use st0ck_strategy::registry;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What to sign, with what, in whose name.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The configuration file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File of the secret key.
    #[arg(long, value_name = "KEY")]
    secret: PathBuf,
    /// Who answers for it; the user's name unless told. It is signed too.
    #[arg(long)]
    by: Option<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// Signs.
///
/// # Errors
/// 2 when nobody is named, 10 when the file is no configuration or the key does not open, 20 when
/// something cannot be read or written.
pub(super) fn run(args: &SignArgs) -> Result<(), Failure> {
    let comment = comment(args)?;
    let document = Document::read(&args.file)?;
    let keys: Vec<Key> = registry::listings().iter().flat_map(keys::keys_of).collect();
    let values = document.values()?.into_iter().filter(|value| bounds_money(value, &keys));
    let values: Vec<FileValue> = values.collect();
    warn_of_readers(&args.secret);
    let signer = Signer::open(&args.secret, || keygen::ask("Password of the secret key: "))?;
    let text = signer.sign(&document.bytes, &comment)?;
    let path = signature::path_of(&args.file);
    durable::replace(&path, text.as_bytes())
        .map_err(|e| Failure::io(format_args!("{}: {e}", path.display())))?;
    let id = signer.key()?.id().to_string();
    if args.json {
        let limits: Map<String, Value> =
            values.into_iter().map(|v| (v.name, Value::String(v.text))).collect();
        say!(
            "{}",
            json!({
                "file": args.file.display().to_string(), "signature": path.display().to_string(),
                "key_id": id, "comment": comment, "limits": limits,
            })
        );
        return Ok(());
    }
    say!("{}: signed with key {id}: {comment}", path.display());
    for value in &values {
        say!("  {} = {}", value.name, value.text);
    }
    say!("Everything else that bounds money has its default while this file is in force.");
    Ok(())
}

/// When and who, in one line; minisign takes off blanks at its ends.
fn comment(args: &SignArgs) -> Result<String, Failure> {
    let user = || std::env::var("USER").ok();
    let person = args.by.clone().or_else(user).unwrap_or_default();
    let person = person.replace(|c: char| c.is_control(), " ").trim().to_owned();
    if person.is_empty() {
        let words = "--by NAME is needed: limits are signed by a person who answers for them";
        return Err(Failure::new(Exit::Usage, words));
    }
    Ok(format!("{} by {person}", WallClock::new().now()))
}

/// Whether a value is one of those that are signed for. A name that no bot knows is told as well: it will
/// be refused, and the signer should see it.
fn bounds_money(value: &FileValue, keys: &[Key]) -> bool {
    keys.iter().find(|key| key.name == value.name).is_none_or(Key::must_be_signed)
}

/// A key that others can read can sign for others.
fn warn_of_readers(path: &Path) {
    let mode = path.metadata().map_or(0, |meta| meta.permissions().mode());
    if mode & 0o077 != 0 {
        remark!("{0} is open to others: chmod 600 {0}", path.display());
    }
}
