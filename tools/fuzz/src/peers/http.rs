//! Servers that answer a request with too much, or too slowly.

use super::Scene;
use super::websocket::{flood, listen};
use st0ck_net::http::{HeaderBlock, HttpConfig, HttpConnection, HttpEvent, Request};
use std::io::{Read, Write};
use std::net::TcpStream;

const MIB: u64 = 1 << 20;
/// The default limit of a body.
const BODY: u64 = 4 * MIB;
const SECOND: u64 = 1_000_000_000;

const fn scene(
    name: &'static str,
    about: &'static str,
    held: u64,
    play: fn() -> String,
    want: &'static str,
) -> Scene {
    Scene { name, about, held, play, want }
}

pub(super) static LONG_HEAD: Scene = scene(
    "http_long_head",
    "a header field of 64 MiB",
    16 << 10,
    || {
        ask(|mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ");
            flood(&mut stream, b"x", 64 << 20);
        })
    },
    "the answer is not HTTP: the header block is longer than 16384 bytes",
);

pub(super) static MANY_FIELDS: Scene = scene(
    "http_many_fields",
    "65 header fields",
    16 << 10,
    || {
        ask(|mut stream| {
            let fields = "A: b\r\n".repeat(65);
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes());
        })
    },
    "the answer is not HTTP: more than 64 header fields",
);

pub(super) static DECLARED_BODY: Scene = scene(
    "http_declared_body",
    "a body that says 1 GiB, and 64 MiB of it",
    16 << 10,
    || {
        ask(|mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
            flood(&mut stream, b"x", 64 << 20);
        })
    },
    "the answer is not HTTP: the body is longer than 4194304 bytes",
);

pub(super) static ENDLESS_CHUNKS: Scene = scene(
    "http_endless_chunks",
    "chunks of 16 bytes without an end",
    BODY,
    || {
        ask(|mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            flood(&mut stream, b"10\r\n0123456789abcdef\r\n", 64 << 20);
        })
    },
    "the answer is not HTTP: malformed chunk",
);

pub(super) static SLOW_ANSWER: Scene = scene(
    "http_slow_answer",
    "an answer at one byte a second",
    16 << 10,
    slow_answer,
    "no answer by the deadline after 5 s",
);

pub(super) static PACKED_ANSWER: Scene = scene(
    "http_packed_answer",
    "a body that would unpack to 256 MiB: nobody asked for packing, nobody unpacks",
    BODY,
    || {
        ask(|mut stream| {
            let bomb = super::files::bomb(b'0', 256 << 20);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                bomb.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bomb));
        })
    },
    "200, a body as long as it was sent",
);

/// Asks once and waits for what comes of it.
fn ask(script: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let (listener, remote) = listen("http");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client connects");
        let mut scrap = [0; 1024];
        if stream.read(&mut scrap).is_ok_and(|read| read > 0) {
            script(stream);
        }
    });
    let mut connection = HttpConnection::new(remote, HttpConfig::default());
    connection.connect(0);
    let said = loop {
        let is_down = match connection.poll(0) {
            HttpEvent::Connected => false,
            HttpEvent::Quiet => {
                std::thread::yield_now();
                continue;
            }
            HttpEvent::Failed(failure) => break failure.kind.to_string(),
            HttpEvent::Response(response) => {
                let told = response.headers.text("content-length").and_then(|n| n.parse().ok());
                let whole = told == Some(response.body.len());
                let length = if whole { "a body as long as it was sent" } else { "another body" };
                break format!("{}, {length}", response.status);
            }
            HttpEvent::Disconnected => true,
        };
        assert!(!is_down, "the peer left before it was asked");
        let asked = connection.send(&Request::get("/v2/account"), &HeaderBlock::new(), u64::MAX);
        asked.expect("the connection is idle");
    };
    drop(connection);
    server.join().expect("the script does not panic");
    said
}

/// Time is an argument: a second passes when a byte was sent.
fn slow_answer() -> String {
    let (listener, remote) = listen("http");
    let mut connection = HttpConnection::new(remote, HttpConfig::default());
    connection.connect(0);
    let (mut stream, _) = listener.accept().expect("the client connects");
    while !connection.is_idle() {
        let _ = connection.poll(0);
    }
    let asked = connection.send(&Request::get("/v2/account"), &HeaderBlock::new(), 5 * SECOND);
    asked.expect("the connection is idle");
    for (second, byte) in (0u64..).zip(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") {
        let _ = stream.write_all(&[*byte]);
        if let HttpEvent::Failed(failure) = connection.poll(second * SECOND) {
            return format!("{} after {second} s", failure.kind);
        }
    }
    "it waits on".to_owned()
}
