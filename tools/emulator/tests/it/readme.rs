//! The README's route table is the one that requests are dispatched by.

use st0ck_emulator::route_table;
use std::fs;

const BEGIN: &str = "<!-- routes: written by BLESS=1 cargo test -p st0ck-emulator readme -->\n";
const END: &str = "\n<!-- end of routes -->\n";

#[test]
fn the_readme_lists_every_route() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the README has the marker of the routes");
    let (_, after) = rest.split_once(END).expect("the README has the marker of their end");
    let wanted = format!("{before}{BEGIN}{}{END}{after}", route_table());
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, wanted).unwrap();
        return;
    }
    assert!(text == wanted, "the routes changed: BLESS=1 cargo test -p st0ck-emulator readme");
}
