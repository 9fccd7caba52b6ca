//! When a fault hits: its window, what it picks, and its chance.
//!
//! *Invariant:* a fault draws only when something stands before it that it could hit, from a stream
//! of its own for each connection: what another connection does in between does not move it.

use super::plan::{Fault, FaultPlan, Way};
use super::table::Target;
use st0ck_quant::rng::Rng;
use st0ck_types::Nanos;
use st0ck_types::calendar::Date;
use std::collections::BTreeMap;

/// A connection's number.
type Conn = usize;

/// Something that a fault may hit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thing<'a> {
    pub(crate) target: Target,
    pub(crate) way: Way,
    pub(crate) account: Option<u16>,
    pub(crate) symbol: Option<&'a str>,
    pub(crate) event: Option<&'a str>,
}

impl Thing<'_> {
    /// Something of this kind that goes to the client.
    pub(crate) fn to_client(target: Target) -> Self {
        Self { target, way: Way::ToClient, account: None, symbol: None, event: None }
    }
}

/// One fault of a running session.
#[derive(Debug)]
pub(crate) struct Armed {
    pub(crate) fault: Fault,
    from: Nanos,
    until: Nanos,
    rng: Rng,
    draws: BTreeMap<Conn, Rng>,
    /// What it could have hit.
    seen: u64,
    /// What it hit.
    pub(crate) hits: u64,
}

impl Armed {
    /// Whether its window is open.
    pub(crate) fn is_on(&self, now: Nanos) -> bool {
        self.from <= now && now < self.until
    }

    /// Whether it may still hit something.
    pub(crate) fn is_active(&self, now: Nanos) -> bool {
        self.is_on(now) && self.fault.count.is_none_or(|count| self.hits < count)
    }

    /// Whether it is made for such a thing.
    fn picks(&self, thing: &Thing<'_>) -> bool {
        let fault = &self.fault;
        let is = |wish: &Option<String>, found: Option<&str>| {
            wish.as_deref().is_none_or(|wish| found == Some(wish))
        };
        fault.on.contains(&thing.target)
            && fault.way == thing.way
            && fault.account.is_none_or(|account| thing.account == Some(account))
            && is(&fault.symbol, thing.symbol)
            && is(&fault.event, thing.event)
    }

    /// Whether it hits this thing of this connection.
    fn hits(&mut self, conn: Conn, now: Nanos, thing: &Thing<'_>) -> bool {
        if !self.is_active(now) || !self.picks(thing) {
            return false;
        }
        self.seen += 1;
        let chance = self.fault.chance;
        let hit = self.seen.is_multiple_of(self.fault.every)
            && (chance == 1000 || self.stream(conn).chance(chance));
        self.hits += u64::from(hit);
        hit
    }

    /// Up to `most` more, drawn; nothing is drawn for 0.
    pub(crate) fn jitter(&mut self, conn: Conn, most: u64) -> u64 {
        if most == 0 { 0 } else { self.stream(conn).below(most + 1) }
    }

    fn stream(&mut self, conn: Conn) -> &mut Rng {
        self.draws.entry(conn).or_insert_with(|| self.rng.fork(&conn.to_string()))
    }
}

/// Every fault of a running session, and what they did.
#[derive(Debug, Default)]
pub(crate) struct Triggers {
    armed: Vec<Armed>,
    notes: Vec<String>,
}

impl Triggers {
    /// The faults of `plan` in a session that began at `start` on `date`. Chance comes from the
    /// plan's seed, else from `rng`.
    pub(crate) fn new(plan: FaultPlan, rng: &Rng, start: Nanos, date: Date) -> Self {
        let rng =
            plan.seed.map_or_else(|| rng.fork("faults"), |seed| Rng::new(seed).fork("faults"));
        let armed = plan.faults.into_iter().map(|fault| {
            let (from, until) = fault.window(start, date);
            let rng = rng.fork(&fault.name);
            Armed { fault, from, until, rng, draws: BTreeMap::new(), seen: 0, hits: 0 }
        });
        Self { armed: armed.collect(), notes: Vec::new() }
    }

