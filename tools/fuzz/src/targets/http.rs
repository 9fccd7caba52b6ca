//! HTTP/1.1, both ends: however the bytes are cut, the message is the same.

use crate::mutate::Words;
use crate::target::{Shape, Target, magnitude, no_seeds};
use st0ck_net::http::{Headers, HttpError, Limits, RequestParser, ResponseParser};

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    "HTTP/1.1", "HTTP/1.0", "HTTP/2", "200 OK", "204 No Content", "101 Switching Protocols", "100 Continue", "GET",
    "POST", "/v2/orders", "\r\n", "\r\n\r\n", "\n", "\r", "Content-Length: ", "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Content-Encoding: gzip\r\n",
    "Connection: close\r\n", "Connection: keep-alive, Upgrade\r\n", "Upgrade: websocket\r\n", "5\r\nhello\r\n",
    "0\r\n\r\n", "ffffffffffffffff\r\n", ";ext=1", " folded", "A: ", ":", "\0", "{}", "?a=b&c",
];

/// Small ones, so that the mutator meets them.
const LIMITS: Limits = Limits { head: 512, body: 256 };

/// What a broker answers.
pub(super) static RESPONSE: Target = Target {
    name: "http_response",
    about: "HTTP answers: every cut reads the same, nothing beyond the message, limits hold",
    run: response,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    room: 32 << 10,
    longest: 2 << 10,
    patience: 1,
};

/// What the emulator is asked.
pub(super) static REQUEST: Target = Target {
    name: "http_request",
    about: "HTTP requests: every cut reads the same, nothing beyond the message, limits hold",
    run: request,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    room: 32 << 10,
    longest: 2 << 10,
    patience: 1,
};

/// A message as far as two readings can be compared.
#[derive(Debug, PartialEq, Eq)]
struct Message {
    start: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    keep_alive: bool,
    taken: usize,
}

/// What came of an input: a message, an error, or neither yet.
type Reading = Result<Option<Message>, HttpError>;

fn fields(headers: Headers<'_>) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
}

fn response(input: &[u8]) -> Shape {
    compare(input, read_response)
}

fn request(input: &[u8]) -> Shape {
    compare(input, read_request)
}

fn compare(input: &[u8], read: fn(&[u8], usize) -> Reading) -> Shape {
    let whole = read(input, usize::MAX);
    for piece in [1, 7] {
        let pieces = read(input, piece);
        match (&whole, &pieces) {
            // Which limit is met first may depend on how much came at once; that one is met may not.
            (Err(_), Err(_)) => {}
            _ => assert_eq!(whole, pieces, "in pieces of {piece}"),
        }
    }
    match whole {
        Ok(Some(message)) => {
            assert!(message.body.len() <= LIMITS.body && message.taken <= input.len());
            let body = magnitude(message.body.len());
            Shape::of(&(message.start.len(), message.fields.len(), body, message.keep_alive))
        }
        Ok(None) => Shape(0),
        Err(error) => Shape::of(&error.to_string()),
    }
}

fn read_response(input: &[u8], piece: usize) -> Reading {
    let mut parser = ResponseParser::new(LIMITS);
    let mut taken = 0;
    for piece in input.chunks(piece.min(input.len().max(1))) {
        let fed = parser.feed(piece)?;
        taken += fed;
        assert!(fed == piece.len() || parser.is_whole(), "left bytes of its own message");
        if parser.is_whole() {
            break;
        }
    }
    if !parser.is_whole() && parser.eof().is_err() {
        return Ok(None);
    }
    let response = parser.response().expect("it is whole");
    Ok(Some(Message {
        start: response.status.to_string(),
        fields: fields(response.headers),
        body: response.body.to_vec(),
        keep_alive: response.keep_alive,
        taken,
    }))
}

fn read_request(input: &[u8], piece: usize) -> Reading {
    let mut parser = RequestParser::new(LIMITS);
    let mut taken = 0;
    for piece in input.chunks(piece.min(input.len().max(1))) {
        let fed = parser.feed(piece)?;
        taken += fed;
        assert!(fed == piece.len() || parser.is_whole(), "left bytes of its own message");
        if parser.is_whole() {
            break;
        }
    }
    Ok(parser.request().map(|request| {
        let query = request.target.len() - request.path().len();
        assert_eq!(request.query().len(), query.saturating_sub(1));
        Message {
            start: format!("{} {}", request.method, request.target),
            fields: fields(request.headers),
            body: request.body.to_vec(),
            keep_alive: request.keep_alive,
            taken,
        }
    }))
}
