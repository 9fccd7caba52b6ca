//! `GET /v2/stocks/trades`, `/v2/stocks/quotes`, and the same of one symbol.

use super::ask::{ASOF, Ask, CURRENCY, END, FEED, PAGE_TOKEN, SORT, START, SYMBOLS, Sort};
use super::page::{MOST, Points, answer};
use crate::api::route::{Call, Method, Param, ParamKind, Route, Told};
use crate::api::{Answer, Desk};
use crate::market::asset::Asset;
use crate::market::past::{Past, Span, Tick};
use crate::market::prints::Print;
use crate::wire::encoder::Encoder;
use crate::wire::market::{Feed, print_item, quote_item};
use st0ck_recorded::DataError;
use st0ck_types::Quote;

const LIMIT: Param = Param::new("limit", ParamKind::Count { max: MOST });
const MANY: &[Param] = &[SYMBOLS, START, END, LIMIT, ASOF, FEED, CURRENCY, SORT, PAGE_TOKEN];
const ONE: &[Param] = &[START, END, LIMIT, ASOF, FEED, CURRENCY, SORT, PAGE_TOKEN];
const TRADES: &[Told] = &[(200, Some("TradesPage")), (400, Some("Error")), (403, Some("Error"))];
const QUOTES: &[Told] = &[(200, Some("QuotesPage")), (400, Some("Error")), (403, Some("Error"))];

pub(crate) const ROUTES: &[Route] = &[
    Route::data(Method::Get, "/v2/stocks/trades", TRADES, trades).with_query(MANY),
    Route::data(Method::Get, "/v2/stocks/{symbol}/trades", TRADES, trades).with_query(ONE),
    Route::data(Method::Get, "/v2/stocks/quotes", QUOTES, quotes).with_query(MANY),
    Route::data(Method::Get, "/v2/stocks/{symbol}/quotes", QUOTES, quotes).with_query(ONE),
];

fn trades(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    ticks::<Print>(desk, call, "trades", 'T', print_item)
}

fn quotes(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    ticks::<Quote>(desk, call, "quotes", 'Q', quote_item)
}

fn ticks<T: Tick>(
    desk: &mut Desk<'_>,
    call: &Call<'_>,
    name: &'static str,
    unit: char,
    write: fn(&mut dyn Encoder, &Asset, &T, Feed),
) -> Answer {
    let points = Points::<T> {
        name,
        unit,
        find: Box::new(|past, index, ask, span, want| find(past, index, ask.sort, span, want)),
        at: Tick::at,
        write,
    };
    let ask = Ask::of(desk, call)?;
    answer(desk, &call.query, &ask, &points)
}

/// Day by day in the order asked, until there are enough.
fn find<T: Tick>(
    past: &Past,
    index: usize,
    sort: Sort,
    span: Span,
    want: usize,
) -> Result<Vec<T>, DataError> {
    let mut dates = past.dates(span);
    if sort == Sort::Descending {
        dates.reverse();
    }
    let mut found = Vec::new();
    for date in dates {
        let mut day = past.ticks::<T>(index, date, span)?;
        if sort == Sort::Descending {
            day.reverse();
        }
        found.append(&mut day);
        if found.len() >= want {
            break;
        }
    }
    Ok(found)
}
