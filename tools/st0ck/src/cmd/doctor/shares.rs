//! Whether the machine gives us the time that it shows: a container's quota, a hypervisor's steal.

use super::cores::Hot;
use super::line::Line;
use super::machine::Machine;

/// Steal up to which a machine counts as quiet, in 1/10,000.
const STEAL_QUIET: u64 = 50;
/// Steal from which on latencies mean nothing, in 1/10,000.
const STEAL_LOUD: u64 = 500;

/// What the container's processor quota leaves.
pub(super) fn quota(machine: &Machine, hot: &Hot) -> Line {
    const CHECK: &str = "cgroup_quota";
    const LIFT: &str = "systemctl set-property UNIT CPUQuota= (systemd), docker update --cpus=0 \
                        NAME, or resources.limits.cpu taken out (Kubernetes, with a static CPU \
                        manager policy)";
    let Some(quota) = tightest(machine) else {
        return Line::ok(CHECK, "none: the process may use its cores whole");
    };
    let throttled = match quota.throttled {
        0 => String::new(),
        times => format!("; throttled {times} times so far"),
    };
    let cores = format!("{}.{:02}", quota.hundredths / 100, quota.hundredths % 100);
    let value = format!("{cores} cores' time in each period ({}){throttled}", quota.place);
    let needed = 100 * (hot.allowed.len() as u64).clamp(1, 2);
    if quota.hundredths < needed {
        return Line::fail(CHECK, value, format!("{LIFT}: a hot thread stops at the quota's end"));
    }
    Line::warn(CHECK, value, format!("{LIFT}; reserve cores (cpuset) instead of limiting time"))
}

/// A quota, in hundredths of a core.
struct Quota {
    hundredths: u64,
    throttled: u64,
    place: String,
}

/// The smallest quota of our group and those above it (version 2, else version 1).
fn tightest(machine: &Machine) -> Option<Quota> {
    let groups = machine.read("proc/self/cgroup")?;
    let mut found = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_matches('/'));
        let root = match controllers {
            "" => "sys/fs/cgroup".to_owned(),
            list if list.split(',').any(|name| name == "cpu") => format!("sys/fs/cgroup/{list}"),
            _ => continue,
        };
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
        for depth in 0..=steps.len() {
            let place = [&[root.as_str()], &steps[..depth]].concat().join("/");
            found.extend(quota_at(machine, place));
        }
    }
    found.into_iter().min_by_key(|quota| quota.hundredths)
}

fn quota_at(machine: &Machine, place: String) -> Option<Quota> {
    let number = |file: &str| machine.read(&format!("{place}/{file}"))?.parse::<u64>().ok();
    let pair = || {
        let text = machine.read(&format!("{place}/cpu.max"))?;
        let (quota, period) = text.split_once(' ')?;
        Some((quota.parse::<u64>().ok()?, period.parse::<u64>().ok()?))
    };
    let (quota, period) =
        pair().or_else(|| Some((number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?)))?;
    let stat = machine.read(&format!("{place}/cpu.stat")).unwrap_or_default();
    let throttled = stat.lines().find_map(|line| line.strip_prefix("nr_throttled "));
    let throttled = throttled.and_then(|n| n.parse().ok()).unwrap_or_default();
    Some(Quota { hundredths: quota * 100 / period.max(1), throttled, place: format!("/{place}") })
}

/// Ticks of all cores: all, and those that the hypervisor took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    all: u64,
    stolen: u64,
}

/// Ticks since the machine started, from `/proc/stat`.
pub(super) fn ticks(machine: &Machine) -> Option<Ticks> {
    let stat = machine.read("proc/stat")?;
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    // user nice system idle iowait irq softirq steal; guest time is in user already (proc(5)).
    let values: Vec<u64> = line.split_whitespace().take(8).filter_map(|n| n.parse().ok()).collect();
    Some(Ticks { all: values.iter().sum(), stolen: values.get(7).copied().unwrap_or_default() })
}

