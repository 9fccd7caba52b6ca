//! Sessions to be replayed: whole days of ST0CKA, traded and journaled before anything is timed.

use st0ck_bench::broker::Manner;
use st0ck_bench::day::Day;
use st0ck_bench::journaled::Folder;
use st0ck_bench::lane::{Lane, engine};
use st0ck_engine::Engine;
use st0ck_lab::groups::{Item, Items};
use st0ck_runtime::Agent;
use st0ck_types::{Input, Nanos, Seq};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// One day, and its journal in a folder that goes with it.
pub(crate) struct Recording {
    day: Day,
    folder: Folder,
    /// What the core consumed, as replay will give it to the engine.
    pub(crate) inputs: Vec<(Nanos, Seq, Input)>,
    /// The journal's files.
    pub(crate) files: Vec<PathBuf>,
    /// Records in them.
    pub(crate) records: u64,
}

impl Recording {
    /// Trades the day, and records it.
    pub(crate) fn make(day: Day) -> Result<Self, Box<dyn Error>> {
        let folder = Folder::new()?;
        let (writer, mut keeper, _) = folder.begin()?;
        let mut lane = Lane::open(&day, Manner::FillsAll, writer)?;
        for chunk in day.events.chunks(1_000) {
            chunk.iter().for_each(|event| _ = lane.feed(event));
            while keeper.do_work() > 0 {}
        }
        lane.end();
        lane.close();
        keeper.close()?;
        let (mut inputs, mut items) = (Vec::new(), Items::open(&folder.session(), Seq(0))?);
        while let Some(item) = items.next()? {
            if let Item::Group(group) = item {
                inputs.push((group.at, group.seq, group.input));
            }
        }
        let (files, records) = (segments(&folder.session())?, items.records());
        Ok(Self { day, folder, inputs, files, records })
    }

    /// Where it lies.
    pub(crate) fn session(&self) -> PathBuf {
        self.folder.session()
    }

    /// Bytes of the journal's files.
    pub(crate) fn bytes(&self) -> std::io::Result<u64> {
        self.files.iter().map(|path| fs::metadata(path).map(|meta| meta.len())).sum()
    }

    /// An engine at the start of it.
    pub(crate) fn engine(&self) -> Result<Engine, Box<dyn Error>> {
        engine(&self.day)
    }
}

/// The journal's files, in their order.
fn segments(session: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(session.join("journal"))?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|e| e.path())).collect();
    let mut found = paths?;
    found.retain(|path| path.extension().is_some_and(|kind| kind == "seg"));
    found.sort();
    if found.is_empty() { Err("the session has no segment".into()) } else { Ok(found) }
}
