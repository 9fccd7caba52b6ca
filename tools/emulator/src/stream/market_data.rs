//! The market-data websocket of stocks (`alpaca.md` §8.1), JSON. Every message is an array.

use super::Outcome;
use super::subscriptions::{Channel, Fault, Subscriptions};
use crate::account::directory::Directory;
use crate::house::AccountNo;
use crate::wire::market::Feed;
use serde_json::{Map, Value};

/// The greeting.
pub(crate) const CONNECTED: &str = r#"[{"T":"success","msg":"connected"}]"#;
/// Keys were accepted.
const AUTHENTICATED: &str = r#"[{"T":"success","msg":"authenticated"}]"#;

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
}

impl StreamError {
    /// The message.
    pub(crate) fn text(self) -> String {
        let (code, words) = match self {
            Self::InvalidSyntax => (400, "invalid syntax"),
            Self::NotAuthenticated => (401, "not authenticated"),
            Self::AuthFailed => (402, "auth failed"),
            Self::AlreadyAuthenticated => (403, "already authenticated"),
            Self::AuthTimeout => (404, "auth timeout"),
            Self::SymbolLimit => (405, "symbol limit exceeded"),
            Self::ConnectionLimit => (406, "connection limit exceeded"),
            Self::SlowClient => (407, "slow client"),
        };
        format!(r#"[{{"T":"error","code":{code},"msg":"{words}"}}]"#)
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::AuthFailed | Self::AuthTimeout | Self::ConnectionLimit | Self::SlowClient => {
                Outcome::say_and_close(self.text())
            }
            _ => Outcome::say(self.text()),
        }
    }
}

/// One session.
#[derive(Debug)]
pub(crate) struct DataSession {
    feed: Feed,
    who: Option<AccountNo>,
    symbol_limit: Option<usize>,
    subscriptions: Subscriptions,
}

impl DataSession {
    /// A session that has just connected.
    pub(crate) fn new(feed: Feed, symbol_limit: Option<usize>) -> Self {
        Self { feed, who: None, symbol_limit, subscriptions: Subscriptions::default() }
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
            Some(who) if held.contains(&who) => StreamError::ConnectionLimit,
            Some(_) => {
                self.who = who;
                return Outcome::say(AUTHENTICATED);
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
        let Ok(Value::Object(message)) = serde_json::from_slice(message) else {
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
                let changed = self.subscriptions.add(&message, self.symbol_limit);
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
            Err(Fault::SymbolLimit) => StreamError::SymbolLimit.outcome(),
            Ok(()) => {
                let mut message = Map::new();
                message.insert(String::from("T"), "subscription".into());
                message.extend(self.subscriptions.acknowledge());
                Outcome::say(Value::Array(vec![Value::Object(message)]).to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::directory::tests::two;

    fn say(session: &mut DataSession, message: &str) -> String {
        session.on_message(message.as_bytes(), &two(), &[]).say.unwrap()
    }

    #[test]
    fn each_mistake_has_its_code() {
        let mut session = DataSession::new(Feed::Iex, Some(1));
        let subscribe = r#"{"action":"subscribe","trades":["AAPL"]}"#;
        let auth = r#"{"action":"auth","key":"k0","secret":"s0"}"#;
        assert!(say(&mut session, subscribe).contains(r#""code":401,"msg":"not authenticated""#));
        assert!(say(&mut session, "hello").contains(r#""code":400"#));
        assert!(say(&mut session, r#"{"action":"dance"}"#).contains(r#""code":400"#));
        assert_eq!(say(&mut session, auth), AUTHENTICATED);
        assert!(say(&mut session, auth).contains(r#""code":403,"msg":"already authenticated""#));
        assert!(say(&mut session, subscribe).contains(r#""trades":["AAPL"]"#));
        let second = r#"{"action":"subscribe","quotes":["SPY"]}"#;
        assert!(say(&mut session, second).contains(r#""code":405,"msg":"symbol limit exceeded""#));
    }

    #[test]
    fn wrong_keys_and_a_second_session_end_it() {
        let bad = br#"{"action":"auth","key":"k0","secret":"s1"}"#;
        let outcome = DataSession::new(Feed::Sip, None).on_message(bad, &two(), &[]);
        assert!(outcome.close && outcome.say.unwrap().contains("402"));
        let (first, second) = (AccountNo::at(0), AccountNo::at(1));
        let outcome = DataSession::new(Feed::Sip, None).authenticate(Some(first), &[first]);
        assert!(outcome.close && outcome.say.unwrap().contains("406"));
        let outcome = DataSession::new(Feed::Sip, None).authenticate(Some(first), &[second]);
        assert!(!outcome.close, "each account has a session of its own");
    }
}
