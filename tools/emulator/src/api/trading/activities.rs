//! `GET /v2/account/activities` and `/v2/account/activities/{type}`. Only fills happen here.

use crate::api::query::Query;
use crate::api::route::{Call, Method, Param, ParamKind, Route, Told};
use crate::api::{Answer, Body, Desk};
use crate::book::execution::Execution;
use crate::wire::activity::ActivityView;
use st0ck_types::calendar::NYSE;

/// Largest and default page.
const PAGE: usize = 100;

/// Every type of activity (`alpaca.md` §2.1).
#[rustfmt::skip]
const TYPES: &[&str] = &[
    "FILL", "TRANS", "MISC", "ACATC", "ACATS", "CFEE", "CGD", "CSD", "CSW", "DIV", "DIVCGL", "DIVCGS",
    "DIVFEE", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX", "FEE", "INT", "INTNRA", "INTTW", "JNL",
    "JNLC", "JNLS", "MA", "NC", "OPASN", "OPCA", "OPCSH", "OPEXC", "OPEXP", "OPTRD", "PTC", "PTR",
    "REORG", "SPIN", "SPLIT", "FOPT",
];

const QUERY: &[Param] = &[
    Param::new("activity_types", ParamKind::Words(TYPES)),
    Param::new("category", ParamKind::Word(&["trade_activity", "non_trade_activity"])),
    Param::new("date", ParamKind::Date),
    Param::new("after", ParamKind::Time),
    Param::new("until", ParamKind::Time),
    Param::new("direction", ParamKind::Word(&["asc", "desc"])),
    Param::new("page_size", ParamKind::Count { max: PAGE }),
    Param::new("page_token", ParamKind::Text),
];
const REPLIES: &[Told] = &[(200, Some("Activity[]")), (422, Some("Error"))];

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(Method::Get, "/v2/account/activities", REPLIES, all).with_query(QUERY),
    Route::trading(Method::Get, "/v2/account/activities/{activity_type}", REPLIES, of_type)
        .with_query(QUERY),
];

fn all(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    list(desk, None, &call.query)
}

fn of_type(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    list(desk, Some(call.args.get("activity_type")), &call.query)
}

/// One page of activities, newest first unless told.
fn list(desk: &Desk<'_>, kind: Option<&str>, query: &Query) -> Answer {
    let oldest_first = query.word("direction", &[("asc", true), ("desc", false)])?.unwrap_or(false);
    let page_size = query.count("page_size", PAGE, PAGE)?;
    let (date, after, until) = (query.date("date")?, query.time("after")?, query.time("until")?);
    let wanted = |execution: &&Execution| {
        date.is_none_or(|date| NYSE.zone().date(execution.at) == date)
            && after.is_none_or(|after| execution.at > after)
            && until.is_none_or(|until| execution.at < until)
    };
    let executions =
        if wants_fills(kind, query)? { desk.book().executions.as_slice() } else { &[] };
    let ordered: Box<dyn Iterator<Item = &Execution>> =
        if oldest_first { Box::new(executions.iter()) } else { Box::new(executions.iter().rev()) };
    // A token that is not in the list has been the last of a page that this list does not have.
    let rest: Box<dyn Iterator<Item = &Execution>> = match query.get("page_token") {
        None => ordered,
        Some(token) => Box::new(ordered.skip_while(move |item| item.id != token).skip(1)),
    };
    let page: Vec<ActivityView<'_>> =
        rest.filter(wanted).take(page_size).map(ActivityView::new).collect();
    Ok(Body::ok(&page))
}

/// Whether fills are among the types and the category asked for.
fn wants_fills(kind: Option<&str>, query: &Query) -> Result<bool, crate::refusal::Refusal> {
    let types = query.list("activity_types");
    let category =
        query.word("category", &[("trade_activity", true), ("non_trade_activity", false)])?;
    Ok(category.unwrap_or(true)
        && kind.is_none_or(|kind| kind == "FILL")
        && (types.is_empty() || types.contains(&"FILL")))
}
