//! `GET /v2/stocks/auctions` and `/v2/stocks/{symbol}/auctions`: each day's opening and close.

use super::ask::{ASOF, Ask, CURRENCY, END, PAGE_TOKEN, SORT, START, SYMBOLS, Sort};
use super::page::{MOST, Points, answer};
use crate::api::route::{Call, Method, Param, ParamKind, Route, Told};
use crate::api::{Answer, Desk};
use crate::market::asset::Asset;
use crate::market::auction::{Auctions, Cross};
use crate::market::past::{Past, Span};
use crate::market::prints::Print;
use crate::wire::market::auction_item;
use st0ck_recorded::DataError;
use st0ck_types::Nanos;
use st0ck_types::calendar::{Date, NYSE};

const FEED: Param = Param::new("feed", ParamKind::Word(&["sip"]));
const LIMIT: Param = Param::new("limit", ParamKind::Count { max: MOST });
const MANY: &[Param] = &[SYMBOLS, START, END, LIMIT, ASOF, FEED, CURRENCY, SORT, PAGE_TOKEN];
const ONE: &[Param] = &[START, END, LIMIT, ASOF, FEED, CURRENCY, SORT, PAGE_TOKEN];
const REPLIES: &[Told] = &[(200, Some("AuctionsPage")), (400, Some("Error")), (403, Some("Error"))];

pub(crate) const ROUTES: &[Route] = &[
    Route::data(Method::Get, "/v2/stocks/auctions", REPLIES, list).with_query(MANY),
    Route::data(Method::Get, "/v2/stocks/{symbol}/auctions", REPLIES, list).with_query(ONE),
];

/// The auctions of one day.
struct Day {
    date: Date,
    opening: Option<Cross>,
    closing: Option<Cross>,
}

fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let today: Vec<Auctions> =
        desk.house.assets.iter().map(|a: &Asset| a.auctions.clone()).collect();
    let points = Points::<Day> {
        name: "auctions",
        unit: 'A',
        find: Box::new(move |past, index, ask, span, _| {
            let mut days = days(past, index, span, &today[index])?;
            if ask.sort == Sort::Descending {
                days.reverse();
            }
            Ok(days)
        }),
        at: |day| NYSE.at_local(day.date, 0, 0, 0),
        write: |to, _, day, feed| {
            auction_item(to, day.date, [day.opening, day.closing], feed);
        },
    };
    let ask = Ask::of(desk, call)?;
    answer(desk, &call.query, &ask, &points)
}

/// The days of a span with an auction in it, oldest first.
fn days(past: &Past, index: usize, span: Span, today: &Auctions) -> Result<Vec<Day>, DataError> {
    let mut days = Vec::new();
    for date in past.dates(span) {
        let auctions = if date == past.date() { today } else { &earlier(past, index, date)? };
        let inside = |cross: &Cross| cross.at <= span.to;
        let [opening, closing] =
            [auctions.opening, auctions.closing].map(|cross| cross.filter(inside));
        if opening.or(closing).is_some() {
            days.push(Day { date, opening, closing });
        }
    }
    Ok(days)
}

/// The auctions of an earlier day, found in its prints as today's are.
fn earlier(past: &Past, index: usize, date: Date) -> Result<Auctions, DataError> {
    let mut auctions = Auctions::default();
    let Some(session) = NYSE.session(date).ok().flatten() else { return Ok(auctions) };
    let all = Span { from: Nanos::ZERO, to: Nanos::MAX };
    for Print { trade, .. } in past.ticks::<Print>(index, date, all)? {
        auctions.on_trade(&trade, &session);
    }
    auctions.finish(session.close);
    Ok(auctions)
}
