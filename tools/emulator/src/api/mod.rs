//! The REST API: which route a request is for, and what the house answers.
//!
//! [`route`] finds a request's row in [`TABLES`]; the rows and their functions stand in one file per
//! resource.
//!
//! *Invariant:* a route changes what is traded through [`House`]'s verbs alone, and its account's
//! settings and lists in its own book; it does no I/O: the emulator decides when the reply leaves.

pub(crate) mod data;
mod openapi;
mod page;
pub(crate) mod query;
pub(crate) mod route;
mod trading;

use crate::book::Book;
use crate::emulator::Settings;
use crate::house::{AccountNo, House};
use crate::market::newsroom::Newsroom;
use crate::market::past::Past;
use crate::refusal::Refusal;
use crate::transport::{Reply, Request, gzip};
use crate::wire;
use route::{Host, Route};
use serde::Serialize;

/// Every route, by resource.
pub(crate) const TABLES: &[&[Route]] = &[
    trading::account::ROUTES,
    trading::configurations::ROUTES,
    trading::portfolio::ROUTES,
    trading::activities::ROUTES,
    trading::orders::ROUTES,
    trading::positions::ROUTES,
    trading::assets::ROUTES,
    trading::clock::ROUTES,
    trading::calendar::ROUTES,
    trading::markets::ROUTES,
    trading::options::ROUTES,
    trading::watchlists::ROUTES,
    data::actions::ROUTES,
    data::bars::ROUTES,
    data::ticks::ROUTES,
    data::latest::ROUTES,
    data::snapshots::ROUTES,
    data::auctions::ROUTES,
    data::meta::ROUTES,
    data::news::ROUTES,
    data::screener::ROUTES,
];

/// What a route works on.
pub(crate) struct Desk<'a> {
    /// The broker.
    pub(crate) house: &'a mut House,
    /// What has happened on the market.
    pub(crate) past: &'a mut Past,
    /// What has been written about it.
    pub(crate) news: &'a Newsroom,
    /// Whose request it is.
    pub(crate) who: AccountNo,
    /// What was set at the start.
    pub(crate) settings: &'a Settings,
}

impl Desk<'_> {
    /// The books of the account that asks.
    fn book(&self) -> &Book {
        self.house.book(self.who)
    }

    /// The same, to change what only their owner is concerned with: settings and lists.
    fn book_mut(&mut self) -> &mut Book {
        self.house.book_mut(self.who)
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

const JSON: &str = "application/json; charset=UTF-8";

/// Answers a request, which is known by `request_id` from now on.
pub(crate) fn answer(request: &Request, desk: &mut Desk<'_>, request_id: String) -> Reply {
    let (status, body) = match route::dispatch(TABLES, request, desk) {
        Ok(body) => (body.status, body.json),
        Err(refusal) => (refusal.status, wire::json(&refusal.body())),
    };
    let mut reply = Reply { status, content_type: JSON, request_id, headers: Vec::new(), body };
    // Only the data host honours the field (`alpaca.md` §1).
    if request.fields.accepts_gzip && route::host_of(TABLES, &request.path) == Host::Data {
        gzip::compress(&mut reply);
    }
    reply
}

/// The answer to a caller without keys: the API behind the front door never sees it.
pub(crate) fn ask_for_keys(request_id: String) -> Reply {
    let body = UNAUTHORIZED_HTML.into();
    Reply { status: 401, content_type: "text/html", request_id, headers: Vec::new(), body }
}

/// The answer to a caller with wrong keys.
pub(crate) fn refuse_keys(request_id: String) -> Reply {
    let body = br#"{"code":40110000,"message":"request is not authorized"}"#.to_vec();
    Reply { status: 401, content_type: JSON, request_id, headers: Vec::new(), body }
}

/// The answer to a caller who asks too often, and may again after so many seconds.
pub(crate) fn refuse_haste(request_id: String, retry_after_s: u64) -> Reply {
    let body = br#"{"code":42910000,"message":"rate limit exceeded"}"#.to_vec();
    let headers = vec![("Retry-After", retry_after_s.to_string())];
    Reply { status: 429, content_type: JSON, request_id, headers, body }
}
