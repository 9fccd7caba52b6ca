//! `st0ck config keygen`: the pair of keys for limits.

use crate::exit::{Exit, Failure};
use crate::signed::{pin, secret};
use crate::view::say::say;
use clap::Args;
use serde_json::json;
use st0ck_net::secret::Secret;
use std::path::PathBuf;

/// Where the keys go.
#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// File of the secret key, mode 0600. It signs; keep it off the machines that trade.
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    /// File of the public key. It verifies; pin it on the machines that trade.
    #[arg(long, value_name = "FILE")]
    public: PathBuf,
    /// Do not protect the secret key with a password.
    #[arg(long)]
    no_password: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// Makes a pair.
///
/// # Errors
/// 2 when a file is there already or no password can be asked for, 20 when one cannot be written.
pub(super) fn run(args: &KeygenArgs) -> Result<(), Failure> {
    let password = if args.no_password { None } else { Some(new_password()?) };
    let key = secret::generate(&args.secret, &args.public, password.as_ref())?;
    let (secret, public) = (args.secret.display(), args.public.display());
    if args.json {
        say!(
            "{}",
            json!({
                "secret_file": secret.to_string(), "public_file": public.to_string(),
                "key_id": key.id().to_string(), "public_key": key.line(),
                "password": password.is_some(),
            })
        );
        return Ok(());
    }
    say!("{secret}: the secret key {}; it signs, keep it off the machines that trade", key.id());
    say!("{public}: its public half; pin it where a bot starts:");
    say!("{}={}", pin::VARIABLE, key.line());
    Ok(())
}

/// A new password, typed twice.
fn new_password() -> Result<Secret, Failure> {
    let password = ask("Password for the secret key: ")?;
    if password.is_empty() {
        let words = "an empty password protects nothing: type one, or say --no-password";
        return Err(Failure::new(Exit::Usage, words));
    }
    if ask("The same again: ")?.expose() != password.expose() {
        return Err(Failure::new(Exit::Usage, "the passwords differ; no key was made"));
    }
    Ok(password)
}

/// Asks on the terminal, without showing what is typed.
///
/// # Errors
/// 2 where there is no terminal.
pub(super) fn ask(prompt: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(prompt).map(Secret::new).map_err(|e| {
        let words =
            "a password is asked for on a terminal; keygen --no-password makes a key without";
        Failure::new(Exit::Usage, format_args!("no terminal to ask on ({e}): {words}"))
    })
}
