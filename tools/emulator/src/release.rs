//! How the session moves: the market, the venue, and what is on its way to clients, each at its
//! session time.
//!
//! Two drivers share the same three moves. A paced session makes every move that is due by the
//! wall clock. Lock-step makes one move that a client can see, then waits until everything that it
//! caused has been handled.
//!
//! *Invariant:* moves are made in the order of their session times, so session time never goes back
//! and an effect is never stamped before its cause.

use crate::agenda::Delivery;
use crate::arrivals::Role;
use crate::config::EmulatorError;
use crate::emulator::{Emulator, Phase};
use crate::faults::table::Target;
use crate::stream::codec::Codec;
use crate::transport::Conn;
use crate::wire;
use crate::wire::market::Feed;
use st0ck_net::websocket::CLOSE_NORMAL;
use st0ck_types::Nanos;
use std::sync::Arc;

/// Moves of one turn: beyond, sockets are looked at first.
const MOVES_PER_TURN: u32 = 4096;
/// A frame that has grown so large is sent before it grows further.
const FRAME_BYTES: usize = 16 << 10;

/// What is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    /// An event of the scenario.
    Scene,
    /// The recorded market.
    Market,
    /// An order or a cancel reaches the venue.
    Venue,
    /// A reply or an update reaches its client.
    Delivery,
    /// Something that a fault held back.
    Late,
    /// Nothing is left to come: the session ends.
    End,
}

impl Emulator {
    /// Whether session time stands still.
    pub(crate) fn is_frozen(&self) -> bool {
        self.phase != Phase::Playing
    }

