//! The trading REST API: who may ask, which route it is, and what the book answers. One file per
//! resource.
//!
//! *Invariant:* a route changes nothing but through [`Broker`]'s verbs, and does no I/O: the
//! emulator decides when the reply leaves.

mod account;
mod activities;
mod assets;
mod orders;
mod positions;
pub(crate) mod query;
mod session;

use crate::book::broker::Broker;
use crate::refusal::Refusal;
use crate::transport::{Fields, Reply, Request};
use crate::wire;
use query::Query;
use serde::Serialize;

/// The one account's key and secret.
pub(crate) struct Credentials {
    /// `APCA-API-KEY-ID`.
    pub(crate) key: String,
    /// `APCA-API-SECRET-KEY`.
    pub(crate) secret: String,
}

/// How a caller introduced itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// With the account's key and secret.
    Known,
    /// With others.
    Wrong,
    /// Not at all.
    Silent,
}

impl Credentials {
    /// Whether these are the account's.
    pub(crate) fn fit(&self, key: &str, secret: &str) -> bool {
        self.key == key && self.secret == secret
    }

    /// How a request's header fields introduce its sender.
    pub(crate) fn caller(&self, fields: &Fields) -> Caller {
        match (&fields.key, &fields.secret) {
            (None, None) if !fields.has_authorization => Caller::Silent,
            (Some(key), Some(secret)) if self.fit(key, secret) => Caller::Known,
            _ => Caller::Wrong,
        }
    }
}

/// What a route makes.
pub(crate) type Answer = Result<Body, Refusal>;

/// A successful answer.
pub(crate) struct Body {
    status: u16,
    json: Vec<u8>,
}

impl Body {
    /// 200 and an object or array.
    fn ok<T: Serialize>(object: &T) -> Self {
        Self { status: 200, json: wire::json(object) }
    }

    /// 207 and an array.
    fn multi_status<T: Serialize>(object: &T) -> Self {
        Self { status: 207, json: wire::json(object) }
    }

    /// 204.
    fn empty() -> Self {
        Self { status: 204, json: Vec::new() }
    }
}

/// Settings of the API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApiConfig {
    /// Show the keys of the pattern-day-trader rule in the account.
    pub(crate) pdt_keys: bool,
}

/// What the real service's front door shows to a caller without keys.
const UNAUTHORIZED_HTML: &str = "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// Answers a request, which is known by `request_id` from now on.
pub(crate) fn answer(
    request: &Request,
    broker: &mut Broker,
    credentials: &Credentials,
    config: ApiConfig,
    request_id: String,
) -> Reply {
    let reply = |status, content_type, body| Reply { status, content_type, request_id, body };
    const JSON: &str = "application/json; charset=UTF-8";
    match credentials.caller(&request.fields) {
        Caller::Known => {}
        Caller::Silent => return reply(401, "text/html", UNAUTHORIZED_HTML.into()),
        Caller::Wrong => {
            let body = br#"{"code":40110000,"message":"request is not authorized"}"#;
            return reply(401, JSON, body.to_vec());
        }
    }
    match route(request, broker, config) {
        Ok(body) => reply(body.status, JSON, body.json),
        Err(refusal) => reply(refusal.status, JSON, wire::json(&refusal.body())),
    }
}

fn route(request: &Request, broker: &mut Broker, config: ApiConfig) -> Answer {
    let query = Query::parse(&request.query);
    let path = query::decode(&request.path);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let method = request.method.as_str();
    match (method, segments.as_slice()) {
        ("GET", ["v2", "account"]) => Ok(account::show(broker, config)),
        ("GET", ["v2", "account", "activities"]) => activities::list(broker, None, &query),
        ("GET", ["v2", "account", "activities", kind]) => {
            activities::list(broker, Some(kind), &query)
        }
        ("POST", ["v2", "orders"]) => orders::place(broker, &request.body),
        ("GET", ["v2", "orders"]) => orders::list(broker, &query),
        ("DELETE", ["v2", "orders"]) => Ok(orders::cancel_all(broker)),
        ("GET", ["v2", "orders:by_client_order_id"]) => orders::by_client_id(broker, &query),
        ("GET", ["v2", "orders", id]) => orders::show(broker, id),
        ("DELETE", ["v2", "orders", id]) => orders::cancel(broker, id),
        ("GET", ["v2", "positions"]) => Ok(positions::list(broker)),
        ("GET", ["v2", "positions", asset]) => positions::show(broker, asset),
        ("GET", ["v2", "clock"]) => Ok(session::clock(broker)),
        ("GET", ["v2", "calendar"]) => session::calendar(broker, &query),
        ("GET", ["v2", "assets"]) => assets::list(broker, &query),
        ("GET", ["v2", "assets", asset]) => assets::show(broker, asset),
        (_, segments) if is_known(segments) => Err(Refusal::method_not_allowed()),
        _ => Err(Refusal::not_found("endpoint not found")),
    }
}

/// Whether a path has a route, under whatever method.
fn is_known(segments: &[&str]) -> bool {
    matches!(
        segments,
        ["v2", "account" | "orders" | "orders:by_client_order_id" | "positions" | "clock"]
            | ["v2", "calendar" | "assets"]
            | ["v2", "orders" | "positions" | "assets", _]
            | ["v2", "account", "activities"]
            | ["v2", "account", "activities", _]
    )
}
