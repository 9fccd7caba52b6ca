//! The connection to Alpaca's stock stream and everything that happens to it.
//!
//! [`FeedAgent`](crate::agent::FeedAgent) calls [`AlpacaFeed::poll`] in a loop. One poll is:
//! connect when it is time, read what has come, decode it, publish it, answer what wants an answer,
//! and watch the line's health.
//!
//! *Invariant:* one connection at a time; the next only after the pause that [`Reconnect`] draws.
//! *Invariant:* when a streaming connection is lost, every lane is told by a `Gap` before anything
//! newer.
//! *Invariant:* an orderly close (1000) ends the session, but for one while the session's hours
//! run: that is a loss like any other.
//! *Invariant:* in lock-step every message has a token: ours are entered before they are sent, the
//! venue's are left when everything they caused has been entered.

use st0ck_net::endpoint::Remote;
use st0ck_net::http::HeaderBlock;
use st0ck_net::reconnect::Reconnect;
use st0ck_net::secret::Secret;
use st0ck_net::websocket::{CLOSE_NORMAL, CloseCause, WsClient, WsConfig, WsEvent};
use st0ck_runtime::{Counter, StageRecorder, WallClock};
use st0ck_types::market::GapCause;
use st0ck_types::{Gap, InstrumentId, MarketEvent, Nanos};

use super::handshake::{Action, Handshake, sign_in_message, subscribe_message};
use super::json::{DecodeError, Decoder};
use crate::adapter::{FeedAdapter, FeedState, FeedStatus};
use crate::health::{Health, HealthConfig, Verdict};
use crate::publish::Publisher;
use crate::symbols::SymbolTable;

/// Nanoseconds from a new connection to its first streaming; then it is given up. The venue itself
/// waits 10 s for the sign-in.
const SHAKE_HANDS_NS: u64 = 15_000_000_000;

/// What an Alpaca feed needs to know.
pub struct AlpacaFeedConfig {
    /// Where: the stream's root with version and feed, such as `…/v2/iex`, resolved.
    pub remote: Remote,
    /// The key's id.
    pub key: Secret,
    /// The key's secret.
    pub secret: Secret,
    /// What to subscribe, and the numbers of it.
    pub symbols: SymbolTable,
    /// How the websocket behaves; messages are at most 1 MiB unless told.
    pub websocket: WsConfig,
    /// When to worry about the line.
    pub health: HealthConfig,
    /// Seeds the jitter of reconnects.
    pub seed: u64,
}

/// What a feed has done, readable from any thread.
#[derive(Debug, Clone, Default)]
pub struct FeedCounters {
    /// Messages of the websocket.
    pub frames: Counter,
    /// Frames that the scanner read by itself.
    pub scanned: Counter,
    /// Market events decoded.
    pub events: Counter,
    /// Frames that could not be read; each lost whatever it held.
    pub malformed: Counter,
    /// Messages about symbols that are not ours.
    pub unknown_symbols: Counter,
    /// Messages of kinds that nothing here needs.
    pub ignored: Counter,
    /// Connections begun.
    pub connects: Counter,
    /// Gap notices told to the lanes: streaming connections lost, frames that could not be read.
    pub gaps: Counter,
    /// Alarms of the watch over the line.
    pub alarms: Counter,
}

/// Alpaca's stock stream.
pub struct AlpacaFeed {
    remote: Remote,
    headers: HeaderBlock,
    websocket: WsConfig,
    sign_in: Secret,
    subscribe: String,
    client: Option<WsClient>,
    connected_ns: u64,
    reconnect: Reconnect,
    stream: Stream,
}

impl AlpacaFeed {
    /// A feed that is down; its first poll begins to connect. `decode` records the stage from a
    /// frame's bytes read to its events published.
    #[must_use]
    pub fn new(config: AlpacaFeedConfig, clock: WallClock, decode: StageRecorder) -> Self {
        let headers = HeaderBlock::new().with("Content-Type", "application/json");
        let wanted = config.symbols.listed().len() as u32;
        Self {
            remote: config.remote,
            headers: headers.expect("a constant header is well formed"),
            websocket: config.websocket,
            sign_in: sign_in_message(&config.key, &config.secret),
            subscribe: subscribe_message(&config.symbols),
            client: None,
            connected_ns: 0,
            reconnect: Reconnect::new(config.seed),
            stream: Stream {
                clock,
                decode,
                decoder: Decoder::new(config.symbols),
                handshake: Handshake::new(wanted),
                health: Health::new(config.health),
                counters: FeedCounters::default(),
                status: FeedStatus::default(),
                newest: Nanos::ZERO,
                todo: Todo::default(),
            },
        }
    }

