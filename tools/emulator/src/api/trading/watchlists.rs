//! `/v2/watchlists`, by id and by name (`alpaca.md` §3.4).

use crate::account::watchlists::{Watchlist, Which};
use crate::api::route::{Call, Method, Param, ParamKind, Route, Told};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use crate::wire::watchlist::WatchlistView;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use st0ck_types::ids::parse_uuid;

const ONE: Told = (200, Some("Watchlist"));
const UNKNOWN: Told = (404, Some("Error"));
const INVALID: Told = (422, Some("Error"));
const BY_ID: &str = "/v2/watchlists/{watchlist_id}";
const BY_NAME: &str = "/v2/watchlists:by_name";
const NAME: &[Param] = &[Param::new("name", ParamKind::Text).required()];

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(Method::Get, "/v2/watchlists", &[(200, Some("WatchlistWithoutAssets[]"))], list),
    Route::trading(Method::Post, "/v2/watchlists", &[ONE, INVALID], create)
        .with_body("WatchlistRequest"),
    Route::trading(Method::Get, BY_ID, &[ONE, UNKNOWN], show),
    Route::trading(Method::Put, BY_ID, &[ONE, UNKNOWN, INVALID], update)
        .with_body("WatchlistRequest"),
    Route::trading(Method::Post, BY_ID, &[ONE, UNKNOWN, INVALID], add).with_body("WatchlistEntry"),
    Route::trading(Method::Delete, BY_ID, &[(204, None), UNKNOWN], delete),
    Route::trading(
        Method::Delete,
        "/v2/watchlists/{watchlist_id}/{symbol}",
        &[ONE, UNKNOWN],
        remove,
    ),
    Route::trading(Method::Get, BY_NAME, &[ONE, UNKNOWN], show).with_query(NAME),
    Route::trading(Method::Put, BY_NAME, &[ONE, UNKNOWN, INVALID], update)
        .with_query(NAME)
        .with_body("WatchlistRequest"),
    Route::trading(Method::Post, BY_NAME, &[ONE, UNKNOWN, INVALID], add)
        .with_query(NAME)
        .with_body("WatchlistEntry"),
    Route::trading(Method::Delete, BY_NAME, &[(204, None), UNKNOWN], delete).with_query(NAME),
];

/// The body of POST and PUT.
#[derive(Debug, Deserialize)]
struct Wish {
    name: Option<String>,
    symbols: Option<Vec<String>>,
}

/// The body of POST to a list.
#[derive(Debug, Deserialize)]
struct Entry {
    symbol: Option<String>,
}

fn list(desk: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    let account = desk.book().account.id;
    let lists = desk.book().watchlists.all().iter();
    Ok(Body::ok(&lists.map(|list| WatchlistView::bare(list, account)).collect::<Vec<_>>()))
}

fn create(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let wish: Wish = parse(call.body)?;
    let name = wish.name.ok_or_else(|| Refusal::parameter("watchlist name is required"))?;
    let assets = assets(desk, &wish.symbols.unwrap_or_default())?;
    let (now, book) = (desk.house.now(), desk.book_mut());
    let id = book.ids.uuid();
    book.watchlists.create(id, &name, &assets, now)?;
    shown(desk, Which::Id(Some(id)))
}

fn show(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    shown(desk, which(call)?)
}

fn update(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let wish: Wish = parse(call.body)?;
    let assets = wish.symbols.map(|symbols| assets(desk, &symbols)).transpose()?;
    let now = desk.house.now();
    let lists = &mut desk.book_mut().watchlists;
    let id = lists.update(which(call)?, wish.name.as_deref(), assets.as_deref(), now)?.id;
    // By its id: a list that was asked for by its name may just have got another.
    shown(desk, Which::Id(Some(id)))
}

fn add(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let entry: Entry = parse(call.body)?;
    let symbol = entry.symbol.ok_or_else(|| Refusal::parameter("symbol is required"))?;
    let asset = assets(desk, &[symbol])?[0];
    let now = desk.house.now();
    desk.book_mut().watchlists.add(which(call)?, asset, now)?;
    shown(desk, which(call)?)
}

fn remove(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let (asset, now) = (desk.house.asset(call.args.get("symbol")), desk.house.now());
    desk.book_mut().watchlists.remove(which(call)?, asset, now)?;
    shown(desk, which(call)?)
}

fn delete(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    desk.book_mut().watchlists.delete(which(call)?)?;
    Ok(Body::empty())
}

/// The list that a request means: its path has an id, or its query a name.
fn which<'a>(call: &'a Call<'_>) -> Result<Which<'a>, Refusal> {
    if let Some(id) = call.args.find("watchlist_id") {
        return Ok(Which::Id(parse_uuid(id)));
    }
    let name = call.query.get("name");
    name.map(Which::Name).ok_or_else(|| Refusal::parameter("watchlist name is required"))
}

fn shown(desk: &Desk<'_>, which: Which<'_>) -> Answer {
    let list: &Watchlist = desk.book().watchlists.find(which)?;
    Ok(Body::ok(&WatchlistView::full(list, desk.book().account.id, &desk.house.assets)))
}

fn assets(desk: &Desk<'_>, symbols: &[String]) -> Result<Vec<usize>, Refusal> {
    let unknown = |symbol: &str| Refusal::business(format!("asset \"{symbol}\" not found"));
    let find = |symbol: &String| desk.house.asset(symbol).ok_or_else(|| unknown(symbol));
    symbols.iter().map(find).collect()
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::unreadable_body())
}
