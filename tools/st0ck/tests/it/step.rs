//! The stepper: the same state however one comes to a place, conditions found where they begin to hold,
//! and a screen that shows it.

use crate::place::{Place, skip, wait_for};
use crate::tape;
use st0ck_lab::replay::replay_watched;
use st0ck_lab::stepper::{Condition, Stepper};
use st0ck_quant::rng::Rng;
use st0ck_types::time::SECOND;
use st0ck_types::{Input, InstrumentId, Nanos, Output, Report, Seq};
use std::io::Write;
use std::process::{Command, Stdio};

const SPY: InstrumentId = InstrumentId(0);

/// A place with a session of six minutes, more inputs than lie between two kept states.
fn recorded() -> (Place, Stepper) {
    let place = Place::new();
    place.write("quotes.csv", tape::quotes(0, 720, tape::waves));
    place.st0ck(&["demo", "--json", "--data", "quotes.csv"]).ok();
    let stepper = Stepper::open(&place.session()).unwrap();
    (place, stepper)
}

/// The truth: each input as a replay meets it.
#[derive(Debug, Clone)]
struct Met {
    seq: Seq,
    at: Nanos,
    hash: u64,
    position: i64,
    spread: Option<i64>,
    open_orders: usize,
    order: bool,
    fill: bool,
    rejects: Vec<&'static str>,
}

fn truth(place: &Place) -> Vec<Met> {
    let mut met = Vec::new();
    let watched = replay_watched(&place.session(), None, &mut |group, engine| {
        let book = engine.world().market.book(SPY).unwrap();
        let sides = book.bid().zip(book.ask());
        let rejects = group.outputs.iter().filter_map(|output| match output {
            Output::Reject(reject) => Some(reject.code.as_str()),
            _ => None,
        });
        met.push(Met {
            seq: group.seq,
            at: group.at,
            hash: engine.state_hash(),
            position: engine.portfolio().position(SPY).qty.0 / 1_000_000_000,
            spread: sides.map(|(bid, ask)| ask.0 - bid.0),
            open_orders: engine.orders().live().count(),
            order: group.outputs.iter().any(|o| matches!(o, Output::Order(_))),
            fill: matches!(group.input, Input::Report(Report::Fill(_))),
            rejects: rejects.collect(),
        });
    });
    assert!(watched.unwrap().0.equal);
    met
}

fn stands_at(stepper: &Stepper, met: &Met) {
    assert_eq!(stepper.here().map(|group| group.seq), Some(met.seq));
    assert_eq!(stepper.engine().state_hash(), met.hash, "the state at record {}", met.seq);
}

#[test]
fn every_way_to_a_place_leads_to_the_same_state() {
    let (place, mut stepper) = recorded();
    let met = truth(&place);
    assert!(met.len() > 1500, "{} inputs are too few to pass a kept state", met.len());
    // On by ones and hundreds, then back and forth by every kind of step, with places beside the
    // states that are kept.
    for n in [0, 1, 2, 99, 1022, 1023, 1024, 1025, met.len() - 1] {
        let taken = stepper.taken();
        stepper.forward((n as u64 + 1).saturating_sub(taken)).unwrap();
        stands_at(&stepper, &met[n]);
    }
    for n in [1400, 1030, 1024, 1023, 1022, 31, 1, 0, 1100] {
        let here = stepper.taken() as usize;
        if n + 1 < here {
            assert_eq!(stepper.back((here - n - 1) as u64).unwrap(), (here - n - 1) as u64);
        } else {
            stepper.to_seq(met[n].seq).unwrap();
        }
        stands_at(&stepper, &met[n]);
        let seen: Vec<Seq> = stepper.behind().map(|group| group.seq).collect();
        let first = (n + 1).saturating_sub(seen.len());
        let truth: Vec<Seq> = met[first..=n].iter().map(|m| m.seq).collect();
        assert_eq!(seen, truth, "the inputs that lead to {n}");
        assert!(seen.len() > n.min(20), "{} inputs shown before {n}", seen.len());
        let next: Vec<Seq> = stepper.ahead().take(3).map(|group| group.seq).collect();
        assert_eq!(next, met[n + 1..].iter().take(3).map(|m| m.seq).collect::<Vec<_>>());
    }
    stepper.back(u64::MAX).unwrap();
    assert!(stepper.here().is_none() && stepper.taken() == 0);
    assert_eq!(stepper.forward(u64::MAX).unwrap(), met.len() as u64);
    stands_at(&stepper, met.last().unwrap());
    assert_eq!(stepper.divergences(), 0);
}

