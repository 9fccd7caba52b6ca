//! Connections that others make: open when they arrive, or with the reason why not.

use rustls::version::TLS13;
use st0ck_net::dial::Dialer;
use st0ck_net::http::{
    FailureKind, HeaderBlock, HttpConfig, HttpConnection, HttpEvent, HttpFailure, Request,
};
use st0ck_net::tcp::LinkError;
use st0ck_net::tls::TlsFault;
use std::io::ErrorKind;

use crate::support::{accept, listen, nowhere, remote, until, until_true};
use crate::tls::server::{Server, honest};

fn failed(connection: &mut HttpConnection, now_ns: u64) -> HttpFailure {
    until("a failure", || match connection.poll(now_ns) {
        HttpEvent::Failed(failure) => Some(failure),
        HttpEvent::Connected => panic!("connected"),
        _ => None,
    })
}

#[test]
fn a_dialed_link_is_open_under_tls_when_it_arrives() {
    let (identity, trust) = honest();
    let mut server = Server::new(identity, &[&TLS13]);
    let remote = server.remote("https", &trust).through(&Dialer::start().unwrap());
    let mut connection = HttpConnection::new(remote, HttpConfig::default());
    connection.connect(0);
    let mut peer = server.accept();
    until_true("connected", || {
        peer.pump();
        matches!(connection.poll(1), HttpEvent::Connected)
    });
    connection.send(&Request::get("/clock"), &HeaderBlock::new(), 1_000).unwrap();
    until_true("the request", || {
        peer.pump();
        peer.seen.ends_with(b"\r\n\r\n")
    });
    peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    until_true("the answer", || {
        peer.pump();
        matches!(connection.poll(1), HttpEvent::Response(answer) if answer.status == 200)
    });
}

#[test]
fn why_there_is_no_link_is_told_as_in_place() {
    let dialer = Dialer::start().unwrap();
    let mut connection =
        HttpConnection::new(nowhere("http").through(&dialer), HttpConfig::default());
    connection.connect(0);
    let refused = FailureKind::Connect(ErrorKind::ConnectionRefused.into());
    assert_eq!(failed(&mut connection, 1).kind, refused);

    let acceptor = listen();
    let config = HttpConfig { connect_timeout_ns: 30_000_000, ..HttpConfig::default() };
    let silent = remote(&acceptor, "https", "").through(&dialer);
    let mut connection = HttpConnection::new(silent, config);
    connection.connect(0);
    // The asker's own clock stands still, so the dialer's is the one that ends it.
    let silent = FailureKind::Connect(LinkError::Tls(TlsFault::Silent));
    assert_eq!(failed(&mut connection, 1).kind, silent);
    connection.connect(2);
    // And an asker whose time is over does not wait for the dialer.
    let late = failed(&mut connection, 2 + config.connect_timeout_ns).kind;
    assert_eq!(late, FailureKind::Connect(ErrorKind::TimedOut.into()));
}

#[test]
fn an_asker_who_has_gone_leaves_no_connection() {
    let dialer = Dialer::start().unwrap();
    let mut acceptor = listen();
    let mut connection =
        HttpConnection::new(remote(&acceptor, "https", "").through(&dialer), HttpConfig::default());
    connection.connect(0);
    let mut peer = accept(&mut acceptor);
    connection.close();
    until_true("the end", || peer.listen());
    assert!(connection.is_down());
}

#[test]
fn jobs_beyond_the_queue_are_refused_and_not_forgotten() {
    let dialer = Dialer::start().unwrap();
    let acceptor = listen();
    let silent = remote(&acceptor, "https", "").through(&dialer);
    let mut connections: Vec<HttpConnection> =
        (0..100).map(|_| HttpConnection::new(silent.clone(), HttpConfig::default())).collect();
    connections.iter_mut().for_each(|connection| connection.connect(0));
    let busy = FailureKind::Connect(ErrorKind::ResourceBusy.into());
    let is_refused = |connection: &mut HttpConnection| matches!(connection.poll(1), HttpEvent::Failed(failure) if failure.kind == busy);
    let refused = connections.iter_mut().map(is_refused).filter(|&refused| refused).count();
    // Four are with the threads at most, and sixty-four wait.
    assert!((100 - 64 - 4..=100 - 64).contains(&refused), "{refused}");
}
