//! Settings of the kernel that cost time: frequency scaling, huge pages, the clock, locked memory.

use super::line::Line;
use super::machine::Machine;

/// Whether cores run at their full frequency.
pub(super) fn governor(machine: &Machine) -> Line {
    const CHECK: &str = "governor";
    let names = machine.list("sys/devices/system/cpu");
    let governors = names.iter().filter_map(|name| {
        machine.read(&format!("sys/devices/system/cpu/{name}/cpufreq/scaling_governor"))
    });
    let mut governors: Vec<String> = governors.collect();
    let cores = governors.len();
    governors.sort();
    governors.dedup();
    match governors.as_slice() {
        [] => Line::ok(CHECK, "the kernel scales no frequency here (as in most virtual machines)"),
        [only] if only == "performance" => Line::ok(CHECK, format!("performance on {cores} cores")),
        several => Line::warn(
            CHECK,
            format!("{} on {cores} cores", several.join(", ")),
            "Debian: apt-get install linux-cpupower && cpupower frequency-set -g performance; RHEL: \
             dnf install tuned && tuned-adm profile latency-performance",
        ),
    }
}

/// Whether the kernel may stop a thread to make pages larger.
pub(super) fn huge_pages(machine: &Machine) -> Line {
    const CHECK: &str = "huge_pages";
    let chosen = |file: &str| {
        let text = machine.read(&format!("sys/kernel/mm/transparent_hugepage/{file}"))?;
        let word = text.split_whitespace().find_map(|w| w.strip_prefix('[')?.strip_suffix(']'));
        word.map(str::to_owned)
    };
    let Some(enabled) = chosen("enabled") else {
        return Line::ok(CHECK, "the kernel has no transparent huge pages");
    };
    let shared = chosen("shmem_enabled").unwrap_or_else(|| "unknown".to_owned());
    let value = format!("transparent huge pages: {enabled}; in tmpfs: {shared}");
    if enabled == "always" || matches!(shared.as_str(), "always" | "force") {
        let fix = "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled; echo never > \
                   /sys/kernel/mm/transparent_hugepage/shmem_enabled; to keep it: \
                   transparent_hugepage=madvise on the kernel's command line";
        return Line::warn(CHECK, value, fix);
    }
    Line::ok(CHECK, value)
}

/// What a look at the time costs.
pub(super) fn clock_source(machine: &Machine) -> Line {
    const CHECK: &str = "clock_source";
    const FOLDER: &str = "sys/devices/system/clocksource/clocksource0";
    let read = |file: &str| machine.read(&format!("{FOLDER}/{file}")).unwrap_or_default();
    let (current, available) = (read("current_clocksource"), read("available_clocksource"));
    let value = format!("{current} (of: {available})");
    let switch = |to: &str| {
        format!(
            "as root: echo {to} > /{FOLDER}/current_clocksource; to keep it: clocksource={to} on the \
             kernel's command line"
        )
    };
    let has_tsc = available.split(' ').any(|name| name == "tsc");
    match current.as_str() {
        "tsc" | "arch_sys_counter" => Line::ok(CHECK, value),
        // Read without a system call, through a page that the hypervisor keeps: some tens of ns.
        "kvm-clock" | "hyperv_clocksource_tsc_page" if has_tsc => {
            Line::warn(CHECK, value, switch("tsc"))
        }
        "kvm-clock" | "hyperv_clocksource_tsc_page" => Line::warn(
            CHECK,
            value,
            "a host that shows its guests an invariant counter (constant_tsc nonstop_tsc in \
             /proc/cpuinfo); until then stamps cost some tens of nanoseconds",
        ),
        "" => Line::warn(CHECK, "not told", "mount -t sysfs sys /sys"),
        _ if has_tsc => Line::fail(CHECK, value, switch("tsc")),
        _ => Line::fail(
            CHECK,
            value,
            "dmesg | grep -i tsc says why the counter is not trusted; each stamp is a system call \
             until it is: another machine, or newer firmware",
        ),
    }
}