    /// All of them, in the order of their file.
    pub(crate) fn all(&self) -> &[Armed] {
        &self.armed
    }

    pub(crate) fn get(&self, index: usize) -> &Armed {
        &self.armed[index]
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> &mut Armed {
        &mut self.armed[index]
    }

    /// Whether the fault `index` hits this thing; a hit is noted.
    pub(crate) fn hits(&mut self, index: usize, conn: Conn, now: Nanos, thing: &Thing<'_>) -> bool {
        let armed = &mut self.armed[index];
        let hit = armed.hits(conn, now, thing);
        if hit {
            let (fault, number) = (&armed.fault, armed.hits);
            self.notes.push(format!(
                "{}: {} on {} of connection {conn}, number {number}",
                fault.name, fault.row.name, thing.target
            ));
        }
        hit
    }

    /// A connection is gone: what was drawn for it is forgotten.
    pub(crate) fn forget(&mut self, conn: Conn) {
        for armed in &mut self.armed {
            armed.draws.remove(&conn);
        }
    }

    /// Notes something that is no hit.
    pub(crate) fn note(&mut self, words: String) {
        self.notes.push(words);
    }

    /// What happened since the last time this was asked.
    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triggers(more: &str) -> Triggers {
        let text = format!("[[fault]]\nkind = \"drop\"\n{more}");
        let plan = FaultPlan::parse(&text, "f.toml").unwrap();
        Triggers::new(plan, &Rng::new(1), Nanos(0), Date::new(2020, 12, 15).unwrap())
    }

    /// Which of `count` equal things, one each second, are hit.
    fn hit(triggers: &mut Triggers, conn: Conn, count: i64, thing: &Thing<'_>) -> Vec<i64> {
        (0..count)
            .filter(|second| triggers.hits(0, conn, Nanos(second * 1_000_000_000), thing))
            .collect()
    }

    #[test]
    fn windows_every_and_count_pick_what_they_say() {
        let thing = Thing::to_client(Target::Updates);
        let mut every = triggers("on = \"updates\"\nafter = \"2s\"\nfor = \"6s\"\nevery = 2\n");
        assert_eq!(hit(&mut every, 1, 20, &thing), [3, 5, 7]);
        let mut count = triggers("on = \"updates\"\ncount = 2\n");
        assert_eq!(hit(&mut count, 1, 20, &thing), [0, 1]);
        assert!(!count.get(0).is_active(Nanos(0)));
        assert_eq!(count.take_notes().len(), 2);
    }

    #[test]
    fn other_things_are_neither_hit_nor_counted() {
        let mut fills =
            triggers("on = \"updates\"\nevent = \"fill\"\nsymbol = \"SPY\"\nevery = 2\n");
        let thing = Thing::to_client(Target::Updates);
        let fill = Thing { event: Some("fill"), symbol: Some("SPY"), ..thing };
        let other = Thing { symbol: Some("QQQ"), ..fill };
        let new = Thing { event: Some("new"), ..fill };
        let hits: Vec<bool> = [fill, other, new, Thing::to_client(Target::Market), fill]
            .iter()
            .map(|thing| fills.hits(0, 1, Nanos(0), thing))
            .collect();
        assert_eq!(hits, [false, false, false, false, true]);
    }

    #[test]
    fn chance_belongs_to_a_connection_and_to_the_seed() {
        let thing = Thing::to_client(Target::Updates);
        let alone = hit(&mut triggers("on = \"any\"\nchance = 300\n"), 4, 200, &thing);
        assert!((30..90).contains(&alone.len()), "{}", alone.len());
        let mut busy = triggers("on = \"any\"\nchance = 300\n");
        let mut among = Vec::new();
        for second in 0..200 {
            let now = Nanos(second * 1_000_000_000);
            busy.hits(0, 3, now, &thing);
            if busy.hits(0, 4, now, &thing) {
                among.push(second);
            }
        }
        assert_eq!(alone, among, "another connection in between changes nothing");
    }
}
