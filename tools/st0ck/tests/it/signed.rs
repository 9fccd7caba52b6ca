//! Signed limits (control C28): keys, signatures, and a bot that takes its limits from nowhere else.

use crate::broker::Broker;
use crate::place::{Place, Ran, skip};
use crate::tape;
use crate::terminal;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const LIMITS: &str = "capital = 2000\n[risk]\ndaily_loss_max = 50\n[log]\nlevel = \"error\"\n";

/// Makes `NAME.key` and `NAME.pub`; the key's number.
fn keygen(place: &Place, name: &str) -> String {
    let (secret, public) = (format!("{name}.key"), format!("{name}.pub"));
    let args = ["config", "keygen", "--secret", &secret, "--public", &public, "--no-password"];
    let told = place.st0ck(&[&args[..], &["--json"]].concat()).ok().json();
    told["key_id"].as_str().unwrap().to_owned()
}

/// Signs `st0ck.toml` with a key.
fn sign(place: &Place, name: &str) -> Value {
    let secret = format!("{name}.key");
    let args = ["config", "sign", "st0ck.toml", "--secret", &secret, "--by", "Ada", "--json"];
    place.st0ck(&args).ok().json()
}

/// A place with a signed `st0ck.toml`, and the number of its key.
fn signed() -> (Place, String) {
    let place = Place::new();
    let id = keygen(&place, "limits");
    place.write("st0ck.toml", LIMITS);
    sign(&place, "limits");
    (place, id)
}

/// A command where a key is pinned.
fn pinned(place: &Place, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let mut command = place.command(args);
    command.env("ST0CK_LIMITS_KEY", "limits.pub").envs(env.iter().copied());
    place.start(command).end()
}

const RUN: [&str; 4] = ["run", "st0cka", "--config", "st0ck.toml"];

/// A start that is refused before anything is looked at, and says these words.
#[track_caller]
fn refused(place: &Place, args: &[&str], env: &[(&str, &str)], words: &[&str]) {
    pinned(place, args, env).exits(10).says(&["limits are pinned to a key"]).says(words);
    assert!(!place.path("runs").exists());
}

fn verify(place: &Place, key: &str) -> Ran {
    place.st0ck(&["config", "verify", "st0ck.toml", "--public", key])
}

#[test]
fn a_pair_of_keys_is_made_once_and_its_secret_half_is_its_owners() {
    let place = Place::new();
    let id = keygen(&place, "limits");
    let mode = |name: &str| place.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("limits.key"), 0o600);
    let secret = fs::read_to_string(place.path("limits.key")).unwrap();
    let public = fs::read_to_string(place.path("limits.pub")).unwrap();
    assert!(public.starts_with(&format!("untrusted comment: minisign public key: {id}\nRW")));
    for [key, public] in [["limits.key", "new.pub"], ["new.key", "limits.pub"], ["new", "new"]] {
        let args = ["config", "keygen", "--secret", key, "--public", public, "--no-password"];
        place.st0ck(&args).exits(2).says(&["is there already", "never overwritten"]);
    }
    for name in ["new.key", "new.pub", "new"] {
        assert!(!place.path(name).exists(), "{name} was left behind");
    }
    assert_eq!(fs::read_to_string(place.path("limits.key")).unwrap(), secret);
    assert_eq!(fs::read_to_string(place.path("limits.pub")).unwrap(), public);
}

/// The command as a session of its own, whose terminal is its stdin if that is one.
fn in_its_own_session(place: &Place, args: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    let own = ["--ctty", "--wait", env!("CARGO_BIN_EXE_st0ck")];
    place.prepare(&mut command).args(own).args(args);
    command
}

