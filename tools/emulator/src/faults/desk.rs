//! The faults of a running emulator: what becomes of a request, of its reply, of a message.
//!
//! [`acts`](super::acts) asks it and does what it says. It knows nothing of sockets and books.

use super::bodies;
use super::line::Death;
use super::plan::{Fault, FaultPlan, Way};
use super::table::{Kind, Target};
use super::trigger::{Armed, Thing, Triggers};
use crate::book::order::Leg;
use crate::book::update::{Event, Update};
use crate::house::AccountNo;
use crate::transport::{Conn, Reply, Request};
use st0ck_quant::rng::Rng;
use st0ck_types::Nanos;
use st0ck_types::calendar::Date;
use st0ck_types::time::MILLISECOND;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a request brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Done {
    /// What it asks for.
    #[default]
    Now,
    /// Nothing.
    Never,
    /// What it asks for, then.
    At(Nanos),
}

/// What becomes of a request.
#[derive(Debug, Default)]
pub(super) struct RequestFate {
    pub(super) done: Done,
    /// Said in place of what its route says.
    pub(super) instead: Option<Reply>,
    pub(super) delay_ns: i64,
    /// Nothing is said; the connection ends when it is `Some(Some(…))`.
    pub(super) unsaid: Option<Option<Death>>,
    /// So many bytes are said, and that is the end.
    pub(super) cut: Option<(usize, Death)>,
    /// The reply waits for the order's fill, until then at the latest.
    pub(super) after_fill: Option<Nanos>,
    pub(super) skew_ns: i64,
}

/// Something that happens later because of a fault.
#[derive(Debug)]
pub(super) enum Late {
    /// A request is done.
    Request(AccountNo, Box<Request>),
    /// A market message leaves.
    Frame(Conn, Arc<[u8]>),
}

/// A reply that waits for a fill.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) conn: Conn,
    pub(super) order_id: String,
    pub(super) reply: Reply,
    pub(super) until: Nanos,
}

/// One websocket's messages.
#[derive(Debug, Default)]
struct Stream {
    muted: bool,
    /// Messages that let so many others pass first.
    held: Vec<(Arc<[u8]>, u64)>,
}

/// What a message is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) conn: Conn,
    pub(super) target: Target,
    pub(super) who: Option<AccountNo>,
    pub(super) symbol: Option<&'a str>,
    pub(super) event: Option<&'a str>,
}

impl<'a> About<'a> {
    fn update(conn: Conn, update: &'a Update) -> Self {
        Self {
            conn,
            target: Target::Updates,
            who: Some(update.who),
            symbol: Some(update.order.symbol.as_str()),
            event: Some(update.event.as_str()),
        }
    }

    fn thing(&self) -> Thing<'a> {
        Thing {
            target: self.target,
            way: Way::ToClient,
            account: self.who.map(AccountNo::number),
            symbol: self.symbol,
            event: self.event,
        }
    }
}

/// The faults of requests and messages, and what they hold back.
#[derive(Debug, Default)]
pub(crate) struct FaultDesk {
    pub(crate) triggers: Triggers,
    streams: BTreeMap<Conn, Stream>,
    pub(super) late: BTreeMap<(Nanos, u64), Late>,
    pub(super) waiting: Vec<Waiting>,
    count: u64,
}

impl FaultDesk {
    /// The desk and the faults of connections, which belong to the server.
    pub(crate) fn new(plan: FaultPlan, rng: &Rng, start: Nanos, date: Date) -> (Self, Triggers) {
        let is_bytes = |fault: &Fault| fault.on == [Target::Connections];
        let seed = plan.seed;
        let (bytes, others) = plan.faults.into_iter().partition(is_bytes);
        let triggers = |faults| Triggers::new(FaultPlan { seed, faults }, rng, start, date);
        (Self { triggers: triggers(others), ..Self::default() }, triggers(bytes))
    }

    /// Whether there is nothing to ask for.
    pub(crate) fn is_idle(&self) -> bool {
        self.triggers.all().is_empty()
    }

