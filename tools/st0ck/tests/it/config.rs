//! Settings: everything unknown or impossible is named with its place, and what holds is shown.

use crate::place::Place;
use serde_json::Value;

/// Every setting there is: name, default.
fn settings(place: &Place) -> Vec<(String, String)> {
    let told = place.st0ck(&["config", "show", "--json"]).ok().json();
    let all = told["settings"].as_object().unwrap();
    let rows = all.iter().filter(|(_, s)| s["origin"] == "default");
    rows.map(|(name, s)| (name.clone(), s["value"].as_str().unwrap().to_owned())).collect()
}

/// A file with one setting on line 3 is refused with its place and these words.
#[track_caller]
fn refused(place: &Place, key: &str, value: &str, words: &[&str]) {
    place.write("st0ck.toml", format!("# one setting\n\n{key} = {value}\n"));
    let ran = place.st0ck(&["config", "check", "--config", "st0ck.toml"]);
    assert_eq!(ran.code, Some(10), "{key} = {value}: {}{}", ran.out, ran.err);
    ran.says(&["st0ck.toml", "3", key]).says(words);
}

#[test]
fn every_misspelled_key_is_named_with_file_and_line_and_its_right_spelling() {
    let place = Place::new();
    let all = settings(&place);
    assert!(all.len() > 50, "{}", all.len());
    for (name, _) in all {
        let misspelled = format!("{name}x");
        refused(&place, &misspelled, "1", &["st0ck.toml:3: unknown key", "did you mean", &name]);
    }
}

#[test]
fn every_key_refuses_a_list_with_file_and_line() {
    let place = Place::new();
    for (name, _) in settings(&place) {
        refused(&place, &name, "[1, 2]", &["line 3", "is a list"]);
    }
}

