//! Where the emulator meets its faults: requests, updates and market messages pass through here when
//! there are any.

use super::bodies;
use super::desk::{About, Done, Late, RequestFate, Waiting};
use super::plan::{Fault, FaultPlan, Way};
use super::table::Target;
use crate::agenda::Delivery;
use crate::arrivals::Role;
use crate::emulator::Emulator;
use crate::house::AccountNo;
use crate::release::recoded;
use crate::stream::codec::Codec;
use crate::transport::{Conn, Reply, Request, Spoilt};
use st0ck_types::Nanos;

impl FaultPlan {
    /// The first fault that an emulator with so many accounts cannot make, and why.
    pub(crate) fn unfit(&self, accounts: u16) -> Option<(&Fault, &'static str)> {
        let why = |fault: &Fault| {
            if fault.way == Way::ToServer {
                Some("goes to_server, which only the proxy can hit: st0ck chaos")
            } else if fault.account.is_some_and(|account| account >= accounts) {
                Some("is for an account that is not there: accounts are numbered from 0")
            } else {
                None
            }
        };
        self.faults.iter().find_map(|fault| why(fault).map(|why| (fault, why)))
    }
}

impl Emulator {
    /// Answers a request of an account, as its faults will have it.
    pub(crate) fn answer_known(
        &mut self,
        conn: Conn,
        who: AccountNo,
        request: &Request,
        id: String,
    ) {
        let now = self.house.now();
        let fate = self.fate_of(conn, who, request, &id, now);
        let reply = match fate.done {
            Done::Now => Some(self.perform(who, request, id)),
            Done::Never => None,
            Done::At(at) => {
                self.faults.keep(at, Late::Request(who, Box::new(request.clone())));
                None
            }
        };
        let (from, frozen) = (self.house.now() + fate.delay_ns, self.is_frozen());
        self.house.settle();
        self.queue_updates();
        let said = fate.instead.or(reply);
        let mut said = said.filter(|_| fate.unsaid.is_none());
        if let Some(reply) = said.as_mut().filter(|_| fate.skew_ns != 0) {
            reply.body = bodies::skewed(&reply.body, fate.skew_ns);
        }
        if let Some(until) = fate.after_fill
            && let Some(order_id) = said.as_ref().and_then(order_of)
            && !frozen
        {
            let reply = said.take().expect("looked at above");
            self.faults.waiting.push(Waiting { conn, order_id, reply, until });
            return;
        }
        let delivery = match (said, fate.cut, fate.unsaid) {
            (Some(reply), None, _) => Delivery::Reply(conn, reply),
            (reply, cut, unsaid) => {
                let keep = cut.map_or(0, |(keep, _)| keep);
                let death = cut.map(|(_, death)| death).or(unsaid.flatten());
                Delivery::Spoilt(conn, Spoilt { reply, keep, death })
            }
        };
        self.agenda.send(from, frozen, delivery);
    }

    fn fate_of(
        &mut self,
        conn: Conn,
        who: AccountNo,
        request: &Request,
        id: &str,
        now: Nanos,
    ) -> RequestFate {
        if self.faults.is_idle() {
            return RequestFate::default();
        }
        let target = Target::of_request(&request.method, &request.path);
        let body = match target {
            Target::Orders => serde_json::from_slice(&request.body).unwrap_or_default(),
            _ => serde_json::Value::Null,
        };
        let symbol = body["symbol"].as_str();
        let about = About { conn, target, who: Some(who), symbol, event: None };
        self.faults.on_request(&about, id, now)
    }

    /// Sends what faults let pass of a market message now; what leaves later is kept.
    pub(crate) fn send_faulty(&mut self, conn: Conn, target: Target, bytes: &[u8]) {
        let now = self.house.now();
        let about = About { conn, target, who: None, symbol: None, event: None };
        for (late_ns, bytes) in self.faults.on_message(&about, &bytes.into(), now) {
            let last = self.faults.last_frame(conn);
            let at = last.map_or(now + late_ns, |last| last.max(now + late_ns));
            if at > now || last.is_some() {
                self.faults.keep(at, Late::Frame(conn, bytes));
            } else {
                self.send_frame(conn, &bytes);
            }
        }
    }

    /// An update has reached a listener: replies that waited for it follow.
    pub(crate) fn on_delivered(&mut self, message: &[u8]) {
        if self.faults.waiting.is_empty() {
            return;
        }
        // The words of either codec: in msgpack a short text has its length before it.
        let holds = |words: &[u8]| message.windows(words.len()).any(|part| part == words);
        if !holds(br#""event":"fill""#) && !holds(b"event\xa4fill") {
            return;
        }
        let ripe = self.faults.waiting.extract_if(.., |waiting| holds(waiting.order_id.as_bytes()));
        let ripe: Vec<Waiting> = ripe.collect();
        self.send_waiting(ripe);
    }

    fn send_waiting(&mut self, ripe: Vec<Waiting>) {
        let (now, frozen) = (self.house.now(), self.is_frozen());
        for Waiting { conn, reply, .. } in ripe {
            self.agenda.send(now, frozen, Delivery::Reply(conn, reply));
        }
    }

    /// What was held back until `due` happens.
    pub(crate) fn make_late(&mut self, due: Nanos) {
        let ripe = self.faults.waiting.extract_if(.., |waiting| waiting.until <= due);
        let ripe: Vec<Waiting> = ripe.collect();
        self.send_waiting(ripe);
        while let Some(entry) = self.faults.late.first_entry().filter(|e| e.key().0 <= due) {
            match entry.remove() {
                Late::Request(who, request) => {
                    // Nobody hears the reply: its sender was told something else long ago.
                    let id = self.request_ids.uuid_string();
                    self.perform(who, &request, id);
                    self.house.settle();
                }
                Late::Frame(conn, bytes) => self.send_frame(conn, &bytes),
            }
        }
    }

    /// The session ends: nothing is held back any longer.
    pub(crate) fn end_faults(&mut self) {
        for (conn, bytes) in self.faults.let_go() {
            match self.roles.get(&conn) {
                Some(Role::Updates { session, .. }) => {
                    let now = self.house.now();
                    let message = match session.codec() {
                        Codec::Json => bytes,
                        Codec::Msgpack => recoded(&bytes),
                    };
                    self.agenda.send(now, true, Delivery::Update(conn, message));
                }
                Some(Role::Data { .. }) => self.send_frame(conn, &bytes),
                None => {}
            }
        }
        self.make_late(Nanos(i64::MAX));
    }

    /// Tells what faults did since this was last called.
    pub(crate) fn log_faults(&mut self) {
        let now = self.house.now();
        let bytes = self.server.taps_at(now).map(|triggers| triggers.take_notes());
        for note in self.faults.triggers.take_notes().into_iter().chain(bytes.into_iter().flatten())
        {
            log::info!("fault {note}");
        }
    }
}

/// The id of the order that a reply tells of.
fn order_of(reply: &Reply) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
    body["id"].as_str().filter(|_| reply.status == 200).map(str::to_owned)
}
