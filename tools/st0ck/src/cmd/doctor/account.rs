//! What trading needs beside the machine: keys, somebody who answers, a calendar that knows today.
//!
//! *Invariant:* a credential is never shown, not even its length.

use super::line::Line;
use crate::config::dotenv::Environment;
use crate::exit::Failure;
use crate::signed::signature::Signature;
use st0ck_types::Nanos;
use st0ck_types::calendar::NYSE;
use st0ck_types::time::DAY;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long the whole look at the network may take.
const PATIENCE: Duration = Duration::from_millis(2500);
/// From here on a release with a longer calendar is due.
const CALENDAR_LOW: i64 = 90 * DAY;

/// Whether the bot's credentials are there, and for nobody else to read. `folder` is where a `.env`
/// would be.
pub(super) fn keys(bot: &str, environment: &Environment, folder: &Path) -> Line {
    const CHECK: &str = "keys";
    let name = bot.to_ascii_uppercase();
    let has = |suffix: &str| environment.get(&format!("{name}_{suffix}")).is_some();
    let (key, secret) = (has("KEY"), has("SECRET"));
    let set = format!(
        "export {name}_KEY=… {name}_SECRET=…, or the two lines in {}; st0ck demo needs none",
        folder.join(".env").display()
    );
    match (key, secret) {
        (false, false) => return Line::warn(CHECK, format!("none for {bot}"), set),
        (true, false) => return Line::fail(CHECK, format!("{name}_SECRET is not set"), set),
        (false, true) => return Line::fail(CHECK, format!("{name}_KEY is not set"), set),
        (true, true) => {}
    }
    let file = folder.join(".env");
    let mode = file.metadata().map_or(0, |meta| meta.permissions().mode());
    if mode & 0o077 != 0 {
        let value = format!("{name}_KEY, {name}_SECRET; {} is open to others", file.display());
        return Line::fail(CHECK, value, format!("chmod 600 {}", file.display()));
    }
    Line::ok(CHECK, format!("{name}_KEY, {name}_SECRET"))
}

/// Adds to the line about the keys whether limits are pinned, and fails it when a start would refuse.
pub(super) fn limits(keys: Line, signed: Result<Option<Signature>, Failure>) -> Line {
    let said = |words: &str| format!("{}; {words}", keys.value);
    match signed {
        Ok(Some(signature)) => {
            let value = said(&format!("limits signed with key {}", signature.key));
            Line { value, ..keys }
        }
        Ok(None) => Line { value: said("limits not pinned to a key"), ..keys },
        Err(failure) => {
            let fix = "sign the configuration (st0ck config sign) and name it with --config; \
                       OPERATIONS.md tells how";
            Line::fail(keys.check, said(&failure.words), fix)
        }
    }
}

/// One root to be reached, and what came of it.
#[derive(Debug)]
pub(super) struct Reached {
    url: String,
    outcome: Result<Duration, String>,
}

/// Tries to connect to each of these roots, all at once, for [`PATIENCE`] at most. Nothing is sent.
///
/// Looking up a name cannot be interrupted: the thread of one that takes longer is left behind, and
/// ends with the process.
pub(super) fn reach(urls: &[String]) -> Vec<Reached> {
    reach_by(urls, PATIENCE, connect)
}

/// How to try one root until a deadline.
type Connect = fn(&str, Instant) -> io::Result<Duration>;

fn reach_by(urls: &[String], patience: Duration, connect: Connect) -> Vec<Reached> {
    let deadline = Instant::now() + patience;
    let (tell, told) = mpsc::channel();
    for (place, url) in urls.iter().cloned().enumerate() {
        let tell = tell.clone();
        std::thread::spawn(move || {
            let outcome = connect(&url, deadline).map_err(|e| e.to_string());
            let _ = tell.send((place, outcome));
        });
    }
    let late = || Err(format!("no answer within {} s", patience.as_secs_f32()));
    let mut reached: Vec<Reached> =
        urls.iter().map(|url| Reached { url: url.clone(), outcome: late() }).collect();
    for _ in urls {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok((place, outcome)) = told.recv_timeout(left) else { break };
        reached[place].outcome = outcome;
    }
    reached
}

fn connect(url: &str, deadline: Instant) -> io::Result<Duration> {
    let (host, port) = host_and_port(url)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a URL with a host"))?;
    let addresses: Vec<SocketAddr> = (host.as_str(), port).to_socket_addrs()?.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        let begun = Instant::now();
        let left = deadline.saturating_duration_since(begun).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(&address, left) {
            Ok(_) => return Ok(begun.elapsed()),
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Host and port of a root, with the port of its scheme where none is given.
fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let implied = match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        _ => return None,
    };
    let authority = rest.split('/').next().filter(|authority| !authority.is_empty())?;
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => {
            Some((host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?))
        }
        _ => Some((authority.trim_matches(['[', ']']).to_owned(), implied)),
    }
}

