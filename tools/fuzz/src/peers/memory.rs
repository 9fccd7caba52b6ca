//! How much memory this process has, by the kernel's account.

/// Resident bytes now.
pub(super) fn now() -> u64 {
    read("VmRSS:")
}

/// The most resident bytes there ever were.
pub(super) fn peak() -> u64 {
    read("VmHWM:")
}

fn read(row: &str) -> u64 {
    let text =
        std::fs::read_to_string("/proc/self/status").expect("Linux tells a process's status");
    let line = text.lines().find_map(|line| line.strip_prefix(row));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.expect("the status has this row in kB") << 10
}
