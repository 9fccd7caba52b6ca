//! A disk that is full at a random moment of a session, on a tmpfs and on an ext4 image: nobody is
//! killed by it, cancels find room, and once there is space everything is there.
//!
//! `cargo test` tries a few moments; `ST0CK_PROOFS=full` tries a thousand on each.

use crate::child::command;
use crate::fixture::{Core, Random, TEXT, folder_in_memory, header, split};
use crate::proofs::at_scale;
use crate::space::skip;
use rustix::fs::statvfs;
use st0ck_journal::{JournalConfig, JournalError, Keeper, Session, verify};
use st0ck_runtime::Agent;
use st0ck_types::Recorder;
use st0ck_types::recorder::Room;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Makes a small file system in `$ST0CK_JOURNAL_TEST_DIR`, and everything else happens in it.
const TMPFS: &str = "mount -t tmpfs -o size=64m none \"$ST0CK_JOURNAL_TEST_DIR\" || exit 77";
const EXT4: &str = "dir=$ST0CK_JOURNAL_TEST_DIR; truncate -s 72M \"$dir.img\" && \
                    mkfs.ext4 -q -m 0 -O ^has_journal \"$dir.img\" && \
                    mount -o loop \"$dir.img\" \"$dir\" || exit 77; rm \"$dir.img\"";
/// Most of a trial is waiting for the keeper's next try, so several run beside each other.
const CHILDREN: u64 = 10;
const SIGBUS: i32 = 7;
/// How often a child looks whether there is space again.
const LOOK: Duration = Duration::from_millis(5);
/// Longer than the keeper's wait between two tries.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child that tries `points` moments in a file system of its own, under `wrapper`.
fn child(dir: &Path, mount: &str, wrapper: &[&str], seed: u64, points: u64) -> Command {
    let child = command("find the disk full", dir, seed);
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c"]).arg(format!("{mount}; exec \"$@\"")).arg("sh");
    unshare.args(wrapper).arg(child.get_program()).args(child.get_args());
    unshare.envs(child.get_envs().filter_map(|(key, value)| Some((key, value?))));
    unshare.env("ST0CK_JOURNAL_TEST_POINTS", points.to_string());
    unshare.stdout(Stdio::piped()).stderr(Stdio::piped());
    unshare
}

/// Whether such a file system can be had here.
fn may_mount(mount: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("fs");
    std::fs::create_dir(&place).unwrap();
    let mut probe = Command::new("unshare");
    probe.args(["--mount", "sh", "-c", mount]).env("ST0CK_JOURNAL_TEST_DIR", &place);
    let mounted = probe.output().is_ok_and(|output| output.status.success());
    if !mounted {
        skip(&format!("this user may not mount a file system here ({mount})"));
    }
    mounted
}

