//! Beginning, ending, going on.

use crate::fixture::{Core, Place, TEXT, header, quote};
use st0ck_journal::{Body, JournalError, Reader, Session, decode, session_header, stat, verify};
use st0ck_runtime::Agent;
use st0ck_types::Seq;

#[test]
fn what_was_written_is_read_back_after_an_orderly_end() {
    let place = Place::new();
    let Session { writer, mut keeper, .. } = place.create();
    let mut core = Core { writer };
    core.quotes(10);
    core.group();
    core.seal();
    drop(core);
    keeper.on_close();
    assert_eq!(keeper.status().failure(), None);
    assert_eq!(keeper.status().durable_seq(), Seq(14));

    let mut reader = Reader::open(&place.session()).unwrap();
    for seq in 1..=10 {
        let record = reader.next().unwrap().unwrap();
        assert_eq!(record.seq, Seq(seq));
        assert_eq!(decode(&record), Ok(Body::Input(quote(seq))));
    }
    let rest: Vec<u64> = std::iter::from_fn(|| reader.next().unwrap().map(|r| r.seq.0)).collect();
    assert_eq!(rest, [11, 12, 13, 14]);

    let verified = verify(&place.journal()).unwrap();
    assert!(verified.is_ok() && verified.sealed && verified.torn.is_none(), "{verified:?}");
    assert_eq!(verified.open_records, 0);
    let stat = stat(&place.session()).unwrap();
    assert_eq!((stat.segments, stat.records, stat.last_seq), (1, 14, Seq(14)));
    assert_eq!(stat.bytes, std::fs::metadata(place.segment(0)).unwrap().len());
    assert_eq!(session_header(&place.session()).unwrap(), TEXT);
    let left: Vec<_> = std::fs::read_dir(place.journal()).unwrap().flatten().collect();
    assert_eq!(left.len(), 2, "the segment and the lock, nothing else: {left:?}");
}

#[test]
fn a_killed_session_goes_on_in_a_new_segment() {
    let place = Place::new();
    let Session { writer, keeper, .. } = place.create();
    let mut core = Core { writer };
    core.quotes(5);
    core.group();
    drop((core, keeper));
    let (session, recovered) = place.resume(2).unwrap();
    assert_eq!(recovered.next_seq, Seq(9));
    assert_eq!((recovered.sealed, &recovered.cut), (false, &None));
    let Session { writer, mut keeper, .. } = session;
    let mut core = Core { writer };
    core.quotes(3);
    core.seal();
    drop(core);
    keeper.on_close();
    let verified = verify(&place.session()).unwrap();
    assert!(verified.is_ok() && verified.sealed, "{verified:?}");
    assert_eq!((verified.stat.records, verified.stat.segments), (12, 2));
    let mut reader = Reader::open_at(&place.session(), Seq(7)).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().seq, Seq(7));
    assert_eq!(reader.header().unwrap().epoch.0, 1);
    let mut reader = Reader::open_at(&place.session(), Seq(11)).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().seq, Seq(11));
    assert_eq!(reader.header().unwrap().epoch.0, 2);
}

#[test]
fn a_session_is_begun_once_and_continued_only_by_its_own() {
    let place = Place::new();
    let session = place.create();
    let again = Session::create(&place.session(), header(2), TEXT, &place.config());
    assert!(matches!(again, Err(JournalError::Locked { .. })), "{again:?}");
    drop(session);
    let again = Session::create(&place.session(), header(2), TEXT, &place.config());
    assert!(matches!(again, Err(JournalError::Exists(_))), "{again:?}");
    let mut other = header(2);
    other.account_hash = 12;
    let foreign = Session::resume(&place.session(), other, &place.config());
    assert!(matches!(foreign, Err(JournalError::Foreign { what: "account", .. })), "{foreign:?}");
    let stale = place.resume(1).unwrap_err();
    assert!(stale.to_string().contains("not later than 1"), "{stale}");
    place.resume(2).unwrap();
}
