//! `GET /v1beta1/screener/stocks/most-actives` and `/v1beta1/screener/stocks/movers`, among the
//! symbols of the session.

use super::actions::number;
use super::ask::limit_of;
use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::market::bars::Bar;
use crate::refusal::Refusal;
use crate::wire::Shown;
use serde_json::{Value, json};
use st0ck_types::{Nanos, Price, Qty};

/// Symbols of a list unless told.
const TOP: usize = 10;

pub(crate) const ROUTES: &[Route] = &[
    Route::data(
        Method::Get,
        "/v1beta1/screener/stocks/most-actives",
        &[(200, Some("MostActives")), (400, Some("Error"))],
        most_actives,
    )
    .with_query(&[
        Param::new("by", ParamKind::Word(&["volume", "trades"])),
        Param::new("top", ParamKind::Count { max: 100 }),
    ]),
    Route::data(
        Method::Get,
        "/v1beta1/screener/stocks/movers",
        &[(200, Some("Movers")), (400, Some("Error"))],
        movers,
    )
    .with_query(&[Param::new("top", ParamKind::Count { max: 50 })]),
];

/// Today's bar of every symbol that has one.
fn days(desk: &Desk<'_>) -> Vec<(usize, Bar)> {
    let now = desk.house.now();
    let all = 0..desk.house.assets.len();
    all.filter_map(|index| Some((index, desk.past.today(index).bars.day(now)?))).collect()
}

fn most_actives(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let top = limit_of(&call.query, "top", TOP, 100)?;
    let by_trades = match call.query.get("by") {
        None | Some("volume") => false,
        Some("trades") => true,
        Some(other) => return Err(Refusal::data(format!("invalid by: {other}"))),
    };
    let mut days = days(desk);
    let rank = |bar: &Bar| if by_trades { (bar.trades, bar.volume) } else { (0, bar.volume) };
    days.sort_by_key(|(index, bar)| (std::cmp::Reverse(rank(bar)), *index));
    let shown = |(index, bar): &(usize, Bar)| {
        json!({
            "symbol": desk.house.assets[*index].symbol.as_str(),
            "volume": bar.volume.0 / Qty::ONE.0,
            "trade_count": bar.trades,
        })
    };
    let list: Vec<Value> = days.iter().take(top).map(shown).collect();
    Ok(Body::ok(&json!({"most_actives": list, "last_updated": Shown(desk.house.now())})))
}

/// One symbol's way since the last close; since the open where no day before is known.
struct Move {
    symbol: String,
    price: Price,
    change: Price,
    /// Percent, to two decimals.
    percent: Price,
}

impl Move {
    fn of(desk: &mut Desk<'_>, index: usize, day: &Bar) -> Result<Self, Refusal> {
        let before = desk.past.day_before(index, desk.past.date());
        let before = before.map_err(|error| Refusal::lost(&error))?;
        let base = before.map_or(day.open, |bar| bar.close);
        let change = Price(day.close.0 - base.0);
        let basis_points = i128::from(change.0) * 10_000 / i128::from(base.0.max(1));
        let percent = i64::try_from(basis_points).unwrap_or(i64::MAX / Price::CENT.0);
        let symbol = desk.house.assets[index].symbol.as_str().to_owned();
        Ok(Self { symbol, price: day.close, change, percent: Price(percent * Price::CENT.0) })
    }

    fn shown(&self) -> Value {
        json!({
            "symbol": self.symbol,
            "percent_change": number(self.percent),
            "change": number(self.change),
            "price": number(self.price),
        })
    }
}

fn movers(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let top = limit_of(&call.query, "top", TOP, 50)?;
    let mut moves = Vec::new();
    for (index, day) in days(desk) {
        moves.push(Move::of(desk, index, &day)?);
    }
    moves.sort_by(|a, b| (b.percent, &a.symbol).cmp(&(a.percent, &b.symbol)));
    let up = moves.iter().filter(|one| one.change > Price::ZERO);
    let down = moves.iter().rev().filter(|one| one.change < Price::ZERO);
    let gainers: Vec<Value> = up.take(top).map(Move::shown).collect();
    let losers: Vec<Value> = down.take(top).map(Move::shown).collect();
    let now: Shown<Nanos> = Shown(desk.house.now());
    Ok(Body::ok(&json!({
        "gainers": gainers, "losers": losers, "market_type": "stocks", "last_updated": now,
    })))
}