    /// When something that was held back is due.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        let late = self.late.keys().next().map(|(at, _)| *at);
        late.into_iter().chain(self.waiting.iter().map(|waiting| waiting.until)).min()
    }

    /// Keeps something for later.
    pub(super) fn keep(&mut self, at: Nanos, late: Late) {
        self.count += 1;
        self.late.insert((at, self.count), late);
    }

    /// When the last message that is kept for a connection leaves.
    pub(super) fn last_frame(&self, conn: Conn) -> Option<Nanos> {
        let ours = |late: &Late| matches!(late, Late::Frame(other, _) if *other == conn);
        self.late.iter().rev().find(|(_, late)| ours(late)).map(|((at, _), _)| *at)
    }

    /// A connection is gone.
    pub(crate) fn forget(&mut self, conn: Conn) {
        self.triggers.forget(conn);
        self.streams.remove(&conn);
    }

    /// What becomes of a request that is answered at `now`.
    pub(super) fn on_request(&mut self, about: &About<'_>, id: &str, now: Nanos) -> RequestFate {
        let mut fate = RequestFate::default();
        let (conn, thing) = (about.conn, about.thing());
        for index in 0..self.triggers.all().len() {
            if !self.triggers.hits(index, conn, now, &thing) {
                continue;
            }
            let armed = self.triggers.get_mut(index);
            let most = match armed.fault.kind() {
                Kind::Delay => armed.fault.count_of("jitter_ms"),
                _ => 0,
            };
            let jitter = armed.jitter(conn, most);
            fate.meet(&armed.fault, jitter, id, now);
        }
        fate
    }

    /// What becomes of a message: copies of it, and of others that were held, each with its delay.
    pub(super) fn on_message(
        &mut self,
        about: &About<'_>,
        bytes: &Arc<[u8]>,
        now: Nanos,
    ) -> Vec<(i64, Arc<[u8]>)> {
        let (conn, thing) = (about.conn, about.thing());
        if self.streams.get(&conn).is_some_and(|stream| stream.muted) {
            return Vec::new();
        }
        let (mut delay, mut copies, mut behind) = (0, 1, 0);
        let (mut bytes, mut before) = (bytes.clone(), Vec::new());
        for index in 0..self.triggers.all().len() {
            // What concerns everybody was decided before.
            let kind = self.triggers.get(index).fault.kind();
            let of_the_book = matches!(kind, Kind::MissedFill | Kind::ReplacedLeg);
            if of_the_book || !self.triggers.hits(index, conn, now, &thing) {
                continue;
            }
            let armed = self.triggers.get_mut(index);
            let fault = &armed.fault;
            match kind {
                Kind::Delay => {
                    let (ms, most) = (fault.number("ms"), fault.count_of("jitter_ms"));
                    delay += (ms + armed.jitter(conn, most).cast_signed()) * MILLISECOND;
                }
                Kind::Drop => copies = 0,
                Kind::Mute => {
                    self.streams.entry(conn).or_default().muted = true;
                    return Vec::new();
                }
                Kind::Duplicate if copies > 0 => copies += fault.count_of("times"),
                Kind::Reorder => behind = fault.count_of("window").max(behind),
                Kind::ClockSkew => {
                    bytes = bodies::skewed(&bytes, fault.number("ms") * MILLISECOND).into();
                }
                Kind::RareEvent(event) => before.push(bodies::as_event(&bytes, event).into()),
                _ => {}
            }
        }
        let copies = (0..copies).map(|_| bytes.clone());
        let said: Vec<Arc<[u8]>> = before.into_iter().chain(copies).collect();
        self.place(conn, said, behind).into_iter().map(|bytes| (delay, bytes)).collect()
    }

    /// Lets messages pass or holds them, and lets those follow that have waited long enough.
    fn place(&mut self, conn: Conn, said: Vec<Arc<[u8]>>, behind: u64) -> Vec<Arc<[u8]>> {
        if said.is_empty() {
            return said;
        }
        let stream = self.streams.entry(conn).or_default();
        if behind > 0 {
            stream.held.extend(said.into_iter().map(|bytes| (bytes, behind)));
            return Vec::new();
        }
        stream.held.iter_mut().for_each(|(_, left)| *left -= 1);
        let ripe = stream.held.extract_if(.., |(_, left)| *left == 0);
        said.into_iter().chain(ripe.map(|(bytes, _)| bytes)).collect()
    }

    /// Whether nobody is told of this update: a fill that is missed.
    pub(crate) fn misses(&mut self, update: &Update) -> bool {
        update.fill.is_some() && self.hits_book(Kind::MissedFill, update)
    }

    /// Whether the order of this update becomes another one: an exit that is live from now on.
    pub(crate) fn renews(&mut self, update: &Update) -> bool {
        let order = &update.order;
        let is_exit = matches!(order.leg, Leg::TakeProfit | Leg::StopLoss);
        let is_fresh = update.event == Event::New && order.replaces.is_none();
        is_exit && is_fresh && self.hits_book(Kind::ReplacedLeg, update)
    }

    /// Whether a fault of the book, which all see alike, hits an update.
    fn hits_book(&mut self, kind: Kind, update: &Update) -> bool {
        let about = About::update(0, update);
        let is_of = |armed: &Armed| armed.fault.kind() == kind;
        (0..self.triggers.all().len()).any(|index| {
            is_of(self.triggers.get(index))
                && self.triggers.hits(index, about.conn, update.at, &about.thing())
        })
    }

    /// What a listener is told in place of an update, as JSON, each with how much later.
    pub(crate) fn copies(
        &mut self,
        conn: Conn,
        update: &Update,
        json: &Arc<[u8]>,
    ) -> Vec<(i64, Arc<[u8]>)> {
        if self.is_idle() {
            return vec![(0, json.clone())];
        }
        self.on_message(&About::update(conn, update), json, update.at)
    }

    /// The messages that are held, at the end of the session.
    pub(super) fn let_go(&mut self) -> Vec<(Conn, Arc<[u8]>)> {
        let streams = self.streams.iter_mut();
        streams.flat_map(|(conn, s)| s.held.drain(..).map(|(bytes, _)| (*conn, bytes))).collect()
    }
}

