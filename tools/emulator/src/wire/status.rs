//! What the codes of a trading status mean, in the words of the two securities information processors
//! (`alpaca.md` §8.2; ctaplan.com and utpplan.com).
//!
//! *Invariant:* a code that is not in the table has no words, and is told all the same.

/// Codes and words of `sc`: those of tapes A and B, then those of tape C.
const STATUSES: [(&str, &str); 16] = [
    ("2", "Trading Halt"),
    ("3", "Resume"),
    ("5", "Price Indication"),
    ("6", "Trading Range Indication"),
    ("7", "Market Imbalance Buy"),
    ("8", "Market Imbalance Sell"),
    ("9", "Market On Close Imbalance Buy"),
    ("A", "Market On Close Imbalance Sell"),
    ("C", "No Market Imbalance"),
    ("D", "No Market On Close Imbalance"),
    ("E", "Short Sale Restriction"),
    ("F", "Limit Up-Limit Down"),
    ("H", "Trading Halt"),
    ("Q", "Quotation Resumption"),
    ("T", "Trading Resumption"),
    ("P", "Volatility Trading Pause"),
];

/// Codes and words of `rc`.
const REASONS: [(&str, &str); 38] = [
    ("D", "News Released"),
    ("I", "Order Imbalance"),
    ("M", "Limit Up-Limit Down (LULD) Trading Pause"),
    ("P", "News Pending"),
    ("X", "Operational"),
    ("Y", "Sub-Penny Trading"),
    ("1", "Market-Wide Circuit Breaker Level 1 Breached"),
    ("2", "Market-Wide Circuit Breaker Level 2 Breached"),
    ("3", "Market-Wide Circuit Breaker Level 3 Breached"),
    ("T1", "Halt News Pending"),
    ("T2", "Halt News Dissemination"),
    ("T3", "News and Resumption Times"),
    ("T5", "Single Stock Trading Pause In Effect"),
    ("T6", "Regulatory Halt Extraordinary Market Activity"),
    ("T7", "Single Stock Trading Pause/Quotation-Only Period"),
    ("T8", "Halt ETF"),
    ("T12", "Trading Halted; For Information Requested by Listing Market"),
    ("H4", "Halt Non Compliance"),
    ("H9", "Halt Filings Not Current"),
    ("H10", "Halt SEC Trading Suspension"),
    ("H11", "Halt Regulatory Concern"),
    ("O1", "Operations Halt, Contact Market Operations"),
    ("IPO1", "IPO Issue Not Yet Trading"),
    ("IPOQ", "IPO Security Released for Quotation"),
    ("IPOE", "IPO Security Positioning Window Extension"),
    ("M1", "Corporate Action"),
    ("M2", "Quotation Not Available"),
    ("LUDP", "Volatility Trading Pause"),
    ("LUDS", "Volatility Trading Pause - Straddle Condition"),
    ("MWC0", "Market-Wide Circuit Breaker Halt - Carried Over From Previous Day"),
    ("MWC1", "Market-Wide Circuit Breaker Halt - Level 1"),
    ("MWC2", "Market-Wide Circuit Breaker Halt - Level 2"),
    ("MWC3", "Market-Wide Circuit Breaker Halt - Level 3"),
    ("MWCQ", "Market-Wide Circuit Breaker Resumption"),
    ("R", "Issue Available"),
    ("R1", "New Issue Available"),
    ("R4", "Qualifications Issues Reviewed/Resolved; Quotations/Trading to Resume"),
    ("R9", "Filing Requirements Satisfied/Resolved; Quotations/Trading To Resume"),
];

/// The words of a status; of one that is not in the table what it does.
pub(super) fn status_words(code: &str, halted: bool) -> &'static str {
    let otherwise = if halted { "Trading Halt" } else { "Trading Resumption" };
    find(&STATUSES, code).unwrap_or(otherwise)
}

/// The words of a reason; none of one that is not in the table.
pub(super) fn reason_words(code: &str) -> &'static str {
    find(&REASONS, code).unwrap_or_default()
}

fn find(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_has_its_words_once() {
        for table in [&STATUSES[..], &REASONS[..]] {
            let codes: BTreeSet<&str> = table.iter().map(|(code, _)| *code).collect();
            assert_eq!(codes.len(), table.len());
        }
        assert_eq!(status_words("3", false), "Resume");
        assert_eq!(status_words("Z", true), "Trading Halt");
        assert_eq!((reason_words("LUDP"), reason_words("?")), ("Volatility Trading Pause", ""));
    }
}
