//! `GET /v2/stocks/bars` and `/v2/stocks/{symbol}/bars`.

use super::ask::{ASOF, Ask, CURRENCY, END, FEED, PAGE_TOKEN, SORT, START, SYMBOLS, Sort};
use super::page::{MOST, Points, answer};
use crate::api::route::{Call, Method, Param, ParamKind, Route, Told};
use crate::api::{Answer, Desk};
use crate::market::actions::Adjustment;
use crate::market::timeframe::Timeframe;
use crate::refusal::Refusal;
use crate::wire::market::bar_item;

/// Every length there is (`alpaca.md` §9).
const LENGTHS: &str = "^(([1-9]|[1-5][0-9])(Min|T)|([1-9]|1[0-9]|2[0-3])(Hour|H)|1(Day|D|Week|W)|\
    (1|2|3|4|6|12)(Month|M))$";
const ADJUSTMENTS: &[&str] = &["raw", "split", "dividend", "spin-off", "all"];
const LENGTH: Param = Param::new("timeframe", ParamKind::Like(LENGTHS)).required();
const LIMIT: Param = Param::new("limit", ParamKind::Count { max: MOST });
const ADJUSTMENT: Param = Param::new("adjustment", ParamKind::Words(ADJUSTMENTS));
const MANY: &[Param] =
    &[SYMBOLS, LENGTH, START, END, LIMIT, ADJUSTMENT, ASOF, FEED, CURRENCY, SORT, PAGE_TOKEN];
const ONE: &[Param] =
    &[LENGTH, START, END, LIMIT, ADJUSTMENT, ASOF, FEED, CURRENCY, SORT, PAGE_TOKEN];
const REPLIES: &[Told] = &[(200, Some("BarsPage")), (400, Some("Error")), (403, Some("Error"))];

pub(crate) const ROUTES: &[Route] = &[
    Route::data(Method::Get, "/v2/stocks/bars", REPLIES, list).with_query(MANY),
    Route::data(Method::Get, "/v2/stocks/{symbol}/bars", REPLIES, list).with_query(ONE),
];

fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let query = &call.query;
    let text = query.get("timeframe").unwrap_or_default();
    let timeframe = Timeframe::parse(text)
        .ok_or_else(|| Refusal::data(format!("invalid timeframe: {text}")))?;
    let adjustment = Adjustment::parse(&query.lists("adjustment"))
        .map_err(|word| Refusal::data(format!("invalid adjustment: {word}")))?;
    let ask = Ask::of(desk, call)?;
    let points = Points {
        name: "bars",
        unit: timeframe.letter(),
        find: Box::new(move |past, index, ask, span, _| {
            let mut bars = past.bars(index, timeframe, span, ask.now)?;
            adjustment.apply(past, index, &mut bars)?;
            if ask.sort == Sort::Descending {
                bars.reverse();
            }
            Ok(bars)
        }),
        at: |bar| bar.start,
        write: |to, _, bar, _| bar_item(to, bar),
    };
    answer(desk, query, &ask, &points)
}
