//! `st0ck config`: what the settings are, whether they can be used, and whose signature they bear.

mod keygen;
mod sign;
mod verify;

use crate::config::reference;
use crate::exit::Outcome;
use crate::plan::{Choices, Plan};
use crate::signed::pin::Pin;
use crate::signed::signature::{self, Signature};
use crate::view::say::say;
use crate::view::table::table;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether the configuration can be used, and whether it is signed.
    #[command(after_help = "Example: st0ck config check --config st0ck.toml")]
    Check(ConfigArgs),
    /// Print every value and where it came from.
    #[command(after_help = "Example: st0ck config show --bot st0cka")]
    Show(ConfigArgs),
    /// Print every setting there is, with its default, range and help, as a Markdown page.
    #[command(after_help = "Example: st0ck config reference > CONFIG.md")]
    Reference,
    /// Make the pair of keys that limits are signed and verified with.
    #[command(after_help = "Example: st0ck config keygen --secret limits.key --public limits.pub")]
    Keygen(keygen::KeygenArgs),
    /// Sign a configuration file: FILE.minisig is written beside it.
    #[command(after_help = "Example: st0ck config sign st0ck.toml --secret limits.key --by Ada")]
    Sign(sign::SignArgs),
    /// Hold a configuration file against its signature; exit 1 when they do not belong together.
    #[command(after_help = "Example: st0ck config verify st0ck.toml --public limits.pub")]
    Verify(verify::VerifyArgs),
}

/// Whose configuration.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgs {
    /// Which bot.
    #[arg(long, default_value = "st0cka")]
    bot: String,
    /// A configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change a setting.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// Checks, shows, looks up or signs.
///
/// # Errors
/// Whatever cannot be used, with its place.
pub(crate) fn run(command: &ConfigCommand) -> Outcome {
    match command {
        // As a start would settle it: a file that `run` refuses is not usable.
        ConfigCommand::Check(args) => {
            check(args, &Plan::settle_signed(&choices(args), Pin::find()?.as_ref())?);
        }
        ConfigCommand::Show(args) => show(args, &Plan::settle(&choices(args))?),
        ConfigCommand::Reference => say!("{}", reference::page().trim_end()),
        ConfigCommand::Keygen(args) => keygen::run(args)?,
        ConfigCommand::Sign(args) => sign::run(args)?,
        ConfigCommand::Verify(args) => return verify::run(args),
    }
    Ok(None)
}

fn choices(args: &ConfigArgs) -> Choices<'_> {
    Choices {
        bot: &args.bot,
        file: args.config.as_deref(),
        sets: &args.set,
        volatility_off: false,
        mean_reversion: false,
        debug: false,
    }
}

fn check(args: &ConfigArgs, plan: &Plan) {
    let count = plan.config.settings().len();
    let signature = plan.signature.as_ref();
    if args.json {
        let signature = to_json(signature);
        say!(
            "{}",
            json!({ "bot": args.bot, "ok": true, "settings": count, "signature": signature })
        );
        return;
    }
    say!("{}: {count} settings, all usable", args.bot);
    match signature {
        Some(Signature { key, comment }) => say!("limits signed with key {key}: {comment}"),
        None if is_signed_for_nobody(args) => {
            say!("limits not pinned: the signature beside the file was not looked at");
        }
        None => say!("limits not pinned: they may come from anywhere"),
    }
}

/// Whether there is a signature, and nobody who asks for one.
fn is_signed_for_nobody(args: &ConfigArgs) -> bool {
    args.config.as_deref().is_some_and(|file| signature::path_of(file).exists())
}

/// A signature as every command's JSON has it.
fn to_json(signature: Option<&Signature>) -> Value {
    json!({
        "signed": signature.is_some(),
        "key_id": signature.map(|s| s.key.to_string()),
        "comment": signature.map(|s| &s.comment),
    })
}

fn show(args: &ConfigArgs, plan: &Plan) {
    let credentials = credentials(args, plan);
    if args.json {
        let mut values = serde_json::Map::new();
        for s in plan.config.settings() {
            let value =
                json!({ "value": s.text, "origin": s.origin.to_string(), "unit": s.key.unit });
            values.insert(s.key.name.to_owned(), value);
        }
        values.extend(credentials);
        say!("{}", json!({ "bot": args.bot, "settings": values }));
        return;
    }
    let mut view = table(&["setting", ">value", "unit", "origin"]);
    for s in plan.config.settings() {
        let origin = s.origin.to_string();
        view.add_row([s.key.name, &s.text, s.key.unit, &origin]);
    }
    for (name, value) in &credentials {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        view.add_row([name.clone(), text("value"), String::new(), text("origin")]);
    }
    say!("{view}");
}

/// Whether each credential is there, never what it is.
fn credentials(args: &ConfigArgs, plan: &Plan) -> Vec<(String, Value)> {
    let bot = args.bot.to_ascii_uppercase();
    ["KEY", "SECRET"]
        .map(|suffix| {
            let name = format!("{bot}_{suffix}");
            let set = plan.environment.get(&name).is_some();
            let (value, origin) =
                if set { ("***", format!("env {name}")) } else { ("", "not set".to_owned()) };
            let key = format!("account.{}", suffix.to_ascii_lowercase());
            (key, json!({ "value": value, "origin": origin, "unit": "" }))
        })
        .to_vec()
}
