//! The table of targets: every parser of bytes from outside, every structure that has a slow twin,
//! and the planted bugs that prove the runner.

mod broker_json;
mod decimals;
mod http;
mod market_json;
mod names;
mod times;
mod websocket;

use crate::target::Target;

/// Every target, in the order in which `all` runs them.
pub static TARGETS: &[&Target] = &[
    &market_json::MARKET,
    &broker_json::UPDATES,
    &broker_json::REPLIES,
    &http::RESPONSE,
    &http::REQUEST,
    &websocket::FRAMES,
    &decimals::DECIMAL,
    &decimals::MONEY,
    &times::TIME,
    &names::OCC,
    &names::IDS,
    &names::ENDPOINT,
];

/// The target of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}
