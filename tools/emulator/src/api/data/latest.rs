//! `GET /v2/stocks/{bars,trades,quotes}/latest` and the same of one symbol.

use super::ask::{CURRENCY, LATEST_FEED, SYMBOLS, Symbols, currency, feed};
use super::sheet::Sheet;
use crate::api::route::{Call, Method, Param, Route, Told};
use crate::api::{Answer, Desk};
use crate::config::DataPlan;
use crate::market::asset::Asset;
use crate::market::bars::Bar;
use crate::market::past::{DELAY, Tick, Today};
use crate::market::prints::Print;
use crate::refusal::Refusal;
use crate::wire::encoder::Encoder;
use crate::wire::market::{Feed, bar_item, print_item, quote_item};
use st0ck_types::{Nanos, Quote};

const MANY: &[Param] = &[SYMBOLS, LATEST_FEED, CURRENCY];
const ONE: &[Param] = &[LATEST_FEED, CURRENCY];
const BAD: Told = (400, Some("Error"));
const BEYOND: Told = (403, Some("Error"));
const NONE: Told = (404, Some("Error"));

pub(crate) const ROUTES: &[Route] = &[
    Route::data(
        Method::Get,
        "/v2/stocks/bars/latest",
        &[(200, Some("LatestBars")), BAD, BEYOND],
        bars,
    )
    .with_query(MANY),
    Route::data(
        Method::Get,
        "/v2/stocks/{symbol}/bars/latest",
        &[(200, Some("LatestBar")), BAD, BEYOND, NONE],
        bars,
    )
    .with_query(ONE),
    Route::data(
        Method::Get,
        "/v2/stocks/trades/latest",
        &[(200, Some("LatestTrades")), BAD, BEYOND],
        trades,
    )
    .with_query(MANY),
    Route::data(
        Method::Get,
        "/v2/stocks/{symbol}/trades/latest",
        &[(200, Some("LatestTrade")), BAD, BEYOND, NONE],
        trades,
    )
    .with_query(ONE),
    Route::data(
        Method::Get,
        "/v2/stocks/quotes/latest",
        &[(200, Some("LatestQuotes")), BAD, BEYOND],
        quotes,
    )
    .with_query(MANY),
    Route::data(
        Method::Get,
        "/v2/stocks/{symbol}/quotes/latest",
        &[(200, Some("LatestQuote")), BAD, BEYOND, NONE],
        quotes,
    )
    .with_query(ONE),
];

/// The last bar of a minute that is over.
pub(super) fn last_bar(today: &Today, now: Nanos) -> Option<Bar> {
    today.bars.finished(now).iter().rev().find(|bar| bar.is_whole()).copied()
}

/// The last quote or print.
pub(super) fn last_tick<T: Tick>(today: &Today, now: Nanos) -> Option<T> {
    let kept = T::kept(today);
    let happened = kept.partition_point(|tick| tick.at() <= now);
    kept.range(..happened).rev().find(|tick| tick.stands()).copied()
}

/// The present of a feed, if there is anything on it. Late where late is all there is.
pub(super) fn present(desk: &Desk<'_>, call: &Call<'_>) -> Result<Option<(Feed, Nanos)>, Refusal> {
    let feed = feed(&call.query, desk.settings.plan)?;
    currency(&call.query)?;
    if desk.settings.plan == DataPlan::Basic && feed == Some(Feed::Sip) {
        return Err(Refusal::beyond_plan());
    }
    let late = if feed == Some(Feed::Delayed) { DELAY } else { 0 };
    Ok(feed.map(|feed| (feed, desk.house.now() - late)))
}

/// What there is to tell of one kind: its name for one and for many, how it is found and written.
struct Kind<T> {
    one: &'static str,
    many: &'static str,
    find: fn(&Today, Nanos) -> Option<T>,
    write: fn(&mut dyn Encoder, &Asset, &T, Feed),
}

fn bars(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let write = |to: &mut dyn Encoder, _: &Asset, bar: &Bar, _| bar_item(to, bar);
    answer(desk, call, &Kind { one: "bar", many: "bars", find: last_bar, write })
}

fn trades(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let find = last_tick::<Print>;
    answer(desk, call, &Kind { one: "trade", many: "trades", find, write: print_item })
}

fn quotes(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let find = last_tick::<Quote>;
    answer(desk, call, &Kind { one: "quote", many: "quotes", find, write: quote_item })
}

fn answer<T>(desk: &Desk<'_>, call: &Call<'_>, kind: &Kind<T>) -> Answer {
    let (symbols, present) = (Symbols::of(call)?, present(desk, call)?);
    let latest = |symbol: &str| {
        let ((feed, now), index) = (present?, desk.house.asset(symbol)?);
        let found = (kind.find)(desk.past.today(index), now)?;
        Some((&desk.house.assets[index], found, feed))
    };
    let mut sheet = Sheet::object();
    match &symbols {
        Symbols::One(symbol) => {
            let none = || Refusal::nothing(format!("no {} found for {symbol}", kind.one));
            let (asset, found, feed) = latest(symbol).ok_or_else(none)?;
            sheet.name("symbol").value(symbol);
            sheet.name(kind.one).item(|to| (kind.write)(to, asset, &found, feed));
        }
        Symbols::Many(symbols) => {
            sheet.name(kind.many).open(b'{');
            for symbol in symbols {
                let Some((asset, found, feed)) = latest(symbol) else { continue };
                sheet.name(symbol).item(|to| (kind.write)(to, asset, &found, feed));
            }
            sheet.close(b'}');
        }
    }
    if let Some(currency) = currency(&call.query)? {
        sheet.name("currency").value(&currency);
    }
    Ok(sheet.reply())
}
