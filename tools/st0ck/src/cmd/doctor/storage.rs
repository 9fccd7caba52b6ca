//! Where the journal goes: room in memory, room on the disk, and how long the disk takes.

use super::line::Line;
use rustix::fs::statfs;
use st0ck_journal::JournalConfig;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// `f_type` of a tmpfs (linux/magic.h).
const TMPFS_MAGIC: i64 = 0x0102_1994;
/// Hot segments that a session needs room for when it starts.
const SEGMENTS: u64 = 3;
/// Least room on the disk: a few busy days of a few symbols.
const DISK_WISHED: u64 = 10 * GIB;
/// Below this a day may not fit.
const DISK_NEEDED: u64 = GIB;
/// Syncs that are measured.
const SYNCS: usize = 16;

/// A file system, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) tmpfs: bool,
    pub(super) free: u64,
}

/// Asks for the file system that a folder is on.
pub(super) fn volume(folder: &Path) -> io::Result<Volume> {
    let fs = statfs(folder)?;
    let free = fs.f_bavail.saturating_mul(u64::try_from(fs.f_bsize).unwrap_or_default());
    Ok(Volume { tmpfs: fs.f_type == TMPFS_MAGIC, free })
}

/// Whether the hot segments of a session fit into memory. `named` is `journal.hot_dir`, if it is set.
pub(super) fn tmpfs(
    segment_bytes: u64,
    named: Option<&Path>,
    volume: &dyn Fn(&Path) -> io::Result<Volume>,
) -> Line {
    const CHECK: &str = "tmpfs";
    let need = SEGMENTS * segment_bytes;
    let folders: Vec<PathBuf> =
        named.map_or_else(|| JournalConfig::default().hot_dirs, |dir| vec![dir.to_owned()]);
    let mut seen = Vec::new();
    for folder in &folders {
        let name = folder.display();
        seen.push(match volume(folder) {
            Ok(Volume { tmpfs: true, free }) if free >= need => {
                let value = format!("{name}: {} MiB free, {} needed", free / MIB, need / MIB);
                return Line::ok(CHECK, value);
            }
            Ok(Volume { tmpfs: true, free }) => format!("{name}: {} MiB free", free / MIB),
            Ok(_) => format!("{name}: not a tmpfs"),
            Err(e) => format!("{name}: {e}"),
        });
    }
    let value = format!("{} MiB needed; {}", need / MIB, seen.join("; "));
    if named.is_some() {
        let fix = "journal.hot_dir must name a folder on a tmpfs with that much room: mount -t tmpfs \
                   -o size=256m tmpfs DIR, or leave it empty for /dev/shm";
        return Line::fail(CHECK, value, fix);
    }
    Line::warn(
        CHECK,
        value,
        "as root: mount -o remount,size=256m /dev/shm (docker run --shm-size=256m), or journal.hot_mib \
         = 4; until then hot segments are mapped on the disk and the core may wait for it",
    )
}

