//! What the core pays to keep a record: the real `Recorder` against a bare copy with a checksum.
//!
//! Two views of the same thing, both in turns with the floor. *Paced*: 50,000 quotes a second while
//! the keeper syncs every 20 ms, one by one, for the tail. *Burst*: a thousand at once, for the cost
//! of one, finer than the clock ticks; `ratio_to_floor` is that of the bursts.

use serde_json::{Value, json};
use st0ck_bench::journaled::{Cores, Folder, Keeping};
use st0ck_bench::machine::{Machine, preemptions};
use st0ck_bench::options::Options;
use st0ck_bench::spread::{Bursts, Spread, ratio};
use st0ck_bench::stopwatch::Stopwatch;
use st0ck_journal::Writer;
use st0ck_types::market::Quote;
use st0ck_types::recorder::Room;
use st0ck_types::{Input, InstrumentId, MarketEvent, Nanos, Price, Qty, Recorder, Seq};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

/// The goal's own length and rate.
const SECONDS: f64 = 60.0;
const PERIOD_NS: u64 = 20_000;
/// Records of one burst, and how long a burst part lasts.
const BURST: usize = 1_000;
const BURSTS: usize = 4_000;
/// Different quotes, so that nothing is predicted from one record to the next.
const QUOTES: usize = 1_024;

/// A record of a quote: header, payload. The floor copies as many.
const RECORD: usize = 88;
const MEMORY: usize = 32 << 20;

fn main() -> ExitCode {
    let run = Options::parse(std::env::args().skip(1)).map_err(Into::into).and_then(|o| run(&o));
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let seconds = if options.is_timed { options.seconds } else { SECONDS };
    let watch = Stopwatch::new();
    let machine = Machine::read(&watch);
    let cores = Cores::claim();
    let folder = Folder::new()?;
    let (writer, keeper, placement) = folder.begin()?;
    let status = keeper.status().clone();
    let keeping = Keeping::start(keeper, cores)?;

    let mut duel = Duel { core: Core::new(writer), bare: Bare::new(), watch };
    duel.warm_up();
    let paced = duel.paced(Duration::from_secs_f64(seconds));
    let syncs = status.syncs();
    let bursts = duel.bursts();
    drop(duel);
    let panicked = keeping.finish();
    if let Some(why) = status.failure().map(str::to_owned).or(panicked) {
        return Err(why.into());
    }
    let mut result = result(&paced, &bursts);
    result["machine"] = machine.to_json();
    result["seconds"] = json!(seconds);
    result["ours"]["syncs"] = json!(syncs);
    result["ours"]["hot_segments"] = json!(placement.to_string());
    print(options, &machine, &result);
    Ok(())
}

fn result(paced: &Paced, bursts: &Pair) -> Value {
    let (ours, floor) = (bursts.ours.median(), bursts.floor.median());
    json!({
        "name": "journal",
        "machine": null,
        "ours": {
            "burst_ns": ours,
            "paced_ns": paced.ours.to_json(),
            "minor_faults": paced.faults,
            "preemptions": paced.preemptions,
            "halts": paced.halts,
        },
        "floor": { "burst_ns": floor, "paced_ns": paced.floor.to_json() },
        "peers": {},
        "ratio_to_floor": ratio(ours, floor),
        "ratio_to_peer": {},
        "records_per_second": 1_000_000_000 / PERIOD_NS,
    })
}

fn print(options: &Options, machine: &Machine, result: &Value) {
    if options.json {
        println!("{result}");
        return;
    }
    println!("{machine}\n");
    let (ours, floor) = (&result["ours"], &result["floor"]);
    println!("append with checksum, keeper syncing every 20 ms ({})", ours["hot_segments"]);
    println!("  burst, ns a record    ours {}  floor {}", ours["burst_ns"], floor["burst_ns"]);
    println!("  ratio to floor        {}  (goal: 1.5)", result["ratio_to_floor"]);
    println!("  paced, ns             ours {}", ours["paced_ns"]);
    println!("                        floor {}", floor["paced_ns"]);
    println!("  page faults, core     {}", ours["minor_faults"]);
    println!("  preempted             {}", ours["preemptions"]);
    println!("  halted by the disk    {}", ours["halts"]);
}

/// The two, in turns.
struct Duel {
    core: Core,
    bare: Bare,
    watch: Stopwatch,
}

#[derive(Default)]
struct Paced {
    ours: Spread,
    floor: Spread,
    faults: u64,
    /// How often the system took the core away meanwhile: what the longest times are made of.
    preemptions: u64,
    /// Periods in which the disk had not kept up and the core would have had to halt.
    halts: u64,
}

#[derive(Default)]
struct Pair {
    ours: Bursts,
    floor: Bursts,
}

impl Duel {
    /// A little of both, so that code and tables are where they will be.
    fn warm_up(&mut self) {
        for _ in 0..20 {
            self.core.burst(BURST);
            self.bare.burst(BURST);
        }
        let _ = minor_faults();
    }

