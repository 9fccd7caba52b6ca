//! What faults do to the bytes of one connection: how many may pass now, when more may, and when it
//! is over. The emulator asks before it writes, the proxy before it passes on.
//!
//! *Invariant:* sans I/O. Bytes are held back or the connection dies; none is changed, none comes
//! before an earlier one.

use super::plan::Way;
use super::table::{Kind, Target};
use super::trigger::{Thing, Triggers};
use st0ck_types::Nanos;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Pieces in a second of a slow connection: enough to look like a flow.
const PIECES_PER_S: u64 = 50;

/// How a connection dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// As if its peer had finished.
    End,
    /// As if its peer's machine had forgotten it.
    Reset,
}

/// What may happen to waiting bytes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// So many may pass.
    pub(crate) bytes: usize,
    /// Then this is the end of it, both ways.
    pub(crate) death: Option<Death>,
    /// When to ask again; `None`: when more bytes are there, or the session has moved.
    pub(crate) again: Option<Instant>,
}

/// One fault that has hold of a connection.
#[derive(Debug)]
struct Grip {
    fault: usize,
    /// Bytes that had passed by then, to the client and to the server.
    from: [u64; 2],
    jitter: Duration,
}

/// Bytes of one way.
#[derive(Debug, Default)]
struct Course {
    passed: u64,
    /// Nothing passes before.
    resume: Option<Instant>,
    /// Pause after the bytes that the last verdict let pass, and how many it was for.
    pace: Option<(u64, Duration)>,
    /// Delayed bytes: up to which, and when.
    due: VecDeque<(u64, Instant)>,
    /// Bytes that have come so far.
    known: u64,
}

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Faults that had their chance with it.
    asked: Vec<usize>,
    grips: Vec<Grip>,
    courses: [Course; 2],
}

impl Line {
    /// Lets every fault that is on now, and was not asked before, take hold of it or not.
    pub(crate) fn look(&mut self, triggers: &mut Triggers, conn: usize, now: Nanos) {
        for index in 0..triggers.all().len() {
            let armed = triggers.get(index);
            let way = armed.fault.way;
            if self.asked.contains(&index)
                || !armed.fault.on.contains(&Target::Connections)
                || !armed.is_on(now)
            {
                continue;
            }
            self.asked.push(index);
            let thing = Thing { way, ..Thing::to_client(Target::Connections) };
            if triggers.hits(index, conn, now, &thing) {
                let armed = triggers.get_mut(index);
                let most = match armed.fault.kind() {
                    Kind::Delay => armed.fault.count_of("jitter_ms"),
                    _ => 0,
                };
                let jitter = Duration::from_millis(armed.jitter(conn, most));
                let from = [self.courses[0].passed, self.courses[1].passed];
                self.grips.push(Grip { fault: index, from, jitter });
            }
        }
    }

    /// Whether somebody reads what comes `way`, or it is half open.
    pub(crate) fn reads(&self, triggers: &Triggers, way: Way, now: Nanos) -> bool {
        !self.grips.iter().any(|grip| {
            let armed = triggers.get(grip.fault);
            armed.fault.kind() == Kind::HalfOpen
                && armed.is_on(now)
                && self.left(grip, way, armed.fault.count_of("after_bytes")) == 0
        })
    }

    /// How many of `limit` bytes may still pass since a fault took hold.
    fn left(&self, grip: &Grip, way: Way, limit: u64) -> u64 {
        let side = way as usize;
        limit.saturating_sub(self.courses[side].passed - grip.from[side])
    }

