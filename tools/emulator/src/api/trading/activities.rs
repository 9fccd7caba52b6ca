//! `GET /v2/account/activities` and `/v2/account/activities/{type}`. Fills, and what a scenario makes happen.

use crate::api::query::Query;
use crate::api::route::{Call, Method, Param, ParamKind, Route, Told};
use crate::api::{Answer, Body, Desk};
use crate::book::Book;
use crate::book::activity::OtherActivity;
use crate::book::execution::Execution;
use crate::wire::activity::{ActivityView, FillView, OtherView};
use st0ck_types::Nanos;
use st0ck_types::calendar::NYSE;
use std::iter::Peekable;

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
    let category =
        query.word("category", &[("trade_activity", true), ("non_trade_activity", false)])?;
    let types = query.list("activity_types");
    let wanted = |item: &Item<'_>| {
        let (at, name) = (item.at(), item.kind());
        date.is_none_or(|date| NYSE.zone().date(at) == date)
            && after.is_none_or(|after| at > after)
            && until.is_none_or(|until| at < until)
            && category.is_none_or(|trades| trades == matches!(item, Item::Fill(_)))
            && kind.is_none_or(|kind| kind == name)
            && (types.is_empty() || types.contains(&name))
    };
    let ordered = in_order(desk.book(), oldest_first);
    // A token that is not in the list has been the last of a page that this list does not have.
    let rest: Box<dyn Iterator<Item = Item<'_>>> = match query.get("page_token") {
        None => ordered,
        Some(token) => Box::new(ordered.skip_while(move |item| item.id() != token).skip(1)),
    };
    let page: Vec<ActivityView<'_>> =
        rest.filter(wanted).take(page_size).map(|item| item.view()).collect();
    Ok(Body::ok(&page))
}

/// An activity of either kind.
enum Item<'a> {
    Fill(&'a Execution),
    Other(&'a OtherActivity),
}

impl<'a> Item<'a> {
    fn id(&self) -> &'a str {
        match self {
            Self::Fill(execution) => &execution.id,
            Self::Other(activity) => &activity.id,
        }
    }

    fn at(&self) -> Nanos {
        match self {
            Self::Fill(execution) => execution.at,
            Self::Other(activity) => activity.at,
        }
    }

    fn kind(&self) -> &'a str {
        match self {
            Self::Fill(_) => "FILL",
            Self::Other(activity) => &activity.facts.kind,
        }
    }

    fn view(&self) -> ActivityView<'a> {
        match self {
            Self::Fill(execution) => ActivityView::Fill(FillView::new(execution)),
            Self::Other(activity) => ActivityView::Other(OtherView::new(activity)),
        }
    }
}

/// Everything that the account did and that was done to it, by time.
fn in_order(book: &Book, oldest_first: bool) -> Box<dyn Iterator<Item = Item<'_>> + '_> {
    let fills = book.executions.iter().map(Item::Fill);
    let others = book.others.iter().map(Item::Other);
    if oldest_first {
        merged(fills.peekable(), others.peekable(), |fill, other| fill <= other)
    } else {
        merged(fills.rev().peekable(), others.rev().peekable(), |fill, other| fill > other)
    }
}

/// Two sequences as one; `first` says of their heads' times whether the left one's goes first.
fn merged<'a, A, B>(
    mut left: Peekable<A>,
    mut right: Peekable<B>,
    first: fn(Nanos, Nanos) -> bool,
) -> Box<dyn Iterator<Item = Item<'a>> + 'a>
where
    A: Iterator<Item = Item<'a>> + 'a,
    B: Iterator<Item = Item<'a>> + 'a,
{
    Box::new(std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(fill), Some(other)) if !first(fill.at(), other.at()) => right.next(),
        (None, _) => right.next(),
        _ => left.next(),
    }))
}
