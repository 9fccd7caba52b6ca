//! The REST API: who may ask, which route it is, and what the book answers.
//!
//! [`route`] finds a request's row in [`TABLES`]; the rows and their functions stand in one file per
//! resource.
//!
//! *Invariant:* a route changes nothing but through [`Broker`]'s verbs, and does no I/O: the
//! emulator decides when the reply leaves.

pub(crate) mod query;
pub(crate) mod route;
mod trading;

use crate::book::broker::Broker;
use crate::emulator::Settings;
use crate::refusal::Refusal;
use crate::transport::{Fields, Reply, Request};
use crate::wire;
use route::Route;
use serde::Serialize;

/// Every route, by resource.
pub(crate) const TABLES: &[&[Route]] = &[
    trading::account::ROUTES,
    trading::activities::ROUTES,
    trading::orders::ROUTES,
    trading::positions::ROUTES,
    trading::assets::ROUTES,
    trading::clock::ROUTES,
    trading::calendar::ROUTES,
];

/// What a route works on.
pub(crate) struct Desk<'a> {
    /// The book.
    pub(crate) broker: &'a mut Broker,
    /// What was set at the start.
    pub(crate) settings: &'a Settings,
}

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

/// What the real service's front door shows to a caller without keys.
const UNAUTHORIZED_HTML: &str = "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// Answers a request, which is known by `request_id` from now on.
pub(crate) fn answer(
    request: &Request,
    credentials: &Credentials,
    desk: &mut Desk<'_>,
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
    match route::dispatch(TABLES, request, desk) {
        Ok(body) => reply(body.status, JSON, body.json),
        Err(refusal) => reply(refusal.status, JSON, wire::json(&refusal.body())),
    }
}
