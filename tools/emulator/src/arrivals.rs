//! What clients send, and what it brings about: requests are answered, websockets opened, messages
//! handed to their protocol.

use crate::account::directory::Caller;
use crate::account::limiter::Quota;
use crate::agenda::Delivery;
use crate::api::route::host_of;
use crate::api::{self, Desk};
use crate::emulator::{Emulator, Phase};
use crate::house::AccountNo;
use crate::refusal::Refusal;
use crate::stream::Outcome;
use crate::stream::codec::{Codec, Frame};
use crate::stream::market_data::{DataSession, StreamError, Terms, connected};
use crate::stream::trade_updates::UpdatesSession;
use crate::transport::{Arrived, Conn, Reply, Request, Upgrade};
use crate::wire;
use crate::wire::market::Feed;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// Close code of a session that ends because of what its client did (RFC 6455 §7.4.1). Not 1000:
/// that is the end of the trading session.
const CLOSE_POLICY: u16 = 1008;

/// What a websocket is for.
pub(crate) enum Role {
    /// Market data.
    Data {
        /// Its protocol state.
        session: Box<DataSession>,
        /// Messages not yet sent.
        frame: Frame,
        /// When it connected.
        since: Instant,
    },
    /// Order updates.
    Updates {
        /// Its protocol state.
        session: UpdatesSession,
        /// When it connected.
        since: Instant,
    },
}

/// Requests of lock-step that wait until everything else is handled, by connection.
///
/// Which of several connections is read first depends on the kernel; what is done first must not.
#[derive(Debug, Default)]
pub(crate) struct Parked(BTreeMap<Conn, VecDeque<Request>>);

impl Parked {
    fn push(&mut self, conn: Conn, request: Request) {
        self.0.entry(conn).or_default().push_back(request);
    }

    fn count(&self) -> usize {
        self.0.values().map(VecDeque::len).sum()
    }

    /// Takes the least of the requests that are first on their connections: cancels, then reads,
    /// then new orders, each by its text.
    fn take(&mut self) -> Option<(Conn, Request)> {
        let (&conn, _) = self.0.iter().min_by(|a, b| a.1.front().cmp(&b.1.front()))?;
        let queue = self.0.get_mut(&conn)?;
        let request = queue.pop_front()?;
        if queue.is_empty() {
            self.0.remove(&conn);
        }
        Some((conn, request))
    }
}

impl Emulator {
    /// Something came in.
    pub(crate) fn on_arrived(&mut self, arrived: Arrived, now: Instant) {
        match arrived {
            Arrived::Request(conn, request) => match &request.upgrade {
                None if let Some(page) = self.own_page(&request) => {
                    self.server.reply(conn, &page);
                }
                Some(upgrade) => self.open_websocket(conn, &request, upgrade, now),
                None if self.in_flight.is_on() => self.parked.push(conn, request),
                None => self.answer(conn, &request),
            },
            Arrived::Message(conn, message) => {
                self.on_message(conn, &message, now);
                self.leave_one();
            }
            Arrived::Left(conn) => {
                self.roles.remove(&conn);
                self.faults.forget(conn);
            }
        }
    }

    /// Answers the requests of lock-step once nothing else is in flight.
    pub(crate) fn answer_parked(&mut self) {
        let waiting = self.parked.count();
        // Every parked request is one of the messages in flight: its sender entered it. After the
        // session nobody counts on the count any more.
        let others = self.in_flight.count() > i64::try_from(waiting).unwrap_or(i64::MAX);
        if waiting == 0 || (others && self.phase != Phase::Closed) {
            return;
        }
        while let Some((conn, request)) = self.parked.take() {
            self.answer(conn, &request);
            self.leave_one();
        }
    }

    /// A client's message has been handled. A client that does not count has not entered it.
    fn leave_one(&self) {
        if self.in_flight.count() > 0 {
            self.in_flight.leave(1);
        }
    }

    fn answer(&mut self, conn: Conn, request: &Request) {
        let id = self.request_ids.uuid_string().replace('-', "");
        let reply = match self.directory.who(&request.fields) {
            Caller::Silent => api::ask_for_keys(id),
            Caller::Wrong => api::refuse_keys(id),
            Caller::Known(who) => match self.count_request(who, request) {
                Some(quota) if !quota.allowed => self.refuse_haste(&quota, id),
                _ => return self.answer_known(conn, who, request, id),
            },
        };
        self.send_reply(conn, reply);
    }

