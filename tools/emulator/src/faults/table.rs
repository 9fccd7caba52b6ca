//! The vocabulary of faults, as rows: what each is called, on what it acts, what it takes.
//!
//! The parser, the schema, the README's table and the page read these rows, and every row has its
//! test over sockets. A fault that is not a row does not exist.

use crate::document::{KeyRow, key};
use std::fmt;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Later than it would be.
    Delay,
    /// Never.
    Drop,
    /// More than once.
    Duplicate,
    /// Behind what came after it.
    Reorder,
    /// The connection ends.
    Cut,
    /// The connection stays, and nobody is there.
    HalfOpen,
    /// Signs of life, and nothing else.
    Mute,
    /// So many bytes each second.
    Slow,
    /// A few bytes, a pause, a few bytes.
    PartialWrite,
    /// One byte, a pause, one byte.
    ByteAtATime,
    /// 429 without doing anything.
    TooMany,
    /// 5xx, done or not.
    ServerError,
    /// A web server's page in place of JSON.
    HtmlError,
    /// Done, and nothing said.
    NoReply,
    /// Done later than anybody waits.
    LateAcceptance,
    /// The reply comes after the order's fill.
    FillsFirst,
    /// A fill that nobody is told of.
    MissedFill,
    /// A group's exit becomes another order.
    ReplacedLeg,
    /// The broker's clock is wrong.
    ClockSkew,
    /// An event that is seldom seen precedes an update.
    RareEvent(&'static str),
}

/// What a fault acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// `POST /v2/orders`, and closing positions.
    Orders,
    /// `DELETE` of orders.
    Cancels,
    /// `PATCH` of orders.
    Replaces,
    /// Every other request to the trading API.
    Reads,
    /// Requests to the data API.
    Data,
    /// Messages of `/stream`.
    Updates,
    /// Messages of the market-data streams.
    Market,
    /// Messages of the news stream.
    News,
    /// Connections, whatever they carry.
    Connections,
}

/// All of them: requests, messages of streams, bytes.
const ALL: [Target; 9] = [
    Target::Orders,
    Target::Cancels,
    Target::Replaces,
    Target::Reads,
    Target::Data,
    Target::Updates,
    Target::Market,
    Target::News,
    Target::Connections,
];
/// Replies, messages of streams, and bytes.
const EVERYTHING: &[Target] = &ALL;
/// Requests of either API.
pub(crate) const REQUESTS: &[Target] = ALL.split_at(5).0;
/// Messages of any stream.
const STREAMS: &[Target] = SAID.split_at(5).1;
/// Replies and messages of streams.
const SAID: &[Target] = ALL.split_at(8).0;
const CONNECTIONS: &[Target] = ALL.split_at(8).1;
/// Replies that may be cut in the middle, and connections.
const CUTTABLE: &[Target] = &[
    Target::Orders,
    Target::Cancels,
    Target::Replaces,
    Target::Reads,
    Target::Data,
    Target::Connections,
];

impl Target {
    /// Its word in a file.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Cancels => "cancels",
            Self::Replaces => "replaces",
            Self::Reads => "reads",
            Self::Data => "data",
            Self::Updates => "updates",
            Self::Market => "market",
            Self::News => "news",
            Self::Connections => "connections",
        }
    }

    /// What a request is, by its method and path.
    pub(crate) fn of_request(method: &str, path: &str) -> Self {
        let orders = path == "/v2/orders" || path.starts_with("/v2/orders/");
        let positions = path == "/v2/positions" || path.starts_with("/v2/positions/");
        let data = ["/v2/stocks", "/v1beta", "/v1/corporate-actions"];
        match method {
            "POST" if path == "/v2/orders" => Self::Orders,
            "DELETE" if positions => Self::Orders,
            "DELETE" if orders => Self::Cancels,
            "PATCH" if orders => Self::Replaces,
            _ if data.iter().any(|start| path.starts_with(start)) => Self::Data,
            _ => Self::Reads,
        }
    }

    /// What the messages of a websocket are, by its path.
    pub(crate) fn of_stream(path: &str) -> Self {
        match path {
            "/stream" => Self::Updates,
            _ if path.ends_with("/news") => Self::News,
            _ => Self::Market,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A whole number of `unit` from `low` to `high`. Without a default it must be given.
    Number { unit: &'static str, low: i64, high: i64, default: Option<i64> },
    /// True or false.
    Flag { default: bool },
    /// One of these words; the first unless told.
    Word(&'static [&'static str]),
}

/// A parameter of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ParamRow {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) words: &'static str,
}

/// A kind of fault.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KindRow {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    /// On what it can act.
    pub(crate) on: &'static [Target],
    /// Whether a proxy that knows only bytes and messages can do it.
    pub(crate) by_proxy: bool,
    pub(crate) params: &'static [ParamRow],
    /// What a client sees.
    pub(crate) words: &'static str,
}

