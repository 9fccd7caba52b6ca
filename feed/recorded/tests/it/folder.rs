//! Files and folders of one's own.

use crate::{OPEN_MS, folder, play, request};
use flate2::Compression;
use flate2::write::GzEncoder;
use st0ck_recorded::{Arrival, DataKind, Hours, Recording, Request};
use st0ck_types::MarketEvent;
use std::io::Write;

fn text(events: &[Arrival]) -> Vec<String> {
    let line = |a: &Arrival| match a.event {
        MarketEvent::Quote(q) => {
            let (id, at) = (q.instrument.0, a.at.0 - OPEN_MS * 1_000_000);
            format!("{at} #{id} {}x{} {}x{}", q.bid, q.bid_size, q.ask, q.ask_size)
        }
        MarketEvent::Trade(t) => {
            format!("{} #{} {}x{}", a.at.0 - OPEN_MS * 1_000_000, t.instrument.0, t.price, t.size)
        }
        MarketEvent::InstrumentDef(d) => format!("define #{} {}", d.instrument.0, d.symbol),
        other => format!("{other:?}"),
    };
    events.iter().map(line).collect()
}

fn at(ms: i64) -> i64 {
    OPEN_MS + ms
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_folder_is_merged_by_time_and_ties_by_file_name() {
    let quotes = format!(
        "ts_ms,symbol,bid,bid_size,ask,ask_size\n{},ZZZ,10,100,10.01,200\n{},AAA,5,1,5.02,2\n",
        at(1),
        at(3)
    );
    let trades = format!("ts_ms,symbol,price,size\n{},AAA,5.01,7\n{},ZZZ,10,9\n", at(1), at(2));
    let folder = folder(&[
        ("b-trades.csv", trades.as_bytes()),
        ("a-quotes.csv.gz", &gzip(&quotes)),
        ("NOTICE.txt", b"not data"),
    ]);
    let recording = Recording::open(&request(vec![folder.path().into()])).unwrap();
    assert_eq!((recording.kind(), recording.is_modelled()), (DataKind::Mixed, false));
    assert_eq!(
        text(&play(recording)),
        [
            "define #0 AAA",
            "define #1 ZZZ",
            "1000000 #1 10x100 10.01x200",
            "1000000 #0 5.01x7",
            "2000000 #1 10x9",
            "3000000 #0 5x1 5.02x2",
        ]
    );
}

#[test]
fn bars_of_several_symbols_interleave() {
    let bars = format!(
        "ts_ms,symbol,open,high,low,close,volume\n{0},A,10,11,9,10,50000\n{0},B,20,21,19,20,0\n\
         {1},A,10,11,9,10,50000\n",
        at(0),
        at(60_000)
    );
    let folder = folder(&[("bars.csv", bars.as_bytes())]);
    let events = play(Recording::open(&request(vec![folder.path().into()])).unwrap());
    assert!(events.is_sorted_by_key(|a| a.at));
    let first_minute = &events[2..200];
    let of = |id| first_minute.iter().filter(|a| a.event.instrument().0 == id).count();
    assert!(of(0) > 60 && of(1) > 60, "both are quoted through the first minute");
    let bars = events.iter().filter(|a| matches!(a.event, MarketEvent::Bar(_)));
    let arrivals: Vec<i64> = bars.map(|a| a.at.0 / 1_000_000 - OPEN_MS).collect();
    assert_eq!(arrivals, [60_000, 60_000, 120_000]);
}

#[test]
fn the_length_of_bars_is_their_shortest_distance() {
    let bars = format!(
        "ts_ms,open,high,low,close,volume\n{},1,1,1,1,0\n{},1,1,1,1,0\n{},1,1,1,1,0\n",
        at(0),
        at(10_000),
        at(15_000)
    );
    let folder = folder(&[("bars.csv", bars.as_bytes())]);
    let events = play(Recording::open(&request(vec![folder.path().into()])).unwrap());
    let lengths = events.iter().filter_map(|a| match a.event {
        MarketEvent::Bar(bar) => Some(bar.seconds),
        _ => None,
    });
    assert!(lengths.eq([5, 5, 5]));
    let quotes = events.iter().filter(|a| matches!(a.event, MarketEvent::Quote(_))).count();
    assert_eq!(quotes, 30, "two a second while there are bars, none between them");
}

#[test]
fn a_last_bar_longer_than_the_session_ends_with_it() {
    let close = 390 * 60_000;
    let bars = format!(
        "ts_ms,open,high,low,close,volume\n{},1,2,1,2,900\n{},2,2,1,1,900\n",
        at(close - 5_400_000),
        at(close - 1_800_000)
    );
    let folder = folder(&[("hours.csv", bars.as_bytes())]);
    let recording = Recording::open(&request(vec![folder.path().into()])).unwrap();
    let day = recording.day();
    assert_eq!(play(recording).last().unwrap().at, day.close);
}

#[test]
fn what_markets_do_is_legal() {
    let quotes = format!(
        "ts_ms,symbol,bid,bid_size,ask,ask_size,conditions\n\
         {0},X,10.02,1,10.01,1,R\n{0},X,10,1,10,1,\n{0},X,,,10,5,\n{0},X,0,0,10,0,A\n",
        at(0)
    );
    let trades = format!(
        "ts_ns,price,size,exchange,conditions\n{},367.345,0.5,V,\"@ T,I\"\n",
        at(1) * 1_000_000
    );
    let folder = folder(&[("q.csv", quotes.as_bytes()), ("t.csv", trades.as_bytes())]);
    let recording = Recording::open(&request(vec![folder.path().into()])).unwrap();
    let names: Vec<&str> = recording.instruments().iter().map(|d| d.symbol.as_str()).collect();
    assert_eq!(names, ["TEST", "X"], "rows without a symbol get the one asked for");
    let events = play(recording);
    assert_eq!(
        text(&events)[2..],
        [
            "0 #1 10.02x1 10.01x1",
            "0 #1 10x1 10x1",
            "0 #1 0x0 10x5",
            "0 #1 0x0 10x0",
            "1000000 #0 367.345x0.5",
        ]
    );
    assert!(matches!(events[2].event, MarketEvent::Quote(q) if q.condition == b'R'));
    let MarketEvent::Trade(trade) = events[6].event else { panic!("a trade") };
    assert_eq!((trade.venue, &trade.conditions, trade.id), (b'V', b"@TI\0", 2), "id: its line");
}

#[test]
fn symbols_say_the_class_and_prices_the_tick() {
    let quotes = format!(
        "ts_ms,symbol,bid,bid_size,ask,ask_size\n{0},AAPL250620C00100000,1,1,1.05,1\n\
         {0},BTC/USD,60000.125,0.5,60001,1\n{0},FELL,1.01,1,1.02,1\n{0},FELL,0.51,1,0.52,1\n\
         {0},PENNY,0.1234,1,0.1235,1\n{0},ROSE,0.99,1,1,1\n{0},ROSE,1.01,1,1.02,1\n{0},SPY,,,,\n\
         {0},SPY,590,1,590.01,1\n",
        at(0)
    );
    let folder = folder(&[("q.csv", quotes.as_bytes())]);
    let recording = Recording::open(&request(vec![folder.path().into()])).unwrap();
    let told: Vec<String> = recording
        .instruments()
        .iter()
        .map(|d| format!("{} {:?} {} {} {}", d.symbol, d.class, d.tick, d.lot, d.multiplier))
        .collect();
    assert_eq!(
        told,
        [
            "AAPL250620C00100000 Option 0.01 1 100",
            "BTC/USD Crypto 0.001 0.000000001 1",
            "FELL Equity 0.01 1 1",
            "PENNY Equity 0.0001 1 1",
            "ROSE Equity 0.01 1 1",
            "SPY Equity 0.01 1 1",
        ]
    );
}

#[test]
fn a_market_that_never_closes_takes_all_rows_of_a_day() {
    let midnight = 1_608_076_800_000i64;
    let trades =
        format!("ts_ms,price,size\n{},1,1\n{},2,1\n{},3,1\n", midnight - 1, midnight, midnight + 1);
    let folder = folder(&[("t.csv", trades.as_bytes())]);
    let all_day = Request { hours: Hours::AllDay, ..request(vec![folder.path().into()]) };
    let recording = Recording::open(&all_day).unwrap();
    assert_eq!((recording.rows(), recording.dates().len()), (1, 2));
    let next = Request { date: recording.dates().last().copied(), ..all_day };
    assert_eq!(Recording::open(&next).unwrap().rows(), 2);
}
