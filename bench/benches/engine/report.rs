//! What the bench says: one JSON object, or a table for people.

use crate::callgrind::Instructions;
use crate::turns::{Measured, PACE, Timed};
use serde_json::{Value, json};
use st0ck_bench::machine::Machine;
use st0ck_bench::spread::{Spread, ratio};
use std::fmt;

/// What was promised: median nanoseconds and instructions of a quote that causes no order.
const GOAL_P50: u64 = 150;
const GOAL_INSTRUCTIONS: u64 = 1_200;

/// The whole result.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) machine: Machine,
    pub(crate) timed: Measured,
    pub(crate) instructions: Instructions,
    pub(crate) allocations: u64,
}

impl Result {
    /// The object of `--json`.
    pub(crate) fn to_json(&self) -> Value {
        let timed = &self.timed;
        let instructions = count_json(&self.instructions.step);
        json!({
            "name": "engine",
            "machine": self.machine.to_json(),
            "ours": timed_json(&timed.step),
            "floor": timed_json(&timed.floor),
            "peers": {},
            "ratio_to_floor": ratio(timed.step.bursts.median(), timed.floor.bursts.median()),
            "ratio_to_peer": {},
            "without_journal": timed_json(&timed.bare),
            "journal_share": self.journal_share(),
            "cycle": timed_json(&timed.cycle),
            "flat": timed.flat.to_json(),
            "order": timed.order.to_json(),
            "paced": { "quotes_per_s": 1_000_000_000 / PACE, "due_to_done": timed.paced.to_json() },
            "instructions_per_quote": instructions,
            "instructions_without_journal": count_json(&self.instructions.bare),
            "instructions_floor": count_json(&self.instructions.floor),
            "allocations": self.allocations,
            "goals": {
                "p50": { "most": GOAL_P50, "met": self.is_fast() },
                "instructions_per_quote":
                    { "most": GOAL_INSTRUCTIONS, "met": self.is_short() },
                "allocations": { "most": 0, "met": self.allocations == 0 },
            },
            "preemptions": timed.preemptions,
            "laps": timed.laps,
            "hot_segments": timed.placement,
            "unit": "ns",
        })
    }

    /// How much of a step goes away with the journal.
    fn journal_share(&self) -> Option<f64> {
        let (with, without) = (self.timed.step.bursts.median(), self.timed.bare.bursts.median());
        ratio(with - without, with)
    }

    fn is_fast(&self) -> bool {
        self.timed.step.each.at(0.5) <= GOAL_P50
    }

    /// JSON null where nothing was counted.
    fn is_short(&self) -> Option<bool> {
        self.instructions.step.as_ref().ok().map(|&count| count <= GOAL_INSTRUCTIONS)
    }
}

fn timed_json(timed: &Timed) -> Value {
    let mut value = timed.each.to_json();
    value["burst_median"] = json!(timed.bursts.median());
    value
}

fn count_json(count: &std::result::Result<u64, String>) -> Value {
    match count {
        Ok(count) => json!(count),
        Err(why) => json!(why),
    }
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timed = &self.timed;
        writeln!(f, "engine: quote in → ST0CKA decides → recorded\n{}", self.machine)?;
        let (laps, preemptions) = (timed.laps, timed.preemptions);
        writeln!(f, "hot segments: {}", timed.placement)?;
        writeln!(f, "{laps} laps · the system took the core away {preemptions} times\n")?;
        writeln!(
            f,
            "{:<32}{:>9} {:>7} {:>8} {:>9} {:>9} {:>8}",
            "ns per quote", "count", "p50", "p99", "p99.9", "max", "burst"
        )?;
        for (name, subject) in [
            ("step, holding", &timed.step),
            ("step, holding, no journal", &timed.bare),
            ("whole duty cycle, holding", &timed.cycle),
            ("floor: top of book, same bytes", &timed.floor),
        ] {
            row(f, name, &subject.each)?;
            writeln!(f, " {:>8.1}", subject.bursts.median())?;
        }
        for (name, spread) in [
            ("step, flat and waiting", &timed.flat),
            ("step that sends an order", &timed.order),
            ("50,000/s, from when it was due", &timed.paced),
        ] {
            row(f, name, spread)?;
            writeln!(f)?;
        }
        self.write_ratios(f)
    }
}

impl Result {
    fn write_ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timed = &self.timed;
        let text = |ratio: Option<f64>| ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        let to_floor = ratio(timed.step.bursts.median(), timed.floor.bursts.median());
        writeln!(f, "\nburst: median over bursts of 250 events, prints included, per event")?;
        writeln!(
            f,
            "ratio to floor {} · share of the journal {}",
            text(to_floor),
            text(self.journal_share())
        )?;
        let count = |count: &std::result::Result<u64, String>| match count {
            Ok(count) => count.to_string(),
            Err(why) => why.clone(),
        };
        let instructions = &self.instructions;
        writeln!(
            f,
            "instructions per quote {} · without journal {} · floor {}",
            count(&instructions.step),
            count(&instructions.bare),
            count(&instructions.floor)
        )?;
        let verdict = |met| if met { "met" } else { "MISSED" };
        writeln!(
            f,
            "goals: p50 ≤ {GOAL_P50} ns {} · ≤ {GOAL_INSTRUCTIONS} instructions {} · {} allocations \
             in a day {}",
            verdict(self.is_fast()),
            self.is_short().map_or("not counted", verdict),
            self.allocations,
            verdict(self.allocations == 0)
        )
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, spread: &Spread) -> fmt::Result {
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| spread.at(quantile));
    let (count, max) = (spread.count(), spread.max());
    write!(f, "{name:<32}{count:>9} {p50:>7} {p99:>8} {p999:>9} {max:>9}")
}