#[test]
fn a_password_is_typed_twice_and_then_opens_the_key() {
    let place = Place::new();
    let typed = |args: &[&str], keys: &str| {
        let ran = terminal::typed(&place, in_its_own_session(&place, args), keys);
        assert!(!ran.out.contains("hunter") && !ran.err.contains("hunter"), "{ran:?}");
        ran
    };
    let keygen = ["config", "keygen", "--secret", "limits.key", "--public", "limits.pub"];
    typed(&keygen, "hunter2\nhunter3\n").exits(2).says(&["differ"]);
    typed(&keygen, "\n\n").exits(2).says(&["empty", "--no-password"]);
    assert!(!place.path("limits.key").exists() && !place.path("limits.pub").exists());
    let told = typed(&[&keygen[..], &["--json"]].concat(), "hunter2\nhunter2\n").ok().json();
    assert_eq!(told["password"], true);
    place.write("st0ck.toml", LIMITS);
    let sign = ["config", "sign", "st0ck.toml", "--secret", "limits.key", "--by", "Ada"];
    typed(&sign, "hunter3\n").exits(10).says(&["limits.key", "Wrong password"]);
    assert!(!place.path("st0ck.toml.minisig").exists());
    typed(&sign, "hunter2\n").ok();
    verify(&place, "limits.pub").ok();
}

#[test]
fn a_password_wants_a_terminal() {
    let place = Place::new();
    let args = ["config", "keygen", "--secret", "limits.key", "--public", "limits.pub"];
    let mut command = Command::new("setsid");
    place.prepare(&mut command).arg("--wait").arg(env!("CARGO_BIN_EXE_st0ck")).args(args);
    place.start(command).end().exits(2).says(&["no terminal", "--no-password"]);
    assert!(!place.path("limits.key").exists());
}

#[test]
fn a_signature_tells_who_when_and_which_limits() {
    let (place, id) = signed();
    let told = sign(&place, "limits");
    let limits = json!({ "capital": "2000", "risk.daily_loss_max": "50" });
    assert_eq!((&told["key_id"], &told["limits"]), (&json!(id), &limits), "{told}");
    let ran = place.st0ck(&["config", "verify", "st0ck.toml", "--public", "limits.pub", "--json"]);
    let seen = ran.ok().json()["signature"].clone();
    assert_eq!((&seen["signed"], &seen["key_id"]), (&json!(true), &json!(id)));
    let comment = seen["comment"].as_str().unwrap();
    assert!(comment.starts_with("20") && comment.ends_with("Z by Ada"), "{comment}");
    let nobody = ["config", "sign", "st0ck.toml", "--secret", "limits.key"];
    place.st0ck(&nobody).exits(2).says(&["--by NAME"]);
    place.write("st0ck.toml", "capital = = 1\n");
    place.st0ck(&[&nobody[..], &["--by", "Ada"]].concat()).exits(10).says(&["line 1"]);
}

#[test]
fn what_was_changed_is_not_what_was_signed() {
    let (place, id) = signed();
    let other = keygen(&place, "other");
    verify(&place, "limits.pub").ok();
    verify(&place, "other.pub").exits(1).says(&[&id, &other, "was made with key"]);
    place.write("st0ck.toml", LIMITS.replace("50", "5000"));
    verify(&place, "limits.pub").exits(1).says(&["st0ck.toml is not what", "sign it again"]);
    place.write("st0ck.toml", LIMITS);
    let signature = fs::read_to_string(place.path("st0ck.toml.minisig")).unwrap();
    place.write("st0ck.toml.minisig", signature.replace("by Ada", "by Eve"));
    verify(&place, "limits.pub").exits(1).says(&["one of them was changed"]);
    place.write("st0ck.toml.minisig", "by Ada, honestly\n");
    verify(&place, "limits.pub").exits(1).says(&["st0ck.toml.minisig", "config sign"]);
    fs::remove_file(place.path("st0ck.toml.minisig")).unwrap();
    verify(&place, "limits.pub").exits(1).says(&["st0ck.toml.minisig is not there"]);
    verify(&place, "limits.key").exits(10).says(&["limits.key: expected one minisign public key"]);
}

