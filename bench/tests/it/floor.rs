//! The floor of the engine bench does what it says: the same bytes as the journal's writer.

use st0ck_bench::day::Day;
use st0ck_bench::floor::Floor;
use st0ck_bench::journaled::Folder;
use st0ck_types::{Input, MarketEvent, Recorder, Seq};

/// Bytes of a segment before its first record.
const RECORDS_AT: usize = 4096;

#[test]
fn the_floor_makes_the_bytes_that_the_writer_makes() {
    let day = Day::read(None).unwrap();
    let is_floors =
        |event: &&MarketEvent| matches!(event, MarketEvent::Trade(_) | MarketEvent::Quote(_));
    let events: Vec<&MarketEvent> = day.events.iter().filter(is_floors).take(2_000).collect();
    assert!(events.iter().any(|event| matches!(event, MarketEvent::Trade(_))));
    let (folder, mut floor) = (Folder::new().unwrap(), Floor::new());
    let (mut writer, mut keeper, _) = folder.begin().unwrap();
    for (event, seq) in events.iter().zip(1..) {
        writer.input(Seq(seq), event.ts_event(), &Input::Market(**event));
        floor.on_event(event);
    }
    drop(writer);
    keeper.close().unwrap();
    let segment = std::fs::read(folder.session().join("journal/000000.seg")).unwrap();
    let written = &segment[RECORDS_AT..][..floor.records().len()];
    assert!(written == floor.records(), "the bytes differ");
    let last = floor.top().at;
    assert_eq!(events.last().unwrap().ts_event(), last);
}
