//! Beginning a journal and going on with one: what a lane calls at its start.

use crate::config::{JournalConfig, Placement};
use crate::disk::MachineDisk;
use crate::durable::Durable;
use crate::error::JournalError;
use crate::folder::{Folder, sync_dir, write_whole};
use crate::header::{BootId, FORMAT_VERSION, SegmentHeader, SessionHeader, TextMark};
use crate::keeper::{Keeper, KeeperParts};
use crate::lock::Lock;
use crate::record::Chain;
use crate::recover::{Recovered, Survey};
use crate::segment;
use crate::status::JournalStatus;
use crate::writer::Writer;
use st0ck_runtime::ring;
use std::path::Path;
use std::sync::Arc;

/// An open journal: its two ends and where its hot segments went.
#[derive(Debug)]
pub struct Session {
    /// For the core thread.
    pub writer: Writer,
    /// For a thread of its own.
    pub keeper: Keeper,
    /// Where the hot segments are. Tell the user when it is not a tmpfs.
    pub placement: Placement,
}

impl Session {
    /// Begins the journal of a new session in the folder `dir`, made if need be. `text` becomes
    /// `session.json`, bound to every segment by its checksum.
    ///
    /// # Errors
    /// [`JournalError::Exists`] when there is one, [`JournalError::Locked`] when another process is
    /// at it, [`JournalError::Io`] and [`JournalError::Config`].
    pub fn create(
        dir: &Path,
        header: SessionHeader,
        text: &[u8],
        config: &JournalConfig,
    ) -> Result<Self, JournalError> {
        config.check()?;
        let folder = Folder::of_session(dir);
        std::fs::create_dir_all(folder.path())
            .map_err(|e| JournalError::io("creating", folder.path(), e))?;
        let lock = Lock::acquire(&folder.lock(), header.epoch)?;
        if Folder::find(dir).is_ok() {
            return Err(JournalError::Exists(dir.to_owned()));
        }
        write_whole(&folder.session_header(), text)?;
        let parent = dir.canonicalize().ok().and_then(|dir| dir.parent().map(Path::to_owned));
        parent.map_or(Ok(()), |parent| sync_dir(&parent))?;
        open(folder, segment_header(header, 0, Chain::START, text, config), config, lock)
    }

    /// Goes on with the journal in `dir` under a new epoch: recovers what is there, then begins a
    /// new segment behind it. `session.json` stays that of the first process life.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] with every file untouched, [`JournalError::Locked`],
    /// [`JournalError::Foreign`] when it belongs to another installation or account,
    /// [`JournalError::NewerFormat`], [`JournalError::NotFound`], [`JournalError::Io`],
    /// [`JournalError::Config`].
    pub fn resume(
        dir: &Path,
        header: SessionHeader,
        config: &JournalConfig,
    ) -> Result<(Self, Recovered), JournalError> {
        config.check()?;
        let folder = Folder::find(dir)?;
        let lock = Lock::acquire(&folder.lock(), header.epoch)?;
        let survey = Survey::of(&folder, config.read_back)?;
        if let Some(last) = survey.last_header() {
            check_identity(&folder, &last.session, &header)?;
        }
        let first =
            segment_header(header, survey.next_segment(), survey.chain(), survey.text(), config);
        let recovered = survey.apply(&folder)?;
        Ok((open(folder, first, config, lock)?, recovered))
    }
}

fn segment_header(
    session: SessionHeader,
    segment: u32,
    chain: Chain,
    text: &[u8],
    config: &JournalConfig,
) -> SegmentHeader {
    let (capacity, boot, text) = (config.segment_bytes, BootId::current(), TextMark::of(text));
    let (version, compressed) = (FORMAT_VERSION, false);
    SegmentHeader { version, compressed, segment, capacity, chain, session, boot, text }
}

fn check_identity(
    folder: &Folder,
    last: &SessionHeader,
    ours: &SessionHeader,
) -> Result<(), JournalError> {
    let foreign = |what| Err(JournalError::Foreign { path: folder.path().to_owned(), what });
    if last.nonce != ours.nonce {
        return foreign("installation");
    }
    if last.account_hash != ours.account_hash {
        return foreign("account");
    }
    if last.epoch >= ours.epoch {
        let problem =
            format!("{} is not later than {}, the last one here", ours.epoch.0, last.epoch.0);
        return Err(JournalError::Config { key: "epoch", problem });
    }
    Ok(())
}

/// Makes the first segment of a process life.
fn open(
    folder: Folder,
    header: SegmentHeader,
    config: &JournalConfig,
    lock: Lock,
) -> Result<Session, JournalError> {
    let placement = config.place(folder.path())?;
    let (lock, status) = (Arc::new(lock), JournalStatus::default());
    status.starts_after(header.chain.next_seq - 1);
    folder.remember_hot(placement.dir())?;
    // Whatever is there now is of a session that is gone: a live one would hold the lock.
    folder.remove_hot_files()?;
    folder.remove_parts()?;
    let hot = Folder::hot_in(placement.dir(), header.segment);
    let (hot, view) = segment::create(&hot, header.capacity as usize)?;
    let disk = Arc::new(MachineDisk);
    let durable = Durable::reserve(disk, &folder, header.segment, u64::from(header.capacity))?;
    let (hand_over, next) = ring(1, 0);
    let mut writer = Writer::begin(hot, header, next, status.clone(), Arc::clone(&lock));
    if config.durable_before_send {
        writer.send_only_what_is_durable();
    }
    let keeper = Keeper::begin(KeeperParts {
        folder,
        config: config.clone(),
        hot_dir: placement.dir().to_owned(),
        segment: header.segment,
        view,
        durable,
        hand_over,
        status,
        lock,
    })?;
    Ok(Session { writer, keeper, placement })
}
