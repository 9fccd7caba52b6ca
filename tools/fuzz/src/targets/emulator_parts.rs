//! What clients of the emulator write, part by part: bodies of orders, query strings, files of
//! faults, messages on its websockets, and the bytes that pass the proxy.

use crate::mutate::Words;
use crate::target::{Shape, Target, gist, magnitude, no_seeds};
use st0ck_emulator::doors::{self, Listener, No};

#[rustfmt::skip] // words, as many as fit
const BODY_WORDS: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "null", "true", "false", "\"symbol\":\"SPY\"", "\"qty\":", "\"1\"", "1", "0.5",
    "\"notional\":\"10\"", "\"side\":\"buy\"", "\"side\":\"sell\"", "\"type\":\"market\"", "\"type\":\"limit\"",
    "\"type\":\"stop\"", "\"type\":\"stop_limit\"", "\"type\":\"trailing_stop\"", "\"limit_price\":\"300\"",
    "\"stop_price\":\"310.5\"", "\"trail_price\":1", "\"trail_percent\":2", "\"time_in_force\":\"day\"", "\"gtc\"",
    "\"ioc\"", "\"opg\"", "\"order_class\":\"bracket\"", "\"order_class\":\"oco\"", "\"order_class\":\"oto\"",
    "\"take_profit\":{\"limit_price\":\"400\"}", "\"stop_loss\":{\"stop_price\":\"290\",\"limit_price\":\"289\"}",
    "\"client_order_id\":\"a\"", "\"position_intent\":\"buy_to_open\"", "\"extended_hours\":true", "\"trail\":\"3\"",
    "\"no_shorting\":true", "\"max_margin_multiplier\":\"2\"", "1e30", "-0", "1e-9", "0.0000000001", "\\u0000",
    "9223372036.854775807", "9223372037",
];

/// Bodies of orders, replacements and account settings.
pub(super) static BODIES: Target = Target {
    name: "emulator_bodies",
    about: "orders, replacements, settings: what is let in is above zero, a no has words and no effect",
    run: bodies,
    seeds: no_seeds,
    words: Words::Text(BODY_WORDS),
    mend: None,
    // A JSON value of `[[[[…` is sixteen times as long as its text.
    room: 256 << 10,
    longest: 2 << 10,
    patience: 1,
};

#[rustfmt::skip] // words, as many as fit
const QUERY_WORDS: &[&str] = &[
    "&", "=", "%", "%2B", "%00", "%ff", "+", ",", "limit=", "start=2020-12-15", "end=2020-12-15T14:30:00Z",
    "2020-12-15T09:30:00.123456789-05:00", "page_token=", "U1BZfFR8MjAyMC0xMi0xNVQxNDozMDowMFp8MQ==", "nested=True",
    "symbols=SPY,QQQ", "18446744073709551615", "-1", "9999-12-31", "0001-01-01", "2262-04-11T23:47:16.854775807Z", "T24:00:00Z", "date=2020-12-15",
];

/// Query strings.
pub(super) static QUERY: Target = Target {
    name: "emulator_query",
    about: "query strings, days, moments, page tokens: read, or refused; a token comes back the same",
    run: query,
    seeds: no_seeds,
    words: Words::Text(QUERY_WORDS),
    mend: None,
    room: 64 << 10,
    longest: 512,
    patience: 1,
};

#[rustfmt::skip] // words, as many as fit
const FAULT_WORDS: &[&str] = &[
    "\n", "[[fault]]\n", "[", "]", "=", "\"", "'", "#", "{", "}", "seed = 7\n", "name = \"a\"\n", "kind = \"delay\"\n",
    "kind = \"drop\"\n", "kind = \"cut\"\n", "kind = \"slow\"\n", "kind = \"too_many\"\n", "kind = \"mute\"\n",
    "kind = \"late_acceptance\"\n", "kind = \"held\"\n", "on = \"orders\"\n", "on = \"updates\"\n", "on = \"any\"\n",
    "on = \"connections\"\n", "way = \"to_server\"\n", "at = \"10:00\"\n", "after = \"90s\"\n", "for = \"2m\"\n",
    "every = 3\n", "chance = 500\n", "count = 2\n", "account = 0\n", "symbol = \"SPY\"\n", "event = \"fill\"\n",
    "ms = 5\n", "jitter_ms = 1\n", "reset = true\n", "bytes_per_s = 1\n", "-1", "0x7f", "1_000", "1e3", "inf",
    "9223372036854775808", "\\u0041", "[[event]]\n", "\"\"\"",
];

