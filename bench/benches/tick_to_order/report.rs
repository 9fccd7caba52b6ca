//! What the bench says: one JSON object, or a table for people.

use crate::turns::{Measured, Stages};
use serde_json::{Map, Value, json};
use st0ck_bench::machine::Machine;
use st0ck_bench::spread::ratio;
use std::fmt;

/// What was promised of hot orders, in nanoseconds.
const GOAL_P50: u64 = 500;
const GOAL_P99: u64 = 2_000;

/// The whole result.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) machine: Machine,
    pub(crate) measured: Measured,
    pub(crate) instructions: std::result::Result<u64, String>,
}

impl Result {
    /// The object of `--json`.
    pub(crate) fn to_json(&self) -> Value {
        let it = &self.measured;
        let p50_of = |stages: &Stages| stages.whole.at(0.5);
        json!({
            "name": "tick_to_order",
            "machine": self.machine.to_json(),
            "ours": it.hot.rehearsed.whole.to_json(),
            "floor": it.floor.to_json(),
            "peers": {},
            "ratio_to_floor": ratio(p50_of(&it.hot.rehearsed) as f64, it.floor.at(0.5) as f64),
            "ratio_to_peer": {},
            "hot": stages(&it.hot.rehearsed),
            "hot_unrehearsed": stages(&it.hot.unrehearsed),
            "cold": stages(&it.cold.rehearsed),
            "cold_unrehearsed": stages(&it.cold.unrehearsed),
            "rehearsing_saves_part": Value::Object(saved(it).map(named_part).collect()),
            "instructions_per_order": match &self.instructions {
                Ok(count) => json!(count),
                Err(why) => json!(why),
            },
            "bytes": { "frame": it.bytes.0, "request": it.bytes.1 },
            "goals": {
                "p50": { "most": GOAL_P50, "met": self.is_fast() },
                "p99": { "most": GOAL_P99, "met": self.is_steady() },
            },
            "preemptions": it.preemptions,
            "unit": "ns",
        })
    }

    fn is_fast(&self) -> bool {
        self.measured.hot.rehearsed.whole.at(0.5) <= GOAL_P50
    }

    fn is_steady(&self) -> bool {
        self.measured.hot.rehearsed.whole.at(0.99) <= GOAL_P99
    }
}

fn named_part((name, part): (&str, Option<f64>)) -> (String, Value) {
    (name.to_owned(), part.into())
}

/// What part of each stage's cold median rehearsing takes off; nothing where one of both is missing.
fn saved(it: &Measured) -> impl Iterator<Item = (&'static str, Option<f64>)> {
    let pairs = it.cold.unrehearsed.named().into_iter().zip(it.cold.rehearsed.named());
    pairs.map(|((name, cold), (_, warm))| {
        let saved = cold.at(0.5) as f64 - warm.at(0.5) as f64;
        let is_known = warm.count() > 0;
        (name, is_known.then(|| ratio(saved, cold.at(0.5) as f64)).flatten())
    })
}

fn stages(stages: &Stages) -> Value {
    let named = stages.named().map(|(name, spread)| (name.to_owned(), spread.to_json()));
    Value::Object(Map::from_iter(named))
}

impl fmt::Display for Result {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.measured;
        writeln!(f, "tick_to_order: bytes of a quote → bytes of its order\n{}", self.machine)?;
        let ((frame, request), lost) = (it.bytes, it.preemptions);
        writeln!(
            f,
            "{frame} bytes in, {request} out · the system took the core away {lost} times"
        )?;
        let (hot, cold) = (&it.hot, &it.cold);
        for (name, part) in [
            ("hot", &hot.rehearsed),
            ("unrehearsed", &hot.unrehearsed),
            ("cold", &cold.rehearsed),
            ("unrehearsed", &cold.unrehearsed),
        ] {
            writeln!(
                f,
                "\n{name:<12}{:>8} {:>8} {:>8} {:>9} {:>9}",
                "count", "p50", "p99", "p99.9", "max"
            )?;
            for (stage, spread) in part.named() {
                let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| spread.at(quantile));
                let (count, max) = (spread.count(), spread.max());
                writeln!(f, "{stage:<12}{count:>8} {p50:>8} {p99:>8} {p999:>9} {max:>9}")?;
            }
        }
        let verdict = |met| if met { "met" } else { "MISSED" };
        let floor = it.floor.at(0.5);
        let count = match &self.instructions {
            Ok(count) => count.to_string(),
            Err(why) => why.clone(),
        };
        let parts = saved(it).filter_map(|(name, part)| Some((name, part? * 100.0)));
        let parts: Vec<_> = parts.map(|(name, part)| format!("{name} {part:.0} %")).collect();
        writeln!(f, "\nrehearsing takes off cold medians: {}", parts.join(", "))?;
        writeln!(f, "floor: the same bytes copied, p50 {floor} ns")?;
        writeln!(f, "instructions per order, all three cycles: {count}")?;
        writeln!(
            f,
            "goals: hot p50 ≤ {GOAL_P50} ns {} · p99 ≤ {GOAL_P99} ns {}",
            verdict(self.is_fast()),
            verdict(self.is_steady())
        )
    }
}
