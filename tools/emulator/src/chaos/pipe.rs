//! One way through the proxy: what came in, what faults make of it, what goes out when.
//!
//! *Invariant:* reading pauses while [`ROOM`] bytes wait, so a peer that does not read is felt by
//! the one that sends; only one unfinished message may wait beside them.

use super::messages::{Cutter, Talk, Unit};
use crate::faults::line::Death;
use crate::faults::plan::Way;
use crate::faults::table::Kind;
use crate::faults::trigger::{Thing, Triggers};
use st0ck_types::Nanos;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Bytes that may wait before reading pauses.
const ROOM: usize = 256 << 10;

/// The moment, by both clocks: since the proxy began, and the machine's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Nanos,
    pub(super) wall: Instant,
}

/// What becomes of one message.
#[derive(Debug, Default)]
struct Fate {
    gone: bool,
    delay: Duration,
    copies: u64,
    behind: u64,
    cut: Option<(usize, Death)>,
}

/// One way of one connection.
#[derive(Debug)]
pub(super) struct Pipe {
    conn: usize,
    way: Way,
    /// On when a fault acts on messages.
    cutter: Option<Cutter>,
    /// Whole messages and when each may go.
    queue: VecDeque<(Vec<u8>, Instant)>,
    /// Messages that let so many others pass first.
    held: Vec<(Vec<u8>, u64)>,
    /// Bytes that may go as far as the line lets them.
    pub(super) out: Vec<u8>,
    waiting: usize,
    muted: bool,
    /// A cut reply is the last thing that goes.
    pub(super) dying: Option<Death>,
    /// Its sender has finished.
    pub(super) ended: bool,
    /// Its receiver was told so.
    pub(super) finished: bool,
}

impl Pipe {
    pub(super) fn new(conn: usize, way: Way, cutter: Option<Cutter>) -> Self {
        Self {
            conn,
            way,
            cutter,
            queue: VecDeque::new(),
            held: Vec::new(),
            out: Vec::new(),
            waiting: 0,
            muted: false,
            dying: None,
            ended: false,
            finished: false,
        }
    }

    /// Whether more may be read from its sender.
    pub(super) fn has_room(&self) -> bool {
        !self.ended && self.waiting + self.out.len() < ROOM
    }