/// An hour, in milliseconds: the longest delay.
const HOUR_MS: i64 = 3_600_000;

const fn number(
    name: &'static str,
    unit: &'static str,
    low: i64,
    high: i64,
    default: Option<i64>,
    words: &'static str,
) -> ParamRow {
    ParamRow { name, shape: Shape::Number { unit, low, high, default }, words }
}

const fn flag(name: &'static str, default: bool, words: &'static str) -> ParamRow {
    ParamRow { name, shape: Shape::Flag { default }, words }
}

const AFTER_BYTES: ParamRow =
    number("after_bytes", "bytes", 0, i64::MAX, Some(0), "so much still passes, each way");

const fn row(
    kind: Kind,
    name: &'static str,
    on: &'static [Target],
    by_proxy: bool,
    params: &'static [ParamRow],
    words: &'static str,
) -> KindRow {
    KindRow { kind, name, on, by_proxy, params, words }
}

const fn rare(event: &'static str, words: &'static str) -> KindRow {
    row(Kind::RareEvent(event), event, &[Target::Updates], false, &[], words)
}

/// Every kind of fault.
pub(crate) const KINDS: &[KindRow] = &[
    row(
        Kind::Delay,
        "delay",
        EVERYTHING,
        true,
        &[
            number("ms", "ms", 0, HOUR_MS, None, "how much later"),
            number("jitter_ms", "ms", 0, HOUR_MS, Some(0), "and up to so much more, drawn"),
        ],
        "later by so much session time (connections, and the proxy: wall time); order is kept",
    ),
    row(Kind::Drop, "drop", SAID, true, &[], "never comes; the connection stays"),
    row(
        Kind::Duplicate,
        "duplicate",
        STREAMS,
        true,
        &[number("times", "copies", 1, 100, Some(1), "how many more")],
        "the same bytes again, with the same execution id",
    ),
    row(
        Kind::Reorder,
        "reorder",
        STREAMS,
        true,
        &[number("window", "messages", 1, 100, Some(1), "so many later ones pass first")],
        "comes behind later ones",
    ),
    row(
        Kind::Cut,
        "cut",
        CUTTABLE,
        true,
        &[
            number(
                "after_bytes",
                "bytes",
                0,
                i64::MAX,
                Some(0),
                "so much is still sent, of the reply or by the connection",
            ),
            flag("reset", false, "by a reset instead of an orderly end"),
        ],
        "the connection ends, in the middle of a reply or wherever it is",
    ),
    row(
        Kind::HalfOpen,
        "half_open",
        CONNECTIONS,
        true,
        &[AFTER_BYTES],
        "nothing is read and nothing written any more; the socket stays",
    ),
    row(Kind::Mute, "mute", STREAMS, true, &[], "pings are answered, nothing else comes any more"),
    row(
        Kind::Slow,
        "slow",
        CONNECTIONS,
        true,
        &[number("bytes_per_s", "bytes/s", 1, 1 << 30, None, "of wall time")],
        "bytes come no faster than that",
    ),
    row(
        Kind::PartialWrite,
        "partial_write",
        CONNECTIONS,
        true,
        &[
            number("max_bytes", "bytes", 1, 1 << 20, None, "in one write"),
            number("pause_ms", "ms", 0, HOUR_MS, Some(1), "of wall time between writes"),
        ],
        "messages come in pieces",
    ),
    row(
        Kind::ByteAtATime,
        "byte_at_a_time",
        CONNECTIONS,
        true,
        &[number("pause_us", "us", 0, 1_000_000, Some(0), "of wall time between bytes")],
        "one byte in each write",
    ),
    row(
        Kind::TooMany,
        "too_many",
        REQUESTS,
        false,
        &[
            number("retry_after_s", "s", 0, 86_400, Some(0), "as `Retry-After`; 0: none"),
            flag("headers", true, "tell it in X-RateLimit headers too"),
        ],
        "429, and nothing was done",
    ),
    row(
        Kind::ServerError,
        "server_error",
        REQUESTS,
        false,
        &[
            number("status", "", 500, 599, Some(500), "of the reply"),
            ParamRow {
                name: "body",
                shape: Shape::Word(&["json", "html", "none"]),
                words: "of the reply",
            },
            flag("accepted", false, "it was done all the same"),
        ],
        "an error of the server; with `accepted` the order exists",
    ),
    row(
        Kind::HtmlError,
        "html_error",
        REQUESTS,
        false,
        &[number("status", "", 400, 599, Some(502), "of the reply")],
        "a web server's page in place of JSON, and nothing was done",
    ),
    row(
        Kind::NoReply,
        "no_reply",
        REQUESTS,
        false,
        &[flag("close", false, "the connection ends instead")],
        "it was done, and no reply ever comes",
    ),
    row(
        Kind::LateAcceptance,
        "late_acceptance",
        &[Target::Orders],
        false,
        &[
            number("ms", "ms", 1, HOUR_MS, None, "of session time until it is done"),
            ParamRow {
                name: "reply",
                shape: Shape::Word(&["504", "none"]),
                words: "what its sender hears at once",
            },
        ],
        "the order enters the book later; until then it is not found by its client id",
    ),
    row(
        Kind::FillsFirst,
        "fills_first",
        &[Target::Orders],
        false,
        &[number("at_most_ms", "ms", 1, HOUR_MS, Some(10_000), "of session time the reply waits")],
        "the reply comes after the `fill` of the order",
    ),
    row(
        Kind::MissedFill,
        "missed_fill",
        &[Target::Updates],
        false,
        &[],
        "a fill is booked and never told, on a stream that is otherwise sound",
    ),
    row(
        Kind::ReplacedLeg,
        "replaced_leg",
        &[Target::Updates],
        false,
        &[],
        "an exit of a bracket, oto or oco order that became `new` is `replaced` at once by an equal one \
         with another id and client id, which `replaces` it, and which nobody asked for",
    ),
    row(
        Kind::ClockSkew,
        "clock_skew",
        &[Target::Reads, Target::Updates],
        false,
        &[number("ms", "ms", -HOUR_MS * 24, HOUR_MS * 24, None, "ahead; negative: behind")],
        "the `timestamp` of the clock, or of updates, is wrong; the book's time is right",
    ),
    rare("pending_cancel", "`pending_cancel` is told before the update"),
    rare("held", "`held` is told before the update"),
    rare("done_for_day", "`done_for_day` is told before the update"),
    rare("stopped", "`stopped` is told before the update"),
    rare("suspended", "`suspended` is told before the update"),
    rare("calculated", "`calculated` is told before the update"),
    rare("restated", "`restated` is told before the update, as after a corporate action"),
];