impl RequestFate {
    /// One more fault hits the request.
    fn meet(&mut self, fault: &Fault, jitter: u64, id: &str, now: Nanos) {
        let id = || id.to_owned();
        let death = |reset| if reset { Death::Reset } else { Death::End };
        let status = |fault: &Fault| u16::try_from(fault.number("status")).unwrap_or(500);
        let later = |ms: &str| now + fault.number(ms) * MILLISECOND;
        match fault.kind() {
            Kind::Delay => {
                self.delay_ns += (fault.number("ms") + jitter.cast_signed()) * MILLISECOND;
            }
            Kind::Drop => self.unsaid = Some(None),
            Kind::NoReply => self.unsaid = Some(fault.flag("close").then_some(Death::End)),
            Kind::Cut => {
                let keep = usize::try_from(fault.count_of("after_bytes")).unwrap_or(usize::MAX);
                self.cut = Some((keep, death(fault.flag("reset"))));
            }
            Kind::TooMany => {
                let wait = fault.number("retry_after_s");
                let reset = fault.flag("headers").then_some(now.0 / 1_000_000_000 + wait.max(1));
                self.instead = Some(bodies::too_many(id(), wait.unsigned_abs(), reset));
                self.done = Done::Never;
            }
            Kind::ServerError => {
                let reply = bodies::server_error(id(), status(fault), fault.word("body"));
                self.instead = Some(reply);
                self.done = if fault.flag("accepted") { self.done } else { Done::Never };
            }
            Kind::HtmlError => {
                self.instead = Some(bodies::html(id(), status(fault)));
                self.done = Done::Never;
            }
            Kind::LateAcceptance => {
                self.done = Done::At(later("ms"));
                match fault.word("reply") {
                    "none" => self.unsaid = Some(None),
                    _ => self.instead = Some(bodies::server_error(id(), 504, "none")),
                }
            }
            Kind::FillsFirst => self.after_fill = Some(later("at_most_ms")),
            Kind::ClockSkew => self.skew_ns += fault.number("ms") * MILLISECOND,
            _ => {}
        }
    }
}
