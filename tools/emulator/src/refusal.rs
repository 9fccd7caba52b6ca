//! A "no" as Alpaca says it: an HTTP status, a code, a sentence and sometimes further keys.
//!
//! Made by the book's checks and by the routes; rendered by `api` alone. Codes and messages are
//! those of `alpaca.md` §1.3, for clients match on them.

use serde_json::{Map, Value};
use st0ck_recorded::DataError;

/// Parameter validation (arrives with HTTP 422).
const PARAMETER: u32 = 40_010_001;
/// Business validation (422).
const BUSINESS: u32 = 42_210_000;
/// Business refusal: buying power, quantity, permission (403).
const FORBIDDEN: u32 = 40_310_000;
/// No such thing (404).
const NOT_FOUND: u32 = 40_410_000;
/// The data API's bodies have a message alone.
const NO_CODE: u32 = 0;

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) status: u16,
    /// Body code; its prefix is not always the status.
    pub(crate) code: u32,
    /// Alpaca's sentence.
    pub(crate) message: String,
    /// Keys beside `code` and `message`.
    pub(crate) extra: Vec<(&'static str, Value)>,
}

impl Refusal {
    fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), extra: Vec::new() }
    }

    /// A field is missing, malformed or not allowed here.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new(422, PARAMETER, message)
    }

    /// The fields are well-formed and the request still makes no sense.
    pub(crate) fn business(message: impl Into<String>) -> Self {
        Self::new(422, BUSINESS, message)
    }

    /// The account may not.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, FORBIDDEN, message)
    }

    /// There is no such order, position, asset or route.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, NOT_FOUND, message)
    }

    /// A request to the data API makes no sense: 400, and no code in the body.
    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(400, NO_CODE, message)
    }

    /// The data API has nothing to show: 404, without a code too.
    pub(crate) fn nothing(message: impl Into<String>) -> Self {
        Self::new(404, NO_CODE, message)
    }

    /// The plan does not include what is asked for.
    pub(crate) fn beyond_plan() -> Self {
        let words = "subscription does not permit querying recent SIP data";
        Self::new(403, BUSINESS, words)
    }

    /// The data of an earlier day have gone since they were looked over.
    pub(crate) fn lost(error: &DataError) -> Self {
        log::error!("history: {error}");
        Self::new(503, NO_CODE, format!("history is not readable any more: {error}"))
    }

    /// The route exists, but not with this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, 40_510_000, "method not allowed")
    }

    /// The body is no JSON object.
    pub(crate) fn unreadable_body() -> Self {
        Self::parameter("request body format is invalid")
    }

    /// The same refusal with one more key.
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.extra.push((key, value.into()));
        self
    }

    /// The body, keys in alphabetical order as the real one sends them.
    pub(crate) fn body(&self) -> Value {
        let mut keys = self.extra.clone();
        if self.code != NO_CODE {
            keys.push(("code", self.code.into()));
        }
        keys.push(("message", self.message.clone().into()));
        keys.sort_by_key(|(key, _)| *key);
        Value::Object(keys.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_its_keys_in_alphabetical_order() {
        let refusal = Refusal::forbidden("insufficient buying power")
            .with("cost_basis", "680930026.5")
            .with("buying_power", "558660.03");
        assert_eq!(
            refusal.body().to_string(),
            r#"{"buying_power":"558660.03","code":40310000,"cost_basis":"680930026.5","message":"insufficient buying power"}"#
        );
    }
}
