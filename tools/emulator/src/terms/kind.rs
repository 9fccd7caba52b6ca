//! What makes an order trade: its type and the prices that belong to it.

use st0ck_types::{OrderKind, Price, Side};

/// The increment of prices below a dollar.
const HUNDREDTH_OF_A_CENT: Price = Price(100_000);
/// Below this price a buy stop's limit is 4 % above the stop, from it on 2.5 % (`alpaca.md` §4.2).
const COLLAR_STEP: Price = Price(50 * Price::ONE.0);

/// The increment of prices like this one (Rule 612 of Regulation NMS).
pub(crate) fn increment(price: Price) -> Price {
    if price >= Price::ONE { Price::CENT } else { HUNDREDTH_OF_A_CENT }
}

/// How far a trailing stop stays behind the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trail {
    /// So many dollars.
    Price(Price),
    /// So many percent; 1 % is `Price::ONE`.
    Percent(Price),
}

impl Trail {
    /// The stop behind the best price `hwm`, rounded away from the market.
    fn stop(self, hwm: Price, side: Side) -> Price {
        let distance = match self {
            Self::Price(distance) => i128::from(distance.0),
            Self::Percent(percent) => {
                let hundred = i128::from(Price::ONE.0) * 100;
                i128::from(hwm.0) * i128::from(percent.0) / hundred
            }
        };
        let distance = Price(i64::try_from(distance).unwrap_or(i64::MAX));
        let stop = match side {
            Side::Sell => Price(hwm.0.saturating_sub(distance.0)),
            Side::Buy => Price(hwm.0.saturating_add(distance.0)),
        };
        let rounded = match side {
            Side::Sell => stop.floor_to(increment(stop)),
            Side::Buy => stop.ceil_to(increment(stop)),
        };
        rounded.unwrap_or(stop)
    }
}

/// Where a trailing stop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The best price since it was received.
    pub(crate) hwm: Price,
    /// The stop that follows from it.
    pub(crate) stop: Price,
}

/// Alpaca's `type`, with its prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// At whatever the market pays.
    Market,
    /// At this price or better.
    Limit(Price),
    /// A market order once somebody traded at this price or worse.
    Stop(Price),
    /// A limit order once somebody traded at the stop or worse.
    StopLimit {
        /// What elects it.
        stop: Price,
        /// What it then trades at, or better.
        limit: Price,
    },
    /// A market order once the market came back so far from its best.
    TrailingStop {
        /// How far.
        trail: Trail,
        /// From where; unknown before the first price.
        mark: Option<Mark>,
    },
}

impl Kind {
    /// The limit price, when there is one.
    pub(crate) fn limit(self) -> Option<Price> {
        match self {
            Self::Limit(limit) | Self::StopLimit { limit, .. } => Some(limit),
            Self::Market | Self::Stop(_) | Self::TrailingStop { .. } => None,
        }
    }

    /// The stop price, when there is one (yet).
    pub(crate) fn stop(self) -> Option<Price> {
        match self {
            Self::Stop(stop) | Self::StopLimit { stop, .. } => Some(stop),
            Self::TrailingStop { mark, .. } => mark.map(|mark| mark.stop),
            Self::Market | Self::Limit(_) => None,
        }
    }

    /// How far it trails, when it does.
    pub(crate) fn trail(self) -> Option<Trail> {
        match self {
            Self::TrailingStop { trail, .. } => Some(trail),
            _ => None,
        }
    }

    /// The best price since a trailing stop was received.
    pub(crate) fn hwm(self) -> Option<Price> {
        match self {
            Self::TrailingStop { mark, .. } => mark.map(|mark| mark.hwm),
            _ => None,
        }
    }

    /// Whether it waits for a print before it goes to the market.
    pub(crate) fn waits_for_print(self) -> bool {
        matches!(self, Self::Stop(_) | Self::StopLimit { .. } | Self::TrailingStop { .. })
    }

    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Limit(_) => "limit",
            Self::Stop(_) => "stop",
            Self::StopLimit { .. } => "stop_limit",
            Self::TrailingStop { .. } => "trailing_stop",
        }
    }

    /// Whether a print at this price elects it.
    pub(crate) fn is_elected_by(self, side: Side, print: Price) -> bool {
        self.stop().is_some_and(|stop| match side {
            Side::Sell => print <= stop,
            Side::Buy => print >= stop,
        })
    }

    /// The trailing stop after the market was at `price`; `None` when nothing changes.
    pub(crate) fn trailed(self, side: Side, price: Price) -> Option<Self> {
        let Self::TrailingStop { trail, mark } = self else { return None };
        let better = mark.is_none_or(|mark| match side {
            Side::Sell => price > mark.hwm,
            Side::Buy => price < mark.hwm,
        });
        let mark = Some(Mark { hwm: price, stop: trail.stop(price, side) });
        better.then_some(Self::TrailingStop { trail, mark })
    }

    /// What the venue is sent; of one that waits for a print, once it came. A buy stop is bounded so
    /// that it does not run after the market without end.
    pub(crate) fn at_venue(self, side: Side) -> OrderKind {
        match self {
            Self::Limit(limit) | Self::StopLimit { limit, .. } => OrderKind::Limit(limit),
            Self::Stop(stop) if side == Side::Buy => OrderKind::Limit(collar(stop)),
            Self::Market | Self::Stop(_) | Self::TrailingStop { .. } => OrderKind::Market,
        }
    }
}

/// The most that a buy stop pays.
fn collar(stop: Price) -> Price {
    let per_mille = if stop < COLLAR_STEP { 1_040 } else { 1_025 };
    let most = i64::try_from(i128::from(stop.0) * per_mille / 1_000).unwrap_or(i64::MAX);
    Price(most).ceil_to(Price::CENT).unwrap_or(Price(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    #[test]
    fn a_trailing_stop_follows_the_best_price_and_never_goes_back() {
        let start = Kind::TrailingStop { trail: Trail::Price(p("1.5")), mark: None };
        let at_ten = start.trailed(Side::Sell, p("10")).unwrap();
        assert_eq!((at_ten.hwm(), at_ten.stop()), (Some(p("10")), Some(p("8.5"))));
        assert_eq!(at_ten.trailed(Side::Sell, p("9.99")), None);
        let higher = at_ten.trailed(Side::Sell, p("10.01")).unwrap();
        assert_eq!(higher.stop(), Some(p("8.51")));
        assert!(higher.is_elected_by(Side::Sell, p("8.51")));
        assert!(!higher.is_elected_by(Side::Sell, p("8.52")));
    }

    #[test]
    fn a_percentage_is_rounded_away_from_the_market() {
        let trail = Trail::Percent(p("1.5"));
        // 367.41 × 1.5 % = 5.51115
        assert_eq!(trail.stop(p("367.41"), Side::Sell), p("361.89"));
        assert_eq!(trail.stop(p("367.41"), Side::Buy), p("372.93"));
        assert_eq!(trail.stop(p("0.5"), Side::Sell), p("0.4925"));
    }

    #[test]
    fn an_elected_buy_stop_is_a_limit_order_above_its_stop() {
        let sent = |stop: &str| Kind::Stop(p(stop)).at_venue(Side::Buy);
        assert_eq!(sent("49.99"), OrderKind::Limit(p("51.99")));
        assert_eq!(sent("50"), OrderKind::Limit(p("51.25")));
        assert_eq!(sent("367.41"), OrderKind::Limit(p("376.60")));
        assert_eq!(Kind::Stop(p("50")).at_venue(Side::Sell), OrderKind::Market);
    }
}
