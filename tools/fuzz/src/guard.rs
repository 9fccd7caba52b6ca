//! One input under watch: does the target panic, hold too much memory, or take too long.
//!
//! Called by the runner for each input and by the tests for each corpus file.
//! *Invariant:* a verdict does not depend on the machine's mood: a slow run counts only when it is
//! slow every time.

use crate::target::{Shape, Target};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::time::{Duration, Instant};

/// Longest that one input may take. An unoptimised build gets five times that.
pub const TIME_MAX: Duration = Duration::from_millis(if cfg!(debug_assertions) { 50 } else { 10 });
/// A slow input is run so often again, and the fastest run counts.
const RETRIES: usize = 4;

/// What an input did that it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The target panicked: a bug in the parser, or an assertion that does not hold.
    Panic(String),
    /// More bytes were held at once than four times the input and the target's room.
    Memory {
        /// Bytes held at once.
        held: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// It took longer than [`TIME_MAX`] and the target's patience allow, every time.
    Slow(Duration),
}

impl Fault {
    /// What makes two findings the same: the kind, and of a panic its place.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Panic(words) => words.split(": ").next().unwrap_or_default(),
            Self::Memory { .. } => "memory",
            Self::Slow(_) => "slow",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(words) => write!(f, "panic: {words}"),
            Self::Memory { held, allowed } => {
                write!(f, "memory: {held} bytes held at once, {allowed} allowed")
            }
            Self::Slow(time) => write!(f, "slow: {time:?}, where {TIME_MAX:?} is usual"),
        }
    }
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic under watch is kept instead of printed; any other goes where it always went.
fn keep_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if WATCHED.get() {
                let place = info.location().map(ToString::to_string).unwrap_or_default();
                let words = words_of(info.payload());
                LAST_PANIC.with(|last| *last.borrow_mut() = format!("{place}: {words}"));
            } else {
                before(info);
            }
        }));
    });
}

fn words_of(payload: &dyn std::any::Any) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or(payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}

/// Runs one input; its shape and how long it took.
///
/// # Errors
/// [`Fault`] when it panicked, held too much or was slow.
pub fn watch(target: &Target, input: &[u8]) -> Result<(Shape, Duration), Fault> {
    keep_panics();
    let (shape, held, mut time) = once(target, input)?;
    let allowed = 4 * input.len() as u64 + target.room;
    if held > allowed {
        return Err(Fault::Memory { held, allowed });
    }
    let most = TIME_MAX * target.patience;
    for _ in 0..RETRIES {
        if time > most {
            time = time.min(once(target, input)?.2);
        }
    }
    if time <= most { Ok((shape, time)) } else { Err(Fault::Slow(time)) }
}

fn once(target: &Target, input: &[u8]) -> Result<(Shape, u64, Duration), Fault> {
    let mut outcome = None;
    let begun = Instant::now();
    WATCHED.set(true);
    let memory = allocation_counter::measure(|| {
        outcome = Some(panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))));
    });
    WATCHED.set(false);
    let time = begun.elapsed();
    match outcome {
        Some(Ok(shape)) => Ok((shape, memory.bytes_max, time)),
        _ => Err(Fault::Panic(LAST_PANIC.with(|last| last.borrow().clone()))),
    }
}