    /// Where the feed stands, for other threads.
    #[must_use]
    pub fn status(&self) -> FeedStatus {
        self.stream.status.clone()
    }

    /// What the feed has done, for other threads.
    #[must_use]
    pub fn counters(&self) -> FeedCounters {
        self.stream.counters.clone()
    }

    fn connect(&mut self, now_ns: u64) -> u32 {
        if !self.reconnect.try_begin(now_ns) {
            return 0;
        }
        self.stream.counters.connects.add(1);
        self.stream.handshake.restart();
        self.connected_ns = now_ns;
        match WsClient::connect(now_ns, &self.remote, &self.headers, self.websocket) {
            Ok(client) => self.client = Some(client),
            Err(error) => {
                log::warn!("feed {}: cannot connect: {error}", self.remote.endpoint);
                self.reconnect.lost(now_ns);
            }
        }
        1
    }

    /// Sends what the last frames asked for. A message that cannot be sent ends the connection.
    fn answer(&mut self, now_ns: u64, publish: &Publisher) {
        let todo = std::mem::take(&mut self.stream.todo);
        let Some(client) = &mut self.client else { return };
        let texts = [(todo.sign_in, self.sign_in.expose()), (todo.subscribe, &self.subscribe)];
        let mut end = todo.end;
        for (_, text) in texts.iter().filter(|(wanted, _)| *wanted) {
            publish.in_flight().enter(1);
            if let Err(error) = client.send_text(text) {
                publish.in_flight().leave(1);
                end = end.or(Some(End::Lost(error.to_string())));
            }
        }
        if todo.streaming {
            self.reconnect.connected(now_ns);
            self.reconnect.served();
            self.stream.health.streaming(now_ns);
            self.stream.status.set(FeedState::Streaming);
        }
        publish.in_flight().leave(todo.frames);
        self.stream.todo.end = end;
    }

    /// Pings a silent line and gives up a dead one.
    fn watch(&mut self, now_ns: u64) {
        let Some(client) = &mut self.client else { return };
        client.ping_if_idle(now_ns, self.stream.health.ping_ns());
        if !self.stream.handshake.is_streaming() {
            if now_ns.saturating_sub(self.connected_ns) >= SHAKE_HANDS_NS {
                self.stream.end(End::Lost(String::from("no subscription within 15 s")));
            }
            return;
        }
        let wall = self.stream.clock.now();
        let words = match self.stream.health.check(now_ns, wall, client.last_read_ns()) {
            Verdict::Fine => None,
            Verdict::Dead => Some("the line is dead: not one byte came, pings or not"),
            Verdict::Mute => Some("the line is mute: it answers, and brings no data in session"),
        };
        self.stream.counters.alarms.set(self.stream.health.alarms());
        if let Some(words) = words {
            self.stream.end(End::Lost(String::from(words)));
        }
    }

    /// Draws the consequence of a connection's end.
    fn settle(&mut self, now_ns: u64, publish: &mut Publisher) {
        let Some(end) = self.stream.todo.end.take() else { return };
        if let Some(mut client) = self.client.take() {
            client.close(now_ns, CLOSE_NORMAL);
        }
        let was_streaming = self.stream.handshake.is_streaming();
        self.stream.handshake.restart();
        let place = &self.remote.endpoint;
        let in_session = self.stream.health.in_session(self.stream.clock.now());
        match end {
            End::Over if was_streaming && !in_session => {
                log::info!("feed {place}: the session is over");
                self.stream.status.set(FeedState::Ended);
                return;
            }
            End::Failed(why) => {
                log::error!("feed {place}: {why}");
                self.stream.status.fail(format!("feed {place}: {why}"));
            }
            End::Over => log::warn!("feed {place}: closed in order, and the session is not over"),
            End::Lost(why) => log::warn!("feed {place}: {why}"),
            End::Slow(why) => {
                log::warn!("feed {place}: {why}");
                self.stream.publish_gap(GapCause::SlowClient, publish);
                return self.lost(now_ns);
            }
        }
        if was_streaming {
            self.stream.publish_gap(GapCause::Reconnect, publish);
        }
        self.lost(now_ns);
    }

    fn lost(&mut self, now_ns: u64) {
        self.reconnect.lost(now_ns);
        if self.stream.status.state() == FeedState::Streaming {
            self.stream.status.set(FeedState::Down);
        }
    }
}

impl FeedAdapter for AlpacaFeed {
    fn poll(&mut self, publish: &mut Publisher) -> u32 {
        let now_ns = self.stream.clock.mono().now_ns();
        if matches!(self.stream.status.state(), FeedState::Ended | FeedState::Failed) {
            return 0;
        }
        let Some(client) = &mut self.client else { return self.connect(now_ns) };
        let clock = self.stream.clock.clone();
        let stream = &mut self.stream;
        let events =
            client.poll(now_ns, || clock.now().0, |event| stream.on_event(&event, now_ns, publish));
        if events > 0 {
            self.answer(now_ns, publish);
        }
        self.watch(now_ns);
        self.settle(now_ns, publish);
        events
    }

