//! The market-data websockets of stocks (`alpaca.md` §8.1) and of news (§8.5). Every message is an
//! array.

use super::Outcome;
use super::codec::Codec;
use super::subscriptions::{Channel, Fault, Menu, Subscriptions};
use crate::account::directory::Directory;
use crate::config::DataPlan;
use crate::emulator::Settings;
use crate::house::AccountNo;
use crate::wire::market::Feed;
use serde_json::{Map, Value, json};

/// What went well: the greeting, and that keys were accepted.
fn success(words: &str) -> Value {
    json!([{"T": "success", "msg": words}])
}

/// The greeting.
pub(crate) fn connected() -> Outcome {
    Outcome::say(success("connected"))
}

/// What can go wrong, as the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamError {
    /// 400.
    InvalidSyntax,
    /// 401.
    NotAuthenticated,
    /// 402, ends the session.
    AuthFailed,
    /// 403.
    AlreadyAuthenticated,
    /// 404, ends the session.
    AuthTimeout,
    /// 405.
    SymbolLimit,
    /// 406, ends the session.
    ConnectionLimit,
    /// 407, ends the session.
    SlowClient,
    /// 409, ends the session.
    InsufficientSubscription,
    /// 410.
    InvalidChannel,
}

impl StreamError {
    /// The message.
    pub(crate) fn message(self) -> Value {
        let (code, words) = match self {
            Self::InvalidSyntax => (400, "invalid syntax"),
            Self::NotAuthenticated => (401, "not authenticated"),
            Self::AuthFailed => (402, "auth failed"),
            Self::AlreadyAuthenticated => (403, "already authenticated"),
            Self::AuthTimeout => (404, "auth timeout"),
            Self::SymbolLimit => (405, "symbol limit exceeded"),
            Self::ConnectionLimit => (406, "connection limit exceeded"),
            Self::SlowClient => (407, "slow client"),
            Self::InsufficientSubscription => (409, "insufficient subscription"),
            Self::InvalidChannel => (410, "invalid subscribe action for this feed"),
        };
        json!([{"T": "error", "code": code, "msg": words}])
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::AuthFailed
            | Self::AuthTimeout
            | Self::ConnectionLimit
            | Self::SlowClient
            | Self::InsufficientSubscription => Outcome::say_and_close(self.message()),
            _ => Outcome::say(self.message()),
        }
    }
}

/// What a session may have, by its account's plan.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    /// Symbols of trades and quotes; any number when `None`.
    pub(crate) symbols: Option<usize>,
    /// Nothing at all: the plan does not include the feed (error 409).
    pub(crate) excluded: bool,
}

impl Terms {
    /// Those of a feed: iex is for few symbols, the consolidated one for those who pay.
    pub(crate) fn of(feed: Feed, settings: &Settings) -> Self {
        Self {
            symbols: (feed == Feed::Iex).then_some(settings.iex_symbols),
            excluded: feed == Feed::Sip && settings.plan == DataPlan::Basic,
        }
    }
}

/// One session.
#[derive(Debug)]
pub(crate) struct DataSession {
    feed: Feed,
    codec: Codec,
    who: Option<AccountNo>,
    terms: Terms,
    subscriptions: Subscriptions,
}

impl DataSession {
    /// A session that has just connected.
    pub(crate) fn new(feed: Feed, codec: Codec, terms: Terms) -> Self {
        let menu = match feed {
            Feed::News => Menu::News,
            Feed::Test => Menu::Test,
            Feed::Sip | Feed::Iex | Feed::Delayed => Menu::Stocks,
        };
        Self { feed, codec, who: None, terms, subscriptions: Subscriptions::new(menu) }
    }

    /// How it reads and writes.
    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Which feed it is on.
    pub(crate) fn feed(&self) -> Feed {
        self.feed
    }

    /// Whose it is; `None` until it has shown its keys.
    pub(crate) fn account(&self) -> Option<AccountNo> {
        self.who
    }