    /// What may happen to `waiting` bytes that go `way`.
    pub(crate) fn verdict(
        &mut self,
        triggers: &Triggers,
        way: Way,
        waiting: usize,
        now: Nanos,
        wall: Instant,
    ) -> Verdict {
        let mut free = Verdict { bytes: waiting, death: None, again: None };
        let (mut most, mut pace) = (u64::MAX, None::<(u64, Duration)>);
        let mut delay = Duration::ZERO;
        for grip in &self.grips {
            let armed = triggers.get(grip.fault);
            let (fault, is_ours) = (&armed.fault, armed.fault.way == way);
            if !armed.is_on(now) {
                continue;
            }
            match fault.kind() {
                Kind::HalfOpen => {
                    most = most.min(self.left(grip, way, fault.count_of("after_bytes")));
                }
                _ if !is_ours => {}
                Kind::Cut => {
                    let left = self.left(grip, way, fault.count_of("after_bytes"));
                    most = most.min(left);
                    if left <= waiting as u64 {
                        let reset = fault.flag("reset");
                        free.death = Some(if reset { Death::Reset } else { Death::End });
                    }
                }
                Kind::Delay => {
                    delay += Duration::from_millis(fault.count_of("ms")) + grip.jitter;
                }
                Kind::Slow => pace = Some(slower(pace, flow(fault.count_of("bytes_per_s")))),
                Kind::PartialWrite => {
                    let pause = Duration::from_millis(fault.count_of("pause_ms"));
                    pace = Some(slower(pace, (fault.count_of("max_bytes"), pause)));
                }
                Kind::ByteAtATime => {
                    let pause = Duration::from_micros(fault.count_of("pause_us"));
                    pace = Some(slower(pace, (1, pause)));
                }
                _ => {}
            }
        }
        self.courses[way as usize].allow(free, most, pace, delay, wall)
    }

    /// Notes that so many bytes have passed.
    pub(crate) fn passed(&mut self, way: Way, count: usize, wall: Instant) {
        let course = &mut self.courses[way as usize];
        course.passed += count as u64;
        if let (Some((piece, pause)), true) = (course.pace, count > 0) {
            // A smaller piece has a shorter pause: a flow keeps its rate.
            let share = u32::try_from(count).unwrap_or(u32::MAX).min(piece as u32);
            course.resume = Some(wall + pause * share / (piece as u32).max(1));
        }
    }
}

impl Course {
    fn allow(
        &mut self,
        mut verdict: Verdict,
        most: u64,
        pace: Option<(u64, Duration)>,
        delay: Duration,
        wall: Instant,
    ) -> Verdict {
        let waiting = verdict.bytes;
        let (mut bytes, mut again) = (most.min(waiting as u64), None);
        let come = self.passed + waiting as u64;
        if come > self.known && (!delay.is_zero() || !self.due.is_empty()) {
            // What is not delayed any more still comes behind what was.
            let last = self.due.back().map_or(wall, |(_, due)| *due);
            self.due.push_back((come, (wall + delay).max(last)));
        }
        self.known = come.max(self.known);
        while self.due.front().is_some_and(|(end, _)| *end <= self.passed) {
            self.due.pop_front();
        }
        if let Some((_, first)) = self.due.front() {
            let ripe = self.due.iter().take_while(|(_, due)| *due <= wall).last();
            let ready = ripe.map_or(0, |(end, _)| end - self.passed);
            let not_yet =
                self.due.iter().find(|(_, due)| *due > wall).map_or(*first, |(_, due)| *due);
            again = (ready < bytes).then_some(not_yet);
            bytes = bytes.min(ready);
        }
        self.pace = pace;
        if let Some((piece, _)) = pace {
            if let Some(resume) = self.resume.filter(|resume| *resume > wall) {
                bytes = 0;
                again = Some(again.map_or(resume, |again| again.max(resume)));
            }
            if bytes > piece {
                bytes = piece;
                again = Some(wall);
            }
        }
        // The end comes behind the last byte before it.
        verdict.death = verdict.death.filter(|_| bytes == most);
        Verdict { bytes: bytes as usize, again, ..verdict }
    }
}

/// A piece and its pause of so many bytes each second.
fn flow(bytes_per_s: u64) -> (u64, Duration) {
    let piece = (bytes_per_s / PIECES_PER_S).max(1);
    (piece, Duration::from_nanos(1_000_000_000 * piece / bytes_per_s))
}

