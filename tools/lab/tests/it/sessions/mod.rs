//! Random sessions, recorded by the real writer and replayed: every output, every hash on the way
//! and the hash at the end must be equal, in the same process twice, and in other builds.
//!
//! `cargo test` plays a share; `ST0CK_PROOFS=full` plays all of them, `ST0CK_SEEDS=73..74` those of a
//! range. For other builds,
//! `tools/st0ck/proofs/builds.sh` has one build record into a folder and each build replay it.

mod broker;
mod gambler;
mod lane;
mod play;
mod setup;

use self::play::{Played, play};
use self::setup::{Plant, Setup};
use st0ck_journal::verify;
use st0ck_lab::groups::{Item, Items};
use st0ck_lab::replay::{Replay, replay, replay_with};
use st0ck_types::state::{StateHasher, StateSink};
use st0ck_types::{Input, Seq};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Everything that can happen to a lane, the panics of its strategies among it.
const HAPPENINGS: &[&str] = &[
    "Quote",
    "Trade",
    "Bar",
    "Halt",
    "InstrumentDef",
    "Gap",
    "Sending",
    "SendRefused",
    "Accepted",
    "Rejected",
    "Canceled",
    "Expired",
    "Fill",
    "CancelRejected",
    "Unknown",
    "NotFound",
    "Snapshot",
    "Position",
    "Account",
    "Reconcile",
    "Link",
    "Arm",
    "Reduce",
    "Halt",
    "Kill",
    "ResetLatches",
    "Timer",
    "SessionStart",
    "Restart",
    "SessionEnd",
    "LaneFault",
    "ClockStep",
    "FeedLink",
    "OtherAccounts",
];

