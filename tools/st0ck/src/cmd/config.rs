//! `st0ck config check`, `show` and `reference`.

use crate::cli::{ConfigArgs, ConfigCommand};
use crate::config::reference;
use crate::exit::{Failure, Outcome};
use crate::plan::{Choices, Plan};
use crate::view::say::say;
use crate::view::table::table;
use serde_json::{Value, json};

/// Checks, shows or looks up.
///
/// # Errors
/// Whatever cannot be used, with its place.
pub(crate) fn run(command: &ConfigCommand) -> Outcome {
    match command {
        ConfigCommand::Check(args) => check(args, &settle(args)?),
        ConfigCommand::Show(args) => show(args, &settle(args)?),
        ConfigCommand::Reference => say!("{}", reference::page().trim_end()),
    }
    Ok(None)
}

fn settle(args: &ConfigArgs) -> Result<Plan, Failure> {
    Plan::settle(&Choices {
        bot: &args.bot,
        file: args.config.as_deref(),
        sets: &args.set,
        volatility_off: false,
        mean_reversion: false,
        debug: false,
    })
}

fn check(args: &ConfigArgs, plan: &Plan) {
    let count = plan.config.settings().len();
    if args.json {
        say!("{}", json!({ "bot": args.bot, "ok": true, "settings": count }));
    } else {
        say!("{}: {count} settings, all usable", args.bot);
    }
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
