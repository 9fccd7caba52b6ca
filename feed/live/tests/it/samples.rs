//! Every sample of the stock stream that happens to be at hand decodes as its slow twin says.

use std::path::Path;

use st0ck_feed::alpaca::Decoder;
use st0ck_types::Nanos;

use crate::differential::symbols;
use crate::reference;

const SAMPLES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/protocols/samples/alpaca/stream_text");

#[test]
fn sampled_frames_are_read() {
    for name in ["stock_happy_path", "stock_errors"] {
        let path = Path::new(SAMPLES).join(name).with_extension("jsonl");
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: {} not here", path.display());
            return;
        };
        let mut decoder = Decoder::new(symbols());
        let mut found = 0;
        let lines =
            text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        for line in lines.filter(|line| line["dir"] == "server") {
            let frame = line["msg"].to_string();
            let want = reference::decode(frame.as_bytes(), Nanos(1), &symbols());
            let got = decoder.decode_frame(frame.as_bytes(), Nanos(1)).unwrap();
            assert_eq!(Some(got), want.as_ref(), "{frame}");
            found += got.events.len() + got.notices.len();
        }
        assert!(found > 0, "{name}");
    }
}
