//! A disk without space: nobody is killed by it, the core is told, and it goes on when there is some.

use crate::child::command;
use crate::fixture::{TEXT, folder_in_memory, header, split};
use st0ck_journal::{JournalConfig, Session, verify};
use st0ck_runtime::Agent;
use st0ck_types::Recorder;
use st0ck_types::recorder::Room;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Mounts a tmpfs of 6 MiB, in a mount namespace of its own, and runs the child in it.
#[test]
fn a_full_disk_makes_the_core_reduce_and_loses_nothing() {
    let dir = folder_in_memory();
    let child = command("fill the disk", dir.path(), 1);
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c"]);
    unshare
        .arg("mount -t tmpfs -o size=6m none \"$ST0CK_JOURNAL_TEST_DIR\" || exit 77; exec \"$@\"");
    unshare.arg("sh").arg(child.get_program()).args(child.get_args());
    unshare.envs(child.get_envs().filter_map(|(key, value)| Some((key, value?))));
    match unshare.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) if is_not_allowed(&output) => {
            skip("this user may not mount a file system");
        }
        Ok(output) => panic!("{output:?}"),
        Err(error) => skip(&format!("no unshare here: {error}")),
    }
}

/// Says why a test cannot run here, or fails where skips are forbidden (`ST0CK_NO_SKIP`).
pub(crate) fn skip(words: &str) {
    assert!(std::env::var_os("ST0CK_NO_SKIP").is_none(), "skips are forbidden here: {words}");
    eprintln!("skipped: {words}");
}

fn is_not_allowed(output: &std::process::Output) -> bool {
    output.status.code() == Some(77)
        || String::from_utf8_lossy(&output.stderr).contains("unshare failed")
}

/// Counts what is said.
struct Sayings;

static SAID: AtomicU32 = AtomicU32::new(0);

impl log::Log for Sayings {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {
        SAID.fetch_add(1, Ordering::Relaxed);
    }

    fn flush(&self) {}
}

/// The child: its `dir` has 6 MiB, a segment takes 4.
pub(crate) fn fill_the_disk(dir: &Path) {
    log::set_logger(&Sayings).expect("the child has no other");
    log::set_max_level(log::LevelFilter::Warn);
    let hot = folder_in_memory();
    let config = JournalConfig { hot_dirs: vec![hot.path().to_owned()], ..JournalConfig::small() };
    let session = Session::create(&dir.join("s"), header(1), TEXT, &config).unwrap();
    let (mut core, mut keeper) = split(session);
    let status = keeper.status().clone();
    while core.writer.room() == Room::Plenty {
        core.quote();
        keeper.do_work();
    }
    assert!(status.is_disk_full() && status.failure().is_none());
    while core.writer.room() != Room::Full {
        core.quote();
        keeper.do_work();
    }
    // The reserve takes what a kill writes.
    core.group();
    let tried_twice = Instant::now() + Duration::from_millis(600);
    while Instant::now() < tried_twice {
        keeper.do_work();
        std::thread::yield_now();
    }
    assert_eq!(SAID.load(Ordering::Relaxed), 1, "said once, however often it is tried");
    let mount = ["-o", "remount,size=64m", dir.to_str().unwrap()];
    assert!(Command::new("mount").args(mount).status().unwrap().success());
    while status.is_disk_full() {
        keeper.do_work();
    }
    assert_eq!(SAID.load(Ordering::Relaxed), 2, "and that it is over");
    assert_eq!(core.writer.room(), Room::Plenty);
    core.quotes(100);
    core.seal();
    let last = core.writer.next_seq().0 - 1;
    drop(core);
    keeper.on_close();
    let verified = verify(dir).or_else(|_| verify(&dir.join("s"))).unwrap();
    assert!(verified.is_ok() && verified.sealed, "{verified:?}");
    assert_eq!((verified.stat.last_seq.0, verified.stat.segments), (last, 2));
}