#[test]
fn a_number_or_a_time_is_found_from_either_side() {
    let (place, mut stepper) = recorded();
    let met = truth(&place);
    let last = met.last().unwrap().seq.0;
    for seq in [1, 2, 700, last, 1200, 3, last + 10, 0] {
        stepper.to_seq(Seq(seq)).unwrap();
        match met.iter().rfind(|m| m.seq.0 <= seq) {
            Some(m) => stands_at(&stepper, m),
            None => assert!(stepper.here().is_none()),
        }
    }
    let open = met[0].at;
    for seconds in [300, 10, 299, -5] {
        let at = open + seconds * SECOND;
        stepper.to_time(at).unwrap();
        match met.iter().rfind(|m| m.at <= at) {
            Some(m) => stands_at(&stepper, m),
            None => assert!(stepper.here().is_none()),
        }
    }
}

#[test]
fn a_random_walk_never_loses_its_place() {
    let (place, mut stepper) = recorded();
    let met = truth(&place);
    let (mut rng, last) = (Rng::new(7), met.len() as u64);
    for _ in 0..60 {
        let taken = stepper.taken();
        let to = match rng.below(4) {
            0 => rng.below(last + 1),
            1 => (taken + rng.below(40)).min(last),
            2 => taken.saturating_sub(rng.below(40)),
            // Around the places whose state is kept.
            _ => (1024 * (1 + rng.below(last / 1024)) + rng.below(3)).min(last) - 1,
        };
        if to >= taken {
            stepper.forward(to - taken).unwrap();
        } else {
            stepper.back(taken - to).unwrap();
        }
        assert_eq!(stepper.taken(), to);
        if let Some(m) = to.checked_sub(1).map(|at| &met[at as usize]) {
            stands_at(&stepper, m);
        }
    }
}

/// Whether a condition holds of an input as it was met.
type Holds = fn(&Met) -> bool;

#[test]
fn conditions_are_found_where_they_begin_to_hold_and_nowhere_else() {
    let (place, mut stepper) = recorded();
    let met = truth(&place);
    let cases: [(&str, bool, Holds); 7] = [
        ("order", true, |m| m.order),
        ("fill", true, |m| m.fill),
        ("reject", true, |m| !m.rejects.is_empty()),
        ("position >= 1", false, |m| m.position >= 1),
        ("position = 0 and open_orders = 0", false, |m| m.position == 0 && m.open_orders == 0),
        ("spread <= 0.01", false, |m| m.spread.is_some_and(|s| s <= 10_000_000)),
        ("fill and position = 0", true, |m| m.fill && m.position == 0),
    ];
    for (text, event, holds) in cases {
        let mut held = false;
        let mut wanted = Vec::new();
        for m in &met {
            if holds(m) && (event || !held) {
                wanted.push(m.seq);
            }
            held = holds(m);
        }
        // Before the first input nothing is held and nothing is open.
        if text.starts_with("position = 0") && wanted.first() == Some(&met[0].seq) {
            wanted.remove(0);
        }
        let condition = Condition::parse(text).unwrap();
        stepper.back(u64::MAX).unwrap();
        let mut found = Vec::new();
        while stepper.until(&condition, SPY).unwrap() {
            found.push(stepper.here().unwrap().seq);
        }
        assert_eq!(found, wanted, "{text}, forward");
        let mut back = Vec::new();
        while stepper.back_until(&condition, SPY).unwrap() {
            back.push(stepper.here().unwrap().seq);
        }
        back.reverse();
        assert_eq!(back, wanted, "{text}, back");
        assert!(
            text == "reject" || !found.is_empty(),
            "{text} is never met: the case tests nothing"
        );
    }
}

