//! `session.json`: any text is refused, or it makes an engine or says which field does not.

use crate::mutate::Words;
use crate::target::{Shape, Target};
use st0ck_lab::build::{self, BuildError};
use st0ck_lab::header::SessionHeader;

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "null", "\"format\":1", "\"bot\":\"st0cka\"", "\"symbols\":[\"SPY\"]",
    "\"SPY\"", "[]", "\"2020-12-15\"", "\"2020-12-25\"", "\"7k\"", "[\"mode\",\"simple\"]", "[\"positions_max\",\"1\"]",
    "[\"entry_hours\",\"34200-57000\"]", "4294967295-0", "\"daily_closes\":[[\"1\"]]", "\"capital\":\"1\"",
];

/// A session's header.
pub(super) static HEADER: Target = Target {
    name: "session_json",
    about: "session headers: refused, or read back as written and made into an engine",
    run,
    seeds,
    words: Words::Text(WORDS),
    mend: None,
    // An engine makes all of its tables at start, for each instrument.
    room: 64 << 20,
    longest: 8 << 10,
    patience: 10,
};

fn run(input: &[u8]) -> Shape {
    let header: SessionHeader = match serde_json::from_slice(input) {
        Ok(header) => header,
        Err(error) => return Shape::of(&(error.classify() as u8, error.to_string().len() % 64)),
    };
    let again = serde_json::from_str::<SessionHeader>(&header.to_text());
    assert_eq!(again.ok().as_ref(), Some(&header));
    match build::engine(&header) {
        Ok(_) => Shape::of(&(header.symbols.len(), header.daily_closes.len())),
        Err(error) => {
            let words = error.to_string();
            assert!(words.starts_with("session.json: "), "{words}");
            let field = if let BuildError::Field { field, .. } = error { field } else { "" };
            Shape::of(&(field, words.len() % 16))
        }
    }
}

/// The header of a session that an earlier version made, which must be readable forever.
fn seeds() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../../../journal/tests/golden/v1-demo/session.json").to_vec()]
}
