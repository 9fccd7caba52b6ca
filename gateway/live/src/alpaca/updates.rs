//! The `trade_updates` stream: its connection, and what each of its messages tells.
//!
//! [`AlpacaOrders::poll`](super::rest::AlpacaOrders) reads it after the answers to requests. Events
//! may come before the answer to the order they are about; both are facts, in either order.
//!
//! Paper accounts send binary frames that hold JSON, live ones text; both are read alike. The
//! stream replays nothing after a reconnect, so each time it comes up the books are compared.
//!
//! *Invariant:* an event that is not understood is never taken for a change of an order's state:
//! its order is told as a snapshot and the books are compared.

use st0ck_net::endpoint::Remote;
use st0ck_net::http::HeaderBlock;
use st0ck_net::reconnect::Reconnect;
use st0ck_net::secret::Secret;
use st0ck_net::websocket::{CLOSE_NORMAL, CloseCause, WsClient, WsConfig, WsEvent};
use st0ck_runtime::InFlight;
use st0ck_types::Report;
use st0ck_types::report::{BrokerStage, Fill, Snapshot};

use super::decode_order::{Names, stage};
use super::encode::push_json_string;
use super::wire::{OrderJson, StreamData, StreamJson};

/// Nanoseconds of silence before a ping, and before the line is given up (two pings and slack).
const PING_NS: u64 = 5_000_000_000;
const DEAD_NS: u64 = 12_000_000_000;
/// Nanoseconds from a new connection to listening; then it is given up.
const SHAKE_HANDS_NS: u64 = 15_000_000_000;

/// The wish to hear about orders.
const LISTEN: &str = r#"{"action":"listen","data":{"streams":["trade_updates"]}}"#;

/// What an event of an order tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The order after the event.
    pub order: Snapshot,
    /// The report for the core; `None` when the event changes nothing that it knows of.
    pub report: Option<Report>,
    /// Whether something cannot be right by itself: compare the books.
    pub doubtful: bool,
}

/// A message of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "handed up one call, never stored")]
pub enum Heard {
    /// The key was accepted.
    Authorized,
    /// The key was not accepted, or we spoke out of turn.
    Unauthorized,
    /// Listening, or not to order updates.
    Listening(bool),
    /// Something happened to an order.
    Event(Event),
    /// A message of another kind.
    Other,
}

/// Reads a message. `None` when it is not the JSON that it should be.
#[must_use]
pub fn hear(bytes: &[u8], names: &Names) -> Option<Heard> {
    let message: StreamJson<'_> = serde_json::from_slice(bytes).ok()?;
    let data = &message.data;
    Some(match message.stream.as_str() {
        "authorization" if data.status.as_str() == "authorized" => Heard::Authorized,
        "authorization" => Heard::Unauthorized,
        "listening" => {
            Heard::Listening(data.streams.iter().any(|stream| stream.as_str() == "trade_updates"))
        }
        "trade_updates" => Heard::Event(event(data, data.order.as_ref()?, names)),
        _ => Heard::Other,
    })
}

/// Events and what they mean: Alpaca, "Websocket streaming", trade updates.
fn event(data: &StreamData<'_>, order: &OrderJson<'_>, names: &Names) -> Event {
    let snapshot = names.snapshot(order);
    let at = data.timestamp.time().unwrap_or_default();
    let name = data.event.as_str();
    let status = names.status(order, at, name);
    let told = |report| Event { order: snapshot, report: Some(report), doubtful: false };
    match name {
        "fill" | "partial_fill" => match names.stream_fill(data, order) {
            Some(fill) => told(Report::Fill(fill)),
            None => Event { doubtful: true, ..told(Report::Snapshot(snapshot)) },
        },
        "new" | "accepted" | "pending_new" | "held" | "stopped" | "suspended" | "calculated" => {
            told(Report::Accepted(status))
        }
        "canceled" => told(Report::Canceled(status)),
        "expired" => told(Report::Expired(status)),
        "done_for_day" if stage(name, order.time_in_force.as_str()) == BrokerStage::Expired => {
            told(Report::Expired(status))
        }
        "rejected" => told(Report::Rejected(status)),
        "order_cancel_rejected" => told(Report::CancelRejected(status)),
        "replaced" | "done_for_day" => told(Report::Snapshot(snapshot)),
        "pending_cancel" | "pending_replace" | "order_replace_rejected" => {
            Event { order: snapshot, report: None, doubtful: false }
        }
        // `restated`, `trade_bust`, `trade_correct`, and whatever comes to exist.
        _ => Event { doubtful: true, ..told(Report::Snapshot(snapshot)) },
    }
}

