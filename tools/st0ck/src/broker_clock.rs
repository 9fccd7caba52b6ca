//! The broker's own clock, asked once at the start: under the feed's clock it says which day it is.

use crate::config::secrets::Credentials;
use crate::exit::Failure;
use serde::Deserialize;
use st0ck_net::endpoint::Remote;
use st0ck_net::http::{HeaderBlock, HttpConfig, HttpConnection, Request};
use st0ck_types::{Nanos, rfc3339};
use std::time::Duration;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `GET /v2/clock` says.
pub(crate) struct BrokerClock {
    pub(crate) now: Nanos,
    pub(crate) is_open: bool,
}

#[derive(Deserialize)]
struct ClockJson {
    timestamp: String,
    is_open: bool,
}

/// Asks. Blocks: for the start only.
///
/// # Errors
/// Says what is unreachable, or that the credentials are refused.
pub(crate) fn read(trading: &Remote, credentials: &Credentials) -> Result<BrokerClock, Failure> {
    let place = trading.endpoint.to_string();
    let failure = |words: String| Failure::io(format_args!("{place}/v2/clock: {words}"));
    let headers = HeaderBlock::new()
        .with_secret("APCA-API-KEY-ID", &credentials.key)
        .and_then(|h| h.with_secret("APCA-API-SECRET-KEY", &credentials.secret))
        .map_err(|_| Failure::config("a credential holds characters that no header may hold"))?;
    let path = format!("{}/v2/clock", trading.endpoint.path().trim_end_matches('/'));
    let mut connection = HttpConnection::new(trading.clone(), HttpConfig::default());
    let answer = connection
        .call_blocking(&Request::get(&path), &headers, PATIENCE)
        .map_err(|e| failure(e.to_string()))?;
    match answer.status {
        200 => {}
        401 | 403 => return Err(failure("the broker refuses the key and secret".to_owned())),
        status => return Err(failure(format!("status {status}"))),
    }
    let clock: ClockJson =
        serde_json::from_slice(&answer.body).map_err(|e| failure(e.to_string()))?;
    let now = rfc3339::parse(clock.timestamp.as_bytes())
        .ok_or_else(|| failure(format!("{} is not a time", clock.timestamp)))?;
    Ok(BrokerClock { now, is_open: clock.is_open })
}
