//! The accepting end against clients of every kind.

use st0ck_net::http::{Limits, ServerConnection, ServerEvent};
use st0ck_net::tcp::TcpLink;

use crate::support::{Peer, listen, remote, until, until_true};

const SECOND: u64 = 1_000_000_000;

fn open(limits: Limits) -> (ServerConnection, Peer) {
    let mut acceptor = listen();
    let mut link = TcpLink::connect(&remote(&acceptor, "http", "")).unwrap();
    until_true("open", || link.poll_connect().unwrap());
    let accepted = until("accepted", || acceptor.accept().unwrap());
    (ServerConnection::new(accepted, limits), Peer { link, seen: Vec::new() })
}

fn next(server: &mut ServerConnection) -> ServerEvent {
    until("something happens", || {
        let event = server.poll(0);
        (event != ServerEvent::Quiet).then_some(event)
    })
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let (mut server, mut peer) = open(Limits::default());
    peer.say("GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
    peer.say("DELETE /3 HTTP/1.1\r\nConnection: close\r\n\r\n");
    for expected in ["GET /1 ", "POST /2 {}", "DELETE /3 "] {
        assert_eq!(next(&mut server), ServerEvent::Request);
        let request = server.request().unwrap();
        let body = String::from_utf8_lossy(request.body);
        assert_eq!(format!("{} {} {body}", request.method, request.path()), expected);
        server.respond(200, &[("X-A", "b")], b"ok").unwrap();
    }
    until_true("the server hangs up", || {
        server.poll(0);
        peer.listen()
    });
    let seen = String::from_utf8(peer.seen.clone()).unwrap();
    assert_eq!(seen.matches("HTTP/1.1 200 OK\r\nX-A: b\r\n").count(), 3);
    assert_eq!(seen.matches("Connection: close").count(), 1);
    peer.link.close();
    assert_eq!(next(&mut server), ServerEvent::Closed);
}

#[test]
fn what_is_no_request_is_answered_with_its_status() {
    let limits = Limits { head: 64, body: 8 };
    for (wire, status) in [
        ("nonsense\r\n\r\n", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "413 Content Too Large"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n", "501 Not Implemented"),
        (&*format!("GET /{}", "x".repeat(64)), "431 Request Header Fields Too Large"),
    ] {
        let (mut server, mut peer) = open(limits);
        peer.say(wire);
        until_true("the server hangs up", || {
            server.poll(0);
            peer.listen()
        });
        let seen = String::from_utf8(peer.seen.clone()).unwrap();
        assert!(seen.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{wire:?}: {seen}");
    }
}

#[test]
fn a_client_that_dawdles_inside_a_request_is_dropped_and_an_idle_one_is_not() {
    let (mut server, mut peer) = open(Limits::default());
    for second in 0..100 {
        assert_eq!(server.poll(second * SECOND), ServerEvent::Quiet, "idle is no offence");
    }
    peer.say("GET / HT");
    let mut polls = 0;
    until_true("the half request arrives", || {
        polls += 1;
        assert_eq!(server.poll(100 * SECOND), ServerEvent::Quiet);
        polls > 1_000
    });
    assert_eq!(server.poll(110 * SECOND - 1), ServerEvent::Quiet);
    assert_eq!(server.poll(110 * SECOND), ServerEvent::Closed);
}

#[test]
fn a_client_that_leaves_ends_the_connection() {
    let (mut server, mut peer) = open(Limits::default());
    peer.link.close();
    assert_eq!(next(&mut server), ServerEvent::Closed);
}

#[test]
fn an_answer_with_a_field_that_cannot_be_sent_is_a_500_and_the_end() {
    let (mut server, mut peer) = open(Limits::default());
    peer.say("GET / HTTP/1.1\r\n\r\n");
    assert_eq!(next(&mut server), ServerEvent::Request);
    server.respond(200, &[("X", "a\r\nSet-Cookie: b")], b"body").unwrap();
    until_true("the server hangs up", || {
        server.poll(0);
        peer.listen()
    });
    let seen = String::from_utf8(peer.seen.clone()).unwrap();
    assert!(seen.starts_with("HTTP/1.1 500 ") && !seen.contains("Cookie"), "{seen}");
}
