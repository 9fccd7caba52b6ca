//! The slow and obvious twin of [`crate::queue`]: every share of every queue stands in a list.
//!
//! Only for the test that drives both in lock-step.

use st0ck_types::Side;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    Theirs,
    Ours(u64),
}

/// What stands at one price.
#[derive(Debug, Default)]
struct Row {
    /// First to be served first.
    line: Vec<Share>,
    /// Our shares of which nobody knows where they stand.
    lost: Vec<u64>,
}

impl Row {
    fn theirs(&self) -> usize {
        self.line.iter().filter(|s| **s == Share::Theirs).count()
    }

    /// Moves each of our shares to where `place` says, given how many of theirs are before it now;
    /// `total` of theirs remain in all.
    fn rearrange(&mut self, total: usize, place: impl Fn(usize) -> usize) {
        let (mut before, mut line) = (0, Vec::new());
        for share in self.line.drain(..) {
            match share {
                Share::Theirs => before += 1,
                Share::Ours(_) => {
                    let placed = line.iter().filter(|s| **s == Share::Theirs).count();
                    line.extend(vec![Share::Theirs; place(before) - placed]);
                    line.push(share);
                }
            }
        }
        let placed = line.iter().filter(|s| **s == Share::Theirs).count();
        line.extend(vec![Share::Theirs; total - placed]);
        self.line = line;
    }

    /// The lost shares stand behind all that is there.
    fn find_lost(&mut self) {
        self.line.extend(self.lost.drain(..).map(Share::Ours));
    }

    fn drop_theirs(&mut self) {
        self.line.retain(|s| *s != Share::Theirs);
        self.find_lost();
    }
}

/// One side's queues.
pub(crate) struct Twin {
    side: Side,
    rows: BTreeMap<i64, Row>,
    /// Best price, 0 when the side is empty; none before the first quote.
    best: Option<i64>,
    fills: Vec<(u64, i64, i64)>,
}

impl Twin {
    pub(crate) fn new(side: Side) -> Self {
        Self { side, rows: BTreeMap::new(), best: None, fills: Vec::new() }
    }

    fn is_better(&self, a: i64, b: i64) -> bool {
        if self.side == Side::Buy { a > b } else { a < b }
    }

    /// Prices with a row, best first.
    fn prices(&self) -> Vec<i64> {
        let ascending = self.rows.keys().copied();
        if self.side == Side::Buy { ascending.rev().collect() } else { ascending.collect() }
    }

    pub(crate) fn join(&mut self, key: u64, limit: i64, qty: i64) {
        let known = match self.best {
            None => false,
            Some(best) => best == 0 || best == limit || self.is_better(limit, best),
        };
        let row = self.rows.entry(limit).or_default();
        for _ in 0..qty {
            if known {
                row.line.push(Share::Ours(key));
            } else {
                row.lost.push(key);
            }
        }
    }

    pub(crate) fn remove(&mut self, key: u64) -> bool {
        let count = |rows: &BTreeMap<i64, Row>| -> usize {
            rows.values().map(|r| r.line.len() + r.lost.len()).sum()
        };
        let before = count(&self.rows);
        for row in self.rows.values_mut() {
            row.line.retain(|s| *s != Share::Ours(key));
            row.lost.retain(|k| *k != key);
        }
        count(&self.rows) != before
    }

    pub(crate) fn quote(&mut self, price: i64, size: i64) {
        let size = size as usize;
        for limit in self.prices() {
            let better = price == 0 || self.is_better(limit, price);
            if let Some(row) = self.rows.get_mut(&limit).filter(|_| better) {
                row.drop_theirs();
            }
        }
        if price != 0 {
            let was_best = self.best == Some(price);
            let row = self.rows.entry(price).or_default();
            let there = row.theirs();
            if was_best && there > size {
                let gone = there - size;
                row.rearrange(size, |before| before - before * gone / there);
            } else {
                row.rearrange(size, |before| before.min(size));
            }
            row.find_lost();
        }
        self.best = Some(price);
    }

    pub(crate) fn print(&mut self, price: i64, size: i64) {
        let mut left = size;
        for limit in self.prices() {
            if self.is_better(limit, price) {
                left = self.serve_ours(limit, left);
            }
        }
        let Some(row) = self.rows.get_mut(&price) else { return };
        let served = (left as usize).min(row.line.len());
        for share in row.line.drain(..served) {
            if let Share::Ours(key) = share {
                book(&mut self.fills, key, price);
            }
        }
    }

    /// What is left of the other side's size.
    pub(crate) fn opposite(&mut self, price: i64, size: i64) -> i64 {
        let mut left = size;
        for limit in self.prices() {
            if limit == price || self.is_better(limit, price) {
                left = self.serve_ours(limit, left);
            }
        }
        left
    }

    /// Fills our shares at a price, wherever they stand.
    fn serve_ours(&mut self, limit: i64, mut left: i64) -> i64 {
        let Some(row) = self.rows.get_mut(&limit) else { return left };
        let mut serve = |key| {
            let served = left > 0;
            if served {
                left -= 1;
                book(&mut self.fills, key, limit);
            }
            !served
        };
        row.line.retain(|s| match s {
            Share::Theirs => true,
            Share::Ours(key) => serve(*key),
        });
        row.lost.retain(|key| serve(*key));
        left
    }

    /// The fills since the last call.
    pub(crate) fn take_fills(&mut self) -> Vec<(u64, i64, i64)> {
        std::mem::take(&mut self.fills)
    }
}

/// One more share for an order; shares in a row make one fill.
fn book(fills: &mut Vec<(u64, i64, i64)>, key: u64, price: i64) {
    match fills.last_mut() {
        Some((last, _, qty)) if *last == key => *qty += 1,
        _ => fills.push((key, price, 1)),
    }
}
