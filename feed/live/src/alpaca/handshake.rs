//! From "connected" to streaming: what to say to what the venue says. No socket inside.
//!
//! ```text
//! S connected → C auth → S authenticated → C subscribe → S subscription → events
//! ```
//!
//! [`AlpacaFeed`](super::session::AlpacaFeed) feeds it the notices of each frame and does what it
//! answers.
//!
//! *Invariant:* a refusal says whether another attempt can help, and what a person should do.

use st0ck_net::secret::Secret;

use super::json::{Notice, Subscribed};
use crate::symbols::SymbolTable;

/// Sign-in time-outs in a row after which the venue is taken at its word.
const AUTH_TIMEOUTS_MAX: u32 = 3;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing: wait for more.
    Wait,
    /// Send the sign-in message.
    SignIn,
    /// Send the subscription.
    Subscribe,
    /// Subscribed as wished: events count from now on.
    Stream,
    /// Close the connection and make another, at the pace of its back-off.
    Retry {
        /// Why.
        why: String,
        /// Whether the venue dropped messages because we were too slow (407).
        slow: bool,
    },
    /// Give up for good: another attempt would be refused too.
    Fail {
        /// Why, and what to do about it.
        why: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Greeting,
    SigningIn,
    Subscribing,
    Streaming,
}

/// One connection's way to streaming.
#[derive(Debug)]
pub struct Handshake {
    step: Step,
    wanted: u32,
    auth_timeouts: u32,
}

impl Handshake {
    /// Ready for a first connection that wants so many symbols.
    #[must_use]
    pub fn new(wanted: u32) -> Self {
        Self { step: Step::Greeting, wanted, auth_timeouts: 0 }
    }

    /// A new connection: the venue speaks first.
    pub fn restart(&mut self) {
        self.step = Step::Greeting;
    }

    /// Whether events flow.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        self.step == Step::Streaming
    }

    /// What to do after this notice.
    pub fn on_notice(&mut self, notice: &Notice) -> Action {
        match (notice, self.step) {
            (Notice::Connected, Step::Greeting) => {
                self.step = Step::SigningIn;
                Action::SignIn
            }
            // 403: already signed in, by handshake headers say.
            (Notice::Authenticated | Notice::Error { code: 403, .. }, Step::SigningIn) => {
                self.auth_timeouts = 0;
                self.step = Step::Subscribing;
                Action::Subscribe
            }
            (Notice::Subscribed(ack), Step::Subscribing) => self.acknowledged(ack),
            (Notice::Error { code, words }, _) => self.refused(*code, words.as_str()),
            _ => Action::Wait,
        }
    }

    fn acknowledged(&mut self, ack: &Subscribed) -> Action {
        let least = ack.trades.min(ack.quotes).min(ack.bars).min(ack.statuses);
        if least < self.wanted {
            let why = format!(
                "the venue acknowledged {} trades, {} quotes, {} bars and {} statuses of {} symbols",
                ack.trades, ack.quotes, ack.bars, ack.statuses, self.wanted
            );
            return Action::Retry { why, slow: false };
        }
        self.step = Step::Streaming;
        Action::Stream
    }

    /// Codes and words: Alpaca, "Real-time market data", errors.
    fn refused(&mut self, code: u32, words: &str) -> Action {
        let advice = match code {
            400 => "a symbol of the configuration is not one the venue knows",
            402 => "the key or the secret is wrong, or belongs to another environment",
            404 if self.too_many_timeouts() => {
                "the sign-in does not reach the venue within its 10 s"
            }
            405 => "the plan allows fewer symbols: configure fewer, or use a larger plan",
            408 | 409 => "the plan does not include this feed: use feed \"iex\", or a larger plan",
            410 => "this feed does not offer one of the channels quotes, trades, bars, statuses",
            411 => "the key's scope does not include market data",
            412 | 413 => "this is an options feed; a stock feed is needed here",
            _ => {
                let why = format!("the venue says {code} ({words})");
                return Action::Retry { why, slow: code == 407 };
            }
        };
        Action::Fail { why: format!("the venue says {code} ({words}): {advice}") }
    }

    fn too_many_timeouts(&mut self) -> bool {
        self.auth_timeouts += 1;
        self.auth_timeouts >= AUTH_TIMEOUTS_MAX
    }
}

/// The sign-in message. It holds the credentials, so it is a secret itself.
#[must_use]
pub fn sign_in_message(key: &Secret, secret: &Secret) -> Secret {
    let mut text = String::from("{\"action\":\"auth\",\"key\":");
    push_json_string(&mut text, key.expose());
    text.push_str(",\"secret\":");
    push_json_string(&mut text, secret.expose());
    text.push('}');
    Secret::new(text)
}

