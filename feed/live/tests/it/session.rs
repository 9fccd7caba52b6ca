//! The feed against a venue over real sockets: signing in, streaming, and everything that breaks.

use st0ck_feed::alpaca::{AlpacaFeed, AlpacaFeedConfig};
use st0ck_feed::health::HealthConfig;
use st0ck_feed::{FeedAdapter, FeedState, Publisher};
use st0ck_net::secret::Secret;
use st0ck_net::websocket::WsConfig;
use st0ck_runtime::conflate::market_ring;
use st0ck_runtime::{InFlight, MonoClock, Rx, StageRecorder, WallClock};
use st0ck_types::market::{GapCause, LAST};
use st0ck_types::{InstrumentId, MarketEvent, Nanos, Price};

use crate::differential::symbols;
use crate::venue::Venue;

/// Nothing here takes longer, however busy the machine.
const PATIENCE_NS: u64 = 20_000_000_000;

struct Rig {
    feed: AlpacaFeed,
    publisher: Publisher,
    rx: Rx<MarketEvent>,
    venue: Venue,
    seen: Vec<MarketEvent>,
    decode: StageRecorder,
    flight: InFlight,
}

fn rig(mut venue: Venue, health: HealthConfig, flight: InFlight) -> Rig {
    venue.flight = flight.clone();
    let config = AlpacaFeedConfig {
        remote: venue.remote(),
        key: Secret::new(String::from("canary-key")),
        secret: Secret::new(String::from("canary-secret")),
        symbols: symbols(),
        websocket: WsConfig::default(),
        health,
        seed: 3,
    };
    let decode = StageRecorder::default();
    let feed = AlpacaFeed::new(config, WallClock::new(), decode.clone());
    let mut publisher = Publisher::new(5, flight.clone());
    let (tx, rx) = market_ring(256, 5);
    publisher.add_lane(tx, &[0, 1, 2, 3, 4].map(InstrumentId));
    Rig { feed, publisher, rx, venue, seen: Vec::new(), decode, flight }
}

fn quiet_rig() -> Rig {
    rig(Venue::new(), HealthConfig::default(), InFlight::off())
}

impl Rig {
    fn turn(&mut self) {
        self.venue.poll();
        self.feed.poll(&mut self.publisher);
        while let Some(event) = self.rx.pop() {
            self.seen.push(event);
            self.flight.leave(1);
        }
    }

    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let clock = MonoClock::new();
        while !done(self) {
            self.turn();
            let said = &self.venue.said;
            assert!(clock.now_ns() < PATIENCE_NS, "not {what}: {:?} {said:?}", self.seen);
            std::thread::yield_now();
        }
    }

    fn streaming(mut self) -> Self {
        self.until("streaming", |rig| rig.feed.status().state() == FeedState::Streaming);
        self
    }
}

fn quote(symbol: &str, bid: &str) -> String {
    format!(
        r#"{{"T":"q","S":"{symbol}","bx":"V","bp":{bid},"bs":1,"ax":"Q","ap":591,"as":2,"c":["R"],"z":"B","t":"2025-06-20T14:30:00.5Z"}}"#
    )
}

fn gaps(seen: &[MarketEvent]) -> Vec<GapCause> {
    let gap = |event: &MarketEvent| match event {
        MarketEvent::Gap(gap) => Some(gap.cause),
        _ => None,
    };
    seen.iter().filter_map(gap).collect()
}

#[test]
fn it_signs_in_subscribes_and_publishes_what_comes() {
    let mut rig = quiet_rig().streaming();
    assert_eq!(rig.venue.said.len(), 2);
    assert!(rig.venue.said[0].contains("canary-secret") && rig.venue.said[1].contains("BRK.B"));
    rig.venue.tell(&format!(
        "[{},{},{}]",
        quote("SPY", "590.01"),
        quote("MSFT", "1"),
        quote("F", "9")
    ));
    rig.until("told", |rig| rig.seen.len() == 2);
    let MarketEvent::Quote(spy) = rig.seen[0] else { panic!("no quote") };
    assert_eq!((spy.instrument, spy.bid, spy.flags), (InstrumentId(0), Price(590_010_000_000), 0));
    assert!(spy.ts_recv > spy.ts_event, "stamped when it was read");
    let MarketEvent::Quote(ford) = rig.seen[1] else { panic!("no quote") };
    assert_eq!((ford.instrument, ford.flags), (InstrumentId(3), LAST));
    let counters = rig.feed.counters();
    assert_eq!((counters.events.get(), counters.unknown_symbols.get()), (2, 1));
    assert_eq!(rig.decode.snapshot().count, 1);
}

#[test]
fn a_lost_connection_is_told_as_a_gap_and_made_anew() {
    let mut rig = quiet_rig().streaming();
    rig.venue.close(1011);
    rig.until("down", |rig| rig.feed.status().state() == FeedState::Down);
    rig.until("streaming again", |rig| rig.feed.status().state() == FeedState::Streaming);
    assert_eq!(gaps(&rig.seen), [GapCause::Reconnect]);
    rig.venue.tell(&format!("[{}]", quote("SPY", "590")));
    rig.until("told", |rig| rig.seen.len() == 2);
    assert_eq!((rig.venue.connections, rig.feed.counters().connects.get()), (2, 2));
}