    /// When the next move is due; `None` when nothing is.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        let [market, venue] = self.market_and_venue();
        let others = [self.scene_due(), self.late_due(), self.agenda.next_due()];
        others.into_iter().chain([market, venue]).flatten().min()
    }

    /// When the market and the venue move next; never while time stands still.
    fn market_and_venue(&self) -> [Option<Nanos>; 2] {
        [self.tape.next_at(), self.house.next_due()].map(|at| at.filter(|_| !self.is_frozen()))
    }

    /// When the scenario's next event is due; those beyond the session's end never are.
    fn scene_due(&self) -> Option<Nanos> {
        self.script.next_due().filter(|at| !self.is_frozen() && *at < self.house.ends())
    }

    /// When something that a fault held back is due.
    fn late_due(&self) -> Option<Nanos> {
        self.faults.next_due().filter(|_| !self.is_frozen())
    }

    /// Paced: makes every move due by `time`.
    pub(crate) fn play_until(&mut self, time: Nanos) -> Result<u32, EmulatorError> {
        let mut moves = 0;
        while moves < MOVES_PER_TURN {
            let Some((what, due)) = self.next_move() else { break };
            if due > time && !self.is_frozen() {
                break;
            }
            self.make(what, due)?;
            moves += 1;
        }
        if self.phase == Phase::Playing && moves < MOVES_PER_TURN {
            self.house.advance(time);
            self.queue_updates();
        }
        self.send_frames();
        Ok(moves)
    }

    /// Lock-step: makes moves until one has sent something, if everybody is done with the last.
    pub(crate) fn step(&mut self) -> Result<u32, EmulatorError> {
        let mut moves = 0;
        while moves < MOVES_PER_TURN && self.may_release() {
            let Some((what, due)) = self.next_move() else { break };
            self.make(what, due)?;
            self.send_frames();
            moves += 1;
        }
        Ok(moves)
    }

    /// After the session replies still leave, whatever its clients left in flight.
    fn may_release(&self) -> bool {
        self.phase == Phase::Closed || self.in_flight.is_quiet()
    }

    fn next_move(&mut self) -> Option<(Move, Nanos)> {
        let ([market, venue], delivery) = (self.market_and_venue(), self.agenda.next_due());
        let mut next = market.map(|at| (Move::Market, at));
        if let Some(at) = venue
            && next.is_none_or(|(_, due)| at <= due)
        {
            next = Some((Move::Venue, at));
        }
        if let Some(at) = delivery
            && next.is_none_or(|(_, due)| at < due || (at == due && self.agenda.toss()))
        {
            next = Some((Move::Delivery, at));
        }
        if let Some(at) = self.late_due()
            && next.is_none_or(|(_, due)| at <= due)
        {
            next = Some((Move::Late, at));
        }
        if let Some(at) = self.scene_due()
            && next.is_none_or(|(_, due)| at <= due)
        {
            next = Some((Move::Scene, at));
        }
        match next {
            None if self.phase == Phase::Playing => Some((Move::End, self.house.now())),
            next => next,
        }
    }

    fn make(&mut self, what: Move, due: Nanos) -> Result<(), EmulatorError> {
        match what {
            Move::Scene => self.play_scene(due),
            Move::Market => self.play_market(due)?,
            Move::Venue => self.house.advance(due),
            Move::Late => {
                self.house.advance(due);
                self.make_late(due);
            }
            Move::Delivery => {
                if !self.is_frozen() {
                    self.house.advance(due);
                }
                self.deliver();
            }
            Move::End => self.end_session(),
        }
        self.queue_updates();
        Ok(())
    }

    /// Plays every event of one instant: one frame to each subscriber.
    fn play_market(&mut self, at: Nanos) -> Result<(), EmulatorError> {
        let mut events = 0;
        self.tell_instant(at);
        while self.tape.next_at() == Some(at) {
            let Some(arrival) = self.tape.take()? else { break };
            events += 1;
            if self.house.hides(&arrival.event) {
                continue;
            }
            self.house.on_market(&arrival.event);
            self.tell_notices();
            self.tell_event(&arrival.event);
        }
        self.progress.note(at, events);
        Ok(())
    }

    pub(crate) fn send_large_frames(&mut self) {
        let large =
            |role: &Role| matches!(role, Role::Data { frame, .. } if frame.len() > FRAME_BYTES);
        if self.roles.values().any(large) {
            self.send_frames();
        }
    }

    /// Sends the frames that hold anything. Each is one message in flight.
    fn send_frames(&mut self) {
        let mut slow: Vec<Conn> = Vec::new();
        let mut faulty: Vec<(Conn, Target, Vec<u8>)> = Vec::new();
        for (&conn, role) in &mut self.roles {
            let Role::Data { session, frame, .. } = role else { continue };
            if frame.is_empty() {
                continue;
            }
            let binary = frame.is_binary();
            if self.faults.is_idle() {
                self.in_flight.enter(1);
                if self.server.send(conn, frame.seal(), binary, false).is_err() {
                    self.in_flight.leave(1);
                    slow.push(conn);
                }
            } else {
                let is_news = session.feed() == Feed::News;
                let target = if is_news { Target::News } else { Target::Market };
                faulty.push((conn, target, frame.seal().to_vec()));
            }
            frame.clear();
        }
        for conn in slow {
            self.drop_slow_client(conn);
        }
        for (conn, target, bytes) in faulty {
            self.send_faulty(conn, target, &bytes);
        }
    }

    /// Sends one message of market data that faults have let pass.
    pub(crate) fn send_frame(&mut self, conn: Conn, bytes: &[u8]) {
        self.in_flight.enter(1);
        let binary = self.is_binary(conn);
        if self.server.send(conn, bytes, binary, false).is_err() {
            self.in_flight.leave(1);
            self.drop_slow_client(conn);
        }
    }

    /// Hands the next delivery to its client.
    fn deliver(&mut self) {
        match self.agenda.take() {
            None => {}
            Some(Delivery::Reply(conn, reply)) => {
                self.in_flight.enter(1);
                if !self.server.reply(conn, &reply) {
                    self.in_flight.leave(1);
                }
            }
            Some(Delivery::Spoilt(conn, spoilt)) => {
                self.in_flight.enter(1);
                if !self.server.reply_spoilt(conn, &spoilt) {
                    self.in_flight.leave(1);
                }
            }
            Some(Delivery::Update(conn, message)) => {
                self.in_flight.enter(1);
                let binary = self.is_binary(conn);
                if self.server.send(conn, &message, binary, false).is_err() {
                    self.in_flight.leave(1);
                    self.drop_slow_client(conn);
                }
                self.on_delivered(&message);
            }
        }
    }

    /// Sends what the book has to tell on its way to every listener of its account.
    pub(crate) fn queue_updates(&mut self) {
        while let Some(update) = self.house.pop_update() {
            let mut written: Option<Arc<[u8]>> = None;
            let frozen = self.is_frozen();
            if self.faults.renews(&update) {
                self.house.renew(update.who, update.order.id);
            }
            if self.faults.misses(&update) {
                continue;
            }
            for (&conn, role) in &self.roles {
                let Role::Updates { session, .. } = role else { continue };
                if !session.hears(update.who) {
                    continue;
                }
                // Nobody may be listening, and writing it down takes as long as booking it.
                let json = written.get_or_insert_with(|| wire::update::render(&update).into());
                for (late_ns, json) in self.faults.copies(conn, &update, json) {
                    let message = match session.codec() {
                        Codec::Json => json,
                        Codec::Msgpack => recoded(&json),
                    };
                    let from = update.at + late_ns;
                    self.agenda.send(from, frozen, Delivery::Update(conn, message));
                }
            }
        }
    }

    /// The recording is over: time moves to the close, day orders expire.
    fn end_session(&mut self) {
        self.phase = Phase::Closing;
        self.house.close();
        self.queue_updates();
        self.end_faults();
        self.tell_instant(self.house.now());
        self.progress.note(self.house.now(), 0);
    }

    /// Closes every stream once the last update has been told; later ones as they come.
    pub(crate) fn close_streams(&mut self) {
        match self.phase {
            Phase::Waiting | Phase::Playing => return,
            // The last message is waited for like any other, as long as anybody is there.
            Phase::Closing if self.agenda.next_due().is_some() => return,
            Phase::Closing if !self.may_release() && !self.roles.is_empty() => return,
            Phase::Closing => {
                self.phase = Phase::Closed;
                self.progress.note_over();
            }
            Phase::Closed => {}
        }
        let done = |role: &Role| match role {
            Role::Data { session, .. } => session.is_subscribed(),
            Role::Updates { session, .. } => session.is_listening(),
        };
        let over: Vec<Conn> =
            self.roles.iter().filter(|(_, role)| done(role)).map(|(conn, _)| *conn).collect();
        for conn in over {
            self.server.close(conn, CLOSE_NORMAL, "session over");
            self.roles.remove(&conn);
        }
    }
}

/// A message written as JSON, in MessagePack.
pub(crate) fn recoded(json: &[u8]) -> Arc<[u8]> {
    let message = Codec::Json.read(json).expect("what was just written is JSON");
    Codec::Msgpack.write(&message).into()
}
