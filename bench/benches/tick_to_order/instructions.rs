//! Instructions from a frame's bytes to its order's, all three agents' cycles, counted by callgrind in
//! a child of this program.

use crate::turns::{Market, Paced};
use st0ck_bench::callgrind;
use st0ck_bench::day::Day;
use st0ck_bench::journaled::Cores;
use std::error::Error;

/// The word that makes a child of this program.
const CHILD: &str = "--callgrind-child";
/// The function that callgrind counts in.
const COUNTED: &str = "*instructions::take_counted*";
/// Orders that are counted.
const ORDERS: usize = 300;

/// Instructions of one order, or why they were not counted.
pub(crate) fn per_order() -> Result<u64, String> {
    let collected = callgrind::collect(COUNTED, &[CHILD, &ORDERS.to_string()]);
    collected.map(|count| count / ORDERS as u64)
}

/// How many orders a child is to take; `None` when this is not a child.
pub(crate) fn child(words: &[String]) -> Option<Result<usize, Box<dyn Error>>> {
    let at = words.iter().position(|word| word == CHILD)?;
    let orders = words.get(at + 1).and_then(|word| word.parse().ok());
    Some(orders.ok_or_else(|| format!("{CHILD} takes a number of orders").into()))
}

/// Takes so many orders of a day.
pub(crate) fn run(orders: usize) -> Result<(), Box<dyn Error>> {
    let market = Market::new(Day::read(None)?);
    let strides = market.strides(Cores::default())?;
    let mut lane = Paced::open(&market, &strides, Cores::default(), false, false)?;
    for _ in 0..orders {
        lane.approach();
        take_counted(&mut lane);
        lane.settle()?;
    }
    Ok(())
}

/// Never inlined: callgrind finds it by its name.
#[inline(never)]
fn take_counted(lane: &mut Paced<'_>) {
    lane.pass();
}
