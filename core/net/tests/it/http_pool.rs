//! Several connections: the cancels' reserve, outcomes once each, coming back.

use std::collections::BTreeMap;

use st0ck_net::http::{HeaderBlock, HttpPool, Lane, PoolConfig, Request, SendRefused, Ticket};
use st0ck_net::reconnect::MIN_GAP_NS;
use st0ck_net::tcp::TcpAcceptor;

use crate::support::{Peer, accept, listen, remote, until, until_true};

fn pool(acceptor: &mut TcpAcceptor, config: PoolConfig) -> (HttpPool, Vec<Peer>) {
    let mut pool = HttpPool::new(&remote(acceptor, "http", ""), HeaderBlock::new(), config);
    let mut peers = Vec::new();
    until_true("the pool is warm", || {
        pool.poll(0, |_, _| panic!("nothing was asked"));
        if let Some(link) = acceptor.accept().unwrap() {
            peers.push(Peer { link, seen: Vec::new() });
        }
        pool.idle() == config.connections && peers.len() == config.connections
    });
    (pool, peers)
}

fn send(pool: &mut HttpPool, path: &str, lane: Lane) -> Result<Ticket, SendRefused> {
    pool.try_send(0, &Request::get(path), lane)
}

/// Polls once; outcomes by ticket: status and body, or the failure's text.
fn turn(pool: &mut HttpPool, now_ns: u64, into: &mut BTreeMap<Ticket, String>) {
    pool.poll(now_ns, |ticket, outcome| {
        let text = match outcome {
            Ok(answer) => format!("{} {}", answer.status, String::from_utf8_lossy(answer.body)),
            Err(failure) => failure.to_string(),
        };
        assert!(into.insert(ticket, text).is_none(), "an outcome comes once");
    });
}

fn answer_all(peers: &mut [Peer]) {
    for peer in peers {
        peer.listen();
        if peer.seen.ends_with(b"\r\n\r\n") {
            let path = peer.seen.split(|byte| *byte == b' ').nth(1).unwrap().to_vec();
            peer.seen.clear();
            peer.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", path.len()));
            peer.say(path);
        }
    }
}

#[test]
fn the_last_connection_is_the_cancels() {
    let mut acceptor = listen();
    let config = PoolConfig { connections: 3, reserved: 1, ..PoolConfig::default() };
    let (mut pool, mut peers) = pool(&mut acceptor, config);
    let first = send(&mut pool, "/a", Lane::Normal).unwrap();
    let second = send(&mut pool, "/b", Lane::Normal).unwrap();
    assert_eq!(send(&mut pool, "/c", Lane::Normal), Err(SendRefused::NotIdle));
    let cancel = send(&mut pool, "/d", Lane::Cancel).unwrap();
    assert_eq!(send(&mut pool, "/e", Lane::Cancel), Err(SendRefused::NotIdle));
    assert_eq!((pool.idle(), pool.in_flight()), (0, 3));

    let mut told = BTreeMap::new();
    until_true("all are answered", || {
        answer_all(&mut peers);
        turn(&mut pool, 0, &mut told);
        told.len() == 3
    });
    assert_eq!(told[&first], "200 /a");
    assert_eq!(told[&second], "200 /b");
    assert_eq!(told[&cancel], "200 /d");
    assert_eq!((pool.idle(), pool.in_flight()), (3, 0));
}

#[test]
fn answers_find_their_questions_over_many_rounds() {
    let mut acceptor = listen();
    let config = PoolConfig { connections: 4, reserved: 0, ..PoolConfig::default() };
    let (mut pool, mut peers) = pool(&mut acceptor, config);
    let (mut asked, mut told) = (BTreeMap::new(), BTreeMap::new());
    until_true("500 requests are answered", || {
        if asked.len() < 500 {
            let path = format!("/{}", asked.len());
            if let Ok(ticket) = send(&mut pool, &path, Lane::Normal) {
                asked.insert(ticket, format!("200 {path}"));
            }
        }
        answer_all(&mut peers);
        turn(&mut pool, 0, &mut told);
        told.len() == 500
    });
    assert_eq!(asked, told);
    assert!(acceptor.accept().unwrap().is_none(), "four connections were enough");
}