/// The innermost name of an input.
fn happening(input: &Input) -> String {
    let words = match input {
        Input::Market(event) => format!("{event:?}"),
        Input::Report(report) => format!("{report:?}"),
        Input::Command(command) => format!("{command:?}"),
        Input::Timer(_) => "Timer".to_owned(),
        Input::System(event) => format!("{event:?}"),
    };
    words.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// The seeds to play.
fn seeds() -> Range<u64> {
    if let Ok(words) = std::env::var("ST0CK_SEEDS") {
        let (from, to) = words.split_once("..").expect("ST0CK_SEEDS is FROM..TO");
        return from.parse().expect("a seed")..to.parse().expect("a seed");
    }
    let full = std::env::var_os("ST0CK_PROOFS").is_some_and(|words| words == "full");
    0..if full { 1_000 } else { 50 }
}

/// Where sessions are kept for other builds.
fn shelf() -> PathBuf {
    std::env::var_os("ST0CK_SESSIONS").expect("ST0CK_SESSIONS names a folder").into()
}

/// Replays a recorded session, as it must be replayed wherever its engine is built. Also gives a hash
/// of everything that was decided on the way.
fn replay_of(setup: Setup, dir: &Path) -> (Replay, u64) {
    let mut decided = StateHasher::default();
    let mut watch = |group: &st0ck_lab::groups::Group, engine: &st0ck_engine::Engine| {
        if !group.outputs.is_empty() {
            decided.bytes(format!("{:?}", group.outputs).as_bytes());
            decided.u64(engine.state_hash());
        }
    };
    let (replay, _) = replay_with(setup.engine(), dir, None, &mut watch).unwrap();
    (replay, decided.finish())
}

/// Plays a session and compares what was lived with what is replayed.
fn prove(setup: Setup, dir: &Path) -> (Played, Replay) {
    let played = play(setup, dir);
    let (first, decided) = replay_of(setup, dir);
    let seed = setup.seed;
    assert_eq!(first.first_difference, None, "seed {seed}");
    assert_eq!((first.equal, first.unclosed), (true, 0), "seed {seed}");
    assert_eq!(first.state_hash, played.state_hash, "seed {seed}: live and replayed");
    let again = replay_of(setup, dir);
    assert_eq!((&first, decided), (&again.0, again.1), "seed {seed}: twice in one process");
    if setup.is_st0cka() {
        let (by_header, _) = replay(dir, None).unwrap();
        assert_eq!(by_header, first, "seed {seed}: the engine from session.json");
    }
    let verified = verify(dir).unwrap();
    assert!(verified.is_ok() && verified.sealed, "seed {seed}: {verified:?}");
    (played, first)
}

/// In 304 a strategy panicked with orders and timers made in the same input, and a kill followed: the
/// next life has to know of both, though no output tells of them.
#[test]
fn sessions_that_once_differed_replay_to_the_bit() {
    for seed in [73, 304] {
        prove(Setup::new(seed), tempfile::tempdir().unwrap().path());
    }
}

#[test]
fn random_sessions_replay_to_the_bit() {
    let (mut orders, mut restarts, mut inputs, mut outputs) = (0, 0, 0, 0);
    let mut seen = BTreeSet::new();
    let seeds = seeds();
    for seed in seeds.clone() {
        let dir = tempfile::tempdir().unwrap();
        let (played, replay) = prove(Setup::new(seed), dir.path());
        look_through(dir.path(), &mut seen);
        orders += played.orders;
        restarts += played.restarts;
        inputs += replay.inputs;
        outputs += replay.outputs;
    }
    println!(
        "random sessions: seeds {seeds:?}, differences 0 ({inputs} inputs, {outputs} outputs, \
         {orders} orders, {restarts} restarts)"
    );
    let played = seeds.end - seeds.start;
    if played < 50 {
        return;
    }
    assert!(orders as u64 > played && u64::from(restarts) > played, "they were tame");
    let never: Vec<_> = HAPPENINGS.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(never.is_empty(), "never happened: {never:?}");
}

fn look_through(dir: &Path, seen: &mut BTreeSet<String>) {
    let mut items = Items::open(dir, Seq(0)).unwrap();
    while let Some(item) = items.next().unwrap() {
        if let Item::Group(group) = item {
            seen.insert(happening(&group.input));
        }
    }
}

/// How many of some gamblers' sessions are found to differ.
fn found(play_with: Plant, replay_with: Plant) -> usize {
    let seeds = (0..24).filter(|seed| !Setup::new(*seed).is_st0cka());
    seeds
        .filter(|&seed| {
            let dir = tempfile::tempdir().unwrap();
            let played = play(Setup { seed, plant: play_with }, dir.path());
            let (replay, _) = replay_of(Setup { seed, plant: replay_with }, dir.path());
            !replay.equal || replay.state_hash != played.state_hash
        })
        .count()
}

#[test]
fn one_field_of_the_state_that_differs_is_found_in_every_session() {
    assert_eq!(found(Plant::None, Plant::OtherMood), 16);
}

#[test]
fn a_field_left_out_of_hash_and_carry_is_found_where_a_life_ended_by_a_kill() {
    let found = found(Plant::Forgetful, Plant::Forgetful);
    println!("random sessions, a field left out of the state: control, n 16, differences {found}");
    assert!(found > 4, "{found}");
}

#[test]
#[ignore = "records for other builds: see tools/st0ck/proofs/builds.sh"]
fn sessions_are_recorded_for_other_builds() {
    for seed in seeds() {
        let dir = shelf().join(format!("{seed:04}"));
        prove(Setup::new(seed), &dir);
    }
}

#[test]
#[ignore = "replays what another build recorded: see tools/st0ck/proofs/builds.sh"]
fn recorded_sessions_are_told_by_their_hashes() {
    let mut dirs: Vec<_> = std::fs::read_dir(shelf()).unwrap().map(|e| e.unwrap().path()).collect();
    dirs.sort();
    assert!(!dirs.is_empty(), "nothing was recorded");
    for dir in dirs {
        let seed = dir.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let (replay, decided) = replay_of(Setup::new(seed), &dir);
        assert_eq!((&replay, decided), (&replay_of(Setup::new(seed), &dir).0, decided));
        let Replay { equal, inputs, outputs, state_hash, .. } = replay;
        println!(
            "told {seed:04} equal {equal} inputs {inputs} outputs {outputs} \
             decided {decided:016x} state {state_hash:016x}"
        );
    }
}
