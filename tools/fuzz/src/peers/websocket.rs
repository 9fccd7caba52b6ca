//! Servers that send frames too large, too many or too slowly to a websocket client.

use super::Scene;
use st0ck_net::endpoint::{Endpoint, Remote};
use st0ck_net::http::HeaderBlock;
use st0ck_net::tls::Trust;
use st0ck_net::websocket::{WsClient, WsConfig, WsEvent};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

const MIB: usize = 1 << 20;
const SECOND: u64 = 1_000_000_000;

/// A scene with the default limits: one message of 1 MiB.
const fn scene(
    name: &'static str,
    about: &'static str,
    play: fn() -> String,
    want: &'static str,
) -> Scene {
    Scene { name, about, held: MIB as u64, play, want }
}

pub(super) static OVERSIZED_FRAME: Scene = scene(
    "ws_oversized_frame",
    "a frame that says 1 MiB + 1 byte, and 64 MiB behind it",
    || {
        converse(|mut stream| {
            let length = (MIB + 1) as u64;
            let _ = stream.write_all(&[&[0x82, 127][..], &length.to_be_bytes()].concat());
            flood(&mut stream, b"x", 64 * MIB);
        })
    },
    "open, closed by this side with 1009",
);

pub(super) static LARGEST_FRAME: Scene = scene(
    "ws_largest_frame",
    "a frame of just 1 MiB",
    || {
        converse(|mut stream| {
            let _ = stream.write_all(&[&[0x82, 127][..], &(MIB as u64).to_be_bytes()].concat());
            flood(&mut stream, b"x", MIB);
            let _ = stream.write_all(GOODBYE);
        })
    },
    "open, message of 1048576, closed by the peer with 1000 \"\"",
);

pub(super) static MANY_FRAGMENTS: Scene = scene(
    "ws_many_fragments",
    "a message in 100,000 fragments of a byte",
    || converse(|stream| fragments(stream, &[0x00, 1, b'x'], 99_999)),
    "open, message of 99999, closed by the peer with 1000 \"\"",
);

pub(super) static EMPTY_FRAGMENTS: Scene = scene(
    "ws_empty_fragments",
    "a message in 100,000 fragments of nothing",
    || converse(|stream| fragments(stream, &[0x00, 0], 99_999)),
    "open, message of 0, closed by the peer with 1000 \"\"",
);

pub(super) static ENDLESS_FRAGMENTS: Scene = scene(
    "ws_endless_fragments",
    "fragments of 100 bytes without an end",
    || {
        let fragment = [&[0x00, 100][..], &[b'x'; 100]].concat();
        converse(move |stream| fragments(stream, &fragment, 1_000_000))
    },
    "open, closed by this side with 1009",
);

pub(super) static PINGS: Scene = scene(
    "ws_pings",
    "100,000 pings of 125 bytes from a peer that reads no pong",
    || {
        converse(|mut stream| {
            let ping = [&[0x89, 125][..], &[b'?'; 125]].concat();
            flood(&mut stream, &ping, 100_000 * ping.len());
            let _ = stream.write_all(GOODBYE);
            // Leaving with pongs unread would make the kernel reset the connection.
            let mut scrap = [0; 4096];
            while stream.read(&mut scrap).is_ok_and(|read| read > 0) {}
        })
    },
    "open, closed by the peer with 1000 \"\"",
);

pub(super) static SLOW_OPENING: Scene = scene(
    "ws_slow_opening",
    "an answer to the handshake at one byte a second",
    slow_opening,
    "the websocket did not open in time after 10 s",
);

pub(super) static SLOW_FRAME: Scene = scene(
    "ws_slow_frame",
    "a frame at one byte a second for an hour",
    slow_frame,
    "open, 3600 bytes in 3600 s, nothing told",
);

/// A close frame with 1000.
const GOODBYE: &[u8] = &[0x88, 2, 0x03, 0xe8];

/// An unfinished binary message, `fragment` many times, its end, and goodbye.
fn fragments(mut stream: TcpStream, fragment: &[u8], count: usize) {
    let _ = stream.write_all(&[0x02, 0]);
    flood(&mut stream, fragment, count * fragment.len());
    let _ = stream.write_all(&[0x80, 0]);
    let _ = stream.write_all(GOODBYE);
}

