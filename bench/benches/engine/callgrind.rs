//! Instructions, counted: the bench runs itself under callgrind, which counts inside one function
//! only. What sets up is left out: calibrating a clock takes another number of instructions each time.

use st0ck_bench::broker::Manner;
use st0ck_bench::callgrind;
use st0ck_bench::day::Day;
use st0ck_bench::floor::Floor;
use st0ck_bench::journaled::Folder;
use st0ck_bench::lane::Lane;
use st0ck_types::recorder::NullRecorder;
use st0ck_types::{MarketEvent, Recorder};
use std::error::Error;

/// The word that makes a child of this program.
const CHILD: &str = "--callgrind-child";
/// The function that callgrind counts in.
const COUNTED: &str = "*callgrind::take_counted*";
/// Quotes that are taken: the day has 44,000.
const QUOTES: usize = 20_000;
/// Minutes of the day before the first quote that counts.
const WARM_UP: i64 = 10;

/// Instructions per quote, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instructions {
    /// Through `CoreAgent::step`, journaled, holding.
    pub(crate) step: Result<u64, String>,
    /// The same with a recorder that keeps nothing.
    pub(crate) bare: Result<u64, String>,
    /// The floor.
    pub(crate) floor: Result<u64, String>,
}

/// Counts them all.
pub(crate) fn count() -> Instructions {
    let [step, bare, floor] = ["step", "bare", "floor"].map(per_quote);
    Instructions { step, bare, floor }
}

fn per_quote(subject: &str) -> Result<u64, String> {
    let collected = callgrind::collect(COUNTED, &[CHILD, &QUOTES.to_string(), subject]);
    collected.map(|count| count / QUOTES as u64)
}

/// What a child is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Child {
    quotes: usize,
    subject: String,
}

impl Child {
    /// `None` when this is not a child.
    pub(crate) fn parse(words: &[String]) -> Option<Result<Self, Box<dyn Error>>> {
        let at = words.iter().position(|word| word == CHILD)?;
        let (quotes, subject) = (words.get(at + 1), words.get(at + 2));
        let quotes = quotes.and_then(|word| word.parse().ok());
        let child = quotes.zip(subject.cloned()).map(|(quotes, subject)| Self { quotes, subject });
        Some(child.ok_or_else(|| format!("{CHILD} takes QUOTES step|bare|floor").into()))
    }

    /// Takes so many quotes of a day and nothing else of it.
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        let day = Day::read(None)?;
        match self.subject.as_str() {
            "step" => {
                let folder = Folder::new()?;
                // The keeper only tidies up: beside the lane, valgrind would give it turns of its own.
                let (writer, mut keeper, _) = folder.begin()?;
                self.run_lane(&day, writer)?;
                Ok(keeper.close()?)
            }
            "bare" => self.run_lane(&day, NullRecorder),
            "floor" => {
                let mut floor = Floor::new();
                take_counted(&self.quotes(&day)?, |event| floor.on_event(event));
                std::hint::black_box(floor.top());
                Ok(())
            }
            other => Err(format!("`{other}` is none of: step, bare, floor").into()),
        }
    }

    fn run_lane<R: Recorder + Send>(&self, day: &Day, recorder: R) -> Result<(), Box<dyn Error>> {
        let mut lane = Lane::open(day, Manner::LetsRest, recorder)?;
        for event in &day.events[..day.after_open(WARM_UP)] {
            lane.feed(event);
        }
        take_counted(&self.quotes(day)?, |event| lane.step(event));
        let orders = lane.settle();
        if orders == 0 { Ok(()) } else { Err(format!("{orders} orders were sent").into()) }
    }

    /// The quotes that are taken, set apart so that looking for them is not counted.
    fn quotes(&self, day: &Day) -> Result<Vec<MarketEvent>, Box<dyn Error>> {
        let events = day.from_minute(WARM_UP).iter();
        let quotes = events.filter(|event| matches!(event, MarketEvent::Quote(_)));
        let quotes: Vec<MarketEvent> = quotes.take(self.quotes).copied().collect();
        if quotes.len() == self.quotes {
            return Ok(quotes);
        }
        Err(format!("the day has only {} quotes, not {}", quotes.len(), self.quotes).into())
    }
}

/// Takes them. Never inlined: callgrind finds it by its name.
#[inline(never)]
fn take_counted(quotes: &[MarketEvent], take: impl FnMut(&MarketEvent)) {
    quotes.iter().for_each(take);
}