/// The folder itself, or the nearest one above it that is there.
fn nearest(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let found = absolute.ancestors().find(|folder| folder.is_dir());
    found.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// Whether the sessions fit onto the disk.
pub(super) fn space(runs: &Path, volume: &dyn Fn(&Path) -> io::Result<Volume>) -> Line {
    const CHECK: &str = "disk_space";
    let folder = nearest(runs);
    let free = match volume(&folder) {
        Ok(volume) => volume.free,
        Err(e) => {
            let value = format!("{}: {e}", folder.display());
            return Line::fail(CHECK, value, "--runs DIR with a folder that can be used");
        }
    };
    let value = format!("{}: {}.{} GiB free", folder.display(), free / GIB, free % GIB * 10 / GIB);
    const FIX: &str = "remove or move old sessions, never a bot's newest one; --runs DIR puts them \
                       onto another disk";
    match free {
        DISK_WISHED.. => Line::ok(CHECK, value),
        DISK_NEEDED.. => Line::warn(CHECK, value, FIX),
        _ => Line::fail(CHECK, value, FIX),
    }
}

/// How long it takes until what was written is on the disk: each of [`SYNCS`] times.
pub(super) fn sync_times(runs: &Path) -> Result<Vec<Duration>, (PathBuf, io::Error)> {
    let folder = nearest(runs);
    let path = folder.join(format!(".st0ck-doctor-{}", std::process::id()));
    let measured = measure(&path);
    let _ = fs::remove_file(&path);
    measured.map_err(|e| (folder, e))
}

fn measure(path: &Path) -> io::Result<Vec<Duration>> {
    let mut file = File::create_new(path)?;
    let page = [0x5a; 4096];
    let one = |_| {
        file.write_all(&page)?;
        let begun = Instant::now();
        file.sync_data()?;
        Ok(begun.elapsed())
    };
    (0..SYNCS).map(one).collect()
}

/// Whether the disk keeps up with the journal.
pub(super) fn sync(measured: Result<Vec<Duration>, (PathBuf, io::Error)>) -> Line {
    const CHECK: &str = "disk_sync";
    let mut times = match measured {
        Ok(times) => times,
        Err((folder, e)) => {
            let value = format!("{}: {e}", folder.display());
            let fix = "make the folder of the sessions writable for this user (chown, chmod), or name \
                       another with --runs DIR";
            return Line::fail(CHECK, value, fix);
        }
    };
    times.sort();
    let (middle, longest) = (
        times.get(times.len() / 2).copied().unwrap_or_default(),
        times.last().copied().unwrap_or_default(),
    );
    let text = |time: Duration| crate::view::table::duration(time.as_nanos() as u64);
    let value = format!("fdatasync of 4 KiB: median {}, longest {}", text(middle), text(longest));
    const FIX: &str = "the core never waits for it, but a power cut loses what was not synced: an SSD, \
                       a local disk instead of a network one, or journal.sync = none knowingly";
    match middle.as_millis() {
        0..10 => Line::ok(CHECK, value),
        10..100 => Line::warn(CHECK, value, FIX),
        _ => Line::fail(CHECK, value, FIX),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Status;
    use super::*;

    fn of(tmpfs: bool, free: u64) -> impl Fn(&Path) -> io::Result<Volume> {
        move |_| Ok(Volume { tmpfs, free })
    }

    fn broken(_: &Path) -> io::Result<Volume> {
        Err(io::ErrorKind::NotFound.into())
    }

    #[test]
    fn hot_segments_need_three_times_their_size_in_memory() {
        let judge = |named, volume: &dyn Fn(&Path) -> io::Result<Volume>| {
            tmpfs(32 * MIB, named, volume).status
        };
        assert_eq!(judge(None, &of(true, 96 * MIB)), Status::Ok);
        assert_eq!(judge(None, &of(true, 96 * MIB - 1)), Status::Warn);
        assert_eq!(judge(None, &of(false, GIB)), Status::Warn);
        assert_eq!(judge(None, &broken), Status::Warn);
        assert_eq!(judge(Some(Path::new("/x")), &broken), Status::Fail);
        assert_eq!(judge(Some(Path::new("/x")), &of(true, GIB)), Status::Ok);
    }

    #[test]
    fn room_on_the_disk_is_plenty_enough_or_too_little() {
        let runs = tempfile::tempdir().unwrap();
        let judge =
            |volume: &dyn Fn(&Path) -> io::Result<Volume>| space(&runs.path().join("a/b"), volume);
        assert_eq!(judge(&of(false, 10 * GIB)).status, Status::Ok);
        assert_eq!(judge(&of(false, 10 * GIB - 1)).status, Status::Warn);
        let little = judge(&of(false, GIB - 1));
        assert_eq!(little.status, Status::Fail);
        assert!(little.value.contains(&runs.path().display().to_string()), "{}", little.value);
        assert_eq!(judge(&broken).status, Status::Fail);
    }

    #[test]
    fn a_slow_disk_warns_and_one_that_cannot_be_written_fails() {
        let all = |millis| Ok(vec![Duration::from_millis(millis); SYNCS]);
        assert_eq!(sync(all(9)).status, Status::Ok);
        assert_eq!(sync(all(10)).status, Status::Warn);
        assert_eq!(sync(all(100)).status, Status::Fail);
        let refused = (PathBuf::from("/"), io::ErrorKind::PermissionDenied.into());
        assert_eq!(sync(Err(refused)).status, Status::Fail);
    }

    #[test]
    fn measuring_leaves_nothing_behind() {
        let runs = tempfile::tempdir().unwrap();
        assert_eq!(sync_times(runs.path()).unwrap().len(), SYNCS);
        assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 0);
    }
}
