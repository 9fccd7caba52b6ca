//! Both ends of a websocket over the loopback interface, and one end against a peer by hand.

use std::io::ErrorKind;

use st0ck_net::http::{HeaderBlock, Limits, ServerConnection, ServerEvent};
use st0ck_net::secret::Secret;
use st0ck_net::tcp::TcpAcceptor;
use st0ck_net::websocket::{
    CLOSE_GOING_AWAY, CLOSE_NO_STATUS, CLOSE_NORMAL, CLOSE_TOO_LARGE, UpgradeError, WsClient,
    WsConfig, WsConnection, WsEvent, WsSendError, accept,
};

use crate::support::{self, Peer, listen, nowhere, remote, until, until_true};

const SECOND: u64 = 1_000_000_000;

/// What both ends were told, in words.
#[derive(Default)]
struct Log(Vec<String>);

impl Log {
    fn note(&mut self, event: WsEvent<'_>) {
        self.0.push(match event {
            WsEvent::Open => String::from("open"),
            WsEvent::Message { data, binary: false, .. } => {
                format!("text {}", String::from_utf8_lossy(data))
            }
            WsEvent::Message { data, binary: true, .. } => format!("binary {data:?}"),
            WsEvent::Pong { data, .. } => format!("pong {data:?}"),
            WsEvent::Closed(cause) => format!("closed: {cause}"),
        });
    }

    fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

fn connect(acceptor: &TcpAcceptor, config: WsConfig) -> WsClient {
    let key = Secret::new(String::from("canary"));
    let headers = HeaderBlock::new()
        .with("Content-Type", "application/msgpack")
        .unwrap()
        .with_secret("APCA-API-SECRET-KEY", &key)
        .unwrap();
    WsClient::connect(0, &remote(acceptor, "ws", "/v2/iex"), &headers, config).unwrap()
}

fn poll(client: &mut WsClient, now_ns: u64, log: &mut Log) {
    client.poll(now_ns, || 7, |event| log.note(event));
}

/// An open client and the server's end of it.
fn pair(config: WsConfig) -> (WsClient, WsConnection) {
    let mut acceptor = listen();
    let mut client = connect(&acceptor, config);
    let mut log = Log::default();
    let link = until("accepted", || {
        poll(&mut client, 0, &mut log);
        acceptor.accept().unwrap()
    });
    let mut server = ServerConnection::new(link, Limits::default());
    until_true("the request", || {
        poll(&mut client, 0, &mut log);
        server.poll(0) == ServerEvent::Request
    });
    let request = server.request().unwrap();
    assert_eq!(request.target, "/v2/iex");
    assert_eq!(request.headers.text("content-type"), Some("application/msgpack"));
    assert_eq!(request.headers.text("apca-api-secret-key"), Some("canary"));
    let mut server = accept(server, &[("X-Served-By", "test")], config).unwrap();
    until_true("open", || {
        server.poll(0, || 0, |_| panic!("the client has said nothing"));
        poll(&mut client, 0, &mut log);
        client.is_open()
    });
    assert_eq!(log.0, ["open"]);
    (client, server)
}

/// A client whose peer speaks by hand; the peer has read the request and knows the right key.
fn by_hand(config: WsConfig) -> (WsClient, Peer, String) {
    let mut acceptor = listen();
    let mut client = connect(&acceptor, config);
    let mut peer = support::accept(&mut acceptor);
    let mut log = Log::default();
    until_true("the request", || {
        poll(&mut client, 0, &mut log);
        peer.listen();
        peer.seen.ends_with(b"\r\n\r\n")
    });
    let text = String::from_utf8(peer.seen.clone()).unwrap();
    let key = text.split("Sec-WebSocket-Key: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    peer.seen.clear();
    (client, peer, answer)
}

fn after(client: &mut WsClient, now_ns: u64, what: &str) -> Log {
    let mut log = Log::default();
    until_true(what, || {
        poll(client, now_ns, &mut log);
        log.last().starts_with(what)
    });
    log
}

#[test]
fn messages_go_both_ways_in_order() {
    let (mut client, mut server) = pair(WsConfig::default());
    let (mut at_client, mut at_server) = (Log::default(), Log::default());
    for round in 0..200 {
        client.send_text(&format!("c{round}")).unwrap();
        server.send_binary(&[round as u8]).unwrap();
    }
    until_true("all have come", || {
        poll(&mut client, 1, &mut at_client);
        server.poll(1, || 0, |event| at_server.note(event));
        at_client.0.len() == 200 && at_server.0.len() == 200
    });
    for round in 0..200 {
        assert_eq!(at_client.0[round], format!("binary [{}]", round as u8));
        assert_eq!(at_server.0[round], format!("text c{round}"));
    }
}

#[test]
fn a_message_carries_the_stamp_of_the_read_that_completed_it() {
    let (mut client, mut server) = pair(WsConfig::default());
    for _ in 0..3 {
        server.send_text("x").unwrap();
    }
    let (mut reads, mut stamps) = (0_i64, Vec::new());
    until_true("three messages", || {
        client.poll(
            1,
            || {
                reads += 1;
                reads
            },
            |event| match event {
                WsEvent::Message { t_read, .. } => stamps.push(t_read),
                other => panic!("{other:?}"),
            },
        );
        stamps.len() == 3
    });
    assert!(stamps.is_sorted() && *stamps.last().unwrap() == reads, "{stamps:?} of {reads}");
    client.poll(2, || panic!("nothing was read"), |_| panic!("nothing came"));
}

#[test]
fn large_messages_pass_in_both_directions() {
    let (mut client, mut server) = pair(WsConfig { max_pending: 4 << 20, ..WsConfig::default() });
    let big: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 253) as u8).collect();
    client.send_binary(&big).unwrap();
    server.send_binary(&big).unwrap();
    let (mut at_client, mut at_server) = (Vec::new(), Vec::new());
    until_true("both have come", || {
        client.poll(
            1,
            || 0,
            |event| {
                if let WsEvent::Message { data, .. } = event {
                    at_client = data.to_vec();
                }
            },
        );
        server.poll(
            1,
            || 0,
            |event| {
                if let WsEvent::Message { data, .. } = event {
                    at_server = data.to_vec();
                }
            },
        );
        !at_client.is_empty() && !at_server.is_empty()
    });
    assert!(at_client == big && at_server == big);
}

