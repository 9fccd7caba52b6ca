//! What is said under TLS arrives, whole and once, however its bytes are cut.

use rustls::version::{TLS12, TLS13};
use st0ck_net::http::{FailureKind, HeaderBlock, HttpConfig, HttpConnection, HttpEvent, Request};
use st0ck_net::out_buffer::OutBuffer;
use st0ck_net::tcp::{LinkError, ReadOutcome, TcpLink};
use st0ck_net::tls::{TlsFault, Trust};
use st0ck_net::websocket::{WsClient, WsConfig, WsEvent};

use super::server::{Server, TlsPeer, honest};
use crate::support::{until, until_true};

/// A link and its server's end, after the handshake.
fn open(version: &'static rustls::SupportedProtocolVersion, portion: usize) -> (TcpLink, TlsPeer) {
    let (identity, trust) = honest();
    let mut server = Server::new(identity, &[version]);
    let mut link = TcpLink::connect(&server.remote("https", &trust)).unwrap();
    let mut peer = server.accept();
    peer.portion = portion;
    until_true("the handshake", || {
        peer.pump();
        link.poll_connect().unwrap() && !peer.tls.is_handshaking()
    });
    (link, peer)
}

fn read_all(link: &mut TcpLink, peer: &mut TlsPeer, length: usize, room: usize) -> Vec<u8> {
    let (mut got, mut chunk) = (Vec::new(), vec![0; room]);
    until_true("all of it", || {
        peer.pump();
        if let ReadOutcome::Data(count) = link.read(&mut chunk).unwrap() {
            got.extend_from_slice(&chunk[..count]);
        }
        got.len() >= length
    });
    got
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn both_versions_carry_both_ways_in_portions_of_any_size() {
    for version in [&TLS12, &TLS13] {
        for (portion, room) in [(1, 4096), (7, 5), (usize::MAX, 1), (usize::MAX, 65_536)] {
            let (mut link, mut peer) = open(version, portion);
            let (question, answer) = (pattern(3_000), pattern(2_000));
            let mut out = OutBuffer::new(usize::MAX);
            out.push(&question).unwrap();
            until_true("the question", || {
                link.flush(&mut out).unwrap();
                peer.pump();
                peer.seen.len() == question.len()
            });
            assert_eq!(peer.seen, question);
            peer.say(&answer);
            assert_eq!(read_all(&mut link, &mut peer, answer.len(), room), answer);
            assert_eq!((link.bytes_written(), link.bytes_read()), (3_000, 2_000));
        }
    }
}

#[test]
fn megabytes_pass_a_peer_that_reads_slowly_and_nothing_is_lost() {
    let (mut link, mut peer) = open(&TLS13, usize::MAX);
    let (sent, mut out) = (pattern(6 << 20), OutBuffer::new(usize::MAX));
    out.push(&sent).unwrap();
    // The kernel's own buffers are full at some point: sealed bytes wait, and are sealed once.
    until_true("the kernel is full", || !link.flush(&mut out).unwrap());
    let told = link.bytes_written();
    assert!(told > 0 && told < sent.len() as u64);
    until_true("everything arrives", || {
        peer.pump();
        link.flush(&mut out).unwrap() && peer.seen.len() == sent.len()
    });
    assert!(peer.seen == sent, "in order, once");
    peer.say(&sent);
    assert!(read_all(&mut link, &mut peer, sent.len(), 32 << 10) == sent);
}

#[test]
fn a_read_that_leaves_room_has_taken_all_that_had_come() {
    let (mut link, mut peer) = open(&TLS13, usize::MAX);
    for _ in 0..50 {
        peer.say(&pattern(300));
    }
    let mut chunk = vec![0; 64 << 10];
    peer.pump();
    let count = until("data", || match link.read(&mut chunk).unwrap() {
        ReadOutcome::Data(count) => Some(count),
        _ => None,
    });
    assert_eq!(count, 50 * 300, "fifty records by one read");
    assert_eq!(link.read(&mut chunk), Ok(ReadOutcome::Idle));
}

#[test]
fn new_keys_in_the_middle_change_nothing() {
    let (mut link, mut peer) = open(&TLS13, usize::MAX);
    for round in 0..20 {
        peer.say(&pattern(100 + round));
        peer.tls.refresh_traffic_keys().unwrap();
        peer.say(&pattern(50));
        let got = read_all(&mut link, &mut peer, 150 + round, 4096);
        assert_eq!(got, [pattern(100 + round), pattern(50)].concat());
        link.write(b"and back").unwrap();
    }
    until_true("the answers", || {
        peer.pump();
        peer.seen.len() == 20 * 8
    });
}

#[test]
fn the_end_is_the_last_word_and_a_cut_is_none() {
    let (mut link, mut peer) = open(&TLS13, usize::MAX);
    peer.say(b"the last word");
    peer.tls.send_close_notify();
    peer.pump();
    peer.link.shutdown_write();
    assert_eq!(read_all(&mut link, &mut peer, 13, 64), b"the last word");
    let mut chunk = [0; 64];
    until_true("the end", || link.read(&mut chunk).unwrap() == ReadOutcome::Eof);

    let (mut link, mut peer) = open(&TLS13, usize::MAX);
    peer.say(b"half a");
    peer.pump();
    peer.link.shutdown_write();
    assert_eq!(read_all(&mut link, &mut peer, 6, 64), b"half a");
    let error = until("the cut is found", || link.read(&mut chunk).err());
    assert_eq!(error, LinkError::Tls(TlsFault::Truncated));
    assert_eq!(link.write(b"x"), Err(error), "and says so ever after");
}

#[test]
fn the_peer_hears_the_last_word_before_the_end() {
    let (mut link, mut peer) = open(&TLS13, usize::MAX);
    link.write(b"bye").unwrap();
    link.shutdown_write();
    until_true("the end", || {
        peer.pump();
        peer.over
    });
    assert_eq!(peer.seen, b"bye");
    assert_eq!(std::io::Read::read(&mut peer.tls.reader(), &mut [0]).unwrap(), 0, "close_notify");
}

#[test]
fn a_changed_byte_is_found_and_nothing_after_it_is_believed() {
    for at in [3, 4, 5, 20, 100, 300] {
        let (mut link, mut peer) = open(&TLS13, usize::MAX);
        peer.say(b"good");
        peer.pump();
        assert_eq!(read_all(&mut link, &mut peer, 4, 64), b"good");
        peer.say(&pattern(300));
        peer.sealed[at] ^= 1;
        peer.pump();
        peer.link.shutdown_write();
        let mut chunk = [0; 4096];
        let error = until("the change is found", || match link.read(&mut chunk) {
            Ok(ReadOutcome::Data(count)) => panic!("{count} bytes were believed, {at}"),
            Ok(_) => None,
            Err(error) => Some(error),
        });
        let LinkError::Tls(_) = error else { panic!("{error:?} at {at}") };
    }
}

#[test]
fn a_request_and_its_answer_pass_and_an_answer_that_is_cut_is_none() {
    let (identity, trust) = honest();
    let mut server = Server::new(identity, &[&TLS13]);
    let mut connection = HttpConnection::new(server.remote("https", &trust), HttpConfig::default());
    connection.connect(0);
    let mut peer = server.accept();
    until_true("connected", || {
        peer.pump();
        matches!(connection.poll(1), HttpEvent::Connected)
    });
    let ask = |connection: &mut HttpConnection, peer: &mut TlsPeer| {
        peer.seen.clear();
        connection.send(&Request::get("/account"), &HeaderBlock::new(), 1_000).unwrap();
        until_true("the request", || {
            peer.pump();
            peer.seen.ends_with(b"\r\n\r\n")
        });
    };
    ask(&mut connection, &mut peer);
    assert!(peer.seen.starts_with(b"GET /v2/account HTTP/1.1\r\nHost: 127.0.0.1:"));
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    until_true("the answer", || {
        peer.pump();
        matches!(connection.poll(1), HttpEvent::Response(answer) if answer.body == b"{}")
    });
    ask(&mut connection, &mut peer);
    peer.say(b"HTTP/1.1 200 OK\r\n\r\nas long as it la");
    peer.pump();
    peer.link.shutdown_write();
    let failure = until("the cut", || match connection.poll(1) {
        HttpEvent::Failed(failure) => Some(failure),
        HttpEvent::Response(_) => panic!("a body that was cut is no body"),
        _ => None,
    });
    assert_eq!(failure.kind, FailureKind::Io(TlsFault::Truncated.into()));
    assert_eq!(failure.bytes_written, failure.request_bytes);
}

#[test]
fn a_websocket_opens_under_tls() {
    let (identity, trust) = honest();
    let mut server = Server::new(identity, &[&TLS12, &TLS13]);
    let remote = server.remote("wss", &trust);
    let headers = HeaderBlock::new();
    let mut client = WsClient::connect(0, &remote, &headers, WsConfig::default()).unwrap();
    let mut peer = server.accept();
    until_true("the question", || {
        peer.pump();
        client.poll(1, || 0, |_| {});
        peer.seen.ends_with(b"\r\n\r\n")
    });
    let question = String::from_utf8(peer.seen.clone()).unwrap();
    let key = question.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    peer.say(answer.as_bytes());
    peer.say(b"\x81\x05hello");
    let mut told = Vec::new();
    until_true("the first message", || {
        peer.pump();
        client.poll(
            1,
            || 0,
            |event| {
                if let WsEvent::Message { data, .. } = event {
                    told.extend_from_slice(data);
                }
            },
        );
        told == b"hello"
    });
}

#[test]
fn a_port_for_plain_text_is_told_apart() {
    let mut acceptor = crate::support::listen();
    let url = format!("https://{}", acceptor.local_addr().unwrap());
    let remote = st0ck_net::endpoint::Endpoint::parse(&url).unwrap();
    let mut link = TcpLink::connect(&remote.resolve(&Trust::nobody()).unwrap()).unwrap();
    let mut peer = crate::support::accept(&mut acceptor);
    peer.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let error = until("refused", || link.poll_connect().err());
    assert_eq!(error, LinkError::Tls(TlsFault::NotTls));
    assert_eq!(link.bytes_written(), 0);
}
