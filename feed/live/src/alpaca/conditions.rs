//! What the letters beside a trade or a trading status mean, as far as it decides anything here.
//!
//! Source: Alpaca's table of which trade conditions update which field of a bar (docs, "Real-time
//! stock data"), which follows the CTA and UTP plans. A print that may not set a bar's open and
//! close must not move our last price either. With several letters the strictest wins.

/// Who publishes a condition decides what its letter means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Updates the last price.
    Regular,
    /// Never updates it.
    Always,
    /// Does not update it on tapes A and B (CTA): average price.
    OnCta,
    /// Does not update it on tapes C and O (UTP): average price.
    OnUtp,
}

const RULES: [Rule; 128] = {
    let mut rules = [Rule::Regular; 128];
    // Cash, price variation, odd lot, next day, seller, out of sequence, contingent, QCT, bunched
    // sold, prior reference, sold out of sequence, derivatively priced, corrected close, and the
    // market centre's official close and open.
    let always = b"CHINRUV7GPZ49MQ";
    let mut at = 0;
    while at < always.len() {
        rules[always[at] as usize] = Rule::Always;
        at += 1;
    }
    rules[b'B' as usize] = Rule::OnCta;
    rules[b'W' as usize] = Rule::OnUtp;
    rules
};

/// Whether a print with this condition on this tape must not move the last price.
#[must_use]
pub fn is_irregular(condition: u8, tape: u8) -> bool {
    match RULES.get(usize::from(condition)) {
        None | Some(Rule::Regular) => false,
        Some(Rule::Always) => true,
        Some(Rule::OnCta) => matches!(tape, b'A' | b'B'),
        Some(Rule::OnUtp) => matches!(tape, b'C' | b'O'),
    }
}

/// What a status code and its reason do to trading: `Some(true)` halts it, `Some(false)` resumes it,
/// `None` only informs. CTA: `2` halt, `3` resume, `F` price bands, and the pause at them where the
/// reason is `M`; UTP: `H` halt, `P` volatility pause, `T` resume (`Q` resumes quoting only).
#[must_use]
pub fn halts(status_code: &str, reason: &str) -> Option<bool> {
    match (status_code, reason) {
        ("2" | "H" | "P", _) | ("F", "M") => Some(true),
        ("3" | "T", _) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_lots_and_average_prices_do_not_move_the_last_price() {
        assert!(is_irregular(b'I', b'A') && is_irregular(b'I', b'C'));
        assert!(is_irregular(b'B', b'A') && !is_irregular(b'B', b'C'));
        assert!(is_irregular(b'W', b'C') && !is_irregular(b'W', b'A'));
    }

    #[test]
    fn ordinary_prints_move_it() {
        for condition in b" @FEKLOXTADY56\0\x80\xff" {
            assert!(!is_irregular(*condition, b'A') && !is_irregular(*condition, b'C'));
        }
    }

    #[test]
    fn only_halts_and_resumptions_change_anything() {
        let halts = |code| halts(code, "D");
        assert_eq!([halts("H"), halts("2"), halts("P")], [Some(true); 3]);
        assert_eq!([halts("T"), halts("3")], [Some(false); 2]);
        assert_eq!([halts("Q"), halts("F"), halts(""), halts("HH")], [None; 4]);
    }

    #[test]
    fn a_pause_at_the_price_bands_halts_and_the_bands_alone_do_not() {
        assert_eq!([halts("F", "M"), halts("2", "M"), halts("P", "LUDP")], [Some(true); 3]);
        assert_eq!([halts("F", ""), halts("F", "D"), halts("F", "MM")], [None; 3]);
        assert_eq!(halts("3", "M"), Some(false));
    }
}
