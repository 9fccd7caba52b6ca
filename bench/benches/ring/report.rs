//! What the bench says: one JSON object, or a table for people.

use crate::turns::{Link, Measured, NEAR_NS};
use serde_json::{Value, json};
use st0ck_bench::machine::Machine;
use st0ck_bench::spread::ratio;
use std::fmt;

/// What was promised: hop and burst by those of the bare ring.
const GOAL: f64 = 1.1;

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
        let met = |ratio: Option<f64>| ratio.map(|ratio| ratio <= GOAL);
        let pair = |[hop, burst]: [Option<f64>; 2]| json!({ "hop": hop, "burst": burst });
        let [hop, burst] = it.market_to_bare;
        json!({
            "name": "ring",
            "machine": self.machine.to_json(),
            "ours": link(&it.market),
            "ours_plain": link(&it.reserved),
            "floor": {
                "hop": it.flag.hop.median(),
                "near": it.flag.near.median(),
                "far": it.flag.far.median(),
                "near_below_ns": NEAR_NS,
                "turns_near": it.near_turns,
            },
            "peers": { "rtrb": link(&it.bare) },
            "ratio_to_floor": ratio(it.market.hop.median(), it.flag.hop.median()),
            "ratio_to_peer": {
                "rtrb": pair(it.market_to_bare),
                "rtrb_from_plain": pair(it.reserved_to_bare),
            },
            "goals": {
                "hop_to_rtrb": { "most": GOAL, "met": met(hop) },
                "burst_to_rtrb": { "most": GOAL, "met": met(burst) },
            },
            "turns": it.turns,
            "pinned": it.pinned,
            "preemptions": it.preemptions,
            "unit": "ns",
        })
    }
}

fn link(link: &Link) -> Value {
    let burst = link.burst.median();
    json!({
        "hop": link.hop.median(),
        "hop_near": link.near.median(),
        "hop_far": link.far.median(),
        "burst": burst,
        "events_per_s": ratio(1e9, burst).map(f64::round),
    })
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.measured;
        writeln!(f, "ring: a 64-byte event from one thread to another\n{}", self.machine)?;
        let (turns, near, lost) = (it.turns, it.near_turns, it.preemptions);
        writeln!(
            f,
            "{turns} turns, in {near} of them the cores were near each other (floor below"
        )?;
        writeln!(f, "{NEAR_NS} ns) · the system took the core away {lost} times\n")?;
        writeln!(f, "{:<34}{:>8} {:>8} {:>8} {:>8}", "ns", "hop", "near", "far", "burst")?;
        for (name, link) in [
            ("ours, to the core (conflating)", &it.market),
            ("ours, plain (with a reserve)", &it.reserved),
            ("rtrb", &it.bare),
            ("floor: two flags", &it.flag),
        ] {
            let [hop, near, far] = [&link.hop, &link.near, &link.far].map(|all| all.median());
            let burst = link.burst.median();
            writeln!(f, "{name:<34}{hop:>8.1} {near:>8.1} {far:>8.1} {burst:>8.1}")?;
        }
        writeln!(f, "\nby rtrb in the same turn, the median over turns (goal: {GOAL})")?;
        let text = |ratio: Option<f64>| ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        for (name, [hop, burst]) in
            [("conflating", it.market_to_bare), ("plain", it.reserved_to_bare)]
        {
            writeln!(f, "  {name:<12} hop {} · burst {}", text(hop), text(burst))?;
        }
        Ok(())
    }
}
