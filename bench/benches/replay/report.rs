//! What the bench says: one JSON object, or a table for people.

use crate::turns::Measured;
use serde_json::{Value, json};
use st0ck_bench::machine::Machine;
use st0ck_bench::spread::ratio;
use std::fmt;

/// What was promised: ours by the floor.
const GOAL: f64 = 1.3;

/// The whole result.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) machine: Machine,
    pub(crate) measured: Measured,
}

impl Result {
    /// The object of `--json`.
    pub(crate) fn to_json(&self) -> Value {
        let it = &self.measured;
        json!({
            "name": "replay",
            "machine": self.machine.to_json(),
            "ours": { "ns_per_input": it.ours.median(), "inputs_per_s": self.inputs_per_s() },
            "floor": {
                "ns_per_input": it.engine.median() + it.scan.median(),
                "engine": it.engine.median(),
                "crc_scan": it.scan.median(),
            },
            "peers": {},
            "ratio_to_floor": self.ratio(),
            "ratio_to_peer": {},
            "hashes_ns_per_input": it.hashes.median(),
            "sessions": it.sessions,
            "inputs": it.inputs,
            "records": it.records,
            "bytes": it.bytes,
            "goals": { "ratio_to_floor": { "most": GOAL, "met": self.is_met() } },
            "preemptions": it.preemptions,
            "unit": "ns",
        })
    }

    fn ratio(&self) -> Option<f64> {
        ratio(self.measured.ratios.middle(), 1.0)
    }

    fn is_met(&self) -> Option<bool> {
        self.ratio().map(|ratio| ratio <= GOAL)
    }

    fn inputs_per_s(&self) -> Option<f64> {
        ratio(1e9, self.measured.ours.middle()).map(f64::round)
    }
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.measured;
        writeln!(f, "replay: checksums, outputs and state hashes of whole days\n{}", self.machine)?;
        let (sessions, inputs, records) = (it.sessions, it.inputs, it.records);
        writeln!(f, "{sessions} sessions, {inputs} inputs, {records} records, {} bytes", it.bytes)?;
        writeln!(f, "the system took the core away {} times\n", it.preemptions)?;
        let (engine, scan) = (it.engine.median(), it.scan.median());
        for (name, ns) in [
            ("replay", it.ours.median()),
            ("floor: engine alone", engine),
            ("floor: files read, crc32c of each record", scan),
            ("beside it: the state hashes alone", it.hashes.median()),
        ] {
            writeln!(f, "{name:<44}{ns:>8.1} ns per input")?;
        }
        let per_s = self.inputs_per_s().unwrap_or_default();
        let ratio = self.ratio().unwrap_or_default();
        let verdict = if self.is_met() == Some(true) { "met" } else { "MISSED" };
        writeln!(f, "\n{per_s} inputs/s · {ratio:.2} × the floor, goal ≤ {GOAL}: {verdict}")
    }
}
