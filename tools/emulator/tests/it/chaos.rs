//! The proxy over real sockets: what comes out at the other end is what the file said.

use crate::client::{Http, Socket};
use crate::stage::Stage;
use serde_json::json;
use st0ck_emulator::{Chaos, ChaosConfig, ChaosError, FaultPlan};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy on a thread of its own.
struct Proxy {
    port: u16,
    stop: Arc<AtomicBool>,
    log: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

fn bind(to: SocketAddr, faults: &str, log: &Arc<Mutex<Vec<String>>>) -> Result<Chaos, ChaosError> {
    let log = log.clone();
    Chaos::bind(ChaosConfig {
        to,
        port: 0,
        plan: FaultPlan::parse(faults, "faults.toml").unwrap(),
        seed: 1,
        log: Box::new(move |line| log.lock().unwrap().push(line.to_owned())),
    })
}

impl Proxy {
    fn start(to: u16, faults: &str) -> Self {
        let (stop, log) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let mut chaos = bind(SocketAddr::from(([127, 0, 0, 1], to)), faults, &log).unwrap();
        let listen = chaos.endpoints().unwrap().listen;
        let flag = stop.clone();
        let thread = std::thread::spawn(move || chaos.run(&flag).unwrap());
        Self {
            port: listen.rsplit(':').next().unwrap().parse().unwrap(),
            stop,
            log,
            thread: Some(thread),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Everything it has told when it has ended: a turn is told of after its bytes have passed.
    fn end(self) -> Vec<String> {
        let log = self.log.clone();
        drop(self);
        log.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// A server that takes one connection, reads what comes to its end and says `words`.
fn server(words: Vec<u8>) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        // A fault may take the connection away at any moment.
        let _ = stream.write_all(&words);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    (port, thread)
}

fn many(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 31 % 251) as u8).collect()
}

/// Reads to the end; the sizes and times of what each read gave, and how it ended.
pub(crate) fn reads(
    mut stream: TcpStream,
    begun: Instant,
) -> (Vec<u8>, Vec<(usize, Duration)>, Option<ErrorKind>) {
    let (mut all, mut reads, mut chunk) = (Vec::new(), Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return (all, reads, None),
            Ok(count) => {
                all.extend_from_slice(&chunk[..count]);
                reads.push((count, begun.elapsed()));
            }
            Err(error) => return (all, reads, Some(error.kind())),
        }
    }
}

fn keys(stage: &Stage) -> Option<(String, String)> {
    Some((stage.endpoints().key.clone(), stage.endpoints().secret.clone()))
}

#[test]
fn without_a_fault_every_byte_passes_both_ways() {
    let (said, heard) = (many(1 << 20), many(700_000));
    let (port, thread) = server(said.clone());
    let proxy = Proxy::start(port, "");
    let mut client = proxy.connect();
    let mut writer = client.try_clone().unwrap();
    let asked = heard.clone();
    let sender = std::thread::spawn(move || {
        writer.write_all(&asked).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut all = Vec::new();
    client.read_to_end(&mut all).unwrap();
    sender.join().unwrap();
    assert!(all == said && thread.join().unwrap() == heard);
    assert!(proxy.log().is_empty());
}

#[test]
fn an_emulator_behind_it_trades_as_ever_and_faults_of_messages_leave_bytes_alone() {
    let stage = Stage::steady();
    let quiet = "[[fault]]\nkind = \"drop\"\non = \"any\"\nchance = 0\n";
    let proxy = Proxy::start(stage.port(), quiet);
    let mut http = Http::connect(proxy.port, keys(&stage));
    let mut socket = Socket::connect(proxy.port, "/stream");
    let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
    socket.say(json!({"action": "auth", "key": key, "secret": secret}));
    assert_eq!(socket.next()["data"]["status"], "authorized");
    socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
    assert_eq!(socket.next()["stream"], "listening");
    assert_eq!(http.post(&crate::orders::limit("buy", "1", "300")).status, 200);
    let events: Vec<_> = (0..2).map(|_| socket.next()["data"]["event"].clone()).collect();
    assert_eq!(events, ["pending_new", "new"]);
    assert_eq!(http.delete("/v2/orders").status, 207);
    assert_eq!(http.ask("HEAD", "/v2/clock", "").status, 405);
    assert_eq!(http.ask("GET", "/v2/clock", "").status, 200);
}

#[test]
fn a_cut_ends_behind_its_byte_by_an_end_or_by_a_reset() {
    for (reset, ending) in [(false, None), (true, Some(ErrorKind::ConnectionReset))] {
        let (port, thread) = server(many(5_000));
        let fault = format!(
            "[[fault]]\nkind = \"cut\"\non = \"connections\"\nafter_bytes = 1234\nreset = {reset}\n"
        );
        let proxy = Proxy::start(port, &fault);
        // It says nothing: a write after a reset would be told of it in place of the read.
        let (all, _, end) = reads(proxy.connect(), Instant::now());
        assert_eq!(end, ending);
        // A reset may overtake the last bytes.
        assert!(
            if reset { all.len() <= 1234 } else { all == many(5_000)[..1234] },
            "{}",
            all.len()
        );
        thread.join().unwrap();
        assert_eq!(proxy.end(), ["cut-1: cut on connections of connection 1, number 1"]);
    }
}

#[test]
fn who_still_speaks_at_an_orderly_end_reads_all_that_came_before_it() {
    let (port, thread) = server(many(5_000));
    let fault = "[[fault]]\nkind = \"cut\"\non = \"connections\"\nafter_bytes = 1234\n";
    let proxy = Proxy::start(port, fault);
    let client = proxy.connect();
    let mut writer = client.try_clone().unwrap();
    // Bytes that nobody reads would make the system reset the connection when it is closed.
    let speaker = std::thread::spawn(move || (0..200).all(|_| writer.write_all(&[7; 500]).is_ok()));
    let (all, _, end) = reads(client, Instant::now());
    assert_eq!((all.len(), end), (1234, None));
    speaker.join().unwrap();
    thread.join().unwrap();
}

/// Bytes came `piece` at once and then one piece every `gap`; nothing before the first gap when there
/// is no piece. A reader that is late finds more at once, and never more than had time to come.
#[track_caller]
pub(crate) fn assert_paced(fault: &str, reads: &[(usize, Duration)], piece: usize, gap: Duration) {
    let mut come = 0;
    for (size, passed) in reads {
        come += size;
        let pieces = 1 + (passed.as_nanos() / gap.as_nanos()) as usize;
        match piece {
            0 => assert!(*passed >= gap, "{fault}: {come} bytes in {passed:?}"),
            _ => assert!(come <= piece * pieces, "{fault}: {come} bytes in {passed:?}"),
        }
    }
}

#[test]
fn bytes_come_slowly_in_pieces_one_by_one_or_late() {
    let ms = Duration::from_millis;
    // What comes at once, the pause behind it, and how many bytes there are.
    let cases = [
        ("kind = \"slow\"\nbytes_per_s = 5000\n", 100, ms(20), 1000),
        ("kind = \"partial_write\"\nmax_bytes = 100\npause_ms = 10\n", 100, ms(10), 1000),
        ("kind = \"byte_at_a_time\"\npause_us = 1000\n", 1, ms(1), 100),
        ("kind = \"delay\"\non = \"connections\"\nms = 120\n", 0, ms(120), 1000),
    ];
    for (fault, piece, gap, count) in cases {
        let (port, thread) = server(many(count));
        let proxy = Proxy::start(port, &format!("[[fault]]\n{fault}"));
        let begun = Instant::now();
        let client = proxy.connect();
        let closer = client.try_clone().unwrap();
        let (all, reads, _) = reads(client, begun);
        drop(closer.shutdown(std::net::Shutdown::Both));
        assert!(all == many(count), "{fault}: nothing is changed or lost");
        assert_paced(fault, &reads, piece, gap);
        drop(proxy);
        thread.join().unwrap();
    }
}

#[test]
fn a_half_open_connection_stays_and_says_nothing() {
    let (port, thread) = server(many(3_000));
    let proxy = Proxy::start(port, "[[fault]]\nkind = \"half_open\"\nafter_bytes = 100\n");
    let mut client = proxy.connect();
    let mut first = [0; 100];
    client.read_exact(&mut first).unwrap();
    assert_eq!(first[..], many(100)[..]);
    client.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    let error = client.read(&mut first).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    client.write_all(b"anybody there?").unwrap();
    drop(proxy);
    // What is half open takes the bytes it still may, and no end.
    assert!(thread.join().unwrap().len() <= 100);
}

/// Statuses of the replies to so many requests that a fault lets through, and what it did.
fn replies(fault: &str, asks: usize) -> (Vec<u16>, Vec<String>) {
    let stage = Stage::steady();
    let proxy = Proxy::start(stage.port(), &format!("[[fault]]\n{fault}"));
    let mut http = Http::connect(proxy.port, keys(&stage));
    let paths = ["/v2/clock", "/v2/orders:by_client_order_id?client_order_id=x"];
    let mut statuses = Vec::new();
    for n in 0..asks {
        let request = http.render("GET", paths[n % 2], "");
        if http.stream.write_all(&request).is_err() {
            break;
        }
    }
    // Cancels are left alone, and behind the last reply the connection ends.
    let last = String::from_utf8(http.render("DELETE", "/v2/orders", "")).unwrap();
    let _ = http.stream.write_all(last.replacen("Host", "Connection: close\r\nHost", 1).as_bytes());
    let mut text = Vec::new();
    let _ = http.stream.read_to_end(&mut text);
    for line in String::from_utf8_lossy(&text).split("HTTP/1.1 ").skip(1) {
        statuses.push(line[..3].parse().unwrap());
    }
    statuses.retain(|status| *status != 207);
    (statuses, proxy.end())
}

#[test]
fn replies_are_dropped_and_cut_as_the_file_says() {
    let (statuses, log) = replies("kind = \"drop\"\non = \"reads\"\nevery = 3\n", 6);
    assert_eq!(statuses, [200, 404, 404, 200], "the third and the sixth never come");
    assert_eq!(log[1], "drop-1: drop on reads of connection 1, number 2");
    let (statuses, _) = replies("kind = \"cut\"\non = \"reads\"\nevery = 3\nafter_bytes = 20\n", 6);
    assert_eq!(statuses, [200, 404, 200], "twenty bytes of the third, and then nothing");
}

#[test]
fn a_request_that_is_dropped_never_reaches_its_server() {
    let stage = Stage::steady();
    let fault =
        "[[fault]]\nkind = \"drop\"\non = \"orders\"\nway = \"to_server\"\nsymbol = \"SPY\"\n";
    let proxy = Proxy::start(stage.port(), fault);
    let mut http = Http::connect(proxy.port, keys(&stage));
    let order = crate::orders::limit("buy", "1", "300").to_string();
    let request = http.render("POST", "/v2/orders", &order);
    http.stream.write_all(&request).unwrap();
    assert_eq!(http.get("/v2/orders?status=all"), json!([]));
}

#[test]
fn messages_of_a_stream_are_doubled_and_silenced() {
    for (fault, expected) in [
        (
            "kind = \"duplicate\"\non = \"updates\"\nevent = \"new\"\ntimes = 2\n",
            "pending_new new new new canceled",
        ),
        ("kind = \"drop\"\non = \"updates\"\nevent = \"new\"\n", "pending_new canceled"),
        (
            "kind = \"reorder\"\non = \"updates\"\nevent = \"pending_new\"\n",
            "new pending_new canceled",
        ),
    ] {
        let stage = Stage::steady();
        let proxy = Proxy::start(stage.port(), &format!("[[fault]]\n{fault}"));
        let mut socket = Socket::connect(proxy.port, "/stream");
        let (key, secret) = (&stage.endpoints().key, &stage.endpoints().secret);
        socket.say(json!({"action": "auth", "key": key, "secret": secret}));
        socket.next();
        socket.say(json!({"action": "listen", "data": {"streams": ["trade_updates"]}}));
        socket.next();
        let mut http = stage.http();
        http.post(&crate::orders::limit("buy", "1", "300"));
        let mut heard = Vec::new();
        while heard.last().is_none_or(|event| event != "canceled") {
            heard.push(socket.next()["data"]["event"].as_str().unwrap().to_owned());
            if heard.len() == expected.split(' ').count() - 1 {
                http.delete("/v2/orders");
            }
        }
        assert_eq!(heard.join(" "), expected, "{fault}");
    }
}

#[test]
fn the_same_seed_and_traffic_give_the_same_log() {
    let fault = "kind = \"drop\"\non = \"reads\"\nchance = 400\n";
    let (first, again) = (replies(fault, 40), replies(fault, 40));
    assert_eq!(first, again);
    assert!(first.1.len() > 5 && first.1.len() < 30, "{}", first.1.len());
    let other = replies(&format!("{fault}name = \"x\"\n"), 40);
    assert_ne!(first.0, other.0, "another name draws other numbers");
}

#[test]
fn what_a_proxy_cannot_do_is_refused_before_it_runs() {
    let refused = |to: &str, fault: &str| {
        let result = bind(to.parse().unwrap(), &format!("[[fault]]\n{fault}"), &Arc::default());
        result.err().expect("refused").to_string()
    };
    let here = "127.0.0.1:9";
    assert!(refused("192.0.2.1:80", "kind = \"mute\"\non = \"news\"\n").contains("loopback"));
    let words = refused(here, "kind = \"too_many\"\non = \"any\"\n");
    assert!(
        words.contains("line 1: the fault \"too_many-1\" (too_many) is made by the broker"),
        "{words}"
    );
    assert!(
        refused(here, "kind = \"mute\"\non = \"news\"\nat = \"10:00\"\n").contains("write `after`")
    );
    assert!(
        refused(here, "kind = \"mute\"\non = \"news\"\naccount = 1\n").contains("leave it out")
    );
}