/// Whether broker and market data can be reached from here.
pub(super) fn reachability(reached: &[Reached]) -> Line {
    const CHECK: &str = "reachability";
    let words = reached.iter().map(|Reached { url, outcome }| match outcome {
        Ok(time) => format!("{url} in {}", crate::view::table::duration(time.as_nanos() as u64)),
        Err(words) => format!("{url}: {words}"),
    });
    let value = words.collect::<Vec<_>>().join("; ");
    let malformed = reached.iter().any(|r| host_and_port(&r.url).is_none());
    let failed = reached.iter().filter(|r| r.outcome.is_err()).count();
    if malformed {
        let fix = "account.trading_url and account.stream_url are scheme://host[:port]; st0ck config \
                   show tells where each comes from";
        return Line::fail(CHECK, value, fix);
    }
    match failed {
        0 => Line::ok(CHECK, value),
        n if n == reached.len() => Line::warn(
            CHECK,
            format!("offline: {value}"),
            "st0ck demo works offline; for st0ck run open the firewall for these hosts and ports \
             (outgoing TCP), or start st0ck emulate and name its URLs",
        ),
        _ => Line::warn(
            CHECK,
            value,
            "open the firewall for that host and port (outgoing TCP), or correct account.trading_url \
             or account.stream_url",
        ),
    }
}

/// Whether the exchange's calendar covers today and the weeks to come.
pub(super) fn calendar(now: Nanos) -> Line {
    const CHECK: &str = "calendar";
    const FIX: &str = "a release of st0ck whose calendar knows the coming year; timedatectl shows \
                       whether the machine's date is right";
    let next = match NYSE.session_containing_or_next(now) {
        Ok(session) => session,
        Err(error) => return Line::fail(CHECK, error.to_string(), FIX),
    };
    let (open, close) = (next.open.to_string(), next.close.to_string());
    let early = if next.early_close { ", early close" } else { "" };
    let value = format!(
        "{}: {} {} to {} UTC{early}; known to the end of {}",
        NYSE.code(),
        next.date,
        &open[11..16],
        &close[11..16],
        NYSE.years().end()
    );
    if NYSE.session_containing_or_next(now + CALENDAR_LOW).is_err() {
        return Line::warn(CHECK, value, FIX);
    }
    Line::ok(CHECK, value)
}

#[cfg(test)]
mod tests {
    use super::super::line::Status;
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn keys_come_in_pairs_and_belong_to_one_reader() {
        let folder = tempfile::tempdir().unwrap();
        let of = |pairs: &[(&str, &str)]| keys("st0cka", &Environment::of(pairs), folder.path());
        let both = [("ST0CKA_KEY", "abc"), ("ST0CKA_SECRET", "hunter2")];
        assert_eq!(of(&[]).status, Status::Warn);
        assert_eq!(of(&both[..1]).status, Status::Fail);
        assert_eq!(of(&both[1..]).status, Status::Fail);
        assert_eq!(of(&both).status, Status::Ok);
        let file = folder.path().join(".env");
        std::fs::write(&file, "").unwrap();
        for (mode, status) in [(0o600, Status::Ok), (0o640, Status::Fail)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let line = of(&both);
            assert_eq!(line.status, status);
            assert!(!format!("{line:?}").contains("hunter2"), "{line:?}");
        }
    }

    #[test]
    fn who_listens_is_reached_and_who_does_not_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = format!("http://{}", listener.local_addr().unwrap());
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let gone = format!("ws://{gone}/v2");
        let judge = |urls: &[&String]| {
            reachability(&reach(&urls.iter().map(|url| (*url).clone()).collect::<Vec<_>>()))
        };
        assert_eq!(judge(&[&here, &here]).status, Status::Ok);
        let half = judge(&[&here, &gone]);
        assert!(
            half.status == Status::Warn && half.value.contains(&format!("{gone}: ")),
            "{half:?}"
        );
        let none = judge(&[&gone, &gone]);
        assert!(none.status == Status::Warn && none.value.starts_with("offline: "), "{none:?}");
        assert_eq!(judge(&[&here, &"ftp:somewhere".to_owned()]).status, Status::Fail);
    }

    #[test]
    fn a_network_that_never_answers_is_given_up_in_time() {
        let deaf: Connect = |_, _| loop {
            std::thread::park();
        };
        let begun = Instant::now();
        let urls = ["http://a".to_owned(), "ws://b".to_owned()];
        let line = reachability(&reach_by(&urls, Duration::from_millis(100), deaf));
        assert!(begun.elapsed() < Duration::from_secs(30), "gave up late");
        assert_eq!(line.status, Status::Warn);
        assert!(line.value.contains("http://a: no answer within 0.1 s"), "{line:?}");
    }

    #[test]
    fn a_port_is_given_or_implied() {
        let of = |url| host_and_port(url);
        assert_eq!(of("https://a.b/v2"), Some(("a.b".to_owned(), 443)));
        assert_eq!(of("ws://127.0.0.1:8080/stream"), Some(("127.0.0.1".to_owned(), 8080)));
        assert_eq!(of("http://[::1]:9"), Some(("::1".to_owned(), 9)));
        assert_eq!(of("http://[::1]"), Some(("::1".to_owned(), 80)));
        assert_eq!((of("nonsense"), of("http://"), of("http://a:x")), (None, None, None));
    }

    #[test]
    fn the_calendar_runs_low_before_it_runs_out() {
        let at = |text: &str| calendar(st0ck_types::rfc3339::parse(text.as_bytes()).unwrap());
        let last = *NYSE.years().end();
        let day = at("2020-11-27T15:00:00Z");
        assert_eq!(day.status, Status::Ok);
        assert!(day.value.contains("2020-11-27 14:30 to 18:00 UTC, early close"), "{}", day.value);
        assert_eq!(at(&format!("{last}-11-20T15:00:00Z")).status, Status::Warn);
        assert_eq!(at(&format!("{}-02-01T15:00:00Z", last + 1)).status, Status::Fail);
    }
}
