//! Peers that send too much or too slowly: refused in time, in bounded memory.

use st0ck_fuzz::peers::SCENES;
use std::path::Path;

#[test]
fn whoever_sends_too_much_or_too_slowly_is_refused_within_two_mebibytes() {
    let program = Path::new(env!("CARGO_BIN_EXE_st0ck-fuzz"));
    for scene in SCENES {
        let played = scene.play_apart(program).unwrap();
        assert_eq!(played.said, scene.want(), "{}", scene.name);
        assert!(scene.is_right(&played), "{}: {} bytes grown", scene.name, played.growth);
    }
}