/// The subscription to quotes, trades, bars and statuses of every symbol of the table.
#[must_use]
pub fn subscribe_message(symbols: &SymbolTable) -> String {
    let mut list = String::from("[");
    for (n, (symbol, _)) in symbols.listed().iter().enumerate() {
        if n > 0 {
            list.push(',');
        }
        push_json_string(&mut list, symbol.as_str());
    }
    list.push(']');
    let channels = ["quotes", "trades", "bars", "statuses"];
    let channels: Vec<String> = channels.iter().map(|name| format!("\"{name}\":{list}")).collect();
    format!("{{\"action\":\"subscribe\",{}}}", channels.join(","))
}

/// Appends a JSON string. Growing may leave a copy of a secret behind, so room is taken first.
fn push_json_string(out: &mut String, text: &str) {
    out.reserve(text.len() * 6 + 64);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if u32::from(control) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::{InstrumentId, Symbol, Text};

    fn error(code: u32) -> Notice {
        Notice::Error { code, words: Text::new("words") }
    }

    fn subscribed(n: u32) -> Notice {
        Notice::Subscribed(Subscribed { trades: n, quotes: n, bars: n, statuses: n })
    }

    fn streaming() -> Handshake {
        let mut handshake = Handshake::new(2);
        for notice in [Notice::Connected, Notice::Authenticated, subscribed(2)] {
            handshake.on_notice(&notice);
        }
        handshake
    }

    #[test]
    fn the_happy_way_leads_to_streaming() {
        let mut handshake = Handshake::new(2);
        assert_eq!(handshake.on_notice(&Notice::Connected), Action::SignIn);
        assert_eq!(handshake.on_notice(&Notice::Authenticated), Action::Subscribe);
        assert!(!handshake.is_streaming());
        assert_eq!(handshake.on_notice(&subscribed(2)), Action::Stream);
        assert!(handshake.is_streaming());
        assert_eq!(handshake.on_notice(&subscribed(2)), Action::Wait);
    }

    #[test]
    fn a_smaller_acknowledgement_than_wished_is_no_subscription() {
        let mut handshake = Handshake::new(2);
        handshake.on_notice(&Notice::Connected);
        handshake.on_notice(&Notice::Authenticated);
        let Action::Retry { why, slow: false } = handshake.on_notice(&subscribed(1)) else {
            panic!("accepted")
        };
        assert!(why.contains("1 quotes") && why.contains("of 2 symbols"), "{why}");
    }

    #[test]
    fn refusals_that_no_retry_can_change_say_what_to_do() {
        for (code, advice) in [
            (400, "symbol"),
            (402, "key or the secret"),
            (405, "fewer symbols"),
            (408, "larger plan"),
            (409, "iex"),
            (410, "channels"),
            (411, "scope"),
            (412, "options feed"),
            (413, "options feed"),
        ] {
            let Action::Fail { why } = streaming().on_notice(&error(code)) else {
                panic!("{code} is not final")
            };
            assert!(why.contains(advice) && why.contains(&code.to_string()), "{why}");
        }
    }

    #[test]
    fn refusals_that_pass_are_tried_again() {
        for (code, is_slow) in [(401, false), (406, false), (407, true), (500, false), (599, false)]
        {
            let action = streaming().on_notice(&error(code));
            assert!(matches!(action, Action::Retry { slow, .. } if slow == is_slow), "{code}");
        }
    }

    #[test]
    fn the_third_sign_in_timeout_in_a_row_is_final() {
        let mut handshake = Handshake::new(1);
        for attempt in 1..=3 {
            handshake.restart();
            handshake.on_notice(&Notice::Connected);
            let action = handshake.on_notice(&error(404));
            assert_eq!(matches!(action, Action::Fail { .. }), attempt == 3, "{attempt}");
        }
    }

    #[test]
    fn being_signed_in_already_is_good_enough() {
        let mut handshake = Handshake::new(1);
        handshake.on_notice(&Notice::Connected);
        assert_eq!(handshake.on_notice(&error(403)), Action::Subscribe);
    }

    #[test]
    fn messages_are_json_whatever_the_text_holds() {
        let secret = sign_in_message(
            &Secret::new(String::from("k\"ey")),
            &Secret::new(String::from("s\\e\n")),
        );
        let parsed: serde_json::Value = serde_json::from_str(secret.expose()).unwrap();
        assert_eq!((&parsed["key"], &parsed["secret"]), (&"k\"ey".into(), &"s\\e\n".into()));
        let table = SymbolTable::new([
            (Symbol::new("SPY"), InstrumentId(0)),
            (Symbol::new("BRK.B"), InstrumentId(1)),
        ]);
        let parsed: serde_json::Value = serde_json::from_str(&subscribe_message(&table)).unwrap();
        assert_eq!(parsed["action"], "subscribe");
        for channel in ["quotes", "trades", "bars", "statuses"] {
            assert_eq!(parsed[channel], serde_json::json!(["SPY", "BRK.B"]));
        }
    }
}