    /// Counts a request among those that its account may make.
    fn count_request(&mut self, who: AccountNo, request: &Request) -> Option<Quota> {
        let (now, frozen) = (self.house.now(), self.is_frozen());
        self.limiter.take(|| host_of(api::TABLES, &request.path), who, now, frozen)
    }

    fn refuse_haste(&self, quota: &Quota, id: String) -> Reply {
        let wait = quota.wait(self.house.now());
        let wait = self.pace.map_or(wait, |pace| pace.on_the_wall(wait));
        let mut reply = api::refuse_haste(id, wait.as_secs() + 1);
        reply.headers.extend(quota.fields());
        reply
    }

    /// Does what a request of an account asks for.
    pub(crate) fn perform(&mut self, who: AccountNo, request: &Request, id: String) -> Reply {
        let (now, frozen) = (self.house.now(), self.is_frozen());
        let quota = self.limiter.look(|| host_of(api::TABLES, &request.path), who, now, frozen);
        let mut desk = Desk {
            house: &mut self.house,
            past: &mut self.past,
            news: &self.newsroom,
            who,
            settings: &self.settings,
        };
        let mut reply = api::answer(request, &mut desk, id);
        self.script.note_orders(self.house.orders_received(), now);
        reply.headers.extend(quota.iter().flat_map(Quota::fields));
        reply
    }

    /// Sends a reply on its way; what its request brought about happens now.
    fn send_reply(&mut self, conn: Conn, reply: Reply) {
        let (now, frozen) = (self.house.now(), self.is_frozen());
        self.house.settle();
        self.queue_updates();
        self.agenda.send(now, frozen, Delivery::Reply(conn, reply));
    }

    fn open_websocket(&mut self, conn: Conn, request: &Request, wish: &Upgrade, since: Instant) {
        let codec = Codec::asked_by(request.fields.content_type.as_deref());
        let feed = match request.path.as_str() {
            "/v2/sip" => Some(Feed::Sip),
            "/v2/iex" => Some(Feed::Iex),
            "/v2/delayed_sip" => Some(Feed::Delayed),
            "/v2/test" => Some(Feed::Test),
            "/v1beta1/news" => Some(Feed::News),
            "/stream" => None,
            _ => return self.refuse_websocket(conn, Refusal::not_found("endpoint not found")),
        };
        let Some(key) = &wish.key else {
            let mut refusal = Refusal::parameter("not a websocket handshake of version 13");
            refusal.status = 400;
            return self.refuse_websocket(conn, refusal);
        };
        self.server.upgrade(conn, key);
        let Some(feed) = feed else {
            let session = UpdatesSession::new(codec);
            self.roles.insert(conn, Role::Updates { session, since });
            return;
        };
        let session = Box::new(DataSession::new(feed, codec, Terms::of(feed, &self.settings)));
        self.roles.insert(conn, Role::Data { session, frame: Frame::new(codec), since });
        self.speak(conn, connected());
        // Keys may come with the handshake; the answer then follows unprompted.
        let caller = self.directory.who(&request.fields);
        if caller != Caller::Silent {
            let held = self.holders(feed);
            if let Some(Role::Data { session, .. }) = self.roles.get_mut(&conn) {
                let outcome = session.authenticate(caller.account(), &held);
                self.speak(conn, outcome);
            }
        }
    }

    fn refuse_websocket(&mut self, conn: Conn, refusal: Refusal) {
        let reply = Reply {
            status: refusal.status,
            content_type: "application/json; charset=UTF-8",
            request_id: self.request_ids.uuid_string().replace('-', ""),
            headers: Vec::new(),
            body: wire::json(&refusal.body()),
        };
        self.server.reply(conn, &reply);
    }

    fn on_message(&mut self, conn: Conn, message: &[u8], now: Instant) {
        let held = match self.roles.get(&conn) {
            Some(Role::Data { session, .. }) => self.holders(session.feed()),
            _ => Vec::new(),
        };
        let outcome = match self.roles.get_mut(&conn) {
            None => return,
            Some(Role::Data { session, .. }) => session.on_message(message, &self.directory, &held),
            Some(Role::Updates { session, .. }) => session.on_message(message, &self.directory),
        };
        self.speak(conn, outcome);
        if self.phase == Phase::Waiting && self.has_subscriber() {
            self.begin(now);
        }
    }

