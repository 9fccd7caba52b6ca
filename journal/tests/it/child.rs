//! Tests that need another process: this same binary, told what to do by its environment.

use crate::fixture::{Core, TEXT, header, split};
use st0ck_journal::{JournalConfig, JournalError, Session, Tail};
use st0ck_runtime::Agent;
use st0ck_types::record::RecordKind;
use st0ck_types::recorder::Room;
use st0ck_types::{Recorder, Seq};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const ROLE: &str = "ST0CK_JOURNAL_TEST_ROLE";

/// A command that runs `role` in a process of its own.
pub(crate) fn command(role: &str, dir: &std::path::Path, epoch: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child::child", "--ignored", "--nocapture", "--test-threads", "1"])
        .env(ROLE, role)
        .env("ST0CK_JOURNAL_TEST_DIR", dir)
        .env("ST0CK_JOURNAL_TEST_EPOCH", epoch.to_string())
        .stdout(Stdio::piped());
    command
}

fn folder() -> PathBuf {
    std::env::var_os("ST0CK_JOURNAL_TEST_DIR").unwrap().into()
}

fn open() -> Result<Session, JournalError> {
    let (dir, epoch) = (folder(), std::env::var("ST0CK_JOURNAL_TEST_EPOCH").unwrap());
    let header = header(epoch.parse().unwrap());
    match Session::resume(&dir, header, &JournalConfig::small()) {
        Err(JournalError::NotFound(_)) => {
            Session::create(&dir, header, TEXT, &JournalConfig::small())
        }
        resumed => resumed.map(|(session, _)| session),
    }
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn child() {
    match std::env::var(ROLE).unwrap().as_str() {
        "write until killed" => write_until_killed(),
        "try to open" => try_to_open(),
        "try to open without a lock" => {
            // A planted bug: the lock that the other one holds is another file.
            let _ = std::fs::remove_file(folder().join("journal/lock"));
            try_to_open();
        }
        "follow two lives" => follow_two_lives(),
        "fill the disk" => crate::space::fill_the_disk(&folder()),
        "find the disk full" => crate::full::find_the_disk_full(&folder()),
        role => panic!("no such role: {role}"),
    }
}

/// Writes groups for ever, and says after each that its orders may leave now.
fn write_until_killed() {
    let (mut core, mut keeper) = split(open().unwrap());
    std::thread::spawn(move || {
        loop {
            keeper.do_work();
        }
    });
    loop {
        while core.writer.room() == Room::Full {
            std::thread::yield_now();
        }
        core.group();
        println!("acknowledged {}", core.writer.next_seq().0 - 1);
    }
}

/// Reads on until two process lives have ended, and says how far that was.
fn follow_two_lives() {
    let mut tail = Tail::open(&folder(), Seq(1)).unwrap();
    let (mut next, mut lives) = (1, 0);
    println!("follows");
    while lives < 2 {
        let Some(record) = tail.poll().unwrap() else {
            std::thread::yield_now();
            continue;
        };
        assert_eq!(record.seq, Seq(next));
        lives += u32::from(record.kind == RecordKind::Seal);
        next += 1;
    }
    println!("saw {}", next - 1);
}

/// Opens the journal and holds it until its input ends, or says who holds it.
fn try_to_open() {
    match open() {
        Ok(session) => {
            println!("won");
            let _ = std::io::stdin().read_line(&mut String::new());
            drop(Core { writer: session.writer });
        }
        Err(JournalError::Locked { .. }) => println!("lost"),
        Err(error) => println!("{error}: failed"),
    }
}