    /// Whether everything that came has gone.
    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty() && self.waiting == 0
    }

    /// Takes bytes that came.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        talk: &mut Talk,
        triggers: &mut Triggers,
        at: Moment,
    ) {
        match &mut self.cutter {
            None => self.out.extend_from_slice(bytes),
            Some(cutter) => {
                cutter.push(bytes);
                self.cut(talk, triggers, at);
            }
        }
    }

    /// Takes the messages that are whole: also when the other way has told what they are.
    pub(super) fn cut(&mut self, talk: &mut Talk, triggers: &mut Triggers, at: Moment) {
        let was_blind = talk.blind;
        while let Some(unit) = self.cutter.as_mut().and_then(|cutter| cutter.next(talk)) {
            self.on_unit(unit, triggers, at);
        }
        if talk.blind && !was_blind {
            let conn = self.conn;
            triggers
                .note(format!("connection {conn}: no HTTP: faults of messages do not act on it"));
        }
    }

    /// Its sender has finished: what waits for more goes as it is.
    pub(super) fn end(&mut self, at: Moment) {
        self.ended = true;
        let rest = self.cutter.as_mut().and_then(Cutter::remains);
        for bytes in rest.map(|unit| unit.bytes).into_iter().chain(self.held.drain(..).map(|h| h.0))
        {
            self.waiting += bytes.len();
            self.queue.push_back((bytes, at.wall));
        }
    }

    fn on_unit(&mut self, unit: Unit, triggers: &mut Triggers, at: Moment) {
        let mut fate = self.fate(&unit, triggers, at);
        if fate.gone || self.dying.is_some() {
            return;
        }
        let mut bytes = unit.bytes;
        if let Some((left, death)) = fate.cut {
            bytes.truncate(left);
            self.dying = Some(death);
        }
        if fate.behind > 0 {
            self.waiting += bytes.len();
            self.held.push((bytes, fate.behind));
            return;
        }
        // Order is kept: nothing goes before what came earlier and is late.
        let due = at.wall + std::mem::take(&mut fate.delay);
        let due = self.queue.back().map_or(due, |(_, last)| due.max(*last));
        for _ in 0..=fate.copies {
            self.waiting += bytes.len();
            self.queue.push_back((bytes.clone(), due));
        }
        if unit.target.is_some() {
            self.let_held_follow(due);
        }
    }

    /// Another message has passed those that let some pass.
    fn let_held_follow(&mut self, due: Instant) {
        self.held.iter_mut().for_each(|(_, behind)| *behind -= 1);
        let ripe = self.held.extract_if(.., |(_, behind)| *behind == 0);
        self.queue.extend(ripe.map(|(bytes, _)| (bytes, due)));
    }

    fn fate(&mut self, unit: &Unit, triggers: &mut Triggers, at: Moment) -> Fate {
        let mut fate = Fate::default();
        let Some(target) = unit.target else { return fate };
        let is_reply = crate::faults::table::REQUESTS.contains(&target);
        if self.muted && !is_reply {
            return Fate { gone: true, ..fate };
        }
        let thing = Thing {
            way: self.way,
            symbol: unit.symbol.as_deref(),
            event: unit.event.as_deref(),
            ..Thing::to_client(target)
        };
        for index in 0..triggers.all().len() {
            if !triggers.hits(index, self.conn, at.now, &thing) {
                continue;
            }
            let armed = triggers.get_mut(index);
            let fault = &armed.fault;
            match fault.kind() {
                Kind::Delay => {
                    let (ms, most) = (fault.count_of("ms"), fault.count_of("jitter_ms"));
                    fate.delay += Duration::from_millis(ms + armed.jitter(self.conn, most));
                }
                Kind::Drop => fate.gone = true,
                Kind::Mute => (fate.gone, self.muted) = (true, true),
                Kind::Duplicate => fate.copies += fault.count_of("times"),
                Kind::Reorder => fate.behind = fate.behind.max(fault.count_of("window")),
                Kind::Cut => {
                    let left = usize::try_from(fault.count_of("after_bytes")).unwrap_or(usize::MAX);
                    let death = if fault.flag("reset") { Death::Reset } else { Death::End };
                    fate.cut = Some((left, death));
                }
                _ => {}
            }
        }
        fate
    }

    /// Lets the messages whose time has come join the bytes. Returns when the next one's comes.
    pub(super) fn release(&mut self, at: Moment) -> Option<Instant> {
        let ripe = self.queue.iter().take_while(|(_, due)| *due <= at.wall).count();
        for (bytes, _) in self.queue.drain(..ripe) {
            self.waiting -= bytes.len();
            self.out.extend(bytes);
        }
        self.queue.front().map(|(_, due)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::FaultPlan;
    use st0ck_quant::rng::Rng;
    use st0ck_types::calendar::Date;

    /// The messages `a` to `f` of a websocket after a fault has seen them.
    fn pass(fault: &str) -> (String, Pipe) {
        let plan = FaultPlan::parse(&format!("[[fault]]\n{fault}"), "f.toml").unwrap();
        let date = Date::new(2020, 12, 15).unwrap();
        let mut triggers = Triggers::new(plan, &Rng::new(1), Nanos(0), date);
        let at = Moment { now: Nanos(0), wall: Instant::now() };
        let mut pipe = Pipe::new(1, Way::ToClient, Some(Cutter::of_server()));
        for letter in b'a'..=b'f' {
            let target = Some(crate::faults::table::Target::Market);
            let unit = Unit { bytes: vec![letter], target, symbol: None, event: None };
            pipe.on_unit(unit, &mut triggers, at);
        }
        pipe.release(at);
        (String::from_utf8(pipe.out.clone()).unwrap(), pipe)
    }

    #[test]
    fn messages_are_dropped_doubled_reordered_and_silenced_as_the_file_says() {
        let on = "on = \"market\"\n";
        assert_eq!(pass(&format!("kind = \"drop\"\n{on}every = 3")).0, "abde");
        assert_eq!(pass(&format!("kind = \"duplicate\"\n{on}every = 4\ntimes = 2")).0, "abcdddef");
        assert_eq!(
            pass(&format!("kind = \"reorder\"\n{on}every = 2\nwindow = 2\ncount = 1")).0,
            "acdbef"
        );
        assert_eq!(pass(&format!("kind = \"mute\"\n{on}every = 3")).0, "ab");
    }

    #[test]
    fn late_messages_hold_up_those_behind_them() {
        let (out, mut pipe) = pass("kind = \"delay\"\non = \"market\"\nms = 50\nevery = 4");
        assert_eq!(out, "abc");
        let later = Instant::now() + Duration::from_millis(50);
        assert_eq!(pipe.release(Moment { now: Nanos(0), wall: later }), None);
        assert_eq!(pipe.out, b"abcdef");
    }

    #[test]
    fn held_messages_go_when_their_sender_has_finished() {
        let (out, mut pipe) = pass("kind = \"reorder\"\non = \"market\"\nwindow = 9\nevery = 2");
        assert_eq!(out, "ace");
        let at = Moment { now: Nanos(0), wall: Instant::now() };
        pipe.end(at);
        pipe.release(at);
        assert_eq!(pipe.out, b"acebdf");
        assert!(!pipe.has_room());
    }
}