    /// The accounts that have an authenticated session on a feed.
    fn holders(&self, feed: Feed) -> Vec<AccountNo> {
        let holder = |role: &Role| match role {
            Role::Data { session, .. } if session.feed() == feed => session.account(),
            _ => None,
        };
        self.roles.values().filter_map(holder).collect()
    }

    fn has_subscriber(&self) -> bool {
        self.roles
            .values()
            .any(|role| matches!(role, Role::Data { session, .. } if session.is_subscribed()))
    }

    /// How a websocket's peer reads and writes.
    fn codec(&self, conn: Conn) -> Codec {
        match self.roles.get(&conn) {
            Some(Role::Data { session, .. }) => session.codec(),
            Some(Role::Updates { session, .. }) => session.codec(),
            None => Codec::default(),
        }
    }

    /// Whether a websocket's messages are sent as binary.
    pub(crate) fn is_binary(&self, conn: Conn) -> bool {
        let updates = matches!(self.roles.get(&conn), Some(Role::Updates { .. }));
        self.codec(conn).is_binary() || (updates && !self.settings.updates_as_text)
    }

    /// Sends a protocol's answer, which nothing holds back.
    pub(crate) fn speak(&mut self, conn: Conn, outcome: Outcome) {
        let (codec, binary) = (self.codec(conn), self.is_binary(conn));
        if let Some(message) = &outcome.say {
            self.in_flight.enter(1);
            if self.server.send(conn, &codec.write(message), binary, true).is_err() {
                self.in_flight.leave(1);
                // It talks and never listens, or is gone: either way this is all it gets.
                self.server.close(conn, CLOSE_POLICY, "slow client");
            }
        }
        if outcome.close {
            self.server.close(conn, CLOSE_POLICY, "");
            self.roles.remove(&conn);
        }
    }

    /// Ends the sessions whose keys do not come.
    pub(crate) fn end_sessions_that_wait(&mut self, now: Instant) {
        let timeout = self.settings.auth_timeout;
        let late = |role: &Role| match role {
            Role::Data { session, since, .. } => {
                (!session.is_authenticated(), *since, Some(StreamError::AuthTimeout.message()))
            }
            Role::Updates { session, since } => (!session.is_authenticated(), *since, None),
        };
        let late: Vec<(Conn, Option<Value>)> = self
            .roles
            .iter()
            .map(|(conn, role)| (*conn, late(role)))
            .filter(|(_, (waits, since, _))| *waits && now.duration_since(*since) > timeout)
            .map(|(conn, (.., say))| (conn, say))
            .collect();
        for (conn, say) in late {
            self.speak(conn, Outcome { say, close: true });
        }
    }

    /// A client does not read what it asked for: it is told so and loses its session.
    pub(crate) fn drop_slow_client(&mut self, conn: Conn) {
        let say = match self.roles.get(&conn) {
            Some(Role::Data { .. }) => Some(StreamError::SlowClient.message()),
            _ => None,
        };
        self.speak(conn, Outcome { say, close: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, body: &str) -> Request {
        Request {
            method: method.to_owned(),
            path: String::from("/v2/orders"),
            query: String::new(),
            body: body.as_bytes().to_vec(),
            fields: crate::transport::Fields::default(),
            upgrade: None,
        }
    }

    #[test]
    fn parked_requests_leave_by_their_text_not_by_their_arrival() {
        let all = [
            (4, request("POST", "b")),
            (4, request("DELETE", "")),
            (2, request("POST", "a")),
            (3, request("GET", "")),
            (1, request("DELETE", "")),
        ];
        let mut parked = Parked::default();
        all.iter().for_each(|(conn, request)| parked.push(*conn, request.clone()));
        assert_eq!(parked.count(), 5);
        let order: Vec<Conn> = std::iter::from_fn(|| parked.take()).map(|(conn, _)| conn).collect();
        // The second of connection 4 cannot overtake its first.
        assert_eq!(order, [1, 3, 2, 4, 4]);
    }
}