/// Writes `pattern` again and again, `total` bytes, from 16 KiB at a time; ends when the client does.
pub(super) fn flood(stream: &mut TcpStream, pattern: &[u8], total: usize) {
    let chunk = pattern.repeat((16 << 10) / pattern.len());
    let mut left = total;
    while left > 0 {
        let now = chunk.len().min(left);
        if stream.write_all(&chunk[..now]).is_err() {
            return;
        }
        left -= now;
    }
}

/// A listener, and where it is.
pub(super) fn listen(scheme: &str) -> (TcpListener, Remote) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let addr = listener.local_addr().expect("a bound listener has an address");
    let endpoint = Endpoint::parse(&format!("{scheme}://{addr}/v2/iex")).expect("a sound URL");
    (listener, endpoint.resolve(&Trust::nobody()).expect("an address needs no resolver"))
}

fn connect(remote: &Remote) -> WsClient {
    WsClient::connect(0, remote, &HeaderBlock::new(), WsConfig::default())
        .expect("the listener is there")
}

/// The server's half of the handshake by hand; the accept line's bytes are the caller's to send.
fn answer(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        seen.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&seen).into_owned();
    let key = text.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let accept = tungstenite::handshake::derive_accept_key(key.unwrap_or_default().as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// A server that shakes hands and then does as told.
fn serve(listener: TcpListener, script: impl FnOnce(TcpStream) + Send + 'static) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client connects");
        let answer = answer(&mut stream);
        if stream.write_all(answer.as_bytes()).is_ok() {
            script(stream);
        }
    })
}

/// A client against the script, to its end: what it was told, in words.
fn converse(script: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let (listener, remote) = listen("ws");
    let server = serve(listener, script);
    let mut client = connect(&remote);
    let mut told: Vec<String> = Vec::new();
    let mut closed = false;
    while !closed {
        let mut quiet = true;
        client.poll(
            0,
            || 0,
            |event| {
                quiet = false;
                match event {
                    WsEvent::Open => told.push("open".to_owned()),
                    WsEvent::Message { data, .. } => {
                        told.push(format!("message of {}", data.len()))
                    }
                    WsEvent::Pong { .. } => told.push("pong".to_owned()),
                    WsEvent::Closed(cause) => {
                        told.push(cause.to_string());
                        closed = true;
                    }
                }
            },
        );
        if quiet {
            std::thread::yield_now();
        }
    }
    drop(client);
    server.join().expect("the script does not panic");
    told.join(", ")
}

/// Time is an argument: a second passes when a byte was sent.
fn slow_opening() -> String {
    let (listener, remote) = listen("ws");
    let mut client = connect(&remote);
    let (mut stream, _) = listener.accept().expect("the client connects");
    let mut told = None;
    let mut poll = |client: &mut WsClient, now| {
        client.poll(
            now,
            || 0,
            |event| {
                if let WsEvent::Closed(cause) = event {
                    told = Some(cause.to_string());
                }
            },
        );
        told.clone()
    };
    stream.set_nonblocking(true).expect("a socket can be made non-blocking");
    let mut scrap = [0; 4096];
    while !matches!(stream.read(&mut scrap), Ok(read) if read > 0) {
        let _ = poll(&mut client, 0);
    }
    for (second, byte) in (0u64..).zip(b"HTTP/1.1 101 Switching Protocols\r\n") {
        let _ = stream.write_all(&[*byte]);
        if let Some(cause) = poll(&mut client, second * SECOND) {
            return format!("{cause} after {second} s");
        }
    }
    "it waits on".to_owned()
}

fn slow_frame() -> String {
    let (listener, remote) = listen("ws");
    let (tell, ready) = std::sync::mpsc::channel();
    let server = serve(listener, move |stream| tell.send(stream).expect("the scene listens"));
    let mut client = connect(&remote);
    while !client.is_open() {
        client.poll(0, || 0, |_| {});
    }
    let mut stream = ready.recv().expect("the handshake is done");
    server.join().expect("the script does not panic");
    let frame = [&[0x82, 126, 0xff, 0xff][..], &[b'x'; 3596]].concat();
    let mut told = 0;
    for (second, byte) in (1u64..).zip(&frame) {
        stream.write_all(&[*byte]).expect("the client reads");
        client.poll(second * SECOND, || 0, |_| told += 1);
    }
    let open = if client.is_open() { "open" } else { "closed" };
    let told = if told == 0 { "nothing told" } else { "told" };
    format!("{open}, {} bytes in {} s, {told}", frame.len(), frame.len())
}
