//! The order-update websocket `/stream` (`alpaca.md` §7): who listens, and to what.

use super::Outcome;
use super::codec::Codec;
use crate::account::directory::Directory;
use crate::house::AccountNo;
use serde_json::{Value, json};

/// The one stream there is.
const TRADE_UPDATES: &str = "trade_updates";

/// One listener.
#[derive(Debug, Default)]
pub(crate) struct UpdatesSession {
    codec: Codec,
    who: Option<AccountNo>,
    listening: bool,
}

impl UpdatesSession {
    /// A listener that has just connected.
    pub(crate) fn new(codec: Codec) -> Self {
        Self { codec, ..Self::default() }
    }

    /// How it reads and writes.
    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether it has shown its keys.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.who.is_some()
    }

    /// Whether it gets order updates.
    pub(crate) fn is_listening(&self) -> bool {
        self.listening
    }

    /// Whether it gets the order updates of that account.
    pub(crate) fn hears(&self, who: AccountNo) -> bool {
        self.listening && self.who == Some(who)
    }

    /// A client's message. What is none of the protocol's is passed over in silence, as the real
    /// one does.
    pub(crate) fn on_message(&mut self, message: &[u8], directory: &Directory) -> Outcome {
        let Some(message) = self.codec.read(message) else {
            return Outcome::default();
        };
        match message["action"].as_str() {
            Some("authenticate") => {
                let data = &message["data"];
                self.authenticate(&data["key_id"], &data["secret_key"], directory)
            }
            Some("auth") => self.authenticate(&message["key"], &message["secret"], directory),
            Some("listen") => self.listen(&message["data"]["streams"]),
            _ => Outcome::default(),
        }
    }

    fn authenticate(&mut self, key: &Value, secret: &Value, directory: &Directory) -> Outcome {
        let (key, secret) = (key.as_str().unwrap_or_default(), secret.as_str().unwrap_or_default());
        if let Some(who) = directory.find(key, secret) {
            self.who = Some(who);
            return Outcome::say(authorization("authorized", "authenticate"));
        }
        Outcome::say_and_close(authorization("unauthorized", "authenticate"))
    }

    fn listen(&mut self, streams: &Value) -> Outcome {
        if !self.is_authenticated() {
            return Outcome::say(authorization("unauthorized", "listen"));
        }
        let streams = streams.as_array().map(Vec::as_slice).unwrap_or_default();
        self.listening = streams.iter().any(|stream| stream == TRADE_UPDATES);
        let known: &[&str] = if self.listening { &[TRADE_UPDATES] } else { &[] };
        Outcome::say(json!({"stream": "listening", "data": {"streams": known}}))
    }
}

fn authorization(status: &str, action: &str) -> Value {
    json!({"stream": "authorization", "data": {"status": status, "action": action}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::directory::tests::two;

    #[test]
    fn a_listener_must_show_its_keys_first_and_may_stop() {
        let mut session = UpdatesSession::default();
        let mut say = |message: &str| {
            let said = session.on_message(message.as_bytes(), &two()).say;
            said.map(|message| message.to_string())
        };
        let listen = r#"{"action":"listen","data":{"streams":["trade_updates","nonsense"]}}"#;
        let refused =
            r#"{"stream":"authorization","data":{"status":"unauthorized","action":"listen"}}"#;
        assert_eq!(say(listen).as_deref(), Some(refused));
        assert!(
            say(r#"{"action":"auth","key":"k0","secret":"s0"}"#)
                .unwrap()
                .contains("\"authorized\"")
        );
        let listening = r#"{"stream":"listening","data":{"streams":["trade_updates"]}}"#;
        assert_eq!(say(listen).as_deref(), Some(listening));
        let none = r#"{"stream":"listening","data":{"streams":[]}}"#;
        assert_eq!(say(r#"{"action":"listen","data":{"streams":[]}}"#).as_deref(), Some(none));
        assert_eq!(say("garbage"), None);
        assert!(!session.is_listening());
    }

    #[test]
    fn a_listener_hears_of_its_own_account_only() {
        let mut session = UpdatesSession::default();
        for message in [
            r#"{"action":"auth","key":"k1","secret":"s1"}"#,
            r#"{"action":"listen","data":{"streams":["trade_updates"]}}"#,
        ] {
            session.on_message(message.as_bytes(), &two());
        }
        assert!(session.hears(AccountNo::at(1)) && !session.hears(AccountNo::at(0)));
    }

    #[test]
    fn the_older_way_to_authenticate_works_and_wrong_keys_end_it() {
        let old = br#"{"action":"authenticate","data":{"key_id":"k0","secret_key":"s0"}}"#;
        let mut session = UpdatesSession::default();
        assert!(!session.on_message(old, &two()).close);
        assert!(session.is_authenticated());
        let wrong = br#"{"action":"authenticate","data":{"key_id":"k0"}}"#;
        assert!(UpdatesSession::default().on_message(wrong, &two()).close);
    }
}
