//! The same targets under libFuzzer, which sees coverage. `ST0CK_FUZZ_TARGET` names the target.

#![no_main]

use libfuzzer_sys::fuzz_target;
use st0ck_fuzz::guard::watch;
use st0ck_fuzz::target::Target;
use st0ck_fuzz::targets;
use std::sync::LazyLock;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name =
        std::env::var("ST0CK_FUZZ_TARGET").expect("set ST0CK_FUZZ_TARGET to a target's name");
    targets::find(&name).unwrap_or_else(|| panic!("no target is called {name}"))
});

fuzz_target!(|data: &[u8]| {
    if let Err(fault) = watch(*TARGET, data) {
        panic!("{fault}");
    }
});
