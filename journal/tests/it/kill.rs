//! Processes that are killed, and processes that want the same journal.

use crate::child::command;
use crate::fixture::{decision, folder_in_memory, quote};
use st0ck_journal::{Body, Reader, decode, verify};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Runs a writer and kills it after a while. Returns the last record it acknowledged.
fn run_and_kill(dir: &std::path::Path, epoch: u64) -> u64 {
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
fn remove_hot(session: &std::path::Path) {
    if let Ok(dir) = std::fs::read_to_string(session.join("journal/hot.path")) {
        let _ = std::fs::remove_dir_all(dir);
    }
}

#[test]
fn of_two_processes_exactly_one_gets_the_journal() {
    let dir = folder_in_memory();
    let session = dir.path().join("session");
    for round in 0..25 {
        let mut children: Vec<_> = (0..2)
            .map(|_| {
                let mut command = command("try to open", &session, round + 1);
                command.stdin(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut said = Vec::new();
        let mut readers: Vec<_> =
            children.iter_mut().map(|c| BufReader::new(c.stdout.take().unwrap())).collect();
        for reader in &mut readers {
            // The test harness has begun the line; the word ends it.
            let mut words = reader.lines().map_while(Result::ok);
            let word = words.find_map(|line| {
                ["won", "lost", "failed"].into_iter().find(|word| line.ends_with(word))
            });
            said.extend(word);
        }
        said.sort();
        assert_eq!(said, ["lost", "won"], "round {round}");
        for (mut child, mut reader) in children.into_iter().zip(readers) {
            drop(child.stdin.take());
            let _ = reader.read_to_end(&mut Vec::new());
            child.wait().unwrap();
        }
    }
    remove_hot(&session);
}