impl Event {
    /// The execution, when the event tells of one.
    #[must_use]
    pub fn fill(&self) -> Option<&Fill> {
        match &self.report {
            Some(Report::Fill(fill)) => Some(fill),
            _ => None,
        }
    }
}

/// What the connection's owner must do about a message or an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// Listening: from now on nothing is missed.
    Up,
    /// The connection is gone, and why.
    Down(String),
    /// The broker closed in order after it had been listening: the session is over.
    Ended,
    /// Refused for good, and what to do about it.
    Failed(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Down,
    Opening,
    SigningIn,
    Asking,
    Up,
}

/// The stream's connection: one at a time.
pub struct UpdateStream {
    remote: Remote,
    headers: HeaderBlock,
    config: WsConfig,
    sign_in: Secret,
    acts: bool,
    client: Option<WsClient>,
    reconnect: Reconnect,
    step: Step,
    begun_ns: u64,
    finished: bool,
}

/// Messages that one poll wants to send, and what it noticed: the client cannot be written to while
/// it is read.
#[derive(Default)]
struct Noticed {
    opened: bool,
    authorized: bool,
    event: Option<LinkEvent>,
}

impl UpdateStream {
    /// A stream that is down; its first poll begins to connect. Without `acts` a silent line is not
    /// given up (lock-step).
    #[must_use]
    pub fn new(
        remote: Remote,
        config: WsConfig,
        key: &Secret,
        secret: &Secret,
        seed: u64,
        acts: bool,
    ) -> Self {
        Self {
            remote,
            headers: HeaderBlock::new(),
            config,
            sign_in: sign_in_message(key, secret),
            acts,
            client: None,
            reconnect: Reconnect::new(seed),
            step: Step::Down,
            begun_ns: 0,
            finished: false,
        }
    }

    /// Whether order updates come.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.step == Step::Up
    }

    /// Moves whatever can be moved. Every message goes to `on_message`, which reads it and gives
    /// back what it heard. Returns how many events there were, and what became of the connection:
    /// an orderly close (1000) ends the session, unless the stream `must_be_up`.
    pub fn poll(
        &mut self,
        now_ns: u64,
        must_be_up: bool,
        in_flight: &InFlight,
        mut on_message: impl FnMut(&[u8]) -> Heard,
    ) -> (u32, Option<LinkEvent>) {
        let Some(client) = &mut self.client else { return (self.connect(now_ns), None) };
        let mut noticed = Noticed::default();
        let step = self.step;
        let events = client.poll(
            now_ns,
            || 0,
            |event| match event {
                WsEvent::Open => noticed.opened = true,
                WsEvent::Message { data, .. } => noticed.message(on_message(data), step),
                WsEvent::Closed(cause) => noticed.closed(cause, step == Step::Up && !must_be_up),
                WsEvent::Pong { .. } => {}
            },
        );
        self.answer(&mut noticed, in_flight);
        self.watch(now_ns, &mut noticed);
        let event = noticed.event.take();
        if let Some(event) = &event {
            self.settle(now_ns, event);
        }
        (events, event)
    }

    /// Says goodbye.
    pub fn close(&mut self, now_ns: u64) {
        if let Some(mut client) = self.client.take() {
            client.close(now_ns, CLOSE_NORMAL);
        }
        self.finished = true;
    }

    fn connect(&mut self, now_ns: u64) -> u32 {
        if self.finished || !self.reconnect.try_begin(now_ns) {
            return 0;
        }
        self.begun_ns = now_ns;
        match WsClient::connect(now_ns, &self.remote, &self.headers, self.config) {
            Ok(client) => {
                self.client = Some(client);
                self.step = Step::Opening;
            }
            Err(error) => {
                log::warn!("orders {}: cannot connect: {error}", self.remote.endpoint);
                self.reconnect.lost(now_ns);
            }
        }
        1
    }

    fn answer(&mut self, noticed: &mut Noticed, in_flight: &InFlight) {
        let Some(client) = &mut self.client else { return };
        let mut say = |text: &str| {
            in_flight.enter(1);
            if let Err(error) = client.send_text(text) {
                in_flight.leave(1);
                noticed.event.get_or_insert(LinkEvent::Down(error.to_string()));
            }
        };
        if noticed.opened {
            say(self.sign_in.expose());
            self.step = Step::SigningIn;
        }
        if noticed.authorized {
            say(LISTEN);
            self.step = Step::Asking;
        }
    }

    fn watch(&mut self, now_ns: u64, noticed: &mut Noticed) {
        let Some(client) = &mut self.client else { return };
        client.ping_if_idle(now_ns, PING_NS);
        let silent_ns = now_ns.saturating_sub(client.last_read_ns());
        let slow = self.step != Step::Up && now_ns.saturating_sub(self.begun_ns) >= SHAKE_HANDS_NS;
        let why = if self.acts && silent_ns >= DEAD_NS {
            "the line is dead: not one byte came, pings or not"
        } else if slow {
            "not listening within 15 s"
        } else {
            return;
        };
        noticed.event.get_or_insert(LinkEvent::Down(String::from(why)));
    }

    fn settle(&mut self, now_ns: u64, event: &LinkEvent) {
        if *event == LinkEvent::Up {
            self.step = Step::Up;
            self.reconnect.connected(now_ns);
            self.reconnect.served();
            return;
        }
        self.finished |= !matches!(event, LinkEvent::Down(_));
        if let Some(mut client) = self.client.take() {
            client.close(now_ns, CLOSE_NORMAL);
        }
        self.step = Step::Down;
        self.reconnect.lost(now_ns);
    }
}

