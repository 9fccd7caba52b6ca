//! The opening handshake (RFC 6455 §4), both halves, on this crate's own HTTP parsers.
//!
//! [`WsClient`](super::WsClient) renders the question and checks the answer; a server that has
//! parsed a request which wants a websocket calls [`accept`].
//!
//! *Invariant:* sans I/O but for [`accept`], which writes one response.

use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::{Session, WsConfig, WsConnection};
use crate::endpoint::Endpoint;
use crate::http::{HeaderBlock, HttpError, Response, ServerConnection, render_response, wire};

/// Why a handshake is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// The answer is not HTTP.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The request is not a websocket's, or is for another version than 13.
    #[error("the request does not ask for a websocket of version 13")]
    NotAsked,
    /// The answer does not agree to a websocket.
    #[error("the answer lacks \"Upgrade: websocket\" or \"Connection: Upgrade\"")]
    NotAgreed,
    /// `Sec-WebSocket-Accept` is not derived from the key sent: a cache, or no websocket server.
    #[error("Sec-WebSocket-Accept does not fit the key")]
    WrongKey,
    /// The server chose an extension or a protocol that was not offered.
    #[error("the server chose an extension or protocol that was not offered")]
    NotOffered,
}

/// Appends the client's request to `out` and returns the value that the answer must prove it knows.
pub(super) fn render_request(
    out: &mut Vec<u8>,
    endpoint: &Endpoint,
    fixed: &HeaderBlock,
) -> Result<String, HttpError> {
    let key = generate_key();
    let path = if endpoint.path().is_empty() { "/" } else { endpoint.path() };
    wire::start_line(out, "GET", "", path)?;
    wire::push_field(out, "Host", &endpoint.authority())?;
    wire::push_field(out, "Connection", "Upgrade")?;
    wire::push_field(out, "Upgrade", "websocket")?;
    wire::push_field(out, "Sec-WebSocket-Version", "13")?;
    wire::push_field(out, "Sec-WebSocket-Key", &key)?;
    out.extend_from_slice(fixed.as_bytes());
    out.extend_from_slice(b"\r\n");
    Ok(derive_accept_key(key.as_bytes()))
}

/// Checks a 101 answer by RFC 6455 §4.1.
pub(super) fn check_answer(answer: &Response<'_>, expected: &str) -> Result<(), UpgradeError> {
    let headers = answer.headers;
    let agreed =
        headers.has_token("upgrade", "websocket") && headers.has_token("connection", "upgrade");
    if !agreed {
        return Err(UpgradeError::NotAgreed);
    }
    if headers.get("sec-websocket-accept") != Some(expected.as_bytes()) {
        return Err(UpgradeError::WrongKey);
    }
    let chose = |name| headers.get(name).is_some_and(|value| !value.is_empty());
    if chose("sec-websocket-extensions") || chose("sec-websocket-protocol") {
        return Err(UpgradeError::NotOffered);
    }
    Ok(())
}

/// A connection that could not be taken up, as it was: answer its request otherwise (400, 426).
#[derive(Debug)]
pub struct NotUpgraded {
    /// The connection, whose request still waits.
    pub connection: ServerConnection,
    /// What was missing.
    pub error: UpgradeError,
}

/// Takes the connection whose current request wants a websocket up to one: queues the 101 and goes
/// on with what the client sent behind its request. `headers` are fields for the 101.
///
/// # Errors
/// [`NotUpgraded`], with the connection.
pub fn accept(
    connection: ServerConnection,
    headers: &[(&str, &str)],
    config: WsConfig,
) -> Result<WsConnection, Box<NotUpgraded>> {
    let answer = match render_answer(&connection, headers) {
        Ok(answer) => answer,
        Err(error) => return Err(Box::new(NotUpgraded { connection, error })),
    };
    let (link, tail) = connection.into_parts();
    let has_tail = !tail.is_empty();
    let mut session = Session::server(&config, tail);
    // The first thing in the buffer, so it goes in whatever `max_pending` says.
    session.outbound().start().extend_from_slice(&answer);
    Ok(WsConnection::new(link, session, config, has_tail))
}

fn render_answer(
    connection: &ServerConnection,
    headers: &[(&str, &str)],
) -> Result<Vec<u8>, UpgradeError> {
    let key = derive_accept_key(&asked_key(connection)?);
    let mut fields = vec![
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Accept", key.as_str()),
    ];
    fields.extend_from_slice(headers);
    let mut answer = Vec::new();
    render_response(&mut answer, 101, &fields, b"", true)?;
    Ok(answer)
}

fn asked_key(connection: &ServerConnection) -> Result<Vec<u8>, UpgradeError> {
    let request = connection.request().ok_or(UpgradeError::NotAsked)?;
    let version = request.headers.get("sec-websocket-version") == Some(b"13");
    if request.method != "GET" || !version || !request.wants_websocket() {
        return Err(UpgradeError::NotAsked);
    }
    match request.headers.get("sec-websocket-key") {
        Some(key) if !key.is_empty() => Ok(key.to_vec()),
        _ => Err(UpgradeError::NotAsked),
    }
}
