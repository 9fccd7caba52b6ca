//! The bot behind the proxy: a broker whose connections are cut and whose words come late is a broker
//! all the same, and nothing is lost or sent twice.

use crate::broker::Broker;
use crate::crash::{check, session_s};
use crate::place::{Place, Running, wait_for};
use crate::tape;
use serde_json::Value;
use std::io::{Read, Write};

/// Everything late; one market-data session and one listener cut in the middle of a message; of the
/// replies to orders one dropped and one cut. By name, so that the log tells which have happened.
const PLAN: &str = r#"
seed = 3

[[fault]]
name = "late"
kind = "delay"
on = "connections"
ms = 2
jitter_ms = 10

[[fault]]
name = "updates-late"
kind = "delay"
on = "updates"
ms = 40
every = 3

[[fault]]
name = "cut-off"
kind = "cut"
on = "connections"
after_bytes = 30000
count = 6

[[fault]]
name = "reply-lost"
kind = "drop"
on = "orders"
every = 3
count = 1

[[fault]]
name = "reply-cut"
kind = "cut"
on = "orders"
after_bytes = 20
every = 5
count = 1
"#;

/// Starts the proxy before a broker; the process and its port.
fn proxy(place: &Place, broker: &Broker) -> (Running, String) {
    let faults = place.write("faults.toml", PLAN);
    let to = broker.ready["rest"].as_str().unwrap().strip_prefix("http://").unwrap();
    let faults = faults.to_str().unwrap();
    let process = place.start(place.command(&["chaos", "--to", to, "--faults", faults]));
    let line = wait_for("the proxy's ready line", || {
        let out = process.out();
        out.ends_with('\n').then_some(out)
    });
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["to"], to);
    (process, ready["listen"].as_str().unwrap().to_owned())
}

#[test]
fn a_bot_behind_cut_and_late_connections_ends_clean_with_nothing_lost_or_sent_twice() {
    // Orders come while the market waves; behind that nothing moves, and both sides are compared.
    const WAVES_S: i64 = 400;
    let place = Place::new();
    let cents = |s| if s < WAVES_S { tape::waves(s) } else { 38_990 };
    place.write("tape/quotes.csv", tape::quotes(0, 5400, cents));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "30"]);
    let (proxy, listen) = proxy(&place, &broker);
    let mut bot = broker.bot(&place, &["--volatility-off", "--json"]);
    for (name, scheme) in
        [("ALPACA_BASE_URL", "http"), ("ALPACA_DATA_URL", "http"), ("ALPACA_STREAM_URL", "ws")]
    {
        bot.env(name, format!("{scheme}://{listen}"));
    }
    let bot = place.start(bot);
    let names = ["late", "updates-late", "cut-off", "reply-lost", "reply-cut"];
    wait_for("every fault", || {
        let log = proxy.err();
        names.iter().all(|name| log.contains(&format!("{name}: "))).then_some(())
    });
    wait_for("the quiet part", || (session_s(&broker) > WAVES_S + 60).then_some(()));
    let quiet = broker.orders();
    assert!(quiet.len() >= 6, "{quiet:?}");
    let told = bot.interrupt().ok().json();
    proxy.interrupt().ok();
    let status = place.status();
    assert_eq!(broker.orders(), quiet, "nothing moves in the quiet part");
    assert_eq!(status["position"], broker.position(), "{status}");
    assert_eq!(status["orders_sent"], quiet.len(), "{status}");
    let fills = broker.get("/v2/account/activities/FILL?page_size=100");
    assert_eq!(status["fills"], fills.as_array().unwrap().len(), "{status}");
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!(replay["state_hash"], told["state_hash"], "the live engine and its replay");
    check(&place, &broker);
}

/// A process whose words go to a disk that is full.
struct Unheard(std::process::Child);

impl Drop for Unheard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a command that has nowhere to tell of faults; its ready line.
fn unheard(place: &Place, name: &str, args: &[&str]) -> (Unheard, Value) {
    let out = place.path(name);
    let mut command = place.command(args);
    command.stdout(std::fs::File::create(&out).unwrap());
    command.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let process = Unheard(command.spawn().unwrap());
    let line = wait_for("a ready line", || {
        let line = std::fs::read_to_string(&out).unwrap();
        line.ends_with('\n').then_some(line)
    });
    (process, serde_json::from_str(&line).unwrap())
}

#[test]
fn a_full_disk_for_its_words_stops_neither_the_emulator_nor_the_proxy() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 600, tape::waves));
    let every = "[[fault]]\nkind = \"delay\"\non = \"connections\"\nms = 1\n";
    let faults = place.write("faults.toml", every);
    let faults = ["--faults", faults.to_str().unwrap()];
    let emulate = ["emulate", "alpaca", "--port", "0", "--data", "tape"];
    let (_broker, ready) = unheard(&place, "ready", &[&emulate[..], &faults].concat());
    let to = ready["rest"].as_str().unwrap().strip_prefix("http://").unwrap();
    let (_proxy, ready) = unheard(&place, "proxy", &[&["chaos", "--to", to][..], &faults].concat());
    for _ in 0..20 {
        let mut socket = std::net::TcpStream::connect(ready["listen"].as_str().unwrap()).unwrap();
        socket.set_read_timeout(Some(crate::place::PATIENCE)).unwrap();
        socket.write_all(b"GET /v2/clock HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
}
