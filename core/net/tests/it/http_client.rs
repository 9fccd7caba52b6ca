//! One connection against peers of every kind.

use std::io::ErrorKind;

use st0ck_net::http::{
    FailureKind, HeaderBlock, HttpConfig, HttpConnection, HttpError, HttpEvent, HttpFailure,
    Limits, Request, SendRefused,
};
use st0ck_net::tcp::TcpAcceptor;

use crate::support::{Peer, accept, listen, nowhere, remote, until, until_true};

const DEADLINE: u64 = 1_000;

/// An owned copy of what a poll told.
#[derive(Debug, PartialEq)]
enum Told {
    Connected,
    Answer(u16, Vec<u8>),
    Failed(HttpFailure),
    Disconnected,
}

fn poll(connection: &mut HttpConnection, now_ns: u64) -> Option<Told> {
    match connection.poll(now_ns) {
        HttpEvent::Quiet => None,
        HttpEvent::Connected => Some(Told::Connected),
        HttpEvent::Response(answer) => Some(Told::Answer(answer.status, answer.body.to_vec())),
        HttpEvent::Failed(failure) => Some(Told::Failed(failure)),
        HttpEvent::Disconnected => Some(Told::Disconnected),
    }
}

fn next(connection: &mut HttpConnection) -> Told {
    until("something happens", || poll(connection, 1))
}

fn open_with(config: HttpConfig) -> (HttpConnection, Peer, TcpAcceptor) {
    let mut acceptor = listen();
    let mut connection = HttpConnection::new(remote(&acceptor, "http", "/root"), config);
    connection.connect(0);
    assert_eq!(next(&mut connection), Told::Connected);
    let peer = accept(&mut acceptor);
    (connection, peer, acceptor)
}

fn open() -> (HttpConnection, Peer, TcpAcceptor) {
    open_with(HttpConfig::default())
}

fn send(connection: &mut HttpConnection, request: &Request<'_>) {
    connection.send(request, &HeaderBlock::new(), DEADLINE).unwrap();
}

fn ask(connection: &mut HttpConnection, peer: &mut Peer, path: &str) {
    send(connection, &Request::get(path));
    peer.seen.clear();
    peer.hear("\r\n\r\n");
    assert!(peer.seen.starts_with(format!("GET /root{path} HTTP/1.1\r\n").as_bytes()));
}

fn failure(told: Told) -> HttpFailure {
    match told {
        Told::Failed(failure) => failure,
        other => panic!("expected a failure, not {other:?}"),
    }
}

#[test]
fn one_connection_serves_many_requests() {
    let (mut connection, mut peer, mut acceptor) = open();
    for round in 0..50 {
        ask(&mut connection, &mut peer, "/v2/clock");
        assert!(connection.is_in_flight());
        let refused = connection.send(&Request::get("/"), &HeaderBlock::new(), DEADLINE);
        assert_eq!(refused, Err(SendRefused::NotIdle), "one at a time");
        peer.say(format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{round:02}"));
        let body = format!("{round:02}").into_bytes();
        assert_eq!(next(&mut connection), Told::Answer(200, body));
    }
    assert!(acceptor.accept().unwrap().is_none(), "all on one connection");
}

#[test]
fn an_answer_that_comes_byte_by_byte_is_read() {
    let (mut connection, mut peer, _acceptor) = open();
    ask(&mut connection, &mut peer, "/x");
    let wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let (last, before) = wire.split_last().unwrap();
    for byte in before {
        peer.say([*byte]);
        assert_eq!(poll(&mut connection, 1), None);
    }
    peer.say([*last]);
    assert_eq!(next(&mut connection), Told::Answer(200, b"abc".to_vec()));
    assert!(connection.is_idle());
}

#[test]
fn a_connection_that_the_peer_closes_with_its_answer_is_down_afterwards() {
    for wire in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ] {
        let (mut connection, mut peer, mut acceptor) = open();
        ask(&mut connection, &mut peer, "/x");
        peer.say(wire);
        peer.link.shutdown_write();
        assert_eq!(next(&mut connection), Told::Answer(200, b"ok".to_vec()));
        assert!(connection.is_down());
        connection.connect(2);
        assert_eq!(next(&mut connection), Told::Connected);
        let mut again = accept(&mut acceptor);
        ask(&mut connection, &mut again, "/y");
    }
}

#[test]
fn bytes_that_nobody_asked_for_close_the_connection() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let (mut connection, mut peer, _acceptor) = open();
    ask(&mut connection, &mut peer, "/x");
    peer.say(format!("{answer}{answer}"));
    assert_eq!(next(&mut connection), Told::Answer(200, b"ok".to_vec()));
    assert!(connection.is_down(), "a second answer to one question is a doubt");

    let (mut connection, mut peer, _acceptor) = open();
    peer.say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(next(&mut connection), Told::Disconnected);
    assert!(connection.is_down());
}

