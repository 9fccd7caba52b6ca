//! Mutated settings through the binary itself: one mutant of every key, by turns of every kind.
//!
//! All 24,000 mutants run inside one process in `tools/fuzz` (`cargo run -p st0ck-fuzz -- settings`);
//! this shows that the binary refuses as that process does, with exit 10, before anything starts.

use crate::place::Place;

/// Every setting that nobody gave: name, default.
fn settings(place: &Place) -> Vec<(String, String)> {
    let told = place.st0ck(&["config", "show", "--json"]).ok().json();
    let all = told["settings"].as_object().unwrap();
    let rows = all.iter().filter(|(_, s)| s["origin"] == "default");
    rows.map(|(name, s)| (name.clone(), s["value"].as_str().unwrap().to_owned())).collect()
}

/// A value as TOML writes it.
fn literal(value: &str) -> String {
    let bare = value.parse::<f64>().is_ok() || ["true", "false"].contains(&value);
    if bare { value.to_owned() } else { format!("\"{value}\"") }
}

/// The other way to write it, which is of another type.
fn other_type(value: &str) -> &'static str {
    if literal(value).starts_with('"') { "7" } else { "\"plenty\"" }
}

#[test]
fn one_mutant_of_every_key_is_refused_by_the_binary_with_its_name() {
    let place = Place::new();
    for (turn, (name, value)) in settings(&place).into_iter().enumerate() {
        let good = format!("{name} = {}\n", literal(&value));
        let short = name.strip_prefix("strategy.").or(name.strip_prefix("risk."));
        let (text, named) = match turn % 5 {
            0 => (good.repeat(2), name.clone()),
            1 => (format!("{name} = {}\n", other_type(&value)), name.clone()),
            2 => (
                format!("{}{good}", short.map_or(good.clone(), |s| good.replace(&name, s))),
                name.clone(),
            ),
            3 => (good.replacen(&name, &format!("{name}s"), 1), format!("{name}s")),
            _ => (good.replacen(&name, &name[1..], 1), name[1..].to_owned()),
        };
        place.write("st0ck.toml", &text);
        let ran = place.st0ck(&["config", "check", "--config", "st0ck.toml"]).exits(10);
        ran.says(&["st0ck.toml", &named]);
    }
}

#[test]
fn a_setting_given_twice_stops_every_command_before_it_starts() {
    let place = Place::new();
    let twice = ["--set", "mode=simple", "--set", "strategy.mode=enhanced"];
    for command in [&["config", "check"][..], &["demo"], &["run", "st0cka"]] {
        let ran = place.st0ck(&[command, &twice[..]].concat()).exits(10);
        ran.says(&["--set strategy.mode: strategy.mode is given twice", "--set mode"]);
    }
    place.write(".env", "LOG_LEVEL=warn\nLOG_LEVEL=error\n");
    place.st0ck(&["config", "check"]).exits(10).says(&[".env", "line 2: LOG_LEVEL is set twice"]);
    assert!(!place.path("runs").exists());
}

#[test]
fn a_credential_in_a_url_is_refused_and_not_repeated() {
    let place = Place::new();
    for url in ["https://user:canary@a.test", "https://a.test/?token=canary"] {
        let set = format!("account.trading_url={url}");
        let ran = place.st0ck(&["config", "check", "--set", &set]).exits(10);
        assert!(ran.err.contains("account.trading_url"), "{}", ran.err);
        assert!(!ran.err.contains("canary"), "{}", ran.err);
    }
}
