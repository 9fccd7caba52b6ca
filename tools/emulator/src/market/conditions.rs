//! Which prints count for which field of a bar (`alpaca.md` §8.2): by tape and condition codes.
//!
//! *Invariant:* of several codes the strictest wins, so an unusual print never sets a usual price.

use st0ck_types::Trade;
use st0ck_types::market::IRREGULAR;

/// Whether a print counts for a field: always, never, or only as the first of its bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counts {
    No,
    First,
    Yes,
}

use Counts::{First, No, Yes};

/// What a print counts for: open and close, high and low, volume.
type Row = [Counts; 3];

const ALL: Row = [Yes, Yes, Yes];
const VOLUME: Row = [No, No, Yes];
const NONE: Row = [No, No, No];

/// The two kinds of bars that have tables of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// A minute, and what is added up from minutes.
    Minute,
    /// A day, and what is added up from days.
    Day,
}

/// The fields of one bar that one print counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uses {
    /// Open, if it is the first such, and close.
    pub(crate) open_close: bool,
    /// High and low.
    pub(crate) high_low: bool,
    /// Volume and the number of trades.
    pub(crate) volume: bool,
}

/// What a print counts for in a bar of a kind; `first` when the bar has none before it. `tape` is
/// that of its listing, for prints that name none.
pub(crate) fn uses(trade: &Trade, tape: u8, length: Length, first: bool) -> Uses {
    let tape = if trade.tape == 0 { tape } else { trade.tape };
    let codes = trade.conditions.iter().take_while(|code| **code != 0);
    let plain = if trade.flags & IRREGULAR == 0 { ALL } else { VOLUME };
    let rows = codes.map(|code| row(tape, *code, length));
    let [open_close, high_low, volume] = rows.reduce(strictest).unwrap_or(plain);
    let counts = |counts: Counts| counts == Yes || (counts == First && first);
    Uses { open_close: counts(open_close), high_low: counts(high_low), volume: counts(volume) }
}

fn strictest(a: Row, b: Row) -> Row {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].min(b[2])]
}

fn row(tape: u8, code: u8, length: Length) -> Row {
    match (code, length) {
        (b'B', _) if tape == b'C' => ALL,
        (b'W', _) if matches!(tape, b'A' | b'B') => ALL,
        (b'B' | b'C' | b'H' | b'I' | b'N' | b'R' | b'U' | b'V' | b'W' | b'7', _) => VOLUME,
        (b'T', Length::Day) => VOLUME,
        (b'G' | b'P' | b'Z' | b'4', Length::Minute) => VOLUME,
        (b'G' | b'P' | b'Z' | b'4', Length::Day) => [First, Yes, Yes],
        (b'9', Length::Day) => [Yes, Yes, No],
        (b'9', Length::Minute) | (b'M' | b'Q', _) => NONE,
        _ => ALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tape: u8, codes: &str, length: Length, first: bool) -> String {
        let mut conditions = [0; 4];
        conditions[..codes.len()].copy_from_slice(codes.as_bytes());
        let uses = uses(&Trade { conditions, tape, ..Trade::default() }, b'A', length, first);
        [uses.open_close, uses.high_low, uses.volume]
            .map(|yes| if yes { 'Y' } else { 'N' })
            .into_iter()
            .collect()
    }

    #[test]
    fn each_code_counts_as_the_reference_says() {
        // Codes, tape, minute bar, daily bar as its first print, daily bar later.
        let table = [
            ("", 'A', "YYY", "YYY", "YYY"),
            ("@FKLOX56ADY", 'C', "YYY", "YYY", "YYY"),
            (" E", 'A', "YYY", "YYY", "YYY"),
            ("B", 'A', "NNY", "NNY", "NNY"),
            ("B", 'C', "YYY", "YYY", "YYY"),
            ("W", 'C', "NNY", "NNY", "NNY"),
            ("CHINRUV7", 'B', "NNY", "NNY", "NNY"),
            ("T", 'A', "YYY", "NNY", "NNY"),
            ("GPZ4", 'C', "NNY", "YYY", "NYY"),
            ("9", 'A', "NNN", "YYN", "YYN"),
            ("MQ", 'C', "NNN", "NNN", "NNN"),
            ("S18", 'C', "YYY", "YYY", "YYY"),
        ];
        for (codes, tape, minute, first, later) in table {
            let each: Vec<String> = if codes.is_empty() {
                vec![String::new()]
            } else {
                codes.chars().map(String::from).collect()
            };
            for code in each {
                let tape = tape as u8;
                assert_eq!(told(tape, &code, Length::Minute, false), minute, "minute, {code:?}");
                assert_eq!(told(tape, &code, Length::Day, true), first, "day's first, {code:?}");
                assert_eq!(told(tape, &code, Length::Day, false), later, "day, {code:?}");
            }
        }
    }

    #[test]
    fn of_several_codes_the_strictest_wins() {
        assert_eq!(told(b'C', "@FTI", Length::Minute, true), "NNY");
        assert_eq!(told(b'C', "O9", Length::Day, true), "YYN");
        assert_eq!(told(b'C', "IM", Length::Minute, true), "NNN");
    }

    #[test]
    fn an_irregular_print_without_codes_is_volume_alone() {
        let late = Trade { flags: IRREGULAR, ..Trade::default() };
        let uses = uses(&late, b'A', Length::Minute, true);
        assert!(uses.volume && !uses.open_close && !uses.high_low);
    }
}
