//! The clients: each has a connection of its own and places an order when its turn comes, cancels
//! it when it is answered, and waits for its next turn. One thread has them all: a hundred threads
//! would take longer to schedule than to do their work.

use super::Load;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// Far longer than any reply takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Never filled: too far from the market. And small: a hundred of them are open at once.
const ORDER: &str = concat!(
    r#"{"symbol":"SPY","qty":"1","side":"buy","type":"limit","limit_price":"300","#,
    r#""time_in_force":"day"}"#
);

/// What the clients have done.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Orders placed and canceled.
    pub(super) orders: u64,
    /// The longest that one waited for a reply, the order's way included.
    pub(super) slowest: Duration,
}

/// What a client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    Turn,
    Order,
    Cancel,
}

struct Client {
    stream: TcpStream,
    waits: Waits,
    asked_at: Instant,
    next: Duration,
    unread: Vec<u8>,
}

/// The requests of one account.
struct Requests {
    fields: String,
    order: Vec<u8>,
}

impl Requests {
    fn new((key, secret): (&str, &str)) -> Self {
        let fields = format!(
            "Host: 127.0.0.1\r\nAPCA-API-KEY-ID: {key}\r\nAPCA-API-SECRET-KEY: {secret}\r\n"
        );
        let length = ORDER.len();
        let order = format!(
            "POST /v2/orders HTTP/1.1\r\n{fields}Content-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{ORDER}"
        );
        Self { order: order.into_bytes(), fields }
    }

    fn cancel(&self, id: &str) -> Vec<u8> {
        format!("DELETE /v2/orders/{id} HTTP/1.1\r\n{}\r\n", self.fields).into_bytes()
    }
}

impl Client {
    /// Sends a request, which is smaller than any socket's buffer.
    fn ask(&mut self, request: &[u8], waits: Waits) {
        let sent = self.stream.write(request).expect("room for a request");
        assert_eq!(sent, request.len(), "a request is written at once");
        (self.waits, self.asked_at) = (waits, Instant::now());
    }

    /// Reads what came; the status and body of the reply, once it is whole.
    fn hear(&mut self, chunk: &mut [u8]) -> Option<(u16, String)> {
        // A reply is smaller than the chunk: one read has all of it that there is.
        match self.stream.read(chunk) {
            Ok(0) => panic!("the emulator closed a connection"),
            Ok(count) => self.unread.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => panic!("no reply: {error}"),
        }
        let text = std::str::from_utf8(&self.unread).unwrap();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length = head
            .split_once("Content-Length: ")
            .map_or("0", |(_, rest)| rest.lines().next().unwrap_or_default());
        if body.len() < length.parse::<usize>().unwrap() {
            return None;
        }
        let reply = (head[9..12].parse().unwrap(), body.to_owned());
        self.unread.clear();
        Some(reply)
    }
}

/// Trades until the load's time is over and every order is canceled.
pub(super) fn trade(port: u16, keys: (&str, &str), load: Load) -> Tally {
    let requests = Requests::new(keys);
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(256));
    let every = Duration::from_secs(1) * load.clients / load.orders_per_s;
    let mut clients: Vec<Client> =
        (0..load.clients).map(|n| connect(&poll, port, n, every * n / load.clients)).collect();
    let mut turns: BinaryHeap<Reverse<(Duration, usize)>> =
        clients.iter().enumerate().map(|(number, client)| Reverse((client.next, number))).collect();
    let (mut tally, mut chunk, begun) = (Tally::default(), vec![0; 16 << 10], Instant::now());
    while tally.orders < load.orders() {
        let until =
            turns.peek().map_or(PATIENCE, |Reverse((at, _))| at.saturating_sub(begun.elapsed()));
        poll.poll(&mut events, Some(until)).unwrap();
        for event in &events {
            let client = &mut clients[event.token().0];
            if client.waits == Waits::Turn {
                continue;
            }
            let Some((status, body)) = client.hear(&mut chunk) else { continue };
            tally.slowest = tally.slowest.max(client.asked_at.elapsed());
            if client.waits == Waits::Order {
                assert_eq!(status, 200, "{body}");
                let (_, id) = body.split_once(r#""id":""#).expect("an order has an id");
                client.ask(&requests.cancel(&id[..36]), Waits::Cancel);
                continue;
            }
            assert_eq!(status, 204, "{body}");
            tally.orders += 1;
            client.waits = Waits::Turn;
            client.next += every;
            if client.next < load.lasts {
                turns.push(Reverse((client.next, event.token().0)));
            }
        }
        // A client that is late catches up: the rate is kept, not the gaps.
        while let Some(&Reverse((at, number))) = turns.peek()
            && at <= begun.elapsed()
        {
            turns.pop();
            clients[number].ask(&requests.order, Waits::Order);
        }
    }
    tally
}

fn connect(poll: &Poll, port: u16, number: u32, next: Duration) -> Client {
    let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_nonblocking(true).unwrap();
    let mut stream = TcpStream::from_std(stream);
    let token = Token(number as usize);
    poll.registry().register(&mut stream, token, Interest::READABLE).unwrap();
    Client { stream, waits: Waits::Turn, asked_at: Instant::now(), next, unread: Vec::new() }
}