    fn close(&mut self) {
        let now_ns = self.stream.clock.mono().now_ns();
        if let Some(client) = &mut self.client {
            client.close(now_ns, CLOSE_NORMAL);
        }
        self.client = None;
    }
}

/// Why a connection is over.
#[derive(Debug)]
enum End {
    /// The venue closed in order.
    Over,
    /// Try again.
    Lost(String),
    /// Try again; the venue had dropped messages.
    Slow(String),
    /// Never again.
    Failed(String),
}

/// What the frames of one poll asked for: the client cannot be written to while it is read.
#[derive(Debug, Default)]
struct Todo {
    frames: u32,
    sign_in: bool,
    subscribe: bool,
    streaming: bool,
    end: Option<End>,
}

/// Everything that a frame touches, apart from the connection that brought it.
struct Stream {
    clock: WallClock,
    decode: StageRecorder,
    decoder: Decoder,
    handshake: Handshake,
    health: Health,
    counters: FeedCounters,
    status: FeedStatus,
    newest: Nanos,
    todo: Todo,
}

impl Stream {
    fn on_event(&mut self, event: &WsEvent<'_>, now_ns: u64, publish: &mut Publisher) {
        match *event {
            WsEvent::Message { data, t_read, .. } => {
                self.on_frame(data, Nanos(t_read), now_ns, publish);
            }
            WsEvent::Closed(CloseCause::Peer { code: CLOSE_NORMAL, .. }) => self.end(End::Over),
            WsEvent::Closed(CloseCause::Refused { status, .. })
                if status == 401 || status == 403 =>
            {
                let why = format!(
                    "the venue refused the websocket with HTTP {status}: check the key and the feed"
                );
                self.end(End::Failed(why));
            }
            WsEvent::Closed(cause) => self.end(End::Lost(cause.to_string())),
            WsEvent::Open | WsEvent::Pong { .. } => {}
        }
    }

    fn on_frame(&mut self, data: &[u8], t_read: Nanos, now_ns: u64, publish: &mut Publisher) {
        self.todo.frames += 1;
        self.counters.frames.add(1);
        let decoded = match self.decoder.decode_frame(data, t_read) {
            Ok(decoded) => decoded,
            Err(error) => return self.on_malformed(&error, t_read, publish),
        };
        if !decoded.events.is_empty() {
            publish.frame(&decoded.events);
            let newest = decoded.events.iter().map(MarketEvent::ts_event).max();
            self.newest = newest.map_or(self.newest, |newest| newest.max(self.newest));
            self.health.event(now_ns);
            self.decode.record(self.clock.now().since(t_read));
        }
        self.counters.events.add(decoded.events.len() as u64);
        self.counters.unknown_symbols.add(u64::from(decoded.unknown_symbols));
        self.counters.ignored.add(u64::from(decoded.ignored));
        self.counters.scanned.set(self.decoder.counts().scanned);
        self.on_notices();
    }

    fn on_notices(&mut self) {
        for notice in &self.decoder.decoded().notices {
            match self.handshake.on_notice(notice) {
                Action::Wait => {}
                Action::SignIn => self.todo.sign_in = true,
                Action::Subscribe => self.todo.subscribe = true,
                Action::Stream => self.todo.streaming = true,
                Action::Retry { why, slow: true } => return self.end(End::Slow(why)),
                Action::Retry { why, slow: false } => return self.end(End::Lost(why)),
                Action::Fail { why } => return self.end(End::Failed(why)),
            }
        }
    }

    /// What the frame held is lost, whatever it was; later frames stand on their own.
    fn on_malformed(&mut self, error: &DecodeError, t_read: Nanos, publish: &mut Publisher) {
        self.counters.malformed.add(1);
        if self.counters.malformed.get().is_power_of_two() {
            log::error!(
                "feed: {} unreadable frames so far, now: {error}",
                self.counters.malformed.get()
            );
        }
        self.newest = self.newest.max(t_read);
        self.publish_gap(GapCause::Reconnect, publish);
    }

    fn publish_gap(&mut self, cause: GapCause, publish: &mut Publisher) {
        self.counters.gaps.add(1);
        let gap =
            Gap { ts_event: self.newest, instrument: InstrumentId::ALL, cause, ..Gap::default() };
        publish.frame(&[MarketEvent::Gap(gap)]);
    }

    /// The first reason is the one that counts.
    fn end(&mut self, end: End) {
        self.todo.end.get_or_insert(end);
    }
}