#[test]
fn going_back_finds_nothing_and_stays() {
    let (_place, mut stepper) = recorded();
    stepper.forward(1300).unwrap();
    let hash = stepper.engine().state_hash();
    assert!(!stepper.back_until(&Condition::parse("position > 99").unwrap(), SPY).unwrap());
    assert_eq!((stepper.taken(), stepper.engine().state_hash()), (1300, hash));
}

fn screen(place: &Place, keys: &str) -> String {
    let out = place.st0ck(&["step", "--keys", keys]).ok().out;
    assert_eq!(out.lines().count(), 24, "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    out
}

#[test]
fn the_screen_shows_inputs_book_position_orders_gate_decision_and_strategy() {
    let (place, _) = recorded();
    let start = screen(&place, "");
    assert!(
        start.contains("> before the first input") && start.contains("state HALTED"),
        "{start}"
    );
    let bought = screen(&place, "f");
    for words in [
        "fill #1: buy",
        " SPY ",
        "spread 0.01",
        "holds 1 @ 390.",
        "state ACTIVE",
        "nothing refused so far",
        "order #2 sell 1 limit 390.",
        "take_profit: ",
        "phase ",
        "New York",
    ] {
        assert!(bought.contains(words), "no {words:?} in\n{bought}");
    }
    let wanted = screen(&place, "o");
    assert!(wanted.contains("entry: ") && wanted.contains("order #1 buy 1 market"), "{wanted}");
    // There and back is where one was.
    let above_the_message = |keys: &str| -> Vec<String> {
        screen(&place, keys).lines().take(23).map(str::to_owned).collect()
    };
    assert_eq!(above_the_message("f]]<left><right>[["), above_the_message("f"));
    assert!(screen(&place, ":position >= 1<enter>").contains("position >= 1   (? keys)"));
    assert!(screen(&place, ":09:35<enter>").contains("09:34:59.507 New York"));
    assert!(screen(&place, ":posn > 1<enter>").contains("posn: expected order"));
    assert!(screen(&place, "G").contains("the session's end"));
    assert!(screen(&place, "?").contains("reject C17"));
    assert!(screen(&place, "ff:4").contains(":4_"), "what is being typed");
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let (place, _) = recorded();
    place.st0ck(&["step"]).exits(2).says(&["needs a terminal", "--keys"]);
    place.st0ck(&["step", "--keys", "<f1>"]).exits(2).says(&["<right>"]);
    place.st0ck(&["step", "--keys", "", "--size", "10x10"]).exits(2).says(&["40x20"]);
    place.st0ck(&["step", "nowhere", "--keys", ""]).exits(20).says(&["nowhere"]);
    let large = place.st0ck(&["step", "--keys", "f", "--size", "120x40"]).ok().out;
    assert_eq!(large.lines().count(), 40);
}

#[test]
fn on_a_terminal_it_draws_and_gives_the_terminal_back() {
    if Command::new("script").arg("--version").output().is_err() {
        return skip("the program `script` (util-linux) is not here");
    }
    let (place, _) = recorded();
    // `script` makes a pseudo-terminal, `stty` gives it a size, and what we write are its keys.
    let shell = format!("stty rows 24 cols 80; exec '{}' step", env!("CARGO_BIN_EXE_st0ck"));
    let mut script = Command::new("script");
    place.prepare(&mut script).args(["-qec", &shell, "/dev/null"]).env("TERM", "xterm");
    script.stdin(Stdio::piped());
    let mut running = place.start(script);
    let mut keys = running.child.stdin.take().unwrap();
    // Only cells that change are drawn, so what is waited for has no blank in it.
    let sees = |words: &str| running.out().contains(words).then_some(());
    wait_for("the first screen", || sees("inputs"));
    keys.write_all(b"f").unwrap();
    wait_for("the first fill", || sees("take_profit:"));
    keys.write_all(b"q").unwrap();
    let out = running.end().ok().out;
    let (entered, left) = (out.find("\x1b[?1049h"), out.rfind("\x1b[?1049l"));
    assert!(entered.is_some() && left > entered, "the other screen is left again: {out:?}");
}