/// Of two paces the smaller piece with the longer pause.
fn slower(known: Option<(u64, Duration)>, other: (u64, Duration)) -> (u64, Duration) {
    known.map_or(other, |known| (known.0.min(other.0), known.1.max(other.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::FaultPlan;
    use st0ck_quant::rng::Rng;
    use st0ck_types::calendar::Date;

    struct Stage {
        triggers: Triggers,
        line: Line,
        wall: Instant,
    }

    impl Stage {
        fn new(fault: &str) -> Self {
            let plan = FaultPlan::parse(&format!("[[fault]]\n{fault}"), "f.toml").unwrap();
            let date = Date::new(2020, 12, 15).unwrap();
            let mut triggers = Triggers::new(plan, &Rng::new(1), Nanos(0), date);
            let mut line = Line::default();
            line.look(&mut triggers, 1, Nanos(0));
            Self { triggers, line, wall: Instant::now() }
        }

        /// How many of `waiting` bytes pass `ms` after the start, how the line dies, and after how
        /// many milliseconds it wants to be asked again.
        fn pass(&mut self, ms: u64, waiting: usize) -> (usize, Option<Death>, Option<u128>) {
            let wall = self.wall + Duration::from_millis(ms);
            let Self { line, triggers, .. } = self;
            let verdict = line.verdict(triggers, Way::ToClient, waiting, Nanos(0), wall);
            line.passed(Way::ToClient, verdict.bytes, wall);
            let again = verdict.again.map(|again| again.duration_since(wall).as_millis());
            (verdict.bytes, verdict.death, again)
        }
    }

    #[test]
    fn a_cut_comes_behind_its_last_byte() {
        let mut stage = Stage::new("kind = \"cut\"\non = \"connections\"\nafter_bytes = 10\n");
        assert_eq!(stage.pass(0, 6), (6, None, None));
        assert_eq!(stage.pass(0, 100), (4, Some(Death::End), None));
        let mut at_once = Stage::new("kind = \"cut\"\non = \"connections\"\nreset = true\n");
        assert_eq!(at_once.pass(0, 0), (0, Some(Death::Reset), None));
    }

    #[test]
    fn a_slow_line_keeps_its_rate() {
        let mut stage = Stage::new("kind = \"slow\"\nbytes_per_s = 1000\n");
        assert_eq!(stage.pass(0, 100), (20, None, Some(0)));
        assert_eq!(stage.pass(5, 80), (0, None, Some(15)));
        let mut passed = 20;
        for ms in 6..=100 {
            passed += stage.pass(ms, 1000).0;
        }
        assert_eq!(passed, 120, "20 bytes every 20 ms");
    }

    #[test]
    fn delayed_bytes_keep_their_order_and_their_gaps() {
        let mut stage = Stage::new("kind = \"delay\"\non = \"connections\"\nms = 50\n");
        assert_eq!(stage.pass(0, 10), (0, None, Some(50)));
        assert_eq!(stage.pass(20, 15), (0, None, Some(30)));
        assert_eq!(stage.pass(50, 15), (10, None, Some(20)));
        assert_eq!(stage.pass(70, 5), (5, None, None));
    }

    #[test]
    fn half_open_takes_nothing_either_way_after_its_bytes() {
        let mut stage = Stage::new("kind = \"half_open\"\nafter_bytes = 4\n");
        assert!(stage.line.reads(&stage.triggers, Way::ToServer, Nanos(0)));
        assert_eq!(stage.pass(0, 9), (4, None, None));
        assert_eq!(stage.pass(10, 5), (0, None, None));
        assert!(!stage.line.reads(&stage.triggers, Way::ToClient, Nanos(0)));
        assert!(stage.line.reads(&stage.triggers, Way::ToServer, Nanos(0)), "counted for itself");
    }

    #[test]
    fn pieces_are_no_larger_than_they_may_be() {
        let mut stage = Stage::new("kind = \"partial_write\"\nmax_bytes = 3\npause_ms = 9\n");
        assert_eq!(stage.pass(0, 7), (3, None, Some(0)));
        assert_eq!(stage.pass(9, 4), (3, None, Some(0)));
        assert_eq!(stage.pass(18, 1), (1, None, None));
    }
}
