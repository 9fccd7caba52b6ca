//! The type of an order and the prices that its body must and must not have.

use super::fields::Fields;
use crate::refusal::Refusal;
use crate::terms::{Class, Kind, Trail};
use st0ck_types::Price;

/// Least and greatest of a percentage to trail by; 1 % is `Price::ONE`.
const PERCENT_MIN: Price = Price(Price::ONE.0 / 10);
const PERCENT_END: Price = Price(100 * Price::ONE.0);

/// The stop-loss of a group of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StopLoss {
    /// What elects it.
    pub(crate) stop: Price,
    /// What it then trades at; the market without one.
    pub(crate) limit: Option<Price>,
}

/// The orders that end what a group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Exits {
    /// Limit price of the take-profit.
    pub(crate) take_profit: Option<Price>,
    /// Prices of the stop-loss.
    pub(crate) stop_loss: Option<StopLoss>,
}

/// The take-profit and the stop-loss that a class wants.
pub(super) fn exits(fields: &Fields, class: Class) -> Result<Exits, Refusal> {
    if !class.is_group() {
        let stray = ["take_profit", "stop_loss"].into_iter().find(|field| fields.has(field));
        return stray.map_or(Ok(Exits::default()), |field| {
            Err(Refusal::parameter(format!("simple orders require no {field}")))
        });
    }
    let take_profit = match fields.object("take_profit")? {
        Some(leg) => leg.price("limit_price", "take_profit.limit_price")?,
        None => None,
    };
    let stop_loss = match fields.object("stop_loss")? {
        Some(leg) => {
            let limit = leg.price("limit_price", "stop_loss.limit_price")?;
            leg.price("stop_price", "stop_loss.stop_price")?.map(|stop| StopLoss { stop, limit })
        }
        None => None,
    };
    let word = class.as_str();
    let missing = match (class, take_profit, stop_loss) {
        (Class::Oto, None, None) | (Class::Oto, Some(_), Some(_)) => {
            "either take_profit or stop_loss"
        }
        (Class::Oto, ..) | (_, Some(_), Some(_)) => return Ok(Exits { take_profit, stop_loss }),
        (_, None, _) => "take_profit.limit_price",
        (_, _, None) => "stop_loss.stop_price",
    };
    Err(Refusal::parameter(format!("{word} orders require {missing}")))
}

/// The type and its prices. The limit of an oco order is its take-profit's.
pub(super) fn kind(fields: &Fields, class: Class, exits: &Exits) -> Result<Kind, Refusal> {
    let word = fields.text("type")?.unwrap_or_default();
    let limit = fields.price("limit_price", "limit price")?;
    let limit = if class == Class::Oco && word == "limit" { exits.take_profit } else { limit };
    let stop = fields.price("stop_price", "stop price")?;
    let kind = match word {
        "market" => market(limit, stop)?,
        "limit" => limit_kind(limit, stop)?,
        "stop" => stop_kind(limit, stop)?,
        "stop_limit" => match (stop, limit) {
            (Some(stop), Some(limit)) => Kind::StopLimit { stop, limit },
            _ => return refused("stop limit orders require both stop and limit price"),
        },
        "trailing_stop" => trailing(fields, limit, stop)?,
        _ => return refused("invalid order type"),
    };
    let stray = ["trail_price", "trail_percent"].into_iter().find(|field| fields.has(field));
    match stray.filter(|_| kind.trail().is_none()) {
        None => Ok(kind),
        Some(field) => {
            let word = word.replace('_', " ");
            Err(Refusal::parameter(format!("{word} orders require no {field}")))
        }
    }
}

fn market(limit: Option<Price>, stop: Option<Price>) -> Result<Kind, Refusal> {
    match (limit, stop) {
        (None, None) => Ok(Kind::Market),
        _ => refused("market orders require no stop or limit price"),
    }
}

fn limit_kind(limit: Option<Price>, stop: Option<Price>) -> Result<Kind, Refusal> {
    match (limit, stop) {
        (_, Some(_)) => refused("limit orders require no stop price"),
        (None, _) => refused("limit orders require a limit price"),
        (Some(limit), None) => Ok(Kind::Limit(limit)),
    }
}

fn stop_kind(limit: Option<Price>, stop: Option<Price>) -> Result<Kind, Refusal> {
    match (limit, stop) {
        (Some(_), _) => refused("stop orders require no limit price"),
        (_, None) => refused("stop orders require a stop price"),
        (None, Some(stop)) => Ok(Kind::Stop(stop)),
    }
}

fn trailing(fields: &Fields, limit: Option<Price>, stop: Option<Price>) -> Result<Kind, Refusal> {
    if limit.is_some() || stop.is_some() {
        return refused("trailing stop orders require no stop or limit price");
    }
    let price = fields.price("trail_price", "trail_price")?;
    let percent = fields.decimal("trail_percent", Price::parse)?;
    let trail = match (price, percent) {
        (Some(price), None) => Trail::Price(price),
        (None, Some(percent)) => percent_trail(percent)?,
        _ => {
            return refused(
                "trailing stop orders must specify one of trail_price or trail_percent",
            );
        }
    };
    Ok(Kind::TrailingStop { trail, mark: None })
}

/// A percentage to trail by, in its range.
pub(super) fn percent_trail(percent: Price) -> Result<Trail, Refusal> {
    if percent < PERCENT_MIN {
        return refused("trail_percent must be greater than or equal to 0.1");
    }
    if percent >= PERCENT_END {
        return refused("trail_percent must be less than 100");
    }
    Ok(Trail::Percent(percent))
}

fn refused<T>(message: &str) -> Result<T, Refusal> {
    Err(Refusal::parameter(message))
}
