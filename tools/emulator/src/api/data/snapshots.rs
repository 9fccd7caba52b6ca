//! `GET /v2/stocks/snapshots` (a map without a name around it) and `/v2/stocks/{symbol}/snapshot`.

use super::ask::{CURRENCY, LATEST_FEED, SYMBOLS, Symbols};
use super::latest::{last_bar, last_tick, present};
use super::sheet::Sheet;
use crate::api::route::{Call, Method, Param, Route};
use crate::api::{Answer, Desk};
use crate::market::bars::Bar;
use crate::market::prints::Print;
use crate::refusal::Refusal;
use crate::wire::market::{Feed, bar_item, print_item, quote_item};
use st0ck_types::{Nanos, Quote};

const MANY: &[Param] = &[SYMBOLS, LATEST_FEED, CURRENCY];
const ONE: &[Param] = &[LATEST_FEED, CURRENCY];

pub(crate) const ROUTES: &[Route] = &[
    Route::data(
        Method::Get,
        "/v2/stocks/snapshots",
        &[(200, Some("Snapshots")), (400, Some("Error")), (403, Some("Error"))],
        many,
    )
    .with_query(MANY),
    Route::data(
        Method::Get,
        "/v2/stocks/{symbol}/snapshot",
        &[
            (200, Some("Snapshot")),
            (400, Some("Error")),
            (403, Some("Error")),
            (404, Some("Error")),
        ],
        one,
    )
    .with_query(ONE),
];

fn many(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let (symbols, present) = (Symbols::of(call)?, present(desk, call)?);
    let mut sheet = Sheet::object();
    for symbol in symbols.all() {
        let Some((index, (feed, now))) = desk.house.asset(symbol).zip(present) else { continue };
        sheet.name(symbol).open(b'{');
        members(&mut sheet, desk, index, feed, now)?;
        sheet.close(b'}');
    }
    Ok(sheet.reply())
}

fn one(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let (symbols, present) = (Symbols::of(call)?, present(desk, call)?);
    let symbol = call.args.get("symbol");
    let none = || Refusal::nothing(format!("no snapshot found for {symbol}"));
    let found = desk.house.asset(symbol).zip(present);
    let (index, (feed, now)) = found.ok_or_else(none)?;
    let mut sheet = Sheet::object();
    sheet.name("symbol").value(&symbols.all()[0]);
    members(&mut sheet, desk, index, feed, now)?;
    Ok(sheet.reply())
}

/// The five members; what has not happened yet is null.
fn members(
    sheet: &mut Sheet,
    desk: &mut Desk<'_>,
    index: usize,
    feed: Feed,
    now: Nanos,
) -> Result<(), Refusal> {
    let before = desk.past.day_before(index, desk.past.date());
    let before = before.map_err(|error| Refusal::lost(&error))?;
    let (asset, today) = (&desk.house.assets[index], desk.past.today(index));
    match last_tick::<Print>(today, now) {
        Some(trade) => sheet.name("latestTrade").item(|to| print_item(to, asset, &trade, feed)),
        None => sheet.name("latestTrade").value(&()),
    }
    match last_tick::<Quote>(today, now) {
        Some(quote) => sheet.name("latestQuote").item(|to| quote_item(to, asset, &quote, feed)),
        None => sheet.name("latestQuote").value(&()),
    }
    let mut bar = |name: &str, bar: Option<Bar>| match bar {
        Some(bar) => sheet.name(name).item(|to| bar_item(to, &bar)),
        None => sheet.name(name).value(&()),
    };
    bar("minuteBar", last_bar(today, now));
    bar("dailyBar", today.bars.day(now));
    bar("prevDailyBar", before);
    Ok(())
}