#[test]
fn every_number_refuses_words_and_what_is_out_of_its_range() {
    let place = Place::new();
    let mut tried = 0;
    for (name, default) in settings(&place) {
        if default.parse::<f64>().is_err() {
            continue;
        }
        tried += 1;
        for value in ["\"plenty\"", "-99999999999", "99999999999", "true", "1.0000000000001"] {
            refused(&place, &name, value, &["st0ck.toml:3: "]);
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn every_choice_and_switch_refuses_other_words_and_lists_its_own() {
    let place = Place::new();
    for (key, own) in [
        ("account.paper", "true or false"),
        ("runtime.pin", "true or false"),
        ("runtime.topology", "auto, dedicated, shared"),
        ("runtime.idle", "spin, yield, backoff"),
        ("feed.name", "iex, sip"),
        ("journal.sync", "none, interval, batch"),
        ("log.level", "error, warn, info"),
        ("strategy.mode", "simple, enhanced"),
        ("strategy.use_mean_reversion", "true"),
        ("strategy.time_exit", "time"),
    ] {
        refused(&place, key, "\"sideways\"", &[&format!("st0ck.toml:3: {key} = sideways"), own]);
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused_before_anything_starts() {
    let place = Place::new();
    for command in [&["config", "check"][..], &["demo"], &["run", "st0cka"]] {
        let ran = place.st0ck(&[command, &["--set", "session_exit_min=15"]].concat()).exits(10);
        let ran = ran.says(&["entry_cutoff_min", "at least session_exit_min = 15"]);
        assert!(!ran.err.contains("session.json"), "{}", ran.err);
    }
    assert!(!place.path("runs").exists());
}

#[test]
fn what_is_not_toml_is_named_by_its_line() {
    let place = Place::new();
    for (text, line) in [("a = 1\nb = = 2\n", "line 2"), ("[strategy\n", "line 1")] {
        place.write("st0ck.toml", text);
        let ran = place.st0ck(&["config", "check", "--config", "st0ck.toml"]).exits(10);
        ran.says(&["st0ck.toml", line]);
    }
    place.write("st0ck.toml", [0xff, 0xfe, 0x00]);
    place.st0ck(&["config", "check", "--config", "st0ck.toml"]).exits(10).says(&["st0ck.toml"]);
    place.st0ck(&["config", "check", "--config", "gone.toml"]).exits(10).says(&["gone.toml"]);
}

#[test]
fn every_command_that_takes_settings_refuses_the_same() {
    let place = Place::new();
    place.write("st0ck.toml", "[strategy]\nmod = \"simple\"\n");
    let commands: [&[&str]; 4] =
        [&["demo"], &["run", "st0cka"], &["config", "show"], &["config", "check"]];
    for command in commands {
        let ran = place.st0ck(&[command, &["--config", "st0ck.toml"]].concat()).exits(10);
        ran.says(&["st0ck.toml:2: unknown key strategy.mod", "strategy.mode"]);
        place.st0ck(&[command, &["--set", "mode=other"]].concat()).exits(10).says(&["--set mode"]);
        place.st0ck(&[command, &["--set", "mode"]].concat()).exits(2).says(&["KEY=VALUE"]);
    }
    assert!(!place.path("runs").exists());
}

/// The value of a setting and where it came from.
fn shown(place: &Place, env: &[(&str, &str)], args: &[&str], key: &str) -> (String, String) {
    let mut command = place.command(&[&["config", "show", "--json"], args].concat());
    command.envs(env.iter().copied());
    let told = place.start(command).end().ok().json();
    let text = |field: &str| told["settings"][key][field].as_str().unwrap().to_owned();
    (text("value"), text("origin"))
}

#[test]
fn flag_beats_environment_beats_dotenv_beats_file_beats_default() {
    let place = Place::new();
    let show = |env: &[(&str, &str)], args: &[&str]| shown(&place, env, args, "capital");
    let is = |seen: (String, String), value: &str, origin: &str| {
        assert_eq!(seen.0, value);
        assert!(seen.1.contains(origin), "{} is not from {origin}", seen.1);
    };
    let file = ["--config", "st0ck.toml"];
    let real = [("ST0CKA_TRADING_CAPITAL", "4000")];
    is(show(&[], &[]), "10000", "default");
    place.write("st0ck.toml", "capital = 2000\n");
    is(show(&[], &file), "2000", "st0ck.toml:1");
    place.write(".env", "# mine\nexport ST0CKA_TRADING_CAPITAL='3000'\n");
    is(show(&[], &file), "3000", "ST0CKA_TRADING_CAPITAL");
    is(show(&real, &file), "4000", "env ST0CKA_TRADING_CAPITAL");
    is(show(&real, &[&file[..], &["--set", "capital=5000"]].concat()), "5000", "--set");
    is(show(&[("ST0CKA_TRADING_CAPITAL", "")], &[]), "10000", "default");
}

#[test]
fn a_dotenv_beside_the_configuration_is_read_and_no_other() {
    let place = Place::new();
    place.write("desk/st0ck.toml", "");
    place.write("desk/.env", "LOG_LEVEL=debug\n");
    place.write(".env", "LOG_LEVEL=trace\n");
    let show = |args: &[&str]| shown(&place, &[], args, "log.level").0;
    assert_eq!(show(&["--config", "desk/st0ck.toml"]), "debug");
    assert_eq!(show(&[]), "trace");
}

#[test]
fn a_bad_line_of_a_dotenv_is_named_without_its_content() {
    let place = Place::new();
    place.write(".env", "LOG_LEVEL=warn\nhunter2 is my secret\n");
    let ran = place.st0ck(&["config", "check"]).exits(10).says(&[".env", "line 2", "NAME=value"]);
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
}

#[test]
fn a_value_of_the_environment_that_cannot_be_is_named_by_its_variable() {
    let place = Place::new();
    for (name, value) in
        [("IS_PAPER_TRADING", "maybe"), ("LOG_LEVEL", "loud"), ("ST0CKA_TRADING_CAPITAL", "0")]
    {
        let mut command = place.command(&["config", "check"]);
        command.env(name, value);
        place.start(command).end().exits(10).says(&[&format!("env {name}: "), value]);
    }
}

#[test]
fn credentials_are_shown_as_stars_only() {
    let place = Place::new();
    for args in [&["config", "show"][..], &["config", "show", "--json"]] {
        let mut command = place.command(args);
        command.env("ST0CKA_KEY", "canary-key").env("ST0CKA_SECRET", "canary-secret");
        let ran = place.start(command).end().ok();
        assert!(ran.out.contains("***") && !ran.out.contains("canary"), "{}", ran.out);
    }
    let told = place.st0ck(&["config", "show", "--json"]).ok().json();
    assert_eq!(told["settings"]["account.secret"]["value"], "");
    assert_eq!(told["settings"]["account.secret"]["origin"], "not set");
}

#[test]
fn limits_that_are_shares_of_capital_follow_it() {
    let place = Place::new();
    let show = |capital: &str, key: &str| {
        shown(&place, &[("ST0CKA_TRADING_CAPITAL", capital)], &[], key).0
    };
    assert_eq!(show("10000", "risk.order_value_max"), "2500");
    assert_eq!(show("20000", "risk.order_value_max"), "5000");
}

#[test]
fn what_check_counts_is_what_show_shows() {
    let place = Place::new();
    let count = place.st0ck(&["config", "check", "--json"]).ok().json();
    let shown = place.st0ck(&["config", "show", "--json"]).ok().json();
    let own = |(name, _): &(&String, &Value)| *name != "account.key" && *name != "account.secret";
    let rows = shown["settings"].as_object().unwrap().iter().filter(own).count();
    assert_eq!(
        (count["ok"].as_bool(), count["settings"].as_u64()),
        (Some(true), Some(rows as u64))
    );
}
