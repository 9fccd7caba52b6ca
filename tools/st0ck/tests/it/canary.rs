//! A key that must not be told appears nowhere: not on disk, not in output, not in the process list.

use crate::broker::Broker;
use crate::place::{Place, Running, wait_for};
use crate::tape;
use std::fs;

const KEY: &str = "PKCANARYq7x2m9w4t1";
const SECRET: &str = "canary/Zk3vB8nQ+5sLd0yHr6uT";

/// Every form in which a text could lie somewhere.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    let mut all = vec![secret.to_owned(), hex.to_uppercase(), hex];
    let escaped = secret.replace('/', "%2F").replace('+', "%2B");
    all.extend([escaped, secret.replace('/', "\\/"), secret.chars().rev().collect()]);
    // In base64 the text looks different at each of the three places it may begin at; the first and
    // last characters mix with their neighbours and are left out.
    for shift in 0..3 {
        let shifted = format!("{}{secret}", "\0".repeat(shift));
        let encoded = base64(shifted.as_bytes());
        all.push(encoded[4..encoded.len() - 4].to_owned());
    }
    all.into_iter().map(String::into_bytes).collect()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |chunk: &[u8], n: usize| {
        let word = chunk.iter().chain(&[0, 0]).take(3).fold(0, |w, &b| w << 8 | u32::from(b));
        char::from(ALPHABET[(word >> (18 - 6 * n) & 63) as usize])
    };
    bytes.chunks(3).flat_map(|chunk| (0..4).map(move |n| digit(chunk, n))).collect()
}

fn holds(bytes: &[u8], form: &[u8]) -> bool {
    bytes.windows(form.len()).any(|window| window == form)
}

/// Looks through every file: sessions, memory, captured outputs of every command so far.
#[track_caller]
fn check(place: &Place) {
    let files = place.files();
    assert!(files.len() > 5, "{files:?}");
    for secret in [KEY, SECRET] {
        for form in forms(secret) {
            for file in &files {
                let bytes = fs::read(file).unwrap_or_default();
                let words = String::from_utf8_lossy(&form);
                // The emulator's ready line tells its key on purpose: it is what a client needs.
                let is_ready_line = bytes.starts_with(b"{\"rest\":");
                assert!(is_ready_line || !holds(&bytes, &form), "{words} in {}", file.display());
            }
        }
    }
}

fn broker(place: &Place) -> Broker {
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    let args = ["--data", "tape", "--speed", "60", "--key", KEY, "--secret", SECRET];
    Broker::start(place, &args)
}

fn start(place: &Place, broker: &Broker, args: &[&str], level: &str) -> Running {
    let mut command = broker.bot(place, args);
    command.env("LOG_LEVEL", level).env("RUST_LOG", "trace");
    place.start(command)
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let place = Place::new();
    let framed = format!("xy{SECRET}z");
    let hex: String = SECRET.bytes().map(|b| format!("{b:02x}")).collect();
    for planted in [SECRET.to_owned(), base64(framed.as_bytes()), hex] {
        let path = place.write("planted", format!("before {planted} after"));
        let bytes = fs::read(path).unwrap();
        assert!(forms(SECRET).iter().any(|form| holds(&bytes, form)), "{planted}");
    }
}

#[test]
fn a_trading_bot_tells_its_credentials_nowhere() {
    for (args, level) in [(&["--json"][..], "trace"), (&["--debug"], "warn")] {
        let place = Place::new();
        let broker = broker(&place);
        let bot = start(&place, &broker, args, level);
        broker.wait_for_orders(4);
        let pid = bot.child.id();
        let cmdline = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!holds(&cmdline, KEY.as_bytes()) && !holds(&cmdline, SECRET.as_bytes()));
        check(&place);
        bot.kill();
        check(&place);
        let bot = start(&place, &broker, args, level);
        broker.wait_for_orders(broker.orders().len() + 2);
        bot.interrupt().ok();
        for look in [&["status", "--json"][..], &["journal", "cat", "--json"], &["bots"]] {
            place.st0ck(look).ok();
        }
        check(&place);
    }
}

#[test]
fn a_start_that_fails_tells_them_nowhere_either() {
    let place = Place::new();
    let broker = broker(&place);
    let changes: [(&str, &str, i32); 4] = [
        ("ALPACA_BASE_URL", "http://127.0.0.1:9", 20),
        ("ALPACA_STREAM_URL", "no url", 10),
        ("ST0CKA_TRADING_CAPITAL", "0", 10),
        ("IS_PAPER_TRADING", "false", 10),
    ];
    for (name, value, code) in changes {
        let mut command = broker.bot(&place, &["--debug"]);
        command.env(name, value).env("LOG_LEVEL", "trace");
        place.start(command).end().exits(code);
    }
    let ready = wait_for("the ready line", || Some(broker.process.out()));
    assert!(ready.contains(KEY), "this one place tells it, on purpose");
    place.write("runs/left-over", "");
    check(&place);
}

#[test]
fn a_dotenv_feeds_the_bot_and_is_the_only_file_with_the_secret() {
    let place = Place::new();
    let broker = broker(&place);
    let dotenv = format!("ST0CKA_KEY={KEY}\nST0CKA_SECRET='{SECRET}'\n");
    let path = place.write(".env", dotenv);
    let mut command = broker.bot(&place, &[]);
    command.env_remove("ST0CKA_KEY").env_remove("ST0CKA_SECRET").env("LOG_LEVEL", "trace");
    let bot = place.start(command);
    broker.wait_for_orders(2);
    bot.interrupt().ok();
    place.st0ck(&["config", "show"]).ok();
    fs::remove_file(path).unwrap();
    check(&place);
}

#[test]
fn the_demos_own_key_is_not_kept() {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 120, tape::waves));
    let mut command = place.command(&["demo", "--seed", "3", "--data", "quotes.csv"]);
    command.env("LOG_LEVEL", "trace");
    place.start(command).end().ok();
    let broker = Broker::start(&place, &["--seed", "3", "--data", "quotes.csv"]);
    let [key, secret] = broker.credentials();
    for file in place.files() {
        let bytes = fs::read(&file).unwrap_or_default();
        let told = bytes.starts_with(b"{\"rest\":");
        let found = holds(&bytes, key.as_bytes()) || holds(&bytes, secret.as_bytes());
        assert!(told || !found, "{}", file.display());
    }
}
