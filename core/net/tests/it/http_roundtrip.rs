//! What one side renders the other reads, however the bytes are cut; and no bytes make a parser
//! panic or hold more than its limits.

use proptest::prelude::*;
use st0ck_net::http::{
    HeaderBlock, Limits, Method, Request, RequestParser, ResponseParser, render_response,
};

const METHODS: [Method; 5] =
    [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
const STATUSES: [u16; 7] = [200, 204, 207, 304, 403, 422, 500];

/// Cuts `wire` after each of `cuts` (modulo what is left) and feeds the pieces.
fn feed_in_pieces<E: std::fmt::Debug>(
    wire: &[u8],
    cuts: &[usize],
    mut feed: impl FnMut(&[u8]) -> Result<usize, E>,
) -> usize {
    let (mut rest, mut taken) = (wire, 0);
    for cut in cuts {
        let (piece, after) = rest.split_at(cut % (rest.len() + 1));
        taken += feed(piece).unwrap();
        rest = after;
    }
    taken + feed(rest).unwrap()
}

fn field() -> impl Strategy<Value = (String, String)> {
    // A visible first and last character, since spaces around a value are not part of it.
    ("X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}", "[!-~]([ -~\t]{0,20}[!-~])?")
}

proptest! {
    #[test]
    fn a_rendered_request_reads_back(
        method in prop::sample::select(&METHODS[..]),
        path in "/[!-~]{0,40}",
        fields in prop::collection::vec(field(), 0..8),
        body in prop::option::of(prop::collection::vec(any::<u8>(), 0..200)),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let borrowed: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
        let mut request = Request::new(method, &path).headers(&borrowed);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let fixed = HeaderBlock::new().with("Accept", "*/*").unwrap();
        let mut wire = Vec::new();
        request.render(&mut wire, "host:1", "", &fixed).unwrap();
        let whole = wire.len();
        wire.extend_from_slice(b"GET /next");

        let mut parser = RequestParser::new(Limits::default());
        let taken = feed_in_pieces(&wire, &cuts, |piece| parser.feed(piece));
        prop_assert_eq!(taken, whole);
        let read = parser.request().unwrap();
        prop_assert_eq!(read.method, method.as_str());
        prop_assert_eq!(read.target, &*path);
        prop_assert_eq!(read.body, body.as_deref().unwrap_or_default());
        prop_assert_eq!(read.headers.text("host"), Some("host:1"));
        prop_assert_eq!(read.headers.text("ACCEPT"), Some("*/*"));
        let extra: Vec<(&str, &str)> = read
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("X-"))
            .map(|(name, value)| (name, std::str::from_utf8(value).unwrap()))
            .collect();
        prop_assert_eq!(extra, borrowed);
    }

    #[test]
    fn a_rendered_response_reads_back(
        status in prop::sample::select(&STATUSES[..]),
        fields in prop::collection::vec(field(), 0..8),
        body in prop::collection::vec(any::<u8>(), 0..200),
        keep_alive in any::<bool>(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let borrowed: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
        let mut wire = Vec::new();
        render_response(&mut wire, status, &borrowed, &body, keep_alive).unwrap();
        let whole = wire.len();
        wire.extend_from_slice(b"HTTP/1.1 ");

        let mut parser = ResponseParser::new(Limits::default());
        let taken = feed_in_pieces(&wire, &cuts, |piece| parser.feed(piece));
        prop_assert_eq!(taken, whole);
        let read = parser.response().unwrap();
        let expected: &[u8] = if matches!(status, 204 | 304) { b"" } else { &body };
        prop_assert_eq!((read.status, read.body, read.keep_alive), (status, expected, keep_alive));
    }

    #[test]
    fn a_chunked_body_reads_back(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let mut wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n".to_vec();
        for chunk in &chunks {
            wire.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\n\r\n");
        let mut parser = ResponseParser::new(Limits::default());
        feed_in_pieces(&wire, &cuts, |piece| parser.feed(piece));
        prop_assert_eq!(parser.response().unwrap().body, chunks.concat());
    }

    #[test]
    fn no_bytes_make_a_parser_panic_or_hold_more_than_its_limits(
        start in prop::sample::select(&[
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ][..]),
        noise in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'0')], 0..400),
    ) {
        let limits = Limits { head: 96, body: 64 };
        let wire = [start.as_bytes(), &noise].concat();
        let mut response = ResponseParser::new(limits);
        if response.feed(&wire).is_ok() && response.eof().is_ok() {
            prop_assert!(response.response().unwrap().body.len() <= limits.body);
        }
        let mut request = RequestParser::new(limits);
        if request.feed(&wire).is_ok() && let Some(request) = request.request() {
            prop_assert!(request.body.len() <= limits.body);
        }
    }
}
