//! How many requests an account may make in a minute of session time.

use crate::client::Reply;
use crate::stage::{Stage, config, recording, steady};
use serde_json::json;
use st0ck_emulator::{Speed, Start};

/// A house of two accounts, one session minute a second, so many requests each.
fn limited(limit: u32) -> Stage {
    let mut few = config(recording(steady(6_000, 100, 1_000)));
    few.speed = Speed::Paced(60.0);
    few.start = Start::OnSubscribe;
    few.accounts = 2;
    few.rate_limit = Some(limit);
    Stage::start(few)
}

fn field(reply: &Reply, name: &str) -> Option<i64> {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
    reply.head.lines().find_map(value).map(|value| value.parse().unwrap())
}

#[test]
fn who_asks_too_often_is_told_when_to_ask_again() {
    let stage = limited(3);
    let mut http = stage.http();
    for _ in 0..5 {
        let reply = http.ask("GET", "/v2/account", "");
        assert_eq!((reply.status, field(&reply, "X-RateLimit-Remaining")), (200, Some(3)));
    }
    let mut data = stage.data("/v2/iex");
    data.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
    data.next();
    data.next();
    let refused = (0..100)
        .map(|_| http.ask("GET", "/v2/account", ""))
        .find(|reply| reply.status == 429)
        .expect("a hundred requests take less than a minute of the session each");
    assert_eq!(refused.json(), json!({"code": 42_910_000, "message": "rate limit exceeded"}));
    assert_eq!(field(&refused, "X-RateLimit-Limit"), Some(3));
    assert_eq!(field(&refused, "X-RateLimit-Remaining"), Some(0));
    let reset = field(&refused, "X-RateLimit-Reset").unwrap();
    assert_eq!(reset % 60, 0, "the end of a minute");
    assert_eq!(field(&refused, "Retry-After"), Some(1), "a session minute is a second here");
    let keys = &stage.endpoints().accounts[1];
    let mut other = stage.http_as(Some((&keys.key, &keys.secret)));
    assert_eq!(other.ask("GET", "/v2/account", "").status, 200, "another's quota is its own");
    // The next minute comes by itself.
    let again = std::iter::from_fn(|| Some(http.ask("GET", "/v2/clock", "")));
    let again = again.take(100_000).find(|reply| reply.status == 200).expect("another minute");
    assert!(field(&again, "X-RateLimit-Reset").unwrap() > reset);
}

#[test]
fn without_a_limit_no_reply_tells_of_one() {
    let reply = Stage::steady().http().ask("GET", "/v2/account", "");
    assert!(!reply.head.contains("RateLimit"), "{}", reply.head);
}