/// The keys of every fault beside those of its kind, in the order of the documents.
pub(crate) const KEYS: &[KeyRow] = &[
    key(
        "name",
        r#"{"type":"string","minLength":1}"#,
        "names its chance and its line in the log; the kind and a number unless told",
    ),
    key("kind", r#"{"type":"string"}"#, "one of the table below"),
    key(
        "on",
        r#"{"type":"string"}"#,
        "on what; `any` for everything the kind knows but connections",
    ),
    key(
        "way",
        r#"{"enum":["to_client","to_server"]}"#,
        "which bytes or messages; `to_server` only in the proxy",
    ),
    key(
        "at",
        r#"{"type":"string","pattern":"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$"}"#,
        "on from this time in New York; not in the proxy, which has no session",
    ),
    key(
        "after",
        r#"{"type":"string","pattern":"^[0-9]+(ms|s|m|h)$"}"#,
        "on so long after the session began (proxy: after it started), for example `90s`",
    ),
    key(
        "for",
        r#"{"type":"string","pattern":"^[0-9]+(ms|s|m|h)$"}"#,
        "on for so long; to the end unless told",
    ),
    key("every", r#"{"type":"integer","minimum":1}"#, "only each n-th that it could hit"),
    key(
        "chance",
        r#"{"type":"integer","minimum":0,"maximum":1000}"#,
        "and of those so many of a thousand, drawn",
    ),
    key("count", r#"{"type":"integer","minimum":1}"#, "at most so many"),
    key(
        "account",
        r#"{"type":"integer","minimum":0,"maximum":65535}"#,
        "only of this account, 0 first; not in the proxy",
    ),
    key("symbol", r#"{"type":"string","minLength":1}"#, "only orders and updates of this symbol"),
    key("event", r#"{"type":"string","minLength":1}"#, "only updates with this event"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn rows_have_names_of_their_own_and_no_parameter_hides_a_key() {
        let names: BTreeSet<&str> = KINDS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), KINDS.len());
        for row in KINDS {
            assert!(!row.on.is_empty(), "{}", row.name);
            for param in row.params {
                assert!(KEYS.iter().all(|key| key.name != param.name), "{}", param.name);
            }
        }
    }

    #[test]
    fn a_request_is_known_by_its_method_and_path() {
        let table = [
            ("POST", "/v2/orders", Target::Orders),
            ("DELETE", "/v2/positions/SPY", Target::Orders),
            ("DELETE", "/v2/orders/1", Target::Cancels),
            ("DELETE", "/v2/orders", Target::Cancels),
            ("PATCH", "/v2/orders/1", Target::Replaces),
            ("GET", "/v2/orders", Target::Reads),
            ("POST", "/v2/watchlists", Target::Reads),
            ("GET", "/v2/stocks/bars", Target::Data),
            ("GET", "/v1beta1/news", Target::Data),
        ];
        for (method, path, target) in table {
            assert_eq!(Target::of_request(method, path), target, "{method} {path}");
        }
        assert_eq!(Target::of_stream("/v1beta1/news"), Target::News);
        assert_eq!(Target::of_stream("/v2/sip"), Target::Market);
        assert_eq!(Target::of_stream("/stream"), Target::Updates);
    }
}
