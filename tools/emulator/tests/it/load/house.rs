//! The emulator in a process of its own: this test's binary again, so that its memory and its time
//! on the processor are its own too.

use crate::client::Socket;
use crate::stage::{Stage, recording, steady};
use serde_json::{Value, json};
use st0ck_emulator::{EmulatorConfig, Speed, Start};
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Set for the process that is the emulator.
const ROLE: &str = "ST0CK_LOAD_HOUSE";
/// Final orders that it remembers: reached in the first second, so that what still grows shows.
const ORDERS_KEPT: usize = 10_000;
/// What may wait for a listener that is not running for a moment: a tenth of a second of updates.
const STREAM_PENDING: usize = 16 << 20;
/// The clock ticks in which Linux tells times (`USER_HZ`).
const TICKS_PER_S: u64 = 100;

/// What a process has cost so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Costs {
    /// Time on a processor, the kernel's for it among it.
    pub(super) cpu: Duration,
    /// Memory it has.
    pub(super) resident_kib: u64,
}

/// A running emulator. It ends when this is dropped.
pub(super) struct House {
    child: Child,
    /// Kept open: its test harness goes on writing.
    _output: Lines<BufReader<ChildStdout>>,
    endpoints: Value,
}

impl House {
    /// Starts one.
    pub(super) fn open() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["load::house::be_the_emulator", "--exact", "--nocapture"])
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The harness writes around it.
        let ready = lines.find_map(|line| Some(line.unwrap().split_once('{')?.1.to_owned()));
        let endpoints = serde_json::from_str(&format!("{{{}", ready.expect("a ready line")));
        Self { child, _output: lines, endpoints: endpoints.unwrap() }
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.text("rest").rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Key and secret.
    pub(super) fn keys(&self) -> (&str, &str) {
        (self.text("key"), self.text("secret"))
    }

    /// A listener on order updates.
    pub(super) fn listener(&self) -> Socket {
        let mut socket = Socket::connect(self.port(), "/stream");
        let (key, secret) = self.keys();
        socket.say(json!({"action": "auth", "key": key, "secret": secret}));
        assert_eq!(socket.next()["data"]["status"], "authorized");
        socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
        assert_eq!(socket.next()["stream"], "listening");
        socket
    }

    /// What it has cost so far.
    pub(super) fn costs(&self) -> Costs {
        let of = self.child.id().to_string();
        Costs { cpu: cpu(&of), resident_kib: resident_kib(&of) }
    }

    fn text(&self, key: &str) -> &str {
        self.endpoints[key].as_str().unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // The end of its input is its sign to go.
        drop(self.child.stdin.take());
        let ended = self.child.wait();
        if !std::thread::panicking() {
            assert!(ended.unwrap().success(), "the emulator failed");
        }
    }
}

/// Time on a processor of this process, every thread of it.
pub(super) fn own_cpu() -> Duration {
    cpu("self")
}

/// `utime` and `stime` of `/proc/PID/stat` (proc_pid_stat(5)), the 14th and 15th field.
fn cpu(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name, in parentheses, may hold blanks; behind it stands the third field.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap());
    Duration::from_millis(ticks.sum::<u64>() * 1_000 / TICKS_PER_S)
}

fn resident_kib(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn be_the_emulator() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let config = EmulatorConfig {
        seed: Some(7),
        speed: Speed::Paced(1.0),
        start: Start::Now,
        orders_kept: ORDERS_KEPT,
        stream_pending: STREAM_PENDING,
        ..EmulatorConfig::new(recording(steady(6_000, 100, 1_000)))
    };
    let stage = Stage::start(config);
    // Not by the harness, which may keep for itself what a test prints.
    writeln!(std::io::stdout(), "{}", stage.endpoints()).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    stage.handle.stop().unwrap();
}