#[test]
fn a_peer_that_sends_byte_by_byte_is_understood() {
    let (mut client, mut peer, answer) = by_hand(WsConfig::default());
    let wire =
        [answer.as_bytes(), b"\x81\x02hi\x01\x03fra\x89\x00\x80\x04gmts\x88\x02\x03\xe9"].concat();
    let mut log = Log::default();
    for byte in wire {
        peer.say([byte]);
        poll(&mut client, 1, &mut log);
    }
    until_true("closed", || {
        poll(&mut client, 1, &mut log);
        log.last().starts_with("closed")
    });
    assert_eq!(
        log.0,
        ["open", "text hi", "text fragmts", "closed: closed by the peer with 1001 \"\""]
    );
    peer.listen();
    assert_eq!(peer.seen[..2], [0x8a, 0x80], "the ping was answered");
    assert_eq!(peer.seen[6..8], [0x88, 0x82], "and so was the close");
}

#[test]
fn frames_that_come_with_the_handshake_are_not_lost() {
    let (mut client, mut peer, answer) = by_hand(WsConfig::default());
    peer.say([answer.as_bytes(), b"\x81\x02hi\x82\x01\x00"].concat());
    let log = after(&mut client, 1, "binary");
    assert_eq!(log.0, ["open", "text hi", "binary [0]"]);
}

