//! Orders of two sessions, matched: which are in one only, and which are in both but not the same.

use super::Mask;
use st0ck_types::{InstrumentId, Nanos, OrderNo, OrderRequest, Seq, Side, StrategyId};
use std::collections::BTreeMap;

/// When an order of one session is the same order in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// Same strategy, instrument, side and moment of the decision; of several, the same place.
    Moment,
    /// The same place among the session's orders.
    Ordinal,
}

/// An order that both sessions have, but not alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// In the first session.
    pub a: OrderRequest,
    /// In the second one.
    pub b: OrderRequest,
}

/// Orders that are not the same in both sessions, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orders {
    /// In the first only.
    pub only_a: Vec<OrderRequest>,
    /// In the second only.
    pub only_b: Vec<OrderRequest>,
    /// In both, not alike.
    pub changed: Vec<Changed>,
    /// In both, alike.
    pub same: u64,
}

/// What makes an order findable in the other session. The last number tells several alike apart.
type Key = (Nanos, StrategyId, InstrumentId, Side, u32);

fn keys(orders: &[OrderRequest], matching: Matching) -> BTreeMap<Key, OrderRequest> {
    let mut keyed = BTreeMap::new();
    for (place, order) in (0u32..).zip(orders) {
        let mut key = match matching {
            Matching::Moment => (order.decided_at, order.strategy, order.instrument, order.side, 0),
            Matching::Ordinal => {
                (Nanos::ZERO, StrategyId::default(), InstrumentId::default(), Side::Buy, place)
            }
        };
        while keyed.contains_key(&key) {
            key.4 += 1;
        }
        keyed.insert(key, *order);
    }
    keyed
}

/// What an order asks for, and when: its number, its id and its cause only say where it stands.
fn wish(order: OrderRequest, mask: Mask) -> OrderRequest {
    let nameless = Mask { ids: true, ..mask }.order(order);
    OrderRequest { cause: Seq(0), no: OrderNo::NONE, ..nameless }
}

pub(super) fn compare(
    a: &[OrderRequest],
    b: &[OrderRequest],
    matching: Matching,
    mask: Mask,
) -> Orders {
    let (a, mut b) = (keys(a, matching), keys(b, matching));
    let mut found = Orders::default();
    for (key, a) in a {
        match b.remove(&key) {
            None => found.only_a.push(a),
            Some(b) if wish(a, mask) == wish(b, mask) => found.same += 1,
            Some(b) => found.changed.push(Changed { a, b }),
        }
    }
    found.only_b = b.into_values().collect();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::{ClientOrderId, OrderKind, PositionEffect, Qty, TimeInForce};

    fn order(no: u32, at: i64, shares: i64) -> OrderRequest {
        OrderRequest {
            no: OrderNo(no),
            client_id: ClientOrderId::default(),
            strategy: StrategyId(0),
            instrument: InstrumentId(0),
            side: Side::Buy,
            effect: PositionEffect::Open,
            tif: TimeInForce::Day,
            kind: OrderKind::Market,
            qty: Qty::units(shares).unwrap(),
            decided_at: Nanos(at),
            cause: Seq(u64::from(no) * 10),
            tag: 0,
        }
    }

    #[test]
    fn an_order_left_out_does_not_change_those_behind_it() {
        let a = [order(1, 10, 1), order(2, 20, 1), order(3, 30, 1)];
        let b = [order(1, 10, 1), order(2, 30, 1)];
        let found = compare(&a, &b, Matching::Moment, Mask::default());
        assert_eq!((found.only_a, found.only_b.len()), (vec![a[1]], 0));
        assert_eq!((found.changed.len(), found.same), (0, 2));
    }

    #[test]
    fn another_quantity_at_the_same_moment_is_a_change() {
        let found =
            compare(&[order(1, 10, 1)], &[order(1, 10, 2)], Matching::Moment, Mask::default());
        let changed = [Changed { a: order(1, 10, 1), b: order(1, 10, 2) }];
        assert_eq!((found.changed.as_slice(), found.same), (&changed[..], 0));
    }

    #[test]
    fn orders_of_one_moment_are_matched_in_their_order() {
        let a = [order(1, 10, 1), order(2, 10, 2)];
        let found = compare(&a, &a, Matching::Moment, Mask::default());
        assert_eq!((found.same, found.changed.len()), (2, 0));
        let found = compare(&a, &a[..1], Matching::Moment, Mask::default());
        assert_eq!((found.same, found.only_a), (1, vec![a[1]]));
    }

    #[test]
    fn by_ordinal_the_moment_is_a_field_like_any_other() {
        let (a, b) = ([order(1, 10, 1)], [order(1, 11, 1)]);
        assert_eq!(compare(&a, &b, Matching::Ordinal, Mask::default()).changed.len(), 1);
        let stamps = Mask { ids: false, stamps: true };
        assert_eq!(compare(&a, &b, Matching::Ordinal, stamps).same, 1);
    }
}