    /// One record of each every 20 µs; who goes first changes with every period.
    fn paced(&mut self, time: Duration) -> Paced {
        let mut paced = Paced::default();
        let periods = time.as_nanos() as u64 / PERIOD_NS;
        // The faults last: asking for the other may cause one.
        let (switches, faults) = (preemptions(), minor_faults());
        let start = self.watch.now();
        for period in 0..periods {
            while self.watch.ns(start, self.watch.now()) < period * PERIOD_NS {
                std::hint::spin_loop();
            }
            if self.core.writer.room() == Room::Full {
                paced.halts += 1;
            } else if period % 2 == 0 {
                self.time_ours(&mut paced.ours);
                self.time_floor(&mut paced.floor);
            } else {
                self.time_floor(&mut paced.floor);
                self.time_ours(&mut paced.ours);
            }
        }
        paced.faults = minor_faults() - faults;
        paced.preemptions = preemptions() - switches;
        paced
    }

    fn time_ours(&mut self, spread: &mut Spread) {
        let from = self.watch.now();
        self.core.append();
        let to = self.watch.now();
        spread.record(self.watch.ns(from, to));
    }

    fn time_floor(&mut self, spread: &mut Spread) {
        let from = self.watch.now();
        self.bare.append();
        let to = self.watch.now();
        spread.record(self.watch.ns(from, to));
    }

    fn bursts(&mut self) -> Pair {
        let mut pair = Pair::default();
        for _ in 0..BURSTS {
            self.core.wait_for_room();
            let from = self.watch.now();
            self.core.burst(BURST);
            let between = self.watch.now();
            self.bare.burst(BURST);
            let to = self.watch.now();
            pair.ours.record(self.watch.ns(from, between), BURST);
            pair.floor.record(self.watch.ns(between, to), BURST);
        }
        pair
    }
}

/// The core's side: numbers inputs and gives them to the journal.
struct Core {
    writer: Writer,
    inputs: Vec<Input>,
    seq: u64,
}

impl Core {
    fn new(writer: Writer) -> Self {
        let inputs = quotes().map(|quote| Input::Market(MarketEvent::Quote(quote))).collect();
        Self { writer, inputs, seq: 0 }
    }

    #[inline]
    fn append(&mut self) {
        self.seq += 1;
        let input = &self.inputs[self.seq as usize % QUOTES];
        self.writer.input(Seq(self.seq), Nanos(self.seq as i64), input);
    }

    #[inline(never)]
    fn burst(&mut self, records: usize) {
        (0..records).for_each(|_| self.append());
    }

    /// The keeper needs its time too; the goal is about what the core pays, not about who is faster.
    fn wait_for_room(&self) {
        while self.writer.room() != Room::Plenty || !self.writer.status().is_ready() {
            std::thread::yield_now();
        }
    }
}

/// The floor: the same bytes, copied into touched memory with their checksum. No chain, no group, no
/// kinds, no bounds but the memory's, nobody who reads along.
struct Bare {
    records: Vec<[u8; RECORD]>,
    memory: Vec<u8>,
    end: usize,
    seq: u64,
}

impl Bare {
    fn new() -> Self {
        // Not zeros: those would be pages that the system has yet to find.
        Self {
            records: quotes().map(|q| record(&q)).collect(),
            memory: vec![1; MEMORY],
            end: 0,
            seq: 0,
        }
    }

    #[inline]
    fn append(&mut self) {
        self.seq += 1;
        let mut record = self.records[self.seq as usize % QUOTES];
        record[8..16].copy_from_slice(&self.seq.to_le_bytes());
        let crc = crc32c::crc32c(&record[..RECORD - 4]);
        record[RECORD - 4..].copy_from_slice(&crc.to_le_bytes());
        if self.end + RECORD > MEMORY {
            self.end = 0;
        }
        self.memory[self.end..self.end + RECORD].copy_from_slice(&record);
        self.end += RECORD;
    }

    #[inline(never)]
    fn burst(&mut self, records: usize) {
        (0..records).for_each(|_| self.append());
    }
}

/// A quote's bytes as the journal lays them out, the checksum last instead of in the header.
fn record(quote: &Quote) -> [u8; RECORD] {
    let words = [quote.ts_event.0, quote.ts_recv.0, quote.bid.0, quote.ask.0];
    let sizes = [quote.bid_size.0, quote.ask_size.0, i64::from(quote.instrument.0)];
    let mut record = [0; RECORD];
    for (bytes, word) in record[28..84].chunks_exact_mut(8).zip(words.iter().chain(&sizes)) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    record
}

fn quotes() -> impl Iterator<Item = Quote> {
    (0..QUOTES as i64).map(|n| Quote {
        ts_event: Nanos(n),
        ts_recv: Nanos(n + 1),
        bid: Price(367_000_000_000 + n * 10_000_000),
        ask: Price(367_010_000_000 + n * 10_000_000),
        bid_size: Qty(n * 1_000_000_000),
        ask_size: Qty(n * 2_000_000_000),
        instrument: InstrumentId(n as u32 % 8),
        flags: 1,
        bid_venue: b'P',
        ask_venue: b'Q',
        condition: b'R',
    })
}

/// Minor page faults of this thread so far: field 10 of its `stat` (proc(5)).
fn minor_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(7).and_then(|n| n.parse().ok()).unwrap_or(0)
}