#[test]
fn a_lost_request_fails_once_and_its_connection_comes_back_in_time() {
    let mut acceptor = listen();
    let config = PoolConfig { connections: 1, reserved: 0, ..PoolConfig::default() };
    let (mut pool, mut peers) = pool(&mut acceptor, config);
    let ticket = send(&mut pool, "/a", Lane::Normal).unwrap();
    peers[0].hear("\r\n\r\n");
    let bytes = peers[0].seen.len();
    peers.clear();
    let mut told = BTreeMap::new();
    until_true("the loss is told", || {
        turn(&mut pool, MIN_GAP_NS, &mut told);
        !told.is_empty()
    });
    assert!(told[&ticket].contains(&format!("{bytes} of {bytes} bytes")), "{}", told[&ticket]);

    assert_eq!(send(&mut pool, "/b", Lane::Cancel), Err(SendRefused::NotIdle));
    turn(&mut pool, 2 * MIN_GAP_NS - 1, &mut told);
    assert!(acceptor.accept().unwrap().is_none(), "not before the gap is over");
    until_true("warm again", || {
        turn(&mut pool, 2 * MIN_GAP_NS, &mut told);
        pool.idle() == 1
    });
    accept(&mut acceptor);
    assert_eq!(told.len(), 1, "nothing was sent twice");
}

#[test]
fn a_server_that_closes_after_every_answer_is_served_at_the_least_gap() {
    let mut acceptor = listen();
    let config = PoolConfig { connections: 1, reserved: 0, ..PoolConfig::default() };
    let (mut pool, mut peers) = pool(&mut acceptor, config);
    let mut told = BTreeMap::new();
    // More rounds than the budget of a peer that only fails would allow within a minute.
    for round in 1..30_usize {
        let now_ns = round as u64 * 1_000_000_000;
        send(&mut pool, "/a", Lane::Normal).unwrap();
        let mut peer = peers.pop().unwrap();
        peer.hear("\r\n\r\n");
        peer.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        until_true("the answer", || {
            turn(&mut pool, now_ns, &mut told);
            told.len() == round
        });
        turn(&mut pool, now_ns + MIN_GAP_NS - 1, &mut told);
        assert!(acceptor.accept().unwrap().is_none(), "not before the gap is over");
        until_true("warm again", || {
            turn(&mut pool, now_ns + MIN_GAP_NS, &mut told);
            pool.idle() == 1
        });
        peers.push(accept(&mut acceptor));
    }
}

#[test]
fn a_peer_that_leaves_while_idle_is_noticed_within_a_turn_of_the_pool() {
    let mut acceptor = listen();
    let (mut pool, peers) = pool(&mut acceptor, PoolConfig::default());
    drop(peers);
    until_true("all are found gone", || {
        pool.poll(0, |_, _| panic!("nothing was asked"));
        pool.idle() == 0
    });
}

#[test]
fn a_request_that_cannot_be_rendered_is_told_apart_from_a_busy_pool() {
    let mut acceptor = listen();
    let (mut pool, _peers) = pool(&mut acceptor, PoolConfig::default());
    let refused = send(&mut pool, "/a b", Lane::Normal);
    assert!(matches!(refused, Err(SendRefused::Invalid(_))));
    assert_eq!((pool.idle(), pool.in_flight()), (4, 0));
}

#[test]
fn the_request_timeout_is_the_pools() {
    let mut acceptor = listen();
    let config = PoolConfig { request_timeout_ns: 77, ..PoolConfig::default() };
    let (mut pool, _peers) = pool(&mut acceptor, config);
    let ticket = send(&mut pool, "/slow", Lane::Normal).unwrap();
    let mut told = BTreeMap::new();
    turn(&mut pool, 76, &mut told);
    assert!(told.is_empty());
    let text = until("the deadline", || {
        turn(&mut pool, 77, &mut told);
        told.get(&ticket).cloned()
    });
    assert!(text.contains("no answer by the deadline"), "{text}");
}
