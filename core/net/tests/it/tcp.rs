//! The link itself: connecting, the end of the stream, pressure.

use std::io::ErrorKind;

use st0ck_net::out_buffer::OutBuffer;
use st0ck_net::tcp::{LinkState, ReadOutcome, TcpLink};

use crate::support::{accept, listen, nowhere, remote, until, until_true};

#[test]
fn a_link_opens_and_counts_its_bytes() {
    let mut acceptor = listen();
    let mut link = TcpLink::connect(&remote(&acceptor, "http", "")).unwrap();
    assert_eq!(link.state(), LinkState::Connecting);
    until_true("open", || link.poll_connect().unwrap());
    assert_eq!(link.state(), LinkState::Open);
    let mut peer = accept(&mut acceptor);
    assert_eq!(link.write(b"hello").unwrap(), 5);
    peer.hear("hello");
    peer.say(b"world!");
    let mut chunk = [0; 64];
    let read = until("the answer", || match link.read(&mut chunk).unwrap() {
        ReadOutcome::Data(count) => Some(count),
        ReadOutcome::Idle => None,
        ReadOutcome::Eof => panic!("the peer is still there"),
    });
    assert_eq!(&chunk[..read], b"world!");
    assert_eq!((link.bytes_written(), link.bytes_read()), (5, 6));
}

#[test]
fn a_port_where_nobody_listens_refuses() {
    let mut link = TcpLink::connect(&nowhere("http")).unwrap();
    let kind = until("refused", || link.poll_connect().err());
    assert_eq!(kind, ErrorKind::ConnectionRefused.into());
    assert_eq!(link.state(), LinkState::Closed(ErrorKind::ConnectionRefused.into()));
    assert_eq!(
        link.read(&mut [0]),
        Err(ErrorKind::ConnectionRefused.into()),
        "and says so ever after"
    );
    assert_eq!(link.write(&[0]), Err(ErrorKind::ConnectionRefused.into()));
}

#[test]
fn a_half_closed_peer_can_still_be_written_to() {
    let mut acceptor = listen();
    let mut link = TcpLink::connect(&remote(&acceptor, "http", "")).unwrap();
    until_true("open", || link.poll_connect().unwrap());
    let mut peer = accept(&mut acceptor);
    peer.link.shutdown_write();
    until_true("the end", || link.read(&mut [0; 8]).unwrap() == ReadOutcome::Eof);
    link.write(b"still here").unwrap();
    peer.hear("still here");
}

#[test]
fn a_peer_that_does_not_read_fills_the_buffer_and_nothing_is_lost() {
    let mut acceptor = listen();
    let mut link = TcpLink::connect(&remote(&acceptor, "http", "")).unwrap();
    until_true("open", || link.poll_connect().unwrap());
    let mut peer = accept(&mut acceptor);
    let (mut out, mut sent) = (OutBuffer::new(1 << 16), Vec::new());
    // The kernel's own buffers take some megabytes first.
    let refused = until("the buffer fills", || {
        let block: Vec<u8> = (0..40_000).map(|at| (at % 251) as u8).collect();
        match out.push(&block) {
            Ok(()) => sent.extend_from_slice(&block),
            Err(full) => return Some(full),
        }
        link.flush(&mut out).unwrap();
        None
    });
    assert_eq!(refused.refused, 40_000);
    until_true("everything arrives", || {
        link.flush(&mut out).unwrap();
        peer.listen();
        peer.seen.len() == sent.len()
    });
    assert!(peer.seen == sent, "in order, once");
    assert_eq!(link.bytes_written(), sent.len() as u64);
}