#[test]
fn a_client_that_speaks_with_its_request_is_heard() {
    let mut acceptor = listen();
    let mut peer = Peer {
        link: st0ck_net::tcp::TcpLink::connect(&remote(&acceptor, "ws", "")).unwrap(),
        seen: Vec::new(),
    };
    until_true("open", || peer.link.poll_connect().unwrap());
    let link = until("accepted", || acceptor.accept().unwrap());
    let mut server = ServerConnection::new(link, Limits::default());
    peer.say(
        "GET /s HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\
         \r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\u{1}",
    );
    until_true("the request", || server.poll(0) == ServerEvent::Request);
    let mut server = accept(server, &[], WsConfig::default()).unwrap();
    // The first byte of a text frame in fragments came with the request; the rest comes now.
    peer.say(b"\x81\x00\x00\x00\x00h\x80\x81\x00\x00\x00\x00i");
    let mut log = Log::default();
    until_true("the text", || {
        server.poll(0, || 0, |event| log.note(event));
        !log.0.is_empty()
    });
    assert_eq!(log.0, ["text hi"]);
    peer.hear("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

#[test]
fn an_oversized_frame_is_closed_with_1009_at_both_ends() {
    let small = WsConfig { max_frame: 1_000, ..WsConfig::default() };
    let (mut client, mut server) = pair(small);
    server.send_binary(&[0; 1_001]).unwrap();
    let (mut at_client, mut at_server) = (Log::default(), Log::default());
    until_true("both know", || {
        poll(&mut client, 1, &mut at_client);
        server.poll(1, || 0, |event| at_server.note(event));
        client.is_finished() && server.is_finished()
    });
    assert_eq!(at_client.0, [format!("closed: closed by this side with {CLOSE_TOO_LARGE}")]);
    assert_eq!(at_server.0, [format!("closed: closed by the peer with {CLOSE_TOO_LARGE} \"\"")]);
    assert_eq!(client.send_text("late"), Err(WsSendError::NotOpen));
}

#[test]
fn a_flood_behind_an_oversized_frame_does_not_hide_the_close_code() {
    let small = WsConfig { max_frame: 1_000, ..WsConfig::default() };
    let (mut client, mut peer, answer) = by_hand(small);
    peer.say(answer);
    after(&mut client, 1, "open");
    peer.say([&b"\x82\x7f\x00\x00\x00\x00\x10\x00\x00\x00"[..], &[0; 100_000]].concat());
    let mut log = Log::default();
    until_true("the close frame", || {
        poll(&mut client, 1, &mut log);
        peer.listen();
        peer.seen.len() >= 8
    });
    assert_eq!(peer.seen[..2], [0x88, 0x82]);
    let code: Vec<u8> = (6..8).map(|at| peer.seen[at] ^ peer.seen[at - 4]).collect();
    assert_eq!(code, CLOSE_TOO_LARGE.to_be_bytes());
    assert_eq!(log.0, ["closed: closed by this side with 1009"]);
}

#[test]
fn either_end_may_close_in_order() {
    for server_closes in [false, true] {
        let (mut client, mut server) = pair(WsConfig::default());
        let (mut at_client, mut at_server) = (Log::default(), Log::default());
        if server_closes {
            server.close(1, CLOSE_GOING_AWAY);
        } else {
            client.close(1, CLOSE_NORMAL);
        }
        assert!(!(client.is_open() && server.is_open()));
        until_true("both are done", || {
            poll(&mut client, 1, &mut at_client);
            server.poll(1, || 0, |event| at_server.note(event));
            client.is_finished() && server.is_finished()
        });
        let (local, peer) =
            if server_closes { (at_server, at_client) } else { (at_client, at_server) };
        let code = if server_closes { CLOSE_GOING_AWAY } else { CLOSE_NORMAL };
        assert_eq!(local.0, [format!("closed: closed by this side with {code}")]);
        assert_eq!(peer.0, [format!("closed: closed by the peer with {code} \"\"")]);
    }
}

#[test]
fn a_dropped_connection_says_goodbye() {
    let (mut client, server) = pair(WsConfig::default());
    drop(server);
    let log = after(&mut client, 1, "closed");
    assert_eq!(log.0, [format!("closed: closed by the peer with {CLOSE_NORMAL} \"\"")]);
}

#[test]
fn a_peer_that_leaves_without_a_word_is_lost() {
    let (mut client, mut server) = pair(WsConfig::default());
    server.send_text("last words").unwrap();
    server.abort();
    assert!(server.is_finished());
    let log = after(&mut client, 1, "closed");
    assert_eq!(log.0[0], "text last words");
    assert!(log.last().starts_with("closed: the connection broke"), "{}", log.last());
    assert!(client.is_finished());
}

#[test]
fn a_half_closed_peer_without_a_close_frame_is_lost() {
    let (mut client, mut peer, answer) = by_hand(WsConfig::default());
    peer.say(answer);
    peer.link.shutdown_write();
    let log = after(&mut client, 1, "closed");
    let kind = ErrorKind::UnexpectedEof;
    assert_eq!(log.0, [String::from("open"), format!("closed: the connection broke: {kind}")]);
}

#[test]
fn a_close_without_a_code_is_1005() {
    let (mut client, mut peer, answer) = by_hand(WsConfig::default());
    peer.say([answer.as_bytes(), b"\x88\x00"].concat());
    let log = after(&mut client, 1, "closed");
    assert_eq!(log.last(), format!("closed: closed by the peer with {CLOSE_NO_STATUS} \"\""));
}

#[test]
fn a_peer_that_does_not_answer_a_close_is_waited_for_no_longer_than_told() {
    let (mut client, mut peer, answer) = by_hand(WsConfig::default());
    peer.say(answer);
    after(&mut client, 1, "open");
    client.close(5, 4_000);
    let mut log = Log::default();
    poll(&mut client, 5 + SECOND - 1, &mut log);
    assert!(log.0.is_empty());
    poll(&mut client, 5 + SECOND, &mut log);
    assert_eq!(log.0, ["closed: closed by this side with 4000"]);
    poll(&mut client, 5 + 2 * SECOND, &mut log);
    assert!(client.is_finished() && log.0.len() == 1);
}

#[test]
fn silence_is_pinged_and_an_answer_moves_the_watchdogs_clock() {
    let (mut client, mut server) = pair(WsConfig::default());
    assert_eq!(client.last_read_ns(), 0);
    assert!(!client.ping_if_idle(9 * SECOND, 10 * SECOND), "not yet");
    assert!(client.ping_if_idle(10 * SECOND, 10 * SECOND));
    assert!(!client.ping_if_idle(11 * SECOND, 10 * SECOND), "one ping per silence");
    let mut log = Log::default();
    poll(&mut client, 11 * SECOND, &mut log);
    assert_eq!(client.last_read_ns(), 0, "a poll that reads nothing is no sign of life");
    until_true("the pong", || {
        server.poll(0, || 0, |_| panic!("a ping is answered, not told"));
        poll(&mut client, 12 * SECOND, &mut log);
        !log.0.is_empty()
    });
    assert_eq!(log.0, ["pong []"]);
    assert_eq!(client.last_read_ns(), 12 * SECOND);
    assert!(!client.ping_if_idle(21 * SECOND, 10 * SECOND));
    assert!(client.ping_if_idle(22 * SECOND, 10 * SECOND));
}

#[test]
fn a_peer_that_does_not_read_is_refused_more_and_recovers() {
    let (mut client, mut server) = pair(WsConfig::default());
    let block = [7; 10_000];
    let mut accepted = 0;
    let refused = until("the buffers fill", || match client.send_binary(&block) {
        Ok(()) => {
            accepted += 1;
            None
        }
        Err(error) => Some(error),
    });
    assert!(matches!(refused, WsSendError::Full(_)));
    let mut received = 0;
    until_true("all that was taken arrives", || {
        poll(&mut client, 1, &mut Log::default());
        server.poll(
            1,
            || 0,
            |event| {
                assert!(matches!(event, WsEvent::Message { data, .. } if data == block));
                received += 1;
            },
        );
        received == accepted
    });
    client.send_binary(&block).unwrap();
}

#[test]
fn a_refused_websocket_tells_status_and_body() {
    let (mut client, mut peer, _) = by_hand(WsConfig::default());
    peer.say("HTTP/1.1 401 Unauthorized\r\nContent-Length: 10\r\n\r\nbad secret");
    let mut refusal = None;
    until_true("refused", || {
        client.poll(
            1,
            || 0,
            |event| {
                if let WsEvent::Closed(st0ck_net::websocket::CloseCause::Refused { status, body }) =
                    event
                {
                    refusal = Some((status, body.to_vec()));
                }
            },
        );
        refusal.is_some()
    });
    assert_eq!(refusal, Some((401, b"bad secret".to_vec())));
    assert!(client.is_finished());
}

#[test]
fn an_answer_that_does_not_fit_the_question_is_no_handshake() {
    let agreed = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let told = |change: &dyn Fn(&str) -> String| {
        let (mut client, mut peer, answer) = by_hand(WsConfig::default());
        peer.say(change(&answer));
        after(&mut client, 1, "closed").last().to_owned()
    };
    let failed = |error: UpgradeError| format!("closed: the opening handshake failed: {error}");
    assert_eq!(told(&|answer| answer.replace(agreed, "")), failed(UpgradeError::NotAgreed));
    assert_eq!(told(&|answer| answer.replace("=\r\n", "+\r\n")), failed(UpgradeError::WrongKey));
    let extension = format!("{agreed}Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert_eq!(
        told(&|answer| answer.replace(agreed, &extension)),
        failed(UpgradeError::NotOffered)
    );
    assert!(told(&|_| String::from("SSH-2.0\r\n\r\n")).contains("malformed header block"));
}

#[test]
fn opening_takes_no_longer_than_told() {
    let (mut client, mut peer, answer) = by_hand(WsConfig::default());
    peer.say(&answer[..20]);
    let mut log = Log::default();
    poll(&mut client, 10 * SECOND - 1, &mut log);
    assert!(log.0.is_empty() && !client.is_finished());
    poll(&mut client, 10 * SECOND, &mut log);
    assert_eq!(log.0, ["closed: the websocket did not open in time"]);
    assert!(client.is_finished());
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let headers = HeaderBlock::new();
    let mut client = WsClient::connect(0, &nowhere("ws"), &headers, WsConfig::default()).unwrap();
    assert_eq!(client.send_text("early"), Err(WsSendError::NotOpen));
    let log = after(&mut client, 1, "closed");
    assert_eq!(log.0, [format!("closed: cannot connect: {}", ErrorKind::ConnectionRefused)]);
}

#[test]
fn a_plain_request_cannot_be_taken_up_and_can_still_be_answered() {
    let mut acceptor = listen();
    let mut peer = Peer {
        link: st0ck_net::tcp::TcpLink::connect(&remote(&acceptor, "ws", "")).unwrap(),
        seen: Vec::new(),
    };
    until_true("open", || peer.link.poll_connect().unwrap());
    let link = until("accepted", || acceptor.accept().unwrap());
    let mut server = ServerConnection::new(link, Limits::default());
    peer.say("GET /s HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    until_true("the request", || server.poll(0) == ServerEvent::Request);
    let refused = accept(server, &[], WsConfig::default()).map(|_| ()).unwrap_err();
    assert_eq!(refused.error, UpgradeError::NotAsked);
    let mut server = refused.connection;
    server.respond(426, &[("Upgrade", "websocket")], b"").unwrap();
    server.poll(0);
    peer.hear("HTTP/1.1 426 Status\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n");
}
