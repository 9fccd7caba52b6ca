//! Pinning a thread to a core.

use core_affinity::CoreId;

/// Cores this process may use, by the operating system's numbers.
#[must_use]
pub fn cores() -> Vec<usize> {
    core_affinity::get_core_ids().unwrap_or_default().into_iter().map(|core| core.id).collect()
}

/// Pins the calling thread. `false` when the system refused (the thread then runs anywhere).
#[must_use]
pub fn pin(core: usize) -> bool {
    core_affinity::set_for_current(CoreId { id: core })
}