/// Files of faults, for the emulator and for the proxy.
pub(super) static FAULTS: Target = Target {
    name: "emulator_faults",
    about: "files of faults: a plan that every rule holds of, or a line of the file and words",
    run: faults,
    seeds: no_seeds,
    words: Words::Text(FAULT_WORDS),
    mend: None,
    // The parsed document, and what the library notes of each wrong byte.
    room: 1 << 20,
    longest: 2 << 10,
    patience: 1,
};

#[rustfmt::skip] // words, as many as fit
const SCENE_WORDS: &[&str] = &[
    "\n", "[[event]]\n", "[", "]", "=", "\"", "'", "#", "{", "}", "kind = \"halt\"\n", "kind = \"resume\"\n",
    "symbol = \"SPY\"\n", "at = \"10:31:00\"\n", "after = \"90s\"\n", "after_orders = 3\n", "wait = \"2s\"\n",
    "price = 367.45\n", "size = 5000\n", "code = \"H\"\n", "reason = \"T12\"\n", "quotes = true\n", "-1", "1e3", "0",
    "inf", "nan", "\"367.45\"", "9223372037", "9223372036854775807h", "1_000", "0x10", "24:00", "\\u0041", "\"\"\"",
];

/// Files of what happens on the market.
pub(super) static SCENARIO: Target = Target {
    name: "emulator_scenario",
    about: "files of events on the market: a scenario, or a line of the file and words",
    run: scenario,
    seeds: no_seeds,
    words: Words::Text(SCENE_WORDS),
    mend: None,
    room: 1 << 20,
    longest: 2 << 10,
    patience: 1,
};

#[rustfmt::skip] // words, as many as fit
const SAID_WORDS: &[&str] = &[
    "\n", "{", "}", "[", "]", ",", ":", "\"", "null", "{\"action\":\"auth\",\"key\":\"key\",\"secret\":\"secret\"}",
    "\"action\":\"subscribe\"", "\"action\":\"unsubscribe\"", "\"action\":\"listen\"", "\"action\":\"authenticate\"",
    "\"data\":{\"streams\":[\"trade_updates\"]}", "\"data\":{\"key_id\":\"key\",\"secret_key\":\"secret\"}",
    "\"trades\":[\"SPY\"]", "\"quotes\":[\"*\"]", "\"bars\":[]", "\"statuses\":[\"A\",\"B\"]", "\"news\":[\"*\"]",
    "\"lulds\":", "\"imbalances\":", "\"orderbooks\":", "7",
];

/// Messages of clients on the websockets, as JSON: one to a line, the first byte picks the stream.
pub(super) static SAID: Target = Target {
    name: "emulator_json",
    about: "websocket clients in JSON: every answer is of the protocol, nothing is told before the keys",
    run: said,
    seeds: no_seeds,
    words: Words::Text(SAID_WORDS),
    mend: None,
    room: 256 << 10,
    longest: 2 << 10,
    patience: 1,
};

/// The same in MessagePack: each message has its length before it, in one byte.
pub(super) static SAID_BINARY: Target = Target {
    name: "emulator_msgpack",
    about: "websocket clients in MessagePack: the same",
    run: said_binary,
    seeds: binary_seeds,
    words: Words::Binary,
    mend: None,
    room: 256 << 10,
    longest: 1 << 10,
    patience: 1,
};

/// Bytes that pass the proxy: the first says in what pieces, a line of bars parts the two sides.
pub(super) static PASSING: Target = Target {
    name: "chaos_messages",
    about: "the proxy cuts bytes into messages: together they are the bytes that came",
    run: passing,
    seeds: no_seeds,
    words: Words::Text(&[
        "|||",
        "\r\n",
        "\r\n\r\n",
        "GET / HTTP/1.1\r\n",
        "POST /v2/orders HTTP/1.1\r\n",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n",
        "HEAD / HTTP/1.1\r\n",
        "0\r\n\r\n",
        "\u{1}",
        "\u{2}",
        "~",
        "\u{7f}",
    ]),
    mend: None,
    room: 256 << 10,
    longest: 2 << 10,
    patience: 1,
};