/// Whether the journal's memory may be swapped out.
pub(super) fn memlock(machine: &Machine) -> Line {
    const CHECK: &str = "memlock";
    let limits = machine.read("proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max locked memory"));
    let limit =
        line.and_then(|rest| rest.split_whitespace().next()).unwrap_or("unknown").to_owned();
    let swaps = machine.read("proc/swaps").unwrap_or_default();
    let swaps = swaps.lines().skip(1).count();
    let words = match limit.parse::<u64>() {
        Ok(bytes) => format!("{} MiB", bytes >> 20),
        Err(_) => limit.clone(),
    };
    let value = format!("limit {words}; swap areas: {swaps}");
    // tmpfs may be swapped, and nothing is locked into memory: what counts is that there is no swap.
    if swaps == 0 {
        return Line::ok(CHECK, value);
    }
    let fix = "as root: swapoff -a, and take swap out of /etc/fstab; in a systemd unit: \
               MemorySwapMax=0 and LimitMEMLOCK=infinity";
    Line::warn(CHECK, value, fix)
}

#[cfg(test)]
mod tests {
    use super::super::line::Status;
    use super::super::machine::made_of;
    use super::*;

    fn with(judge: fn(&Machine) -> Line, files: &[(&str, &str)]) -> Line {
        let (_root, machine) = made_of(files);
        judge(&machine)
    }

    #[test]
    fn a_governor_other_than_performance_warns() {
        let at = |core: &'static str, word| (core, word);
        let (a, b) = (
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
        );
        assert_eq!(with(governor, &[]).status, Status::Ok);
        let all = with(governor, &[at(a, "performance"), at(b, "performance\n")]);
        assert_eq!((all.status, all.value.as_str()), (Status::Ok, "performance on 2 cores"));
        let one = with(governor, &[at(a, "performance"), at(b, "powersave")]);
        assert_eq!(one.status, Status::Warn);
        assert!(one.value.starts_with("performance, powersave"), "{}", one.value);
    }

    #[test]
    fn huge_pages_only_where_they_are_asked_for() {
        let (file, shared) = (
            "sys/kernel/mm/transparent_hugepage/enabled",
            "sys/kernel/mm/transparent_hugepage/shmem_enabled",
        );
        assert_eq!(with(huge_pages, &[]).status, Status::Ok);
        assert_eq!(with(huge_pages, &[(file, "always [madvise] never")]).status, Status::Ok);
        assert_eq!(with(huge_pages, &[(file, "[always] madvise never")]).status, Status::Warn);
        let tmpfs = [(file, "always [madvise] never"), (shared, "[always] within_size never")];
        assert_eq!(with(huge_pages, &tmpfs).status, Status::Warn);
    }

    #[test]
    fn a_clock_is_a_counter_a_page_or_a_system_call() {
        let folder = "sys/devices/system/clocksource/clocksource0";
        let of = |current: &str, available: &str| {
            let (c, a) = (
                format!("{folder}/current_clocksource"),
                format!("{folder}/available_clocksource"),
            );
            with(clock_source, &[(c.as_str(), current), (a.as_str(), available)])
        };
        assert_eq!(of("tsc", "tsc kvm-clock").status, Status::Ok);
        assert_eq!(of("arch_sys_counter", "arch_sys_counter").status, Status::Ok);
        let page = of("kvm-clock", "kvm-clock tsc acpi_pm");
        assert_eq!(page.status, Status::Warn);
        assert!(page.fix.unwrap().contains("echo tsc >"));
        let page = of("kvm-clock", "kvm-clock acpi_pm").fix.unwrap();
        assert!(page.contains("invariant") && !page.contains("echo tsc"));
        assert_eq!(of("hpet", "hpet acpi_pm").status, Status::Fail);
        assert!(of("hpet", "tsc hpet").fix.unwrap().contains("echo tsc >"));
        assert_eq!(with(clock_source, &[]).status, Status::Warn);
    }

    #[test]
    fn swap_is_what_matters_of_memory() {
        let limit = ("proc/self/limits", "Max locked memory  8388608  8388608  bytes\n");
        let swap = ("proc/swaps", "Filename Type Size\n/dev/sda2 partition 1\n");
        let none = with(memlock, &[limit, ("proc/swaps", "Filename Type Size\n")]);
        assert_eq!((none.status, none.value.as_str()), (Status::Ok, "limit 8 MiB; swap areas: 0"));
        assert_eq!(with(memlock, &[limit, swap]).status, Status::Warn);
    }
}
