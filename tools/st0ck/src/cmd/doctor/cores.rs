//! Cores: how many, which of them are kept free, which of them interrupts may disturb.

use super::line::Line;
use super::machine::{Machine, cores, cores_text};
use st0ck_runtime::topology::Topology;

/// Feed, core, gateway.
const HOT_AGENTS: usize = 3;

/// Where the hot threads would run with the settings at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hot {
    /// Cores that the process may use.
    pub(super) allowed: Vec<usize>,
    /// Cores that hot threads would be pinned to; none when nothing is pinned.
    pub(super) pinned: Vec<usize>,
    pub(super) topology: Topology,
    /// `runtime.first_core`, when `runtime.pin` is on.
    pub(super) first: Option<usize>,
}

impl Hot {
    /// Settles topology and cores as the start of a lane does.
    pub(super) fn settle(machine: &Machine, topology: Topology, first: Option<usize>) -> Self {
        let allowed = machine.allowed();
        let topology = topology.settle(HOT_AGENTS, allowed.len());
        let threads = if topology == Topology::Dedicated { HOT_AGENTS } else { 1 };
        let at = first.and_then(|first| allowed.iter().position(|&core| core == first));
        let pinned = at.map(|at| allowed.iter().skip(at).take(threads).copied().collect());
        Self { pinned: pinned.unwrap_or_default(), allowed, topology, first }
    }

    /// The cores to isolate: where hot threads are, or the last ones when that would leave none to the
    /// system.
    fn advised(&self) -> Vec<usize> {
        let from = self.allowed.len().saturating_sub(HOT_AGENTS).max(1);
        self.allowed.iter().skip(from).copied().collect()
    }
}

/// How many cores there are to use.
pub(super) fn count(hot: &Hot) -> Line {
    let (n, list) = (hot.allowed.len(), cores_text(&hot.allowed));
    let value = format!("{n} to use ({list}); hot threads: {}", hot.topology.as_str());
    match n {
        0 | 1 => Line::fail(
            "cores",
            value,
            "give it two or more: nproc, taskset -p $$, the container's cpuset, or a larger machine; \
             on one core the hot thread, the journal's keeper and the system wait for each other",
        ),
        2..=HOT_AGENTS => Line::warn(
            "cores",
            value,
            format!(
                "feed, core and gateway share one thread below {} cores; that is right here, with \
                 runtime.idle = yield when other work runs beside it",
                HOT_AGENTS + 1
            ),
        ),
        _ => Line::ok("cores", value),
    }
}

/// Whether the kernel keeps other work off the hot cores.
pub(super) fn isolation(machine: &Machine, hot: &Hot) -> Line {
    const CHECK: &str = "isolation";
    if let Some(first) = hot.first.filter(|_| hot.pinned.is_empty()) {
        let value = format!("runtime.first_core = {first} is not among {}", list(&hot.allowed));
        let fix = "taskset -c CORES st0ck run …, with first_core among them (isolated cores must be \
                   named there), or --set runtime.first_core=N";
        return Line::fail(CHECK, value, fix);
    }
    let of = |file: &str| cores(&machine.read(file).unwrap_or_default());
    let isolated = of("sys/devices/system/cpu/isolated");
    let tickless = of("sys/devices/system/cpu/nohz_full");
    let cmdline = machine.read("proc/cmdline").unwrap_or_default();
    let no_callbacks = cmdline.split(' ').find_map(|word| word.strip_prefix("rcu_nocbs="));
    let no_callbacks = cores(no_callbacks.unwrap_or_default());
    let has = |list: &[usize]| hot.pinned.iter().all(|core| list.contains(core));
    let value = format!(
        "hot {}; isolcpus {}; nohz_full {}; rcu_nocbs {}",
        list(&hot.pinned),
        list(&isolated),
        list(&tickless),
        list(&no_callbacks)
    );
    if hot.allowed.len() <= HOT_AGENTS && isolated.is_empty() {
        let few = "nothing to gain below four cores: leave it, or take a larger machine";
        return Line::warn(CHECK, value, few);
    }
    if !hot.pinned.is_empty() && has(&isolated) && has(&tickless) && has(&no_callbacks) {
        return Line::ok(CHECK, value);
    }
    let prepared = |core| tickless.contains(core) && no_callbacks.contains(core);
    if !isolated.is_empty() && isolated.iter().all(prepared) {
        return Line::warn(CHECK, value, start_on(&isolated));
    }
    let advised = if isolated.is_empty() { hot.advised() } else { isolated };
    let cores = cores_text(&advised);
    let args = format!("isolcpus={cores} nohz_full={cores} rcu_nocbs={cores}");
    let fix = format!(
        "RHEL: grubby --update-kernel=ALL --args='{args}'; Debian: add {args} to GRUB_CMDLINE_LINUX \
         in /etc/default/grub, then update-grub; reboot; {}",
        start_on(&advised)
    );
    Line::warn(CHECK, value, fix)
}

/// How to start on isolated cores: they must be named, with one in front for everything else.
fn start_on(isolated: &[usize]) -> String {
    let first = isolated.first().copied().unwrap_or_default();
    let with_one: Vec<usize> =
        (first.saturating_sub(1)..first).chain(isolated.iter().copied()).collect();
    let list = cores_text(&with_one);
    format!("start with taskset -c {list} st0ck run … --set runtime.first_core={first}")
}