#[test]
fn being_too_slow_is_told_as_such() {
    let mut rig = quiet_rig().streaming();
    rig.venue.tell(r#"[{"T":"error","code":407,"msg":"slow client"}]"#);
    rig.until("told", |rig| gaps(&rig.seen) == [GapCause::SlowClient]);
    rig.until("streaming again", |rig| rig.venue.said.len() == 4);
}

#[test]
fn an_orderly_close_ends_the_session_after_everything_was_published() {
    let mut rig = quiet_rig().streaming();
    rig.venue.tell(&format!("[{}]", quote("SPY", "590")));
    rig.venue.close(1000);
    rig.until("ended", |rig| rig.feed.status().state() == FeedState::Ended);
    assert_eq!(rig.seen.len(), 1, "no gap: nothing was lost");
    (0..1000).for_each(|_| rig.turn());
    assert_eq!(rig.venue.connections, 1);
}

#[test]
fn an_orderly_close_in_the_sessions_hours_is_a_loss() {
    let session = Some((Nanos(0), Nanos::MAX));
    let health = HealthConfig { session, mute_ns: 60_000_000_000, ..HealthConfig::default() };
    let mut rig = rig(Venue::new(), health, InFlight::off()).streaming();
    rig.venue.close(1000);
    rig.until("streaming again", |rig| rig.venue.said.len() == 4);
    assert_eq!(gaps(&rig.seen), [GapCause::Reconnect]);
}

#[test]
fn a_wrong_key_is_final_says_what_to_do_and_does_not_show_the_key() {
    let mut venue = Venue::new();
    venue.to_sign_in.push(r#"[{"T":"error","code":402,"msg":"auth failed"}]"#);
    let mut rig = rig(venue, HealthConfig::default(), InFlight::off());
    rig.until("failed", |rig| rig.feed.status().state() == FeedState::Failed);
    let status = rig.feed.status();
    let why = status.failure().unwrap();
    assert!(why.contains("402") && why.contains("another environment"), "{why}");
    assert!(!why.contains("canary"), "{why}");
    (0..1000).for_each(|_| rig.turn());
    assert_eq!(rig.venue.connections, 1);
}

#[test]
fn a_taken_place_is_tried_again() {
    let mut venue = Venue::new();
    venue.to_sign_in.push(r#"[{"T":"error","code":406,"msg":"connection limit exceeded"}]"#);
    let mut rig = rig(venue, HealthConfig::default(), InFlight::off()).streaming();
    assert_eq!(rig.venue.connections, 2);
    assert_eq!(gaps(&rig.seen), [], "nothing streamed, so nothing was lost");
    rig.turn();
}

#[test]
fn a_refused_websocket_is_final() {
    let mut venue = Venue::new();
    venue.refuses = Some(401);
    let mut rig = rig(venue, HealthConfig::default(), InFlight::off());
    rig.until("failed", |rig| rig.feed.status().state() == FeedState::Failed);
    assert!(rig.feed.status().failure().unwrap().contains("401"));
}

#[test]
fn a_mute_venue_is_left_after_three_seconds_of_session() {
    let session = Some((Nanos(0), Nanos::MAX));
    let health = HealthConfig { session, ..HealthConfig::default() };
    let mut rig = rig(Venue::new(), health, InFlight::off()).streaming();
    rig.until("left", |rig| gaps(&rig.seen) == [GapCause::Reconnect]);
    rig.until("streaming again", |rig| rig.venue.said.len() == 4);
    assert_eq!(rig.feed.counters().alarms.get(), 1);
}

#[test]
fn an_unreadable_frame_is_told_as_a_gap_and_the_next_one_is_read() {
    let mut rig = quiet_rig().streaming();
    for frame in ["[{\"T\":\"q\"", "{}", "[7]", "garbage"] {
        rig.venue.tell(frame);
    }
    rig.venue.tell(&format!("[{}]", quote("SPY", "590")));
    rig.until("told", |rig| rig.seen.len() == 5);
    assert_eq!(rig.feed.counters().malformed.get(), 4);
    assert_eq!(gaps(&rig.seen).len(), 4);
    assert_eq!(rig.venue.connections, 1);
}

#[test]
fn an_oversized_frame_ends_the_connection_not_the_process() {
    let mut rig = quiet_rig().streaming();
    let long = format!("[{}]", " ".repeat(200_000));
    // More than the megabyte that a message may have, in fragments of what the peer may queue.
    rig.venue.tell(&long);
    rig.until("read", |rig| rig.feed.counters().frames.get() >= 3);
    let config = WsConfig { max_message: 1_000, max_frame: 1_000, ..WsConfig::default() };
    let mut small = Rig { feed: small_feed(&rig.venue, config), ..rig };
    small.until("streaming", |rig| rig.feed.status().state() == FeedState::Streaming);
    small.venue.tell(&long);
    small.until("left", |rig| !gaps(&rig.seen).is_empty());
}

fn small_feed(venue: &Venue, websocket: WsConfig) -> AlpacaFeed {
    let config = AlpacaFeedConfig {
        remote: venue.remote(),
        key: Secret::new(String::from("canary-key")),
        secret: Secret::new(String::from("canary-secret")),
        symbols: symbols(),
        websocket,
        health: HealthConfig::default(),
        seed: 3,
    };
    AlpacaFeed::new(config, WallClock::new(), StageRecorder::default())
}

#[test]
fn in_lock_step_every_message_has_its_token() {
    let flight = InFlight::lock_step();
    let mut rig =
        rig(Venue::new(), HealthConfig { acts: false, ..HealthConfig::default() }, flight.clone());
    rig.until("streaming", |rig| rig.feed.status().state() == FeedState::Streaming);
    rig.turn();
    assert_eq!(flight.count(), 0);
    rig.venue.tell(&format!("[{},{}]", quote("SPY", "590"), quote("MSFT", "1")));
    assert_eq!(flight.count(), 1);
    rig.until("told", |rig| rig.seen.len() == 1);
    rig.turn();
    assert_eq!(flight.count(), 0);
}