fn bodies(input: &[u8]) -> Shape {
    let all: [No; 3] = [doors::ticket(input), doors::patch(input), doors::settings(input)];
    Shape::of(&all.each_ref().map(|no| no.as_ref().map(|(status, words)| (status, gist(words)))))
}

fn query(input: &[u8]) -> Shape {
    let read = doors::query(&String::from_utf8_lossy(input));
    Shape::of(&(read, magnitude(input.len())))
}

fn faults(input: &[u8]) -> Shape {
    match doors::faults(&String::from_utf8_lossy(input)) {
        Ok(by_proxy) => Shape::of(&(by_proxy, magnitude(input.len()))),
        Err((_, words)) => Shape::of(&gist(&words)),
    }
}

fn scenario(input: &[u8]) -> Shape {
    match doors::scenario(&String::from_utf8_lossy(input)) {
        Ok(events) => Shape::of(&events.min(8)),
        Err((_, words)) => Shape::of(&gist(&words)),
    }
}

const PATHS: [&str; 4] = ["/v2/sip", "/v2/test", "/v1beta1/news", "/stream"];

fn said(input: &[u8]) -> Shape {
    let (first, rest) = input.split_first().unwrap_or((&0, &[]));
    converse(*first, false, rest.split(|byte| *byte == b'\n'))
}

fn said_binary(input: &[u8]) -> Shape {
    let (first, mut rest) = input.split_first().unwrap_or((&0, &[]));
    let messages = std::iter::from_fn(|| {
        let (length, more) = rest.split_first()?;
        let (message, behind) = more.split_at(usize::from(*length).min(more.len()));
        rest = behind;
        Some(message)
    });
    converse(*first, true, messages)
}

/// Has a session hear messages to its end.
fn converse<'a>(first: u8, msgpack: bool, messages: impl Iterator<Item = &'a [u8]>) -> Shape {
    let mut listener = Listener::new(PATHS[usize::from(first) % PATHS.len()], msgpack);
    let (mut kinds, mut is_known) = (Vec::new(), false);
    for message in messages {
        let (said, over) = listener.hear(message);
        let said = said.map(|said| said.to_string()).unwrap_or_default();
        let accepts = said.contains("\"authenticated\"") || said.contains("\"authorized\"");
        is_known |= accepts;
        let grants = said.contains("\"subscription\"") || said.contains("\"listening\"");
        assert!(is_known || !grants, "{said} before its keys");
        kinds.push((accepts, grants, over, magnitude(said.len())));
        if over {
            break;
        }
    }
    kinds.dedup();
    Shape::of(&kinds)
}

/// `auth` and `subscribe` as the Python SDK writes them, on every stream.
fn binary_seeds() -> Vec<Vec<u8>> {
    let auth = b"\x83\xa6action\xa4auth\xa3key\xa3key\xa6secret\xa6secret";
    let subscribe = b"\x83\xa6action\xa9subscribe\xa6trades\x91\xa3SPY\xa6quotes\x91\xa1*";
    let listen = b"\x82\xa6action\xa6listen\xa4data\x81\xa7streams\x91\xadtrade_updates";
    let said = |first: u8, second: &[u8]| {
        let mut seed = vec![first];
        for message in [&auth[..], second] {
            seed.push(message.len() as u8);
            seed.extend_from_slice(message);
        }
        seed
    };
    vec![said(0, subscribe), said(1, subscribe), said(2, subscribe), said(3, listen)]
}

fn passing(input: &[u8]) -> Shape {
    let (size, rest) = input.split_first().unwrap_or((&1, &[]));
    let bars = rest.windows(3).position(|three| three == b"|||");
    let (client, server) = bars.map_or((rest, &[][..]), |at| (&rest[..at], &rest[at + 3..]));
    let counts = doors::messages(client, server, usize::from(*size));
    Shape::of(&counts.map(magnitude))
}
