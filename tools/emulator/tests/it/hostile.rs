//! Clients that err, dawdle, shout or lie: each loses at most its own connection.

use crate::client::Http;
use crate::orders::limit;
use crate::stage::Stage;
use serde_json::json;
use st0ck_quant::rng::Rng;
use std::io::Write;
use std::net::Shutdown;
use tungstenite::Message;

/// Sends raw bytes on a fresh connection and returns the status of the reply.
fn status_of(stage: &Stage, bytes: &[u8]) -> Option<u16> {
    let mut http = stage.http_as(None);
    // The emulator may refuse, and close, before it has read everything.
    let _ = http.stream.write_all(bytes);
    http.read().map(|reply| reply.status)
}

fn assert_alive(stage: &Stage) {
    assert_eq!(stage.http().ask("GET", "/v2/clock", "").status, 200);
}

#[test]
fn what_is_no_request_is_refused_by_its_fault() {
    let stage = Stage::steady();
    let long = "x".repeat(20_000);
    let many: String = (0..80).map(|n| format!("H{n}: v\r\n")).collect();
    let table = [
        ("hello\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nbad header\r\n\r\n".to_owned(), 400),
        (
            "POST /v2/orders HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n".to_owned(),
            400,
        ),
        ("POST /v2/orders HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned(), 400),
        (format!("GET /{long} HTTP/1.1\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\nX: {long}\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), 431),
        ("POST /v2/orders HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n".to_owned(), 413),
        ("POST /v2/orders HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(), 501),
        // Two lengths are how requests are smuggled past a proxy.
        (
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_owned(),
            400,
        ),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n".to_owned(), 400),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_owned(),
            413,
        ),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n".to_owned(), 400),
        ("GET /\0 HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nX: a\0b\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n".to_owned(), 400),
    ];
    for (bytes, status) in table {
        let start = &bytes[..bytes.len().min(60)];
        assert_eq!(status_of(&stage, bytes.as_bytes()), Some(status), "{start:?}");
    }
    assert_alive(&stage);
}

#[test]
fn garbage_of_every_kind_leaves_the_emulator_standing() {
    let stage = Stage::steady();
    let mut rng = Rng::new(20_201_215);
    for round in 0..200 {
        let length = rng.between(1, 600) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| rng.next_u64() as u8).collect();
        if round % 3 == 0 {
            bytes.splice(0..0, *b"POST /v2/orders HTTP/1.1\r\nContent-Length: 50\r\n\r\n");
        }
        let mut http = stage.http_as(None);
        let _ = http.stream.write_all(&bytes);
        let _ = http.stream.shutdown(Shutdown::Write);
        while http.read().is_some() {}
    }
    for _ in 0..200 {
        let length = rng.between(0, 80) as usize;
        let body: String = (0..length).map(|_| char::from(rng.between(32, 126) as u8)).collect();
        let reply = stage.http().ask("POST", "/v2/orders", &body);
        assert_eq!(
            (reply.status, reply.message().as_str()),
            (422, "request body format is invalid")
        );
    }
    assert_alive(&stage);
}

#[test]
fn a_request_may_come_byte_by_byte_or_in_chunks() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let request = http.render("POST", "/v2/orders", &limit("buy", "1", "300").to_string());
    for byte in request {
        http.stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(http.read().unwrap().status, 200);
    let body = limit("buy", "1", "300").to_string();
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    let chunked = format!(
        "POST /v2/orders HTTP/1.1\r\nAPCA-API-KEY-ID: {key}\r\nAPCA-API-SECRET-KEY: {secret}\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    http.stream.write_all(chunked.as_bytes()).unwrap();
    assert_eq!(http.read().unwrap().status, 200);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let mut all = Vec::new();
    for n in 0..300 {
        let path = format!("/v2/orders:by_client_order_id?client_order_id=p{n}");
        all.extend(http.render("GET", &path, ""));
    }
    let mut writer = http.stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || writer.write_all(&all).unwrap());
    for n in 0..300 {
        assert_eq!(http.read().unwrap().message(), format!("order not found for p{n}"));
    }
    sender.join().unwrap();
}

#[test]
fn a_client_that_has_finished_sending_still_gets_its_reply() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let request = http.render("GET", "/v2/clock", "");
    http.stream.write_all(&request).unwrap();
    http.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(http.read().unwrap().status, 200);
    assert_eq!(http.read(), None);
}

#[test]
fn connection_close_is_honoured_and_head_has_no_body() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let head = http.ask("HEAD", "/v2/clock", "");
    assert_eq!((head.status, head.body.len()), (405, 0));
    let request = String::from_utf8(http.render("GET", "/v2/clock", "")).unwrap();
    let request = request.replacen("Host: x", "Host: x\r\nConnection: close", 1);
    http.stream.write_all(request.as_bytes()).unwrap();
    let reply = http.read().unwrap();
    assert!(reply.head.contains("Connection: close"));
    assert_eq!(http.read(), None);
}

#[test]
fn half_open_connections_hold_up_nobody() {
    let stage = Stage::steady();
    let mut half: Vec<Http> = (0..50).map(|_| stage.http()).collect();
    for http in &mut half {
        http.stream.write_all(b"POST /v2/orders HTTP/1.1\r\nContent-Length: 100\r\n\r\n{").unwrap();
    }
    let _silent: Vec<Http> = (0..50).map(|_| stage.http()).collect();
    assert_alive(&stage);
    drop(half);
    assert_eq!(stage.http().get("/v2/orders?status=all"), json!([]), "half an order is none");
}

