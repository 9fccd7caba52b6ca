//! A frame of 20 market messages to events: ours against a scanner that checks nothing, simd-json's
//! tape and serde_json, all in turns within one run.
//!
//! Ours validates every byte and gives `MarketEvent`s in fixed point with instrument numbers; the
//! others give a checksum of the same numbers, which must come out equal.

mod floor;
mod frames;
mod peers;

use floor::Floor;
use frames::{FRAMES, Frame, MESSAGES, Sum};
use peers::{SerdeJson, Tape};
use serde_json::{Value, json};
use st0ck_bench::machine::Machine;
use st0ck_bench::options::Options;
use st0ck_bench::spread::{Bursts, ratio};
use st0ck_bench::stopwatch::Stopwatch;
use st0ck_feed::SymbolTable;
use st0ck_feed::alpaca::Decoder;
use st0ck_types::{InstrumentId, MarketEvent, Nanos, Symbol};
use std::hint::black_box;
use std::process::ExitCode;

/// Frames of one burst.
const BURST: usize = 100;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)) {
        Ok(options) => {
            run(&options);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) {
    let watch = Stopwatch::new();
    let machine = Machine::read(&watch);
    let frames = frames::generate();
    let mut field = Field::new();
    field.agree(&frames);
    let [ours, floor, tape, serde] = field.race(&frames, &watch, options);
    let bytes: usize = frames.iter().map(|frame| frame.bytes().len()).sum();
    let against = |peer: &Bursts| ratio(peer.median(), ours.median());
    let result = json!({
        "name": "decode",
        "machine": machine.to_json(),
        "ours": { "ns": ours.median() },
        "floor": { "ns": floor.median() },
        "peers": {
            "simd_json_tape": { "ns": tape.median() },
            "serde_json": { "ns": serde.median() },
        },
        "ratio_to_floor": ratio(ours.median(), floor.median()),
        "ratio_to_peer": {
            "simd_json_tape": against(&tape),
            "serde_json": against(&serde),
        },
        "messages_per_frame": MESSAGES,
        "bytes_per_message": bytes / (frames.len() * MESSAGES),
        "seconds": options.seconds,
    });
    print(options, &machine, &result);
}

fn print(options: &Options, machine: &Machine, result: &Value) {
    if options.json {
        println!("{result}");
        return;
    }
    println!("{machine}\n");
    let (peers, faster) = (&result["peers"], &result["ratio_to_peer"]);
    println!("a message of {} bytes, in frames of {MESSAGES}", result["bytes_per_message"]);
    println!("  ours                {} ns", result["ours"]["ns"]);
    println!("  unchecked floor     {} ns", result["floor"]["ns"]);
    println!("  ratio to floor      {}  (goal: 2)", result["ratio_to_floor"]);
    for (name, words) in [("simd_json_tape", "  (goal: 3 times)"), ("serde_json", "")] {
        println!("  {name:<18}  {} ns: {} times ours{words}", peers[name]["ns"], faster[name]);
    }
}

/// All that decode.
struct Field {
    decoder: Decoder,
    floor: Floor,
    tape: Tape,
    serde: SerdeJson,
}

impl Field {
    fn new() -> Self {
        let symbols = frames::SYMBOLS.iter().zip(0..);
        let symbols = symbols.map(|(symbol, id)| (Symbol::new(symbol), InstrumentId(id)));
        Self {
            decoder: Decoder::new(SymbolTable::new(symbols)),
            floor: Floor::default(),
            tape: Tape::default(),
            serde: SerdeJson,
        }
    }

    /// Everyone must see the same numbers in every frame, and ours by its scanner.
    fn agree(&mut self, frames: &[Frame]) {
        for frame in frames {
            let ours = self.ours(frame);
            assert_eq!(ours, self.floor.decode(frame.padded()), "floor: {frame}");
            assert_eq!(ours, self.tape.decode(frame.bytes()), "tape: {frame}");
            assert_eq!(ours, self.serde.decode(frame.bytes()), "serde: {frame}");
        }
        assert_eq!(self.decoder.counts().fell_back, 0, "the scanner must read what is timed");
    }

    fn ours(&mut self, frame: &Frame) -> Sum {
        let decoded = self.decoder.decode_frame(frame.bytes(), Nanos(1));
        let decoded = decoded.expect("generated frames are well formed");
        assert_eq!(decoded.events.len(), MESSAGES);
        decoded.events.iter().map(sum).fold(Sum::default(), Sum::and)
    }

    /// Bursts of each in turns, until the time is up.
    fn race(&mut self, frames: &[Frame], watch: &Stopwatch, options: &Options) -> [Bursts; 4] {
        let mut bursts: [Bursts; 4] = std::array::from_fn(|_| Bursts::default());
        let (start, time) = (watch.now(), options.time(1.0).as_nanos() as u64);
        let mut turn = 0;
        // The first laps only bring code and tables to where they will be.
        while turn < FRAMES / BURST * 2 || watch.ns(start, watch.now()) < time {
            let lap = &frames[turn * BURST % FRAMES..][..BURST];
            warm(lap);
            for place in 0..4 {
                let who = (turn + place) % 4;
                let from = watch.now();
                self.burst(who, lap);
                let ns = watch.ns(from, watch.now());
                if turn >= FRAMES / BURST {
                    bursts[who].record(ns, BURST * MESSAGES);
                }
            }
            turn += 1;
        }
        bursts
    }

    #[inline(never)]
    fn burst(&mut self, who: usize, frames: &[Frame]) {
        match who {
            0 => frames.iter().for_each(|frame| {
                let decoded = self.decoder.decode_frame(black_box(frame.bytes()), Nanos(1));
                black_box(decoded.is_ok());
                black_box(self.decoder.decoded());
            }),
            1 => frames.iter().for_each(|frame| {
                black_box(self.floor.decode(black_box(frame.padded())));
            }),
            2 => frames.iter().for_each(|frame| {
                black_box(self.tape.decode(black_box(frame.bytes())));
            }),
            _ => frames.iter().for_each(|frame| {
                black_box(self.serde.decode(black_box(frame.bytes())));
            }),
        }
    }
}

/// Brings a lap's bytes near: in life the kernel has just copied them.
fn warm(frames: &[Frame]) {
    let bytes = frames.iter().flat_map(|frame| frame.padded());
    black_box(bytes.fold(0u64, |sum, byte| sum.wrapping_add(u64::from(*byte))));
}

/// The checksum of an event: kind, symbol, its numbers, its time.
fn sum(event: &MarketEvent) -> Sum {
    let symbol = frames::SYMBOLS[event.instrument().index()].as_bytes();
    let at = event.ts_event().0;
    match event {
        MarketEvent::Quote(q) => {
            Sum::of(b'q', symbol, [q.bid.0, q.bid_size.0, q.ask.0, q.ask_size.0], at)
        }
        MarketEvent::Trade(t) => Sum::of(b't', symbol, [t.price.0, t.size.0, 0, 0], at),
        MarketEvent::Bar(b) => Sum::of(b'b', symbol, [b.open.0, b.high.0, b.low.0, b.volume.0], at),
        _ => Sum::default(),
    }
}
