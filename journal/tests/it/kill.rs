//! Processes that are killed, and processes that want the same journal.

use crate::child::command;
use crate::fixture::{decision, folder_in_memory, quote};
use crate::proofs::{Tally, at_scale};
use st0ck_journal::{Body, Reader, decode, verify};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

/// Runs a writer and kills it after a while. Returns the last record it acknowledged.
fn run_and_kill(dir: &Path, epoch: u64) -> u64 {
    let mut child = command("write until killed", dir, epoch).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut last, mut kill_at) = (0, None);
    while let Some(Ok(line)) = lines.next() {
        let Some(seq) = line.strip_prefix("acknowledged ") else { continue };
        last = seq.parse().unwrap();
        // Some hundred to some thousand groups after it began, at no particular instruction.
        let now = Instant::now();
        let due = *kill_at.get_or_insert(now + Duration::from_millis(5 + epoch * 7 % 30));
        if now >= due {
            child.kill().unwrap();
            kill_at = Some(now + Duration::from_secs(3600));
        }
    }
    child.wait().unwrap();
    last
}

#[test]
fn no_acknowledged_record_is_lost_to_kill_9() {
    let dir = folder_in_memory();
    let session = dir.path().join("session");
    let mut acknowledged = 0;
    for epoch in 1..=20 {
        let last = run_and_kill(&session, epoch);
        assert!(last > acknowledged, "life {epoch}: {last} after {acknowledged}");
        acknowledged = last;
        let verified = verify(&session).unwrap();
        assert!(verified.is_ok(), "life {epoch}: {verified:?}");
        assert!(verified.stat.last_seq.0 >= acknowledged, "life {epoch}: {verified:?}");
    }
    let mut reader = Reader::open(&session).unwrap();
    let mut seq = 0;
    while let Some(record) = reader.next().unwrap() {
        seq = record.seq.0;
        match decode(&record).unwrap() {
            Body::Input(input) => assert_eq!(input, quote(seq)),
            Body::Output(output) => assert_eq!(output, decision(seq)),
            body => panic!("nobody wrote {body:?}"),
        }
    }
    assert!(seq >= acknowledged);
    remove_hot(&session);
}

/// These children use the machine's own tmpfs: leaves nothing in it.
fn remove_hot(session: &Path) {
    if let Ok(dir) = std::fs::read_to_string(session.join("journal/hot.path")) {
        let _ = std::fs::remove_dir_all(dir);
    }
}

/// A process that wants a journal, and says whether it got it.
struct Racer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Racer {
    fn start(role: &str, session: &Path, epoch: u64) -> Self {
        let mut command = command(role, session, epoch);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn says(&mut self) -> Option<&'static str> {
        // The test harness has begun the line; the word ends it.
        let mut lines = self.lines.by_ref().lines().map_while(Result::ok);
        let words = ["won", "lost", "failed"];
        lines.find_map(|line| words.into_iter().find(|word| line.ends_with(word)))
    }

    /// Lets it end, or kills it.
    fn end(mut self, kill: bool) {
        if kill {
            self.child.kill().unwrap();
        }
        drop(self.child.stdin.take());
        let _ = self.lines.read_to_end(&mut Vec::new());
        self.child.wait().unwrap();
    }
}

/// One of the two got it, and one was turned away.
fn judge(mut said: Vec<Option<&'static str>>) -> Result<(), String> {
    said.sort_unstable();
    if said == [Some("lost"), Some("won")] { Ok(()) } else { Err(format!("{said:?}")) }
}

#[test]
fn of_two_processes_exactly_one_gets_the_journal() {
    let dir = folder_in_memory();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path(), &link).unwrap();
    let mut tally = Tally::default();
    for round in 0..at_scale(25, 1_000) {
        let name = format!("session{}", round / 50);
        // The same folder, or the same by another path.
        let paths = [dir.path(), if round % 2 == 0 { dir.path() } else { &link }];
        let start = |path: &Path| Racer::start("try to open", &path.join(&name), round % 50 + 1);
        let mut racers = paths.map(start);
        let said = racers.iter_mut().map(Racer::says).collect();
        tally.add(judge(said).map_err(|words| format!("race {round}: {words}")));
        // The next two find the lock of one that ended, or of one that was killed.
        racers.into_iter().for_each(|racer| racer.end(round % 3 == 0));
        if round % 50 == 49 {
            remove_hot(&dir.path().join(name));
        }
    }
    tally.green("races for a journal");
    remove_hot(&dir.path().join("session0"));
}

#[test]
fn a_lock_that_is_not_the_others_is_seen() {
    let dir = folder_in_memory();
    let session = dir.path().join("session");
    let mut one = Racer::start("try to open", &session, 1);
    let mut said = vec![one.says()];
    let mut other = Racer::start("try to open without a lock", &session, 2);
    said.push(other.says());
    let mut tally = Tally::default();
    tally.add(judge(said));
    tally.red("races for a journal, no lock");
    [one, other].into_iter().for_each(|racer| racer.end(true));
    remove_hot(&session);
}
