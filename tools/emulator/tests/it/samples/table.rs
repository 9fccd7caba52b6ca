//! The table of comparisons: one row for each payload, and why a row may differ.

use super::kinds::Kind;
use super::sample;
use super::shape::{Difference, Shape, What};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Why a payload may differ in these keys: what its name begins with, the keys, the reason.
type Reason = (&'static str, &'static [&'static str], &'static str);

const BROKER: &str = "of the broker API";
const NUMBERS: &str = "a test of the Python SDK has numbers where §1.2 has strings";
const PASSED_OVER: &str = "undocumented: it is there to be passed over";

/// Every difference that the reference does not speak of.
const EXPLAINED: &[Reason] = &[
    ("rest/order", &["qty", "limit_price", "filled_qty"], NUMBERS),
    ("rest/order", &["commission"], BROKER),
    ("rest/position_close", &["commission"], BROKER),
    ("trade_updates/", &["qty", "limit_price"], NUMBERS),
    ("trade_updates/", &["commission"], BROKER),
    (
        "rest/account.json",
        &["options_approved_level", "options_trading_level"],
        "a test of the Python SDK has strings where §2 has whole numbers",
    ),
    ("rest/account_spec.json", &["bod_dtbp"], "the example has a bare 0, its schema a string"),
    ("rest/portfolio_history", &["cashflow"], "no money came or went on this day"),
    ("rest/asset_", &["last_close_pct_change", "last_price"], BROKER),
    ("rest/asset_single", &["attributes"], "no asset here has any; the sample's are made up"),
    ("rest/assets_", &["last_close_pct_change", "last_price"], BROKER),
    ("rest/assets_", &["attributes"], "no asset here has any; the sample's are made up"),
    ("rest/orders_cancel_all", &["body"], "of an order that failed: here none does"),
    ("rest/positions_list", &["usd"], "of accounts in other currencies"),
    ("rest/error_body", &["other_field"], "it stands for any further key: ours has others"),
    (
        "rest/ca_announcements",
        &["declaration_date", "expiration_date"],
        "not in the built-in table",
    ),
    (
        "rest/corporate_actions",
        &["name_changes", "stock_mergers", "worthless_removals"],
        "the built-in table has none, and empty types are left out",
    ),
    ("rest/stock_auctions", &["s"], "the recording has no auctions: an ordinary print is no size"),
    ("rest/news_page", &["images"], "made-up news have no pictures"),
    ("rest/screener_movers", &["losers"], "the only symbol has risen"),
    ("stream_msgpack/stock_trade", &["n", "r"], PASSED_OVER),
    ("stream_msgpack/stock_quote", &["n", "r"], PASSED_OVER),
];

/// The rows so far.
#[derive(Default)]
pub(crate) struct Table {
    rows: String,
    seen: BTreeSet<String>,
    /// Places in [`EXPLAINED`] that were of use.
    used: BTreeSet<(usize, &'static str)>,
    mistakes: Vec<String>,
}

impl Table {
    /// A file and what we emit for the same request; `maps` are the places of maps by symbol.
    pub(crate) fn compare(&mut self, file: &str, kind: &Kind, maps: &[&str], ours: &Value) {
        let theirs = Shape::of_json(&sample(file), maps);
        self.row(file, file, kind, &theirs, &Shape::of_json(ours, maps));
    }

    /// A part of a file and ours.
    pub(crate) fn compare_part(
        &mut self,
        file: &str,
        part: &str,
        kind: &Kind,
        (theirs, ours): (&Value, &Value),
    ) {
        let (theirs, ours) = (Shape::of_json(theirs, &[]), Shape::of_json(ours, &[]));
        self.row(file, &format!("{file} {part}"), kind, &theirs, &ours);
    }

    /// One row; of several like it the first is shown.
    pub(crate) fn row(
        &mut self,
        file: &str,
        name: &str,
        kind: &Kind,
        theirs: &Shape,
        ours: &Shape,
    ) {
        self.seen.insert(file.to_owned());
        let (mut missing, mut typed, mut more) = (0, 0, 0);
        let mut told = Vec::new();
        for difference in theirs.differences(ours) {
            let Some(why) = self.explain(file, kind, &difference) else {
                self.mistakes.push(format!("{name}: {}", difference.shown()));
                continue;
            };
            match difference.what {
                What::Further => more += 1,
                What::Missing => missing += usize::from(!difference.place.ends_with(['}', ']'])),
                What::Types(..) => typed += 1,
                What::Null => {}
            }
            if !why.is_empty() {
                told.push(format!("{} ({why})", difference.shown()));
            }
        }
        if more > 0 {
            told.push(format!("{more} more of {}", kind.section));
        }
        let keys = theirs.keys();
        let types = if typed == 0 { String::from("same") } else { format!("{typed} differ") };
        let (same, told) = (keys - missing, told.join("; "));
        self.show(format!("| {name} | {same} of {keys} | {types} | {told} |\n"));
    }

    fn show(&mut self, row: String) {
        if !self.rows.contains(&row) {
            self.rows.push_str(&row);
        }
    }

    /// Why a difference is right; the empty text when the reference says so itself.
    fn explain(&mut self, file: &str, kind: &Kind, it: &Difference) -> Option<&'static str> {
        let key = it.key();
        match it.what {
            What::Further if kind.knows(key) => return Some(""),
            What::Null if kind.may_be_null(key) => return Some(""),
            What::Further => return None,
            What::Null | What::Missing | What::Types(..) => {}
        }
        let fits = |(_, (begin, ..)): &(usize, &Reason)| file.starts_with(begin);
        for (row, (_, keys, why)) in EXPLAINED.iter().enumerate().filter(fits) {
            if let Some(known) = keys.iter().find(|known| **known == key) {
                self.used.insert((row, known));
                return Some(why);
            }
        }
        None
    }

    /// A file that is not compared by its shape, and what was done instead.
    pub(crate) fn told(&mut self, file: &str, words: &str) {
        self.seen.insert(file.to_owned());
        self.show(format!("| {file} | | | {words} |\n"));
    }

    /// The table.
    pub(crate) fn text(&self) -> String {
        format!("| payload | keys | types | differences |\n|---|---|---|---|\n{}", self.rows)
    }

    /// Unexplained differences, explanations that nothing needs, samples that nothing is held against.
    pub(crate) fn mistakes(mut self, folder: &Path) -> Vec<String> {
        for (row, (begin, keys, _)) in EXPLAINED.iter().enumerate() {
            let idle = keys.iter().filter(|key| !self.used.contains(&(row, **key)));
            self.mistakes.extend(idle.map(|key| format!("{begin} {key}: explained, but alike")));
        }
        for part in ["rest", "stream_text", "stream_msgpack", "trade_updates"] {
            for entry in std::fs::read_dir(folder.join(part)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let file = format!("{part}/{name}");
                let of_others = name.contains("option") || name.ends_with(".expected.json");
                if !of_others && !self.seen.contains(&file) {
                    self.mistakes.push(format!("{file}: compared with nothing"));
                }
            }
        }
        self.mistakes
    }
}
