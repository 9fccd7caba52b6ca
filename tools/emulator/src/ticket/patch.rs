//! The body of `PATCH /v2/orders/{id}`: what shall be different.

use super::fields::Fields;
use super::{client_order_id, prices};
use crate::refusal::Refusal;
use crate::terms::{Kind, Lifetime, Trail};
use st0ck_types::{Price, Qty};

/// A well-formed wish for other terms; what it does not name stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Patch {
    /// Shares of the whole order, what has filled included.
    pub(crate) qty: Option<Qty>,
    /// Lifetime.
    pub(crate) lifetime: Option<Lifetime>,
    /// Limit price.
    pub(crate) limit: Option<Price>,
    /// Stop price.
    pub(crate) stop: Option<Price>,
    /// Dollars or percent to trail by, whichever the order does.
    pub(crate) trail: Option<Price>,
    /// Client id of the new order.
    pub(crate) client_order_id: Option<String>,
}

/// What cannot be changed here or anywhere.
const FIXED: [&str; 2] = ["notional", "advanced_instructions"];

impl Patch {
    /// Reads the body.
    ///
    /// # Errors
    /// What Alpaca would say, as far as its words are known.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let fields = Fields::parse(body)?;
        if let Some(field) = FIXED.into_iter().find(|field| fields.has(field)) {
            return Err(Refusal::parameter(format!("{field} cannot be replaced")));
        }
        Ok(Self {
            qty: fields.qty("qty")?,
            lifetime: lifetime(&fields)?,
            limit: fields.price("limit_price", "limit price")?,
            stop: fields.price("stop_price", "stop price")?,
            trail: fields.price("trail", "trail")?,
            client_order_id: client_order_id(&fields)?,
        })
    }

    /// An order's type with the new prices.
    ///
    /// # Errors
    /// A price that the type does not have.
    pub(crate) fn kind(&self, old: Kind) -> Result<Kind, Refusal> {
        let stray = [
            ("limit_price", self.limit.is_some() && old.limit().is_none()),
            (
                "stop_price",
                self.stop.is_some() && !matches!(old, Kind::Stop(_) | Kind::StopLimit { .. }),
            ),
            ("trail", self.trail.is_some() && old.trail().is_none()),
        ];
        if let Some((field, _)) = stray.into_iter().find(|(_, stray)| *stray) {
            let word = old.as_str().replace('_', " ");
            return Err(Refusal::parameter(format!("{word} orders require no {field}")));
        }
        Ok(match old {
            Kind::Market => Kind::Market,
            Kind::Limit(limit) => Kind::Limit(self.limit.unwrap_or(limit)),
            Kind::Stop(stop) => Kind::Stop(self.stop.unwrap_or(stop)),
            Kind::StopLimit { stop, limit } => Kind::StopLimit {
                stop: self.stop.unwrap_or(stop),
                limit: self.limit.unwrap_or(limit),
            },
            Kind::TrailingStop { trail, mark } => match self.trail {
                None => Kind::TrailingStop { trail, mark },
                Some(by) => Kind::TrailingStop { trail: trailing(trail, by)?, mark: None },
            },
        })
    }
}

/// The same way of trailing, by another distance.
fn trailing(old: Trail, by: Price) -> Result<Trail, Refusal> {
    match old {
        Trail::Price(_) => Ok(Trail::Price(by)),
        Trail::Percent(_) => prices::percent_trail(by),
    }
}

fn lifetime(fields: &Fields) -> Result<Option<Lifetime>, Refusal> {
    let Some(word) = fields.text("time_in_force")? else { return Ok(None) };
    let known = Lifetime::parse(word);
    let lasting = known.filter(|known| matches!(known, Lifetime::Day | Lifetime::Gtc));
    lasting.map(Some).ok_or_else(|| Refusal::parameter("invalid time_in_force"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn patch(body: &str) -> Result<Patch, Refusal> {
        Patch::parse(body.as_bytes())
    }

    #[test]
    fn what_is_not_named_stays() {
        let stop = patch(r#"{"stop_price":"9.5","qty":4}"#).unwrap();
        let old = Kind::StopLimit { stop: p("9"), limit: p("8") };
        assert_eq!(stop.kind(old), Ok(Kind::StopLimit { stop: p("9.5"), limit: p("8") }));
        assert_eq!((stop.qty, stop.lifetime), (Qty::units(4), None));
    }

    #[test]
    fn a_price_that_the_type_does_not_have_is_refused() {
        for (body, old, message) in [
            (r#"{"limit_price":1}"#, Kind::Market, "market orders require no limit_price"),
            (r#"{"stop_price":1}"#, Kind::Limit(p("2")), "limit orders require no stop_price"),
            (r#"{"trail":1}"#, Kind::Stop(p("2")), "stop orders require no trail"),
        ] {
            assert_eq!(patch(body).unwrap().kind(old), Err(Refusal::parameter(message)), "{body}");
        }
    }

    #[test]
    fn another_trail_starts_from_the_market_of_then() {
        let old = Kind::TrailingStop { trail: Trail::Percent(p("2")), mark: None };
        let old = old.trailed(st0ck_types::Side::Sell, p("10")).unwrap();
        let new = patch(r#"{"trail":"1"}"#).unwrap().kind(old);
        let trail = Trail::Percent(p("1"));
        assert_eq!(new, Ok(Kind::TrailingStop { trail, mark: None }));
        assert!(patch(r#"{"trail":"0.01"}"#).unwrap().kind(old).is_err());
    }

    #[test]
    fn what_cannot_be_replaced_is_refused() {
        for (body, message) in [
            (r#"{"notional":5}"#, "notional cannot be replaced"),
            (r#"{"time_in_force":"ioc"}"#, "invalid time_in_force"),
            (r#"{"qty":0}"#, "qty must be > 0"),
            ("[]", "request body format is invalid"),
        ] {
            assert_eq!(patch(body), Err(Refusal::parameter(message)), "{body}");
        }
    }
}