fn run(mount: &str, wrapper: &[&str], children: u64, points: u64) -> Vec<Output> {
    let dirs = tempfile::tempdir().unwrap();
    let started: Vec<_> = (0..children)
        .map(|seed| {
            let dir = dirs.path().join(format!("fs{seed}"));
            std::fs::create_dir(&dir).unwrap();
            child(&dir, mount, wrapper, seed, points).spawn().unwrap()
        })
        .collect();
    started.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

fn prove(what: &str, mount: &str) {
    if !may_mount(mount) {
        return;
    }
    let points = at_scale(2, 100);
    for output in run(mount, &[], CHILDREN.min(points * 2), points) {
        let died = output.status.signal();
        assert!(output.status.success(), "{what}: signal {died:?}, {output:?}");
    }
    println!("{what}: n {}, failures 0", points * CHILDREN.min(points * 2));
}

#[test]
fn a_tmpfs_that_is_full_at_any_moment_kills_nobody_and_loses_nothing() {
    prove("a tmpfs full at random moments", TMPFS);
}

#[test]
fn an_ext4_that_is_full_at_any_moment_kills_nobody_and_loses_nothing() {
    prove("an ext4 image full at random moments", EXT4);
}

/// The kernel is made to say that space was reserved which was not: then the core's first touch of
/// such a page is its last.
#[test]
fn space_that_was_never_reserved_is_seen() {
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fallocate"];
    let wrapper = [&strace[..], &["-e", "inject=fallocate:retval=0"]].concat();
    let traced = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !traced.is_ok_and(|status| status.success()) {
        return skip("strace is not here, or may not trace");
    }
    if may_mount(TMPFS) {
        let output = &run(TMPFS, &wrapper, 1, 40)[0];
        let died = output.status.signal().or(output.status.code().map(|code| code - 128));
        assert_eq!(died, Some(SIGBUS), "{output:?}");
    }
}

/// The child.
pub(crate) fn find_the_disk_full(dir: &Path) {
    let number = |key: &str| std::env::var(key).unwrap().parse::<u64>().unwrap();
    let mut rng = Random(1000 + number("ST0CK_JOURNAL_TEST_EPOCH"));
    for point in 0..number("ST0CK_JOURNAL_TEST_POINTS") {
        let trial = Trial { dir: dir.to_owned(), session: dir.join(format!("s{point}")) };
        trial.run(&mut rng);
        std::fs::remove_dir_all(&trial.session).unwrap();
    }
}

struct Trial {
    dir: PathBuf,
    session: PathBuf,
}

impl Trial {
    fn run(&self, rng: &mut Random) {
        let elsewhere = folder_in_memory();
        let hot = self.dir.join("hot");
        std::fs::create_dir_all(&hot).unwrap();
        // The hot segments on the full file system as well, or in memory that has room.
        let hot_dirs = if rng.next() & 1 == 0 { hot } else { elsewhere.path().to_owned() };
        let config = JournalConfig { hot_dirs: vec![hot_dirs], ..JournalConfig::small() };
        let create = || Session::create(&self.session, header(1), TEXT, &config);
        let left = rng.next() % u64::from(config.segment_bytes);
        let session = if rng.next().is_multiple_of(8) {
            self.fill(left);
            create().or_else(|error| {
                assert!(is_full(&error), "{error}");
                self.free();
                let _ = std::fs::remove_dir_all(&self.session);
                create()
            })
        } else {
            create()
        };
        let (mut core, mut keeper) = split(session.unwrap());
        write(&mut core, &mut keeper, rng.next() % 60_000, Room::Low);
        // What is compressed meanwhile makes room again.
        for _ in 0..20 {
            self.fill(left);
            write(&mut core, &mut keeper, 15_000, Room::Full);
        }
        assert_eq!((core.writer.room(), keeper.status().is_disk_full()), (Room::Full, true));
        // What a halt writes: cancels, and what the broker says to them.
        (0..64).for_each(|_| core.group());
        assert_eq!(core.writer.room(), Room::Full, "the reserve takes them");
        self.free();
        let deadline = Instant::now() + PATIENCE;
        while keeper.status().is_disk_full() || core.writer.room() != Room::Plenty {
            keeper.do_work();
            assert!(Instant::now() < deadline, "still {:?}", core.writer.room());
            assert_eq!(keeper.status().failure(), None);
            std::thread::park_timeout(LOOK);
        }
        core.quotes(100);
        self.end(core, keeper);
    }

    fn end(&self, mut core: Core, mut keeper: Keeper) {
        core.seal();
        let last = core.writer.next_seq().0 - 1;
        drop(core);
        keeper.on_close();
        assert_eq!(keeper.status().failure(), None);
        let verified = verify(&self.session).unwrap();
        assert!(verified.is_ok() && verified.sealed && verified.torn.is_none(), "{verified:?}");
        assert_eq!(verified.stat.last_seq.0, last);
    }

    /// Leaves so many bytes free.
    fn fill(&self, left: u64) {
        let fs = statvfs(&self.dir).unwrap();
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).unwrap();
        let mut more = (fs.f_bavail * fs.f_frsize).saturating_sub(left);
        while more > 0 {
            let chunk = vec![0; more.min(1 << 20) as usize];
            more -= chunk.len() as u64;
            if ballast.write_all(&chunk).is_err() {
                return;
            }
        }
    }

    fn free(&self) {
        let _ = std::fs::remove_file(self.ballast());
    }

    fn ballast(&self) -> PathBuf {
        self.dir.join("ballast")
    }
}

fn is_full(error: &JournalError) -> bool {
    matches!(error, JournalError::Io { source, .. } if source.kind() == ErrorKind::StorageFull)
}

/// Writes up to so many quotes, as long as there is more room than `least`, and lets the keeper work.
fn write(core: &mut Core, keeper: &mut Keeper, most: u64, least: Room) {
    for n in 0..most {
        if core.writer.room() <= least {
            return;
        }
        core.quote();
        if n % 64 == 0 {
            keeper.do_work();
        }
    }
}
