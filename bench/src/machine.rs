//! What the numbers were measured on: told with every result, because without it they mean nothing.

use crate::stopwatch::Stopwatch;
use serde_json::{Value, json};
use std::fs::read_to_string;

/// The machine, as far as it tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Whether it is a virtual machine.
    pub is_virtual: bool,
    /// The kernel's version line.
    pub kernel: String,
    /// Processes that ran or wanted to when the bench began, averaged over a minute.
    pub load: f64,
    /// Nanoseconds that one reading of the time-stamp counter takes.
    pub clock_cost_ns: f64,
    /// The counter's visible step in nanoseconds.
    pub clock_tick_ns: u64,
}

impl Machine {
    /// Asks the system. What it does not tell is empty, 0 or false.
    #[must_use]
    pub fn read(watch: &Stopwatch) -> Self {
        let cpuinfo = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
            line.split_once(':').map(|(_, value)| value.trim())
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let flags = field("flags").unwrap_or_default();
        let load = read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            cpu: field("model name").unwrap_or_default().to_owned(),
            cores,
            is_virtual: flags.split(' ').any(|flag| flag == "hypervisor"),
            kernel: kernel_line(),
            load: load.split(' ').next().and_then(|one| one.parse().ok()).unwrap_or(0.0),
            clock_cost_ns: (watch.cost() * 10.0).round() / 10.0,
            clock_tick_ns: watch.tick(),
        }
    }

    /// For the key `machine`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "virtual": self.is_virtual,
            "kernel": self.kernel,
            "load": self.load,
            "clock_cost_ns": self.clock_cost_ns,
            "clock_tick_ns": self.clock_tick_ns,
        })
    }
}

/// How often the system has taken the core away from this thread so far: what the longest times are
/// made of. 0 where it does not tell (proc_pid_status(5)).
#[must_use]
pub fn preemptions() -> u64 {
    let status = read_to_string("/proc/thread-self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// `/proc/version` without the names of those who built it.
fn kernel_line() -> String {
    let version = read_to_string("/proc/version").unwrap_or_default();
    version.split(" (").next().unwrap_or_default().trim().to_owned()
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_virtual { "virtual" } else { "bare metal" };
        writeln!(f, "{} · {} cores, {kind} · load {:.2}", self.cpu, self.cores, self.load)?;
        writeln!(f, "{}", self.kernel)?;
        write!(f, "clock: {} ns a reading, steps of {} ns", self.clock_cost_ns, self.clock_tick_ns)
    }
}