/// How much of the time between two looks the hypervisor gave to others.
pub(super) fn steal(before: Option<Ticks>, after: Option<Ticks>) -> Line {
    const CHECK: &str = "steal";
    let (Some(before), Some(after)) = (before, after) else {
        return Line::warn(CHECK, "/proc/stat cannot be read", "mount -t proc proc /proc");
    };
    let share = |stolen: u64, all: u64| stolen * 10_000 / all.max(1);
    let now = share(after.stolen - before.stolen, after.all - before.all);
    let ever = share(after.stolen, after.all);
    let percent = |n: u64| format!("{}.{:02} %", n / 100, n % 100);
    let value = format!("{} now, {} since the machine started", percent(now), percent(ever));
    const FIX: &str = "neighbours use the machine's cores: dedicated cores or a dedicated host from \
                       the provider, or bare metal; vmstat 1, column st, shows it live";
    match now.max(ever) {
        0..STEAL_QUIET => Line::ok(CHECK, value),
        STEAL_QUIET..STEAL_LOUD => Line::warn(CHECK, value, FIX),
        _ => Line::fail(CHECK, value, FIX),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Status;
    use super::super::machine::made_of;
    use super::*;
    use st0ck_runtime::topology::Topology;

    fn judged(files: &[(&str, &str)]) -> Line {
        let (_root, machine) =
            made_of(&[&[("proc/self/status", "Cpus_allowed_list: 0-3")], files].concat());
        quota(&machine, &Hot::settle(&machine, Topology::Auto, Some(0)))
    }

    #[test]
    fn a_quota_warns_and_one_below_two_cores_fails() {
        let group = ("proc/self/cgroup", "0::/a/b\n");
        assert_eq!(judged(&[group]).status, Status::Ok);
        assert_eq!(
            judged(&[group, ("sys/fs/cgroup/a/b/cpu.max", "max 100000")]).status,
            Status::Ok
        );
        let wide = judged(&[group, ("sys/fs/cgroup/a/cpu.max", "300000 100000")]);
        assert_eq!(wide.status, Status::Warn);
        assert!(wide.value.starts_with("3.00 cores"), "{}", wide.value);
        let narrow = judged(&[
            group,
            ("sys/fs/cgroup/a/cpu.max", "300000 100000"),
            ("sys/fs/cgroup/a/b/cpu.max", "50000 100000"),
            ("sys/fs/cgroup/a/b/cpu.stat", "usage_usec 1\nnr_throttled 7\n"),
        ]);
        assert_eq!(narrow.status, Status::Fail);
        assert!(narrow.value.contains("0.50 cores") && narrow.value.contains("throttled 7 times"));
    }

    #[test]
    fn version_1_groups_count_too_and_minus_one_is_no_quota() {
        let group = ("proc/self/cgroup", "4:cpu,cpuacct:/x\n");
        let at = |quota: &'static str| {
            [
                group,
                ("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", quota),
                ("sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000"),
            ]
        };
        assert_eq!(judged(&at("-1")).status, Status::Ok);
        assert_eq!(judged(&at("150000")).status, Status::Fail);
    }

    #[test]
    fn steal_is_judged_by_the_worse_of_now_and_ever() {
        let at = |all, stolen| Some(Ticks { all, stolen });
        assert_eq!(steal(at(0, 0), at(10_000, 49)).status, Status::Ok);
        assert_eq!(steal(at(0, 0), at(10_000, 50)).status, Status::Warn);
        assert_eq!(steal(at(100_000, 0), at(100_100, 6)).status, Status::Fail);
        assert_eq!(steal(None, at(1, 0)).status, Status::Warn);
        let (_root, machine) = made_of(&[("proc/stat", "cpu  10 0 10 70 0 0 2 8 5 0\ncpu0 1\n")]);
        assert_eq!(ticks(&machine), at(100, 8));
    }
}