#[test]
fn under_a_pin_a_bot_starts_with_nothing_but_the_signed_file() {
    let (place, _) = signed();
    keygen(&place, "other");
    refused(&place, &["run", "st0cka"], &[], &["--config FILE", "config sign"]);
    let other = [("ST0CK_LIMITS_KEY", "other.pub")];
    refused(&place, &RUN, &other, &["st0ck.toml.minisig was made with key"]);
    place.write("st0ck.toml", LIMITS.replace("50", "5000"));
    refused(&place, &RUN, &[], &["st0ck.toml is not what st0ck.toml.minisig was made for"]);
    place.write("st0ck.toml", LIMITS);
    let signature = fs::read_to_string(place.path("st0ck.toml.minisig")).unwrap();
    place.write("st0ck.toml.minisig", signature.replace("by Ada", "by Eve"));
    refused(&place, &RUN, &[], &["one of them was changed"]);
    fs::remove_file(place.path("st0ck.toml.minisig")).unwrap();
    refused(&place, &RUN, &[], &["st0ck.toml.minisig is not there", "config sign st0ck.toml"]);
}

#[test]
fn under_a_pin_nothing_that_bounds_money_comes_from_anywhere_else() {
    let (place, _) = signed();
    let with = |more: &[&'static str]| [&RUN[..], more].concat();
    let cases: [(&[&'static str], &str); 5] = [
        (&["--set", "risk.daily_loss_max=49"], "risk.daily_loss_max comes from --set risk"),
        (&["--set", "max_daily_loss=1"], "strategy.max_daily_loss comes from --set max_daily"),
        (&["--set", "symbol=QQQ"], "symbol comes from --set symbol"),
        (&["--mean-reversion"], "strategy.use_mean_reversion comes from --mean-reversion"),
        (&["--volatility-off"], "strategy.use_volatility_sizing comes from --volatility-off"),
    ];
    for (more, words) in cases {
        refused(&place, &with(more), &[], &[words, "sign"]);
    }
    for (name, value, key) in [
        ("ST0CKA_TRADING_CAPITAL", "2000", "capital"),
        ("ALPACA_BASE_URL", "http://127.0.0.1:1", "account.trading_url"),
        ("IS_PAPER_TRADING", "true", "account.paper"),
    ] {
        let words = format!("{key} comes from env {name}, ");
        refused(&place, &RUN, &[(name, value)], &[&words, "leave it out there"]);
        place.write(".env", format!("{name}={value}\n"));
        refused(&place, &RUN, &[], &[&format!("{key} comes from env {name} (.env), ")]);
        fs::remove_file(place.path(".env")).unwrap();
    }
    // How the machine runs is nobody's limit: this gets as far as the credentials.
    let free = with(&["--debug", "--set", "runtime.pin=false", "--set", "journal.sync=batch"]);
    pinned(&place, &free, &[("LOG_LEVEL", "info")]).exits(10).says(&["ST0CKA_KEY is not set"]);
}

#[test]
fn a_pin_that_is_no_key_is_said_and_a_dotenv_does_not_pin() {
    let (place, _) = signed();
    let secret = fs::read_to_string(place.path("limits.key")).unwrap();
    let secret = secret.lines().nth(1).unwrap();
    for (pin, words) in [
        ("", "ST0CK_LIMITS_KEY is empty"),
        ("gone.pub", "gone.pub"),
        ("limits.key", "limits.key: expected one minisign public key"),
        (secret, "not a public key"),
    ] {
        let ran = pinned(&place, &RUN, &[("ST0CK_LIMITS_KEY", pin)]).exits(10).says(&[words]);
        assert!(!ran.err.contains(secret), "{}", ran.err);
    }
    let line = fs::read_to_string(place.path("limits.pub")).unwrap();
    let line = line.lines().nth(1).unwrap();
    let ran = pinned(&place, &RUN, &[("ST0CK_LIMITS_KEY", line)]);
    ran.exits(10).says(&["ST0CKA_KEY is not set"]);
    place.write(".env", "ST0CK_LIMITS_KEY=gone.pub\n");
    place.st0ck(&["run", "st0cka"]).exits(10).says(&["ST0CKA_KEY is not set"]);
}

#[test]
fn no_command_shows_the_secret_key() {
    let (place, _) = signed();
    let secret = fs::read_to_string(place.path("limits.key")).unwrap();
    let secret = secret.lines().nth(1).unwrap();
    let show = |args: &[&str]| {
        let ran = place.st0ck(args);
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{args:?}");
    };
    for json in [&[][..], &["--json"]] {
        let keygen = ["config", "keygen", "--no-password", "--secret", "limits.key", "--public"];
        show(&[&keygen[..], &["x.pub"], json].concat());
        let sign = ["config", "sign", "st0ck.toml", "--by", "Ada", "--secret"];
        show(&[&sign[..], &["limits.key"], json].concat());
        show(&[&sign[..], &["st0ck.toml"], json].concat());
        show(&[&["config", "verify", "st0ck.toml", "--public", "limits.key"], json].concat());
        show(&[&["config", "verify", "st0ck.toml", "--public", secret], json].concat());
    }
}

#[test]
fn keys_and_signatures_are_those_of_minisign() {
    let (place, _) = signed();
    let minisign = |args: &[&str]| {
        let mut command = Command::new("minisign");
        place.prepare(&mut command).args(args);
        command.output().map(|output| output.status.success())
    };
    let Ok(theirs) = minisign(&["-V", "-p", "limits.pub", "-m", "st0ck.toml"]) else {
        return skip("minisign is not installed");
    };
    assert!(theirs, "it verifies what we signed");
    assert!(minisign(&["-S", "-s", "limits.key", "-m", "st0ck.toml"]).unwrap(), "our key signs");
    verify(&place, "limits.pub").ok();
    assert!(minisign(&["-G", "-W", "-p", "its.pub", "-s", "its.key"]).unwrap(), "its own key");
    sign(&place, "its");
    assert!(minisign(&["-V", "-p", "its.pub", "-m", "st0ck.toml"]).unwrap());
    verify(&place, "its.pub").ok();
    assert!(minisign(&["-S", "-l", "-s", "its.key", "-m", "st0ck.toml"]).unwrap());
    verify(&place, "its.pub").exits(1).says(&["legacy"]);
}

#[test]
fn check_tells_whether_the_limits_are_signed_and_refuses_what_a_start_refuses() {
    let (place, id) = signed();
    let check = ["config", "check", "--config", "st0ck.toml"];
    let told = place.st0ck(&[&check[..], &["--json"]].concat()).ok().json();
    assert_eq!(told["signature"], json!({ "signed": false, "key_id": null, "comment": null }));
    assert!(place.st0ck(&check).ok().out.contains("not pinned: the signature beside the file"));
    let told = pinned(&place, &[&check[..], &["--json"]].concat(), &[]).ok().json();
    assert_eq!(
        (&told["signature"]["signed"], &told["signature"]["key_id"]),
        (&json!(true), &json!(id))
    );
    assert!(pinned(&place, &check, &[]).ok().out.contains(&format!("signed with key {id}: ")));
    refused(&place, &["config", "check"], &[], &["--config FILE"]);
    refused(&place, &[&check[..], &["--set", "capital=1"]].concat(), &[], &["--set capital"]);
}

#[test]
fn the_doctor_tells_it_in_the_line_about_the_keys() {
    let (place, id) = signed();
    let nowhere = "trading_url = \"http://127.0.0.1:1\"\nstream_url = \"ws://127.0.0.1:1\"\n";
    place.write("st0ck.toml", format!("[account]\n{nowhere}"));
    let keys = |pin: bool, credentials: &[(&str, &str)]| -> Value {
        let mut command = place.command(&["doctor", "--json", "--config", "st0ck.toml"]);
        command.envs(credentials.iter().copied());
        command.envs(pin.then_some(("ST0CK_LIMITS_KEY", "limits.pub")));
        let told = place.start(command).end().json();
        let lines = told["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 15);
        lines.iter().find(|line| line["check"] == "keys").unwrap().clone()
    };
    let both = [("ST0CKA_KEY", "k"), ("ST0CKA_SECRET", "s")];
    let says = |line: &Value, words: &str| line["value"].as_str().unwrap().contains(words);
    let free = keys(false, &both);
    assert!(free["status"] == "ok" && says(&free, "limits not pinned"), "{free}");
    let old = keys(true, &both);
    assert!(old["status"] == "fail" && says(&old, "st0ck.toml is not what"), "{old}");
    assert!(old["fix"].as_str().unwrap().contains("config sign"), "{old}");
    sign(&place, "limits");
    let good = keys(true, &both);
    assert!(good["status"] == "ok" && says(&good, &format!("signed with key {id}")), "{good}");
    assert_eq!(keys(true, &[])["status"], "warn", "the keys are still missing");
}

#[test]
fn live_wants_signed_limits() {
    let place = Place::new();
    let mut command = place.command(&["run", "st0cka", "--live"]);
    command.env("IS_PAPER_TRADING", "false").env("ALPACA_BASE_URL", "https://api.alpaca.markets");
    place.start(command).end().exits(10).says(&["--live needs signed limits", "ST0CK_LIMITS_KEY"]);
    keygen(&place, "limits");
    let account = "[account]\npaper = false\ntrading_url = \"https://api.alpaca.markets\"\n";
    place.write("st0ck.toml", account);
    sign(&place, "limits");
    let ran = pinned(&place, &[&RUN[..], &["--live"]].concat(), &[]);
    ran.exits(10).says(&["does not trade real money", "paper account"]);
}

/// Writes and signs a configuration that names this broker.
fn configure(place: &Place, broker: &Broker, more: &str) -> String {
    let url = |key: &str| broker.ready[key].as_str().unwrap().to_owned();
    let (rest, stream) = (url("rest"), url("stream"));
    let account = format!("[account]\ntrading_url = \"{rest}\"\nstream_url = \"{stream}\"\n");
    place.write("st0ck.toml", format!("capital = 5000\n{account}{more}"));
    sign(place, "limits")["key_id"].as_str().unwrap().to_owned()
}

/// Such a bot under the pin.
fn start(place: &Place, broker: &Broker, pin: Option<&str>) -> crate::place::Running {
    let mut command = place.command(&[&RUN[..], &["--clock", "feed", "--json"]].concat());
    let [key, secret] = broker.credentials();
    command.env("ST0CKA_KEY", key).env("ST0CKA_SECRET", secret);
    command.envs(pin.map(|pin| ("ST0CK_LIMITS_KEY", pin)));
    place.start(command)
}

#[test]
fn a_signed_bot_trades_and_its_session_says_whose_limits_it_had() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "30"]);
    keygen(&place, "limits");
    let id = configure(&place, &broker, "[risk]\ndaily_loss_max = 49\n");
    let bot = start(&place, &broker, Some("limits.pub"));
    broker.wait_for_orders(4);
    bot.interrupt().ok();
    let header = || -> Value {
        let text = fs::read_to_string(place.session().join("session.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let seen = header();
    assert_eq!(seen["signature"]["key_id"], json!(id), "{seen}");
    assert!(seen["signature"]["comment"].as_str().unwrap().ends_with("by Ada"), "{seen}");
    assert!(seen["limits"].as_array().unwrap().contains(&json!(["daily_loss_max", "49"])));
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
    place.st0ck(&["explain", "last"]).ok();

    let unsigned = start(&place, &broker, None).end().exits(10);
    unsigned.says(&["other settings", &format!("limits_key was {id}")]);
    let orders = broker.orders().len();
    let again = start(&place, &broker, Some("limits.pub"));
    broker.wait_for_orders(orders + 2);
    again.interrupt().ok();
    assert_eq!(header(), seen, "the day's session went on");
}

#[test]
fn a_session_without_a_pin_has_no_signature_to_show() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 60, tape::waves));
    pinned(&place, &["demo", "--data", "quotes.csv", "--set", "capital=5000"], &[]).ok();
    let header = fs::read_to_string(place.session().join("session.json")).unwrap();
    assert!(!header.contains("signature"), "the demo sends no order: {header}");
}
