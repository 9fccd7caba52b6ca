//! `st0ck config verify`: whether a file is what somebody signed.

use super::to_json;
use crate::config::file::Document;
use crate::exit::{Exit, Failure, Outcome};
use crate::signed::{key::LimitsKey, signature};
use crate::view::say::{remark, say};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// What to verify, with what.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The configuration file; its signature lies beside it as FILE.minisig.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A public key, or the file that holds one.
    #[arg(long, value_name = "KEY")]
    public: String,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// Verifies; exit 1 when file, signature and key do not belong together.
///
/// # Errors
/// 10 when the file cannot be read or the key is none.
pub(super) fn run(args: &VerifyArgs) -> Outcome {
    let key = LimitsKey::read(&args.public)
        .map_err(|e| Failure::config(format_args!("--public: {e}")))?;
    let document = Document::read(&args.file)?;
    let judged = signature::verify(&document, &key);
    if args.json {
        let reason = judged.as_ref().err().map(ToString::to_string);
        let file = args.file.display().to_string();
        let signature = to_json(judged.as_ref().ok());
        say!("{}", json!({ "file": file, "signature": signature, "reason": reason }));
    }
    match &judged {
        Err(unfit) => {
            remark!("st0ck: {unfit}");
            return Ok(Some(Exit::No));
        }
        Ok(fits) if !args.json => {
            say!("{}: signed with key {}: {}", args.file.display(), fits.key, fits.comment);
        }
        Ok(_) => {}
    }
    Ok(None)
}
