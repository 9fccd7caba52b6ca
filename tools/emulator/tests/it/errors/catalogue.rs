//! Every row, and the reference's own list of sentences.

use super::scenes;
use std::path::Path;

/// What the reference names and nothing here can say, or says in another row's words.
const ELSEWHERE: &[(&str, &str)] = &[
    ("requested asset is not fractionable", "every asset here can be split"),
    ("asset \"X\" is not fractionable", "every asset here can be split"),
    ("… must be DAY limit orders", "of older servers"),
    ("take_profit.limit_price must be …", "held as `>= base_price + 0.01`"),
    (">= base_price + 0.01", "held by the take-profit; a buy stop's is in checks/price.rs"),
    ("account is restricted to liquidation only", "six times the equity: held in checks/power.rs"),
];

/// Sentences of the reference that stand inside a body it shows whole.
fn spoken(text: &str) -> String {
    let message = text.split("\"message\":\"").nth(1);
    let told = message.and_then(|rest| rest.split("\",\"").next());
    told.map_or(text, |told| told.trim_end_matches("\"}")).replace("\\\"", "\"")
}

/// Names of keys and shapes of bodies: no sentences.
fn is_name(text: &str) -> bool {
    text.contains("...extra") || !text.contains(' ')
}

/// Words by which a row stands for a sentence of the reference.
fn same(row: &str, sentence: &str) -> bool {
    row == sentence
        || sentence.starts_with("invalid limit_price") && row == "sub-penny, limit"
        || sentence.starts_with("insufficient qty") && row.starts_with("insufficient qty")
}

#[test]
fn every_error_has_its_status_code_sentence_and_keys() {
    let mut words = scenes::fields();
    for scene in [
        scenes::sense,
        scenes::absent,
        scenes::holder,
        scenes::washers,
        scenes::openers,
        scenes::settings,
        scenes::replacements,
        scenes::chains,
        scenes::late,
        scenes::data,
        scenes::doors,
        scenes::server,
        scenes::standing,
    ] {
        words.extend(scene());
    }
    assert!(words.len() > 60, "{}", words.len());
    let reference =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/protocols/alpaca.md");
    let Ok(text) = std::fs::read_to_string(&reference) else {
        eprintln!("skipped: {} not here", reference.display());
        return;
    };
    let section = text.split("### 1.3").nth(1).unwrap().split("### 1.4").next().unwrap();
    let sentences: Vec<String> =
        section.split('`').skip(1).step_by(2).filter(|text| !is_name(text)).map(spoken).collect();
    let known = |sentence: &&String| {
        !words.iter().any(|row| same(row, sentence))
            && !ELSEWHERE.iter().any(|(words, _)| words == sentence)
    };
    assert!(sentences.len() > 60, "{}", sentences.len());
    assert_eq!(sentences.iter().filter(known).collect::<Vec<_>>(), Vec::<&String>::new());
    for (words, _) in ELSEWHERE {
        assert!(
            sentences.iter().any(|sentence| sentence == words),
            "{words}: not in the reference"
        );
    }
    eprintln!("{} rows for {} sentences of the reference", words.len(), sentences.len());
}
