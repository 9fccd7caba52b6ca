//! The decoder against its slow twin, on frames that are well formed, odd, and broken.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use st0ck_feed::SymbolTable;
use st0ck_feed::alpaca::Decoder;
use st0ck_types::{InstrumentId, Nanos, Symbol};

use crate::generate::{SYMBOLS, frame};
use crate::reference;

const RECV: Nanos = Nanos(1_700_000_000_000_000_000);

pub(crate) fn symbols() -> SymbolTable {
    SymbolTable::new(SYMBOLS.iter().zip(0..).map(|(s, n)| (Symbol::new(s), InstrumentId(n))))
}

fn agree(decoder: &mut Decoder, bytes: &[u8]) {
    let want = reference::decode(bytes, RECV, &symbols());
    let got = decoder.decode_frame(bytes, RECV);
    assert_eq!(
        got.as_ref().ok().copied(),
        want.as_ref(),
        "{got:?} {}",
        String::from_utf8_lossy(bytes)
    );
}

/// `PROPTEST_CASES` asks for more; a failure prints its frame, so no file of them is kept.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases.max(4_000), failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_frame_decodes_as_serde_json_says(frame in frame()) {
        agree(&mut Decoder::new(symbols()), frame.as_bytes());
    }

    #[test]
    fn broken_frames_are_refused_as_serde_json_refuses_them(
        frame in frame(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..4),
    ) {
        let mut bytes = frame.into_bytes();
        for (at, byte, how) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => { bytes.remove(at); }
                _ => bytes.truncate(at),
            }
        }
        agree(&mut Decoder::new(symbols()), &bytes);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        agree(&mut Decoder::new(symbols()), &bytes);
    }
}

/// Otherwise the comparison above could be one of refusals with refusals.
#[test]
fn the_generator_reaches_every_way_through_the_decoder() {
    let mut runner = TestRunner::deterministic();
    let mut decoder = Decoder::new(symbols());
    let mut refused = 0;
    for _ in 0..1_000 {
        let frame = frame().new_tree(&mut runner).unwrap().current();
        refused += u64::from(decoder.decode_frame(frame.as_bytes(), RECV).is_err());
    }
    let counts = decoder.counts();
    let fell_back_well = counts.fell_back - refused;
    assert!(
        counts.scanned > 200 && fell_back_well > 200 && refused > 50,
        "{counts:?}, {refused} refused"
    );
}

/// The usual form must take the fast way: otherwise its speed is an accident.
#[test]
fn the_venues_usual_frames_are_read_by_the_scanner() {
    let mut decoder = Decoder::new(symbols());
    for frame in [
        r#"[{"T":"q","S":"SPY","bx":"V","bp":590.01,"bs":100,"ax":"Q","ap":590.02,"as":200,"c":["R"],"z":"B","t":"2025-06-20T14:30:00.123456789Z"}]"#,
        r#"[{"T":"t","S":"AAPL","i":96921,"x":"D","p":126.55,"s":1,"c":["@","I"],"z":"C","t":"2025-06-20T14:30:44.208Z"},{"T":"b","S":"BRK.B","o":388.985,"h":389.13,"l":388.975,"c":389.12,"v":49378,"n":461,"vw":389.062639,"t":"2025-06-20T14:30:00Z"}]"#,
        r#"[{"t":"2025-06-20T14:30:00Z","r":"unknown","S":"MSFT","ap":1,"bp":1,"T":"q","x1":null,"x2":[]}]"#,
    ] {
        agree(&mut decoder, frame.as_bytes());
    }
    assert_eq!((decoder.counts().scanned, decoder.counts().fell_back), (2, 1));
}

#[test]
fn every_truncation_of_a_frame_is_refused() {
    let mut decoder = Decoder::new(symbols());
    let frame = r#"[{"T":"q","S":"SPY","bx":"V","bp":590.01,"bs":100,"ax":"Q","ap":590.02,"as":200,"c":["R"],"z":"B","t":"2025-06-20T14:30:00.123456789Z"}]"#;
    for end in 0..frame.len() {
        assert!(decoder.decode_frame(&frame.as_bytes()[..end], RECV).is_err(), "{end}");
        assert!(decoder.decoded().events.is_empty());
    }
    assert!(decoder.decode_frame(frame.as_bytes(), RECV).is_ok());
}

#[test]
fn one_bad_message_refuses_its_frame_and_says_where() {
    let mut decoder = Decoder::new(symbols());
    let good = r#"{"T":"t","S":"SPY","p":1,"s":1,"t":"2025-06-20T14:30:00Z"}"#;
    for (bad, words) in [
        (
            r#"{"T":"t","S":"SPY","p":"1","s":1,"t":"2025-06-20T14:30:00Z"}"#,
            r#"message 1 of the frame: "p" has the wrong type"#,
        ),
        (r#"{"T":"t","S":"SPY","s":1,"t":"2025-06-20T14:30:00Z"}"#, r#""p" is missing"#),
        (
            r#"{"T":"t","S":"SPY","p":1e10,"s":1,"t":"2025-06-20T14:30:00Z"}"#,
            r#""p" is out of range"#,
        ),
        (r#"{"T":"t","S":"SPY","p":1,"s":1,"t":"yesterday"}"#, r#""t" is not an RFC 3339 time"#),
        ("7", "message 1 of the frame is not an object"),
    ] {
        let frame = format!("[{good},{bad}]");
        let error = decoder.decode_frame(frame.as_bytes(), RECV).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    let error = decoder.decode_frame(b"{}", RECV).unwrap_err();
    assert!(error.to_string().contains("not an array"), "{error}");
}

#[test]
fn deep_nesting_is_refused_not_a_stack_overflow() {
    let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Decoder::new(symbols()).decode_frame(deep.as_bytes(), RECV).is_err());
}
