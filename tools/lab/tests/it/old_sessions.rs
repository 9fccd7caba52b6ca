//! Sessions that earlier programs recorded: every one is read, and replays the same or is refused by
//! the behaviour of its engine (G51: an upgrade never misreads yesterday).

use st0ck_engine::BEHAVIOUR;
use st0ck_lab::build::{self, BuildError};
use st0ck_lab::groups::Items;
use st0ck_lab::header::SessionHeader;
use st0ck_lab::replay::replay;
use st0ck_types::Seq;
use std::path::{Path, PathBuf};

/// A session of the demo, as the last program with journals of format 1 left it.
fn first_format() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../journal/tests/golden/v1-demo")
}

#[test]
fn a_session_of_the_first_format_can_be_gone_through() {
    let mut items = Items::open(&first_format(), Seq(0)).unwrap();
    while items.next().unwrap().is_some() {}
    assert_eq!((items.records(), items.unclosed()), (862, 0));
}

#[test]
fn a_session_of_an_engine_that_decided_otherwise_is_refused_by_its_behaviour() {
    let header = SessionHeader::vouched(&first_format()).unwrap();
    assert_eq!((header.bot.as_str(), header.date.as_str()), ("st0cka", "2021-03-17"));
    assert!(header.behaviour < BEHAVIOUR, "the first program's");
    let refused = build::engine(&header).unwrap_err();
    assert!(matches!(refused, BuildError::Behaviour { .. }), "{refused}");
    assert!(replay(&first_format(), None).is_err());
}
