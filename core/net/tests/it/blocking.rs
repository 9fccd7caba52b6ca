//! The blocking helper against a server on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use st0ck_net::blocking::CallError;
use st0ck_net::endpoint::Remote;
use st0ck_net::http::{
    FailureKind, HeaderBlock, HttpConfig, HttpConnection, Limits, Request, SendRefused,
    ServerConnection, ServerEvent,
};
use st0ck_net::poll::Waiter;

use crate::support::{listen, nowhere, remote};

const PATIENCE: Duration = Duration::from_secs(20);

/// Answers every request with its path, and closes after the path `/last`.
struct Server {
    remote: Remote,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<usize>>,
}

impl Server {
    fn start() -> Self {
        let mut acceptor = listen();
        let remote = remote(&acceptor, "http", "");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut waiter = Waiter::new().unwrap();
            waiter.watch_acceptor(&mut acceptor).unwrap();
            let (mut connections, mut accepted) = (Vec::new(), 0);
            while !stopped.load(Ordering::Relaxed) {
                while let Some(link) = acceptor.accept().unwrap() {
                    accepted += 1;
                    let mut connection = ServerConnection::new(link, Limits::default());
                    waiter.watch(&mut connection).unwrap();
                    connections.push(connection);
                }
                connections.retain_mut(serve);
                waiter.wait(Duration::from_millis(5)).unwrap();
            }
            accepted
        });
        Self { remote, stop, thread: Some(thread) }
    }

    /// Stops and tells how many connections there were.
    fn stop(mut self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

fn serve(connection: &mut ServerConnection) -> bool {
    loop {
        match connection.poll(0) {
            ServerEvent::Quiet => return true,
            ServerEvent::Closed => return false,
            ServerEvent::Request => {
                let path = connection.request().unwrap().path().to_owned();
                connection.respond(200, &[("X-Kind", "echo")], path.as_bytes()).unwrap();
                if path == "/last" {
                    connection.finish();
                }
            }
        }
    }
}

fn call(connection: &mut HttpConnection, path: &str) -> Result<Vec<u8>, CallError> {
    let answer = connection.call_blocking(&Request::get(path), &HeaderBlock::new(), PATIENCE)?;
    assert_eq!((answer.status, answer.header("x-kind")), (200, Some("echo")));
    Ok(answer.body)
}

#[test]
fn calls_share_a_connection_until_the_server_closes_it() {
    let server = Server::start();
    let mut connection = HttpConnection::new(server.remote.clone(), HttpConfig::default());
    for path in ["/v2/account", "/v2/positions", "/last"] {
        assert_eq!(call(&mut connection, path).unwrap(), path.as_bytes());
    }
    // The server has hung up, maybe not yet noticed here; the next call may need a connection.
    while !connection.is_down() {
        connection.poll(0);
        thread::yield_now();
    }
    assert_eq!(call(&mut connection, "/v2/orders").unwrap(), b"/v2/orders");
    connection.send(&Request::get("/"), &HeaderBlock::new(), u64::MAX).unwrap();
    let refused = CallError::Refused(SendRefused::NotIdle);
    assert_eq!(call(&mut connection, "/"), Err(refused), "another's request is in flight");
    assert_eq!(server.stop(), 2);
}

#[test]
fn a_connection_gone_stale_is_not_written_to() {
    let server = Server::start();
    let mut connection = HttpConnection::new(server.remote.clone(), HttpConfig::default());
    call(&mut connection, "/").unwrap();
    server.stop();
    assert!(connection.is_idle(), "nobody has looked yet");
    match call(&mut connection, "/").unwrap_err() {
        CallError::Failed(failure) => assert!(failure.never_left(), "{failure}"),
        CallError::Refused(refused) => panic!("{refused}"),
    }
}

#[test]
fn nobody_there_is_told_at_once() {
    let mut connection = HttpConnection::new(nowhere("http"), HttpConfig::default());
    match call(&mut connection, "/").unwrap_err() {
        CallError::Failed(failure) => {
            assert!(matches!(failure.kind, FailureKind::Connect(_)), "{failure}");
        }
        CallError::Refused(refused) => panic!("{refused}"),
    }
}

#[test]
fn a_server_that_never_answers_costs_the_timeout_and_no_more() {
    let acceptor = listen();
    let mut connection = HttpConnection::new(remote(&acceptor, "http", ""), HttpConfig::default());
    let timeout = Duration::from_millis(60);
    let called = connection.call_blocking(&Request::get("/"), &HeaderBlock::new(), timeout);
    match called.unwrap_err() {
        CallError::Failed(failure) => {
            assert_eq!(failure.kind, FailureKind::Deadline);
            assert!(failure.bytes_written > 0, "it was sent, so its fate is unknown");
        }
        CallError::Refused(refused) => panic!("{refused}"),
    }
    assert!(connection.is_down());
}
