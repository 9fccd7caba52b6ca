//! The table of errors in the reference (`alpaca.md` §1.3), row by row: status, code, sentence and further
//! keys of each refusal, met by a request that deserves it.
//!
//! Where the reference is at hand the table is held against it: a sentence there that has neither a row
//! here nor a reason fails the test.

mod catalogue;
mod scenes;

use crate::client::{Http, Reply};
use serde_json::{Value, json};

/// A refusal and the request that meets it.
pub(crate) struct Row {
    /// The words of the reference.
    words: &'static str,
    method: &'static str,
    path: String,
    body: Value,
    status: u16,
    /// 0 for bodies without a code.
    code: u32,
    message: String,
    /// Keys beside code and message; null stands for any value.
    keys: Value,
}

impl Row {
    /// The same refusal with further keys.
    fn with(mut self, keys: Value) -> Self {
        self.keys = keys;
        self
    }

    /// The same refusal, told by a sentence that is not word by word the reference's.
    fn told(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    /// Asks, and holds the reply against the row.
    fn hold(&self, http: &mut Http) {
        let body = if self.body.is_null() { String::new() } else { self.body.to_string() };
        self.judge(&http.ask(self.method, &self.path, &body));
    }

    fn judge(&self, reply: &Reply) {
        let (request, got) = (format!("{} {} {}", self.method, self.path, self.body), reply.json());
        let mut wanted = self.keys.clone();
        wanted["message"] = self.message.clone().into();
        if self.code > 0 {
            wanted["code"] = self.code.into();
        }
        for (key, value) in wanted.as_object_mut().unwrap() {
            if value.is_null() {
                assert!(!got[key].is_null(), "{key} of {got}: {request}");
                *value = got[key].clone();
            }
        }
        assert_eq!((reply.status, &got), (self.status, &wanted), "{request}");
    }
}

fn row(words: &'static str, (status, code): (u16, u32), ask: (&'static str, &str, Value)) -> Row {
    let (method, path, body) = ask;
    let (path, message) = (path.to_owned(), words.to_owned());
    Row { words, method, path, body, status, code, message, keys: json!({}) }
}

/// Parameter validation.
const PARAMETER: (u16, u32) = (422, 40_010_001);
/// Business validation.
const BUSINESS: (u16, u32) = (422, 42_210_000);
/// Business refusal.
const FORBIDDEN: (u16, u32) = (403, 40_310_000);
/// No such thing.
const NOT_FOUND: (u16, u32) = (404, 40_410_000);

/// A refusal of an order.
fn order(words: &'static str, kind: (u16, u32), body: Value) -> Row {
    row(words, kind, ("POST", "/v2/orders", body))
}

/// A legal order with other fields; null takes one away.
fn but(changes: Value) -> Value {
    let mut body = json!({"symbol": "SPY", "qty": "1", "side": "buy", "type": "limit",
        "limit_price": "300", "time_in_force": "day"});
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}