fn list(cores: &[usize]) -> String {
    if cores.is_empty() { "none".to_owned() } else { cores_text(cores) }
}

/// Whether device interrupts may land on the hot cores.
pub(super) fn interrupts(machine: &Machine, hot: &Hot) -> Line {
    const CHECK: &str = "irq_affinity";
    let numbers = machine.list("proc/irq");
    let numbers = numbers.iter().filter(|name| name.bytes().all(|b| b.is_ascii_digit()));
    let (mut all, mut here) = (0, Vec::new());
    for number in numbers {
        let read = |file: &str| machine.read(&format!("proc/irq/{number}/{file}"));
        let on = read("effective_affinity_list").filter(|text| !text.is_empty());
        let Some(on) = on.or_else(|| read("smp_affinity_list")) else { continue };
        all += 1;
        if cores(&on).iter().any(|core| hot.pinned.contains(core)) {
            here.push(number.clone());
        }
    }
    let value = format!("{} of {all} interrupts may land on {}", here.len(), list(&hot.pinned));
    if here.is_empty() {
        return Line::ok(CHECK, value);
    }
    let away: Vec<usize> =
        hot.allowed.iter().copied().filter(|core| !hot.pinned.contains(core)).collect();
    if away.is_empty() {
        return Line::warn(CHECK, value, "no core is left to take them: use a machine with more");
    }
    Line::warn(
        CHECK,
        value,
        format!(
            "as root: systemctl disable --now irqbalance; for i in {}; do echo {} > \
             /proc/irq/$i/smp_affinity_list; done (an interrupt that refuses is the kernel's own)",
            here.join(" "),
            cores_text(&away)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::line::Status;
    use super::super::machine::made_of;
    use super::*;

    fn machine(allowed: &str, more: &[(&str, &str)]) -> (tempfile::TempDir, Machine) {
        let status = format!("Cpus_allowed_list:\t{allowed}\n");
        made_of(&[&[("proc/self/status", status.as_str())], more].concat())
    }

    fn hot(machine: &Machine, first: usize) -> Hot {
        Hot::settle(machine, Topology::Auto, Some(first))
    }

    #[test]
    fn one_core_fails_a_few_warn_and_four_are_enough() {
        for (allowed, status) in
            [("0", Status::Fail), ("0-1", Status::Warn), ("0-2", Status::Warn), ("0-3", Status::Ok)]
        {
            let (_root, machine) = machine(allowed, &[]);
            let line = count(&hot(&machine, 0));
            assert_eq!((line.status, line.fix.is_none()), (status, status == Status::Ok));
        }
    }

    #[test]
    fn hot_cores_are_those_that_a_lane_would_pin() {
        let (_root, machine) = machine("1-4", &[]);
        assert_eq!(hot(&machine, 2).pinned, [2, 3, 4]);
        assert_eq!(Hot::settle(&machine, Topology::Shared, Some(2)).pinned, [2]);
        assert_eq!(Hot::settle(&machine, Topology::Auto, None).pinned, [0usize; 0]);
    }

    #[test]
    fn isolation_is_whole_partial_or_names_a_core_we_may_not_use() {
        let whole = [
            ("sys/devices/system/cpu/isolated", "2-4"),
            ("sys/devices/system/cpu/nohz_full", "2-4"),
            ("proc/cmdline", "quiet isolcpus=2-4 rcu_nocbs=2-4"),
        ];
        let of = |files: &[(&str, &str)], allowed, first| {
            let (_root, machine) = machine(allowed, files);
            isolation(&machine, &hot(&machine, first))
        };
        assert_eq!(of(&whole, "1-4", 2).status, Status::Ok);
        for part in [&whole[1..], &whole[..1], &whole[..2], &[]] {
            let line = of(part, "1-4", 2);
            assert_eq!(line.status, Status::Warn, "{line:?}");
            assert!(line.fix.unwrap().contains("isolcpus=2-4 nohz_full=2-4 rcu_nocbs=2-4"));
        }
        let line = of(&whole, "0-1,5-6", 2);
        assert_eq!(line.status, Status::Fail, "{line:?}");
        let line = of(&[], "0-1", 0);
        assert!(line.status == Status::Warn && line.fix.unwrap().contains("below four"));
    }

    #[test]
    fn interrupts_on_hot_cores_are_counted_with_the_command_that_moves_them() {
        let files = [
            ("proc/irq/24/smp_affinity_list", "0-4"),
            ("proc/irq/24/effective_affinity_list", "1"),
            ("proc/irq/25/smp_affinity_list", "3"),
            ("proc/irq/default_smp_affinity", "ff"),
        ];
        let (_root, machine) = machine("1-4", &files);
        let line = interrupts(&machine, &hot(&machine, 2));
        assert_eq!(line.value, "1 of 2 interrupts may land on 2-4");
        assert!(line.fix.unwrap().contains("for i in 25; do echo 1 >"));
        let (_root, quiet) = made_of(&[("proc/self/status", "Cpus_allowed_list: 1-4")]);
        assert_eq!(interrupts(&quiet, &hot(&quiet, 2)).status, Status::Ok);
    }
}
