//! The way of a price through one bar, in ticks: from the open through both extremes to the close.
//!
//! Called by [`crate::bridge`].
//! *Invariant:* the path never leaves the bar's range.

use st0ck_quant::rng::Rng;

/// A bar in ticks, each price moved to the nearest tick inside the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TickBar {
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) close: i64,
}

/// When the extremes are reached, as steps of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turns {
    pub(crate) high_at: usize,
    pub(crate) low_at: usize,
}

/// Fills `path` with one tick price a step; it must have the wanted length, at least 1.
///
/// The extreme nearer to the open comes first, the coin decides when both are as near. The first is
/// reached in 10–45 % of the time, the second in 55–90 %. Between two turning points the price goes
/// in a straight line plus a random walk that is pulled back to meet the end (a discrete Brownian
/// bridge), with steps of a thirty-second of the range, at least a tick.
pub(crate) fn walk(bar: &TickBar, rng: &mut Rng, path: &mut [i64]) -> Turns {
    let end = path.len() - 1;
    let early = at_percent(end, rng.between(10, 45));
    let late = at_percent(end, rng.between(55, 90));
    let (up, down) = (bar.high - bar.open, bar.open - bar.low);
    let high_first = if up == down { rng.chance(500) } else { up < down };
    let (first, second) = if high_first { (bar.high, bar.low) } else { (bar.low, bar.high) };
    let points = [(0, bar.open), (early, first), (late, second), (end, bar.close)];
    for leg in points.windows(2) {
        let [(from, start), (to, goal)] = [leg[0], leg[1]];
        bridge(bar, start, goal, rng, &mut path[from..=to]);
    }
    let (high_at, low_at) = if high_first { (early, late) } else { (late, early) };
    Turns { high_at, low_at }
}

fn at_percent(end: usize, percent: i64) -> usize {
    end * percent as usize / 100
}

/// A walk from `start` to `goal`, both included, inside the bar's range.
fn bridge(bar: &TickBar, start: i64, goal: i64, rng: &mut Rng, path: &mut [i64]) {
    let steps = path.len() as i64 - 1;
    let stride = 1 + (bar.high - bar.low) / 32;
    let mut walked = 0;
    for slot in path.iter_mut() {
        *slot = walked;
        walked += rng.between(-1, 1) * stride;
    }
    let drift = path[path.len() - 1];
    for (slot, done) in path.iter_mut().zip(0..) {
        let share = |whole: i64| if steps == 0 { whole } else { whole * done / steps };
        *slot = (start + share(goal - start) + *slot - share(drift)).clamp(bar.low, bar.high);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn a_path_meets_its_turning_points_and_stays_in_range(
            low in 1i64..10_000, range in 0i64..500, open in 0i64..=500, close in 0i64..=500,
            steps in 1usize..300, seed: u64,
        ) {
            let (high, within) = (low + range, |x: i64| low + x.min(range));
            let bar = TickBar { open: within(open), high, low, close: within(close) };
            let mut path = vec![0; steps];
            let turns = walk(&bar, &mut Rng::new(seed), &mut path);
            prop_assert!(path.iter().all(|p| (low..=high).contains(p)));
            prop_assert_eq!(path[steps - 1], bar.close);
            if steps > 20 {
                prop_assert_eq!(path[0], bar.open);
                prop_assert_eq!((path[turns.high_at], path[turns.low_at]), (high, low));
            }
        }
    }

    #[test]
    fn the_nearer_extreme_comes_first() {
        let mut path = [0; 120];
        for seed in 0..50 {
            let bar = TickBar { open: 105, high: 110, low: 80, close: 90 };
            let turns = walk(&bar, &mut Rng::new(seed), &mut path);
            assert!(turns.high_at < turns.low_at);
            let bar = TickBar { open: 85, ..bar };
            let turns = walk(&bar, &mut Rng::new(seed), &mut path);
            assert!(turns.low_at < turns.high_at);
        }
    }
}