#[test]
fn a_websocket_that_breaks_the_rules_is_closed_by_the_rule() {
    let stage = Stage::steady();
    let mut socket = stage.data("/v2/iex");
    socket.inner.send(Message::text("x".repeat(70_000))).unwrap();
    assert_eq!(socket.close_code(), 1009);
    let mut socket = stage.updates();
    // A text frame without a mask: clients must mask (RFC 6455 §5.1).
    socket.inner.get_mut().write_all(&[0x81, 0x02, b'h', b'i']).unwrap();
    assert_eq!(socket.close_code(), 1002);
    assert_alive(&stage);
}

#[test]
fn fragmented_messages_and_binary_ones_are_understood() {
    let stage = Stage::steady();
    let mut socket = stage.updates();
    let listen = json!({"action": "listen", "data": {"streams": []}}).to_string();
    socket.inner.send(Message::binary(listen.clone())).unwrap();
    assert_eq!(socket.next()["data"]["streams"], json!([]));
    let (first, second) = listen.as_bytes().split_at(10);
    for (bytes, opcode, last) in [(first, 0x01, 0x00), (second, 0x00, 0x80)] {
        // A mask of zeros leaves the payload as it is.
        let mut frame = vec![last | opcode, 0x80 | bytes.len() as u8, 0, 0, 0, 0];
        frame.extend_from_slice(bytes);
        socket.inner.get_mut().write_all(&frame).unwrap();
    }
    assert_eq!(socket.next()["data"]["streams"], json!([]));
}

/// A websocket handshake with these lines, and its path.
fn handshake(method: &str, path: &str, lines: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{lines}\r\n"
    )
}

#[test]
fn a_handshake_that_is_none_is_refused_and_one_without_keys_may_only_show_them() {
    let stage = Stage::steady();
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    let whole = format!("{key}{version}");
    let table = [
        (handshake("GET", "/v2/sip", ""), 400),
        (handshake("GET", "/v2/sip", key), 400),
        (handshake("GET", "/v2/sip", version), 400),
        (handshake("GET", "/v2/sip", &format!("Sec-WebSocket-Key:\r\n{version}")), 400),
        (handshake("GET", "/stream", &format!("{key}Sec-WebSocket-Version: 8\r\n")), 400),
        (handshake("POST", "/v2/sip", &whole), 400),
        (handshake("GET", "/", &whole), 404),
        (handshake("GET", "/emulator/state", &whole), 404),
        (handshake("GET", "/v2/orders", &whole), 404),
        (handshake("GET", "/v2/../v2/sip", &whole), 404),
        (handshake("GET", "/v2/sip", &whole), 101),
    ];
    for (bytes, status) in table {
        assert_eq!(status_of(&stage, bytes.as_bytes()), Some(status), "{bytes:?}");
    }
    let mut socket = stage.websocket("/v2/sip");
    assert_eq!(socket.next()[0]["msg"], "connected");
    socket.say(json!({"action": "subscribe", "quotes": ["*"]}));
    assert_eq!(socket.next()[0]["code"], 401);
    socket.say(json!({"action": "auth", "key": "<script>", "secret": "\u{0}"}));
    assert_eq!(socket.next()[0]["code"], 402);
    assert_eq!(socket.close_code(), 1008);
}

#[test]
fn clients_that_die_in_the_middle_of_a_frame_leave_their_place_to_others() {
    let stage = Stage::steady();
    // A whole frame would be: masked text of five bytes.
    let frame = [0x81, 0x85, 1, 2, 3, 4, b'h', b'e', b'l', b'l', b'o'];
    for cut in 0..frame.len() {
        let mut socket = stage.data("/v2/sip");
        socket.say(json!({"action": "subscribe", "quotes": ["SPY"]}));
        assert_eq!(socket.next()[0]["T"], "subscription");
        socket.inner.get_mut().write_all(&frame[..cut]).unwrap();
        // Dropped with quotes unread, as a kill leaves it: the connection is reset.
        while socket.inner.get_mut().peek(&mut [0]).unwrap() == 0 {}
        drop(socket);
        // One session for each feed: the next is let in once the last is known to be gone.
        loop {
            let mut next = stage.websocket("/v2/sip");
            assert_eq!(next.next()[0]["msg"], "connected");
            let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
            next.say(json!({"action": "auth", "key": key, "secret": secret}));
            let said = next.next()[0].clone();
            if said["msg"] == "authenticated" {
                next.inner.close(None).unwrap();
                while next.inner.read().is_ok() {}
                break;
            }
            assert_eq!(said["code"], 406, "{said}");
        }
    }
    assert_alive(&stage);
}

#[test]
fn hundreds_of_idle_connections_hold_up_nobody() {
    let stage = Stage::steady();
    // As many as a process with a thousand descriptors can have of both ends.
    let idle: Vec<Http> = (0..400).map(|_| stage.http_as(None)).collect();
    assert_alive(&stage);
    assert!(stage.updates().inner.can_write());
    drop(idle);
    assert_alive(&stage);
}
