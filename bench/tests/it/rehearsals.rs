//! A day with rehearsals is the same day.

use st0ck_bench::broker::Manner;
use st0ck_bench::day::Day;
use st0ck_bench::lane::Lane;
use st0ck_types::{Input, Nanos, Output, Recorder, Seq};
use std::sync::{Arc, Mutex};

/// Everything that was recorded, and how much was only rehearsed.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<(Vec<String>, usize)>>);

impl Kept {
    fn keep(&mut self, record: impl std::fmt::Debug) {
        self.0.lock().unwrap().0.push(format!("{record:?}"));
    }
}

impl Recorder for Kept {
    fn input(&mut self, seq: Seq, at: Nanos, input: &Input) {
        // Quotes are told by their number: what they lead to is what is compared.
        match input {
            Input::Market(_) => self.keep((seq, at)),
            _ => self.keep((seq, at, input)),
        }
    }
    fn output(&mut self, seq: Seq, at: Nanos, output: &Output, last: bool) {
        match output {
            Output::Decision(d) => self.keep((seq, at, d.what, d.order, d.factors(), last)),
            other => self.keep((seq, at, other, last)),
        }
    }
    fn rehearse(&mut self, _: &Output) {
        self.0.lock().unwrap().1 += 1;
    }
    fn hash(&mut self, seq: Seq, at: Nanos, hash: u64) {
        self.keep((seq, at, hash));
    }
    fn carry(&mut self, seq: Seq, at: Nanos, state: &[u8]) {
        self.keep((seq, at, state));
    }
    fn seal(&mut self, seq: Seq, at: Nanos) {
        self.keep((seq, at));
    }
}

/// Trades the day with so many idle cycles behind each event.
fn trade(day: &Day, idle: usize) -> (Vec<String>, usize) {
    let kept = Kept::default();
    let mut lane = Lane::open(day, Manner::FillsAll, kept.clone()).unwrap();
    for event in &day.events[..day.events.len() / 2] {
        lane.feed(event);
        (0..idle).for_each(|_| _ = lane.cycle());
    }
    lane.end();
    lane.close();
    drop(lane);
    std::mem::take(&mut *kept.0.lock().unwrap())
}

#[test]
fn a_day_with_rehearsals_is_the_day_without() {
    let day = Day::read(None).unwrap();
    let (without, none) = trade(&day, 0);
    let (with, rehearsed) = trade(&day, 1);
    assert_eq!(none, 0, "a core that is never idle does not rehearse");
    assert!(rehearsed > day.events.len() / 2, "{rehearsed}");
    assert!(without.len() > day.events.len() / 2);
    let differs = without.iter().zip(&with).find(|(a, b)| a != b);
    assert_eq!((differs, without.len()), (None, with.len()));
}