impl Noticed {
    fn message(&mut self, heard: Heard, step: Step) {
        let event = match heard {
            Heard::Authorized => {
                self.authorized = step == Step::SigningIn;
                return;
            }
            Heard::Unauthorized => LinkEvent::Failed(String::from(
                "the broker did not accept the key: it is wrong, or belongs to another environment",
            )),
            Heard::Listening(true) => LinkEvent::Up,
            Heard::Listening(false) => {
                LinkEvent::Down(String::from("the broker does not offer trade_updates"))
            }
            Heard::Event(_) | Heard::Other => return,
        };
        self.event.get_or_insert(event);
    }

    fn closed(&mut self, cause: CloseCause<'_>, may_end: bool) {
        let event = match cause {
            CloseCause::Peer { code: CLOSE_NORMAL, .. } if may_end => LinkEvent::Ended,
            CloseCause::Refused { status: status @ (401 | 403), .. } => LinkEvent::Failed(format!(
                "the broker refused the websocket with HTTP {status}: check the key"
            )),
            other => LinkEvent::Down(other.to_string()),
        };
        // A connection that came up and went down within one poll is down.
        if self.event.is_none() || self.event == Some(LinkEvent::Up) {
            self.event = Some(event);
        }
    }
}

/// The sign-in message. It holds the credentials, so it is a secret itself.
fn sign_in_message(key: &Secret, secret: &Secret) -> Secret {
    let mut text = Vec::with_capacity(256 + 6 * (key.expose().len() + secret.expose().len()));
    text.extend_from_slice(b"{\"action\":\"auth\",\"key\":");
    push_json_string(&mut text, key.expose());
    text.extend_from_slice(b",\"secret\":");
    push_json_string(&mut text, secret.expose());
    text.push(b'}');
    Secret::new(String::from_utf8(text).expect("two strings and ASCII around them are UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alpaca::decode_order::tests::names;
    use crate::tracked::tests::buy;
    use st0ck_types::report::Status;
    use st0ck_types::{BrokerOrderId, ExecutionId, Nanos, Price, Qty, Text};

    const ID: &str = "61e69015-8549-4bfd-b9c3-01e75843f47d";

    fn message(event: &str, extra: &str) -> String {
        let client_id = buy(1, 2).client_id;
        format!(
            r#"{{"stream":"trade_updates","data":{{"event":"{event}",{extra}
            "timestamp":"2020-12-15T14:30:01Z","order":{{"id":"{ID}","client_order_id":"{client_id}",
            "symbol":"SPY","qty":"2","filled_qty":"1","side":"buy","time_in_force":"day",
            "status":"whatever"}}}}}}"#
        )
    }

    fn heard(event: &str, extra: &str) -> Event {
        match hear(message(event, extra).as_bytes(), &names()) {
            Some(Heard::Event(event)) => event,
            other => panic!("{other:?}"),
        }
    }

    fn status(words: &str) -> Status {
        Status {
            client_id: buy(1, 2).client_id,
            broker_id: BrokerOrderId(0x61e6_9015_8549_4bfd_b9c3_01e7_5843_f47d),
            at: Nanos(1_608_042_601_000_000_000),
            code: 0,
            words: Text::new(words),
        }
    }

    #[test]
    fn each_event_becomes_its_report() {
        for name in ["new", "accepted", "pending_new", "held", "stopped", "suspended", "calculated"]
        {
            assert_eq!(heard(name, "").report, Some(Report::Accepted(status(name))));
        }
        for (name, report) in [
            ("canceled", Report::Canceled(status("canceled"))),
            ("expired", Report::Expired(status("expired"))),
            ("done_for_day", Report::Expired(status("done_for_day"))),
            ("rejected", Report::Rejected(status("rejected"))),
            ("order_cancel_rejected", Report::CancelRejected(status("order_cancel_rejected"))),
        ] {
            assert_eq!(heard(name, "").report, Some(report));
        }
        for name in ["pending_cancel", "pending_replace", "order_replace_rejected"] {
            assert_eq!(heard(name, "").report, None);
        }
        assert!(matches!(heard("replaced", "").report, Some(Report::Snapshot(_))));
    }

    #[test]
    fn a_fill_is_keyed_by_its_execution_id() {
        let extra =
            r#""execution_id":"2f63ea93-0000-4000-8000-3fdafc10c418","price":"367.51","qty":1,"#;
        let fill = *heard("partial_fill", extra).fill().unwrap();
        assert_eq!(fill.execution, ExecutionId(0x2f63_ea93_0000_4000_8000_3fda_fc10_c418));
        assert_eq!((fill.price, fill.qty), (Price(367_510_000_000), Qty::ONE));
        assert_eq!((fill.cum_qty, fill.complete), (Qty::ONE, false));
        assert!(heard("fill", extra).fill().unwrap().complete);
    }

    #[test]
    fn a_fill_that_cannot_be_booked_is_told_as_a_snapshot_and_looked_into() {
        for extra in [
            "",
            r#""execution_id":"x","price":"1","qty":"1","#,
            r#""execution_id":"2f63ea93-0000-4000-8000-3fdafc10c418","qty":"1","#,
            r#""execution_id":"2f63ea93-0000-4000-8000-3fdafc10c418","price":"1","qty":"0","#,
        ] {
            let event = heard("fill", extra);
            assert!(event.doubtful && matches!(event.report, Some(Report::Snapshot(_))), "{extra}");
        }
    }

    #[test]
    fn events_nobody_knows_are_looked_into() {
        for name in ["restated", "trade_bust", "trade_correct", "brand_new", ""] {
            assert!(heard(name, "").doubtful, "{name}");
        }
    }

    #[test]
    fn control_messages_are_told_apart() {
        let names = names();
        let hear = |text: &str| hear(text.as_bytes(), &names);
        let authorization = |status: &str| {
            format!(
                r#"{{"stream":"authorization","data":{{"status":"{status}","action":"authenticate"}}}}"#
            )
        };
        assert_eq!(hear(&authorization("authorized")), Some(Heard::Authorized));
        assert_eq!(hear(&authorization("unauthorized")), Some(Heard::Unauthorized));
        let listening = r#"{"stream":"listening","data":{"streams":["trade_updates"]}}"#;
        assert_eq!(hear(listening), Some(Heard::Listening(true)));
        let nothing = r#"{"stream":"listening","data":{"streams":[]}}"#;
        assert_eq!(hear(nothing), Some(Heard::Listening(false)));
        assert_eq!(hear(r#"{"stream":"news","data":{}}"#), Some(Heard::Other));
        assert_eq!(hear(r#"{"stream":"trade_updates","data":{}}"#), None);
        assert_eq!(hear("garbage"), None);
    }
}
