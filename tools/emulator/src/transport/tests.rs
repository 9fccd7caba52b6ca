//! What a peer may do to the server and what time does to a peer, with limits short enough to wait
//! for.

use super::{Arrived, Limits, Server};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

fn server(limits: Limits) -> (Server, u16) {
    let server = Server::bind(0, limits).unwrap();
    let port = server.port().unwrap();
    (server, port)
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Polls until the peer's connection ends, `dribbling` into it; what the peer was told.
fn end_of(server: &mut Server, peer: &mut TcpStream, dribbling: &[u8]) -> String {
    let (begun, mut told, mut chunk) = (Instant::now(), Vec::new(), [0; 1024]);
    let mut left = dribbling.iter();
    loop {
        assert!(begun.elapsed() < PATIENCE, "it is let go on for ever");
        server.poll(Duration::from_millis(1), &mut Vec::new()).unwrap();
        if let Some(byte) = left.next() {
            // Nobody may be there any more.
            let _ = peer.write(&[*byte]);
        }
        match peer.read(&mut chunk) {
            Ok(0) => return String::from_utf8(told).unwrap(),
            Ok(count) => told.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return String::from_utf8(told).unwrap(),
        }
    }
}

#[test]
fn a_request_that_comes_too_slowly_is_told_so_and_ends() {
    let patience = Duration::from_millis(50);
    let (mut server, port) = server(Limits { patience, ..Limits::default() });
    // One header field after the other, and never the end of them.
    let endless = "X: y\r\n".repeat(10_000);
    for begin in ["GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n"] {
        let mut peer = connect(port);
        let told = end_of(&mut server, &mut peer, format!("{begin}{endless}").as_bytes());
        assert!(told.starts_with("HTTP/1.1 408"), "{told:?}");
    }
}

#[test]
fn connections_beyond_the_limit_are_closed_and_the_others_stay() {
    let (mut server, port) = server(Limits { connections: 3, ..Limits::default() });
    let mut peers: Vec<TcpStream> = (0..3).map(|_| connect(port)).collect();
    server.poll(Duration::from_millis(100), &mut Vec::new()).unwrap();
    let mut further = connect(port);
    assert_eq!(end_of(&mut server, &mut further, b""), "");
    for peer in &mut peers {
        assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
    drop(peers.pop());
    // Its place is another's once its end was heard.
    let begun = Instant::now();
    let mut arrived = Vec::new();
    while arrived.is_empty() {
        assert!(begun.elapsed() < PATIENCE);
        let mut next = connect(port);
        let _ = next.write_all(b"GET / HTTP/1.1\r\n\r\n");
        server.poll(Duration::from_millis(10), &mut arrived).unwrap();
    }
    assert!(matches!(&arrived[0], Arrived::Request(_, request) if request.path == "/"));
}