    /// Whether it has shown its keys.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.who.is_some()
    }

    /// Whether it has subscribed to anything.
    pub(crate) fn is_subscribed(&self) -> bool {
        self.subscriptions.any()
    }

    /// Whether a symbol's messages of a channel are wanted.
    pub(crate) fn wants(&self, channel: Channel, symbol: &str) -> bool {
        self.subscriptions.wants(channel, symbol)
    }

    /// Keys came, in a message or with the handshake: those of an account, or wrong ones. `held`:
    /// the accounts that have a session on this feed.
    pub(crate) fn authenticate(&mut self, who: Option<AccountNo>, held: &[AccountNo]) -> Outcome {
        let error = match who {
            _ if self.is_authenticated() => StreamError::AlreadyAuthenticated,
            None => StreamError::AuthFailed,
            Some(_) if self.terms.excluded => StreamError::InsufficientSubscription,
            Some(who) if held.contains(&who) => StreamError::ConnectionLimit,
            Some(_) => {
                self.who = who;
                return Outcome::say(success("authenticated"));
            }
        };
        error.outcome()
    }

    /// A client's message.
    pub(crate) fn on_message(
        &mut self,
        message: &[u8],
        directory: &Directory,
        held: &[AccountNo],
    ) -> Outcome {
        let Some(Value::Object(message)) = self.codec.read(message) else {
            return StreamError::InvalidSyntax.outcome();
        };
        let text = |key: &str| message.get(key).and_then(Value::as_str);
        match text("action") {
            Some("auth") => match (text("key"), text("secret")) {
                (Some(key), Some(secret)) => self.authenticate(directory.find(key, secret), held),
                _ => StreamError::InvalidSyntax.outcome(),
            },
            Some("subscribe" | "unsubscribe") if !self.is_authenticated() => {
                StreamError::NotAuthenticated.outcome()
            }
            Some("subscribe") => {
                let changed = self.subscriptions.add(&message, self.terms.symbols);
                self.acknowledge(changed)
            }
            Some("unsubscribe") => {
                let changed = self.subscriptions.remove(&message);
                self.acknowledge(changed)
            }
            _ => StreamError::InvalidSyntax.outcome(),
        }
    }

    fn acknowledge(&self, changed: Result<(), Fault>) -> Outcome {
        match changed {
            Err(Fault::Syntax) => StreamError::InvalidSyntax.outcome(),
            Err(Fault::Channel) => StreamError::InvalidChannel.outcome(),
            Err(Fault::SymbolLimit) => StreamError::SymbolLimit.outcome(),
            Ok(()) => {
                let mut message = Map::new();
                message.insert(String::from("T"), "subscription".into());
                message.extend(self.subscriptions.acknowledge());
                Outcome::say(Value::Array(vec![Value::Object(message)]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::directory::tests::two;

    fn say(session: &mut DataSession, message: &str) -> String {
        session.on_message(message.as_bytes(), &two(), &[]).say.unwrap().to_string()
    }

    fn session(feed: Feed) -> DataSession {
        DataSession::new(feed, Codec::Json, Terms::default())
    }

    #[test]
    fn each_mistake_has_its_code() {
        let few = Terms { symbols: Some(1), ..Terms::default() };
        let mut session = DataSession::new(Feed::Iex, Codec::Json, few);
        let subscribe = r#"{"action":"subscribe","trades":["AAPL"]}"#;
        let auth = r#"{"action":"auth","key":"k0","secret":"s0"}"#;
        assert!(say(&mut session, subscribe).contains(r#""code":401,"msg":"not authenticated""#));
        assert!(say(&mut session, "hello").contains(r#""code":400"#));
        assert!(say(&mut session, r#"{"action":"dance"}"#).contains(r#""code":400"#));
        assert!(say(&mut session, auth).contains("\"authenticated\""));
        assert!(say(&mut session, auth).contains(r#""code":403,"msg":"already authenticated""#));
        assert!(say(&mut session, subscribe).contains(r#""trades":["AAPL"]"#));
        let second = r#"{"action":"subscribe","quotes":["SPY"]}"#;
        assert!(say(&mut session, second).contains(r#""code":405,"msg":"symbol limit exceeded""#));
    }

    #[test]
    fn wrong_keys_and_a_second_session_end_it() {
        let bad = br#"{"action":"auth","key":"k0","secret":"s1"}"#;
        let outcome = session(Feed::Sip).on_message(bad, &two(), &[]);
        assert!(outcome.close && outcome.say.unwrap().to_string().contains("402"));
        let (first, second) = (AccountNo::at(0), AccountNo::at(1));
        let outcome = session(Feed::Sip).authenticate(Some(first), &[first]);
        assert!(outcome.close && outcome.say.unwrap().to_string().contains("406"));
        let outcome = session(Feed::Sip).authenticate(Some(first), &[second]);
        assert!(!outcome.close, "each account has a session of its own");
    }

    #[test]
    fn a_feed_beyond_the_plan_ends_the_session() {
        let none = Terms { excluded: true, ..Terms::default() };
        let mut session = DataSession::new(Feed::Sip, Codec::Json, none);
        let outcome = session.authenticate(Some(AccountNo::at(0)), &[]);
        assert!(outcome.close && outcome.say.unwrap().to_string().contains("409"));
    }

    #[test]
    fn test_and_news_have_channels_of_their_own() {
        for (feed, asked, ack) in [
            (
                Feed::Test,
                r#""bars":["FAKEPACA"]"#,
                r#""trades":[],"quotes":[],"bars":["FAKEPACA"]}"#,
            ),
            (Feed::News, r#""news":["*"]"#, r#"{"T":"subscription","news":["*"]}"#),
        ] {
            let mut session = session(feed);
            session.authenticate(Some(AccountNo::at(0)), &[]);
            let subscribe = format!(r#"{{"action":"subscribe",{asked}}}"#);
            assert!(say(&mut session, &subscribe).contains(ack));
            let foreign = r#"{"action":"subscribe","statuses":["SPY"]}"#;
            assert!(say(&mut session, foreign).contains(r#""code":410"#));
        }
    }
}
