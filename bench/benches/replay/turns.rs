//! The measuring: a session is replayed, and gone through by the floor, in turns.

use crate::recording::Recording;
use st0ck_bench::day::Day;
use st0ck_bench::machine::preemptions;
use st0ck_bench::options::Options;
use st0ck_bench::spread::Bursts;
use st0ck_bench::stopwatch::Stopwatch;
use st0ck_engine::outbox::Outbox;
use st0ck_lab::replay::replay_with;
use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

/// Bytes of a segment before its first record, and of a record before its payload (FORMAT.md).
const RECORDS_AT: usize = 4_096;
const HEADER: usize = 32;
/// Inputs from one state hash to the next.
const HASH_EVERY: usize = 1_024;

/// Everything that was measured, in nanoseconds per input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) ours: Bursts,
    /// The floor's two halves, and what hashing the state as often would add to them.
    pub(crate) engine: Bursts,
    pub(crate) scan: Bursts,
    pub(crate) hashes: Bursts,
    /// Ours by the floor, turn by turn.
    pub(crate) ratios: Bursts,
    pub(crate) sessions: usize,
    /// Of one turn through all sessions.
    pub(crate) inputs: usize,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) preemptions: u64,
}

/// Measures for about as long as was asked for.
pub(crate) fn measure(options: &Options, watch: &Stopwatch) -> Result<Measured, Box<dyn Error>> {
    let days = Day::dates()?.into_iter().map(|date| Day::read(Some(date)));
    let days: Vec<Day> = days.collect::<Result<_, _>>()?;
    let recordings: Vec<Recording> =
        days.into_iter().map(Recording::make).collect::<Result<_, _>>()?;
    let mut to = Measured { sessions: recordings.len(), ..Measured::default() };
    to.inputs = recordings.iter().map(|recording| recording.inputs.len()).sum();
    to.records = recordings.iter().map(|recording| recording.records).sum();
    let (until, before) = (Instant::now() + options.time(1.0), preemptions());
    let mut memory = Vec::new();
    for (turn, recording) in recordings.iter().cycle().enumerate() {
        if turn >= 2 * recordings.len() && Instant::now() >= until {
            break;
        }
        let mut turns = Turn { recording, watch, memory: &mut memory };
        // Who goes first changes.
        let first = turn % 2 == 0;
        let ours = if first { turns.replay()? } else { 0.0 };
        let (engine, scan) = (turns.engine()?, turns.scan()?);
        let ours = if first { ours } else { turns.replay()? };
        to.ours.push(ours);
        to.engine.push(engine);
        to.scan.push(scan);
        to.hashes.push(turns.hashes()?);
        to.ratios.push(ours / (engine + scan));
    }
    to.preemptions = preemptions() - before;
    to.bytes = recordings.iter().map(Recording::bytes).sum::<Result<_, _>>()?;
    Ok(to)
}

/// One session's turn.
struct Turn<'a> {
    recording: &'a Recording,
    watch: &'a Stopwatch,
    memory: &'a mut Vec<u8>,
}

impl Turn<'_> {
    fn per_input(&self, from: u64) -> f64 {
        self.watch.ns(from, self.watch.now()) as f64 / self.recording.inputs.len() as f64
    }

    /// Ours.
    fn replay(&mut self) -> Result<f64, Box<dyn Error>> {
        let (engine, session) = (self.recording.engine()?, self.recording.session());
        let from = self.watch.now();
        let (replay, _) = replay_with(engine, &session, None, &mut |_, _| {})?;
        let ns = self.per_input(from);
        let whole = replay.inputs == self.recording.inputs.len() as u64
            && replay.records == self.recording.records;
        if replay.equal && whole { Ok(ns) } else { Err(format!("not equal: {replay:?}").into()) }
    }

    /// The inputs through a fresh engine.
    fn engine(&mut self) -> Result<f64, Box<dyn Error>> {
        let (mut engine, mut outbox) = (self.recording.engine()?, Outbox::new());
        let from = self.watch.now();
        for (at, seq, input) in &self.recording.inputs {
            engine.on_input(*at, *seq, input, &mut outbox);
        }
        let ns = self.per_input(from);
        black_box(engine.state_hash());
        Ok(ns)
    }

    /// The files read, and a checksum over each record.
    fn scan(&mut self) -> Result<f64, Box<dyn Error>> {
        let (mut records, from) = (0, self.watch.now());
        for path in &self.recording.files {
            records += scan_file(path, self.memory)?;
        }
        let ns = self.per_input(from);
        if records == self.recording.records {
            return Ok(ns);
        }
        Err(format!("the scan found {records} records, not {}", self.recording.records).into())
    }

    /// As many state hashes as there are in the journal, of the state at the end.
    fn hashes(&mut self) -> Result<f64, Box<dyn Error>> {
        let (mut engine, mut outbox) = (self.recording.engine()?, Outbox::new());
        for (at, seq, input) in &self.recording.inputs {
            engine.on_input(*at, *seq, input, &mut outbox);
        }
        let from = self.watch.now();
        for _ in 0..self.recording.inputs.len() / HASH_EVERY {
            black_box(engine.state_hash());
        }
        Ok(self.per_input(from))
    }
}

/// How many records a file holds.
fn scan_file(path: &Path, memory: &mut Vec<u8>) -> Result<u64, Box<dyn Error>> {
    memory.clear();
    File::open(path)?.read_to_end(memory)?;
    let mut rest = memory.get(RECORDS_AT..).unwrap_or_default();
    let mut records = 0;
    while let Some(word) = rest.first_chunk::<4>() {
        let length = u32::from_le_bytes(*word);
        if length == 0 || length == u32::MAX {
            break;
        }
        let total = (HEADER + length as usize - 1).next_multiple_of(8);
        let Some((record, behind)) = rest.split_at_checked(total) else { break };
        black_box(crc32c::crc32c(record));
        (rest, records) = (behind, records + 1);
    }
    Ok(records)
}