#[test]
fn a_peer_that_leaves_an_idle_connection_is_noticed() {
    let (mut connection, mut peer, _acceptor) = open();
    peer.link.close();
    assert_eq!(next(&mut connection), Told::Disconnected);
    let refused = connection.send(&Request::get("/"), &HeaderBlock::new(), DEADLINE);
    assert_eq!(refused, Err(SendRefused::NotIdle));
}

#[test]
fn a_peer_that_leaves_inside_its_answer_is_a_failure_with_the_bytes_written() {
    for part in ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
        let (mut connection, mut peer, _acceptor) = open();
        send(&mut connection, &Request::post_json("/v2/orders", b"{\"qty\":1}"));
        peer.hear("{\"qty\":1}");
        peer.say(part);
        peer.link.shutdown_write();
        let failure = failure(next(&mut connection));
        assert_eq!(failure.kind, FailureKind::Closed);
        assert_eq!(failure.bytes_written, peer.seen.len());
        assert_eq!(failure.request_bytes, peer.seen.len());
        assert!(!failure.never_left() && connection.is_down());
    }
}

#[test]
fn a_request_that_is_only_partly_taken_says_how_far_it_went() {
    let (mut connection, mut peer, _acceptor) = open();
    let body = vec![b'x'; 32 << 20];
    send(&mut connection, &Request::post_json("/big", &body));
    // The peer reads nothing; the kernel's buffers hold a few megabytes.
    let failure = failure(poll(&mut connection, DEADLINE).expect("the deadline is now"));
    assert_eq!(failure.kind, FailureKind::Deadline);
    assert!(failure.bytes_written > 0 && failure.bytes_written < failure.request_bytes);
    until_true("the rest is gone", || peer.listen());
    assert!(peer.seen.len() <= failure.bytes_written, "no byte more than was reported");
}

#[test]
fn the_deadline_ends_the_wait_and_the_connection() {
    let (mut connection, mut peer, _acceptor) = open();
    ask(&mut connection, &mut peer, "/slow");
    peer.say("HTTP/1.1 200 OK\r\n");
    assert_eq!(poll(&mut connection, DEADLINE - 1), None);
    let failure = failure(poll(&mut connection, DEADLINE).expect("the deadline is now"));
    assert_eq!(failure.kind, FailureKind::Deadline);
    assert_eq!(failure.bytes_written, peer.seen.len());
    assert!(connection.is_down());
    until_true("closed", || peer.listen());
}

#[test]
fn an_early_answer_to_a_request_not_read_to_its_end_is_told() {
    let (mut connection, mut peer, _acceptor) = open();
    let body = vec![b'x'; 32 << 20];
    send(&mut connection, &Request::post_json("/big", &body));
    peer.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(next(&mut connection), Told::Answer(413, Vec::new()));
    assert!(connection.is_down(), "the peer would take the rest for another request");
}

#[test]
fn an_answer_beyond_the_limits_or_not_http_is_a_failure() {
    let limits = Limits { head: 128, body: 16 };
    let config = HttpConfig { limits, ..HttpConfig::default() };
    for (wire, error) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n", HttpError::BodyTooLarge { limit: 16 }),
        ("HTTP/1.1 200 OK\r\n\r\n0123456789abcdefg", HttpError::BodyTooLarge { limit: 16 }),
        (&*format!("HTTP/1.1 200 {}", "x".repeat(128)), HttpError::HeadTooLarge { limit: 128 }),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n", HttpError::UnknownCoding),
    ] {
        let (mut connection, mut peer, _acceptor) = open_with(config);
        ask(&mut connection, &mut peer, "/x");
        peer.say(wire);
        assert_eq!(failure(next(&mut connection)).kind, FailureKind::Malformed(error));
        assert!(connection.is_down());
    }
}

#[test]
fn a_port_where_nobody_listens_is_a_failure_with_nothing_written() {
    let mut connection = HttpConnection::new(nowhere("http"), HttpConfig::default());
    connection.connect(0);
    let failure = failure(next(&mut connection));
    assert_eq!(failure.kind, FailureKind::Connect(ErrorKind::ConnectionRefused.into()));
    assert!(failure.never_left() && connection.is_down());
}

#[test]
fn a_request_that_cannot_be_rendered_leaves_the_connection_usable() {
    let (mut connection, mut peer, _acceptor) = open();
    let refused = connection.send(&Request::get("/a b"), &HeaderBlock::new(), DEADLINE);
    assert!(matches!(refused, Err(SendRefused::Invalid(_))));
    assert!(connection.is_idle());
    ask(&mut connection, &mut peer, "/fine");
}
