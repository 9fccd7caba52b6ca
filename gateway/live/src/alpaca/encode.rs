//! Requests as bytes. What is the same for every order of an instrument, side, type and lifetime is
//! written once at start; an order adds its id, quantity and price.
//!
//! *Invariant:* no floating point, no allocation once the buffers have grown.

use st0ck_types::{
    BrokerOrderId, ClientOrderId, InstrumentId, Nanos, OrderKind, OrderRequest, Price, Side,
    Symbol, TimeInForce,
};

use super::ids::order_uuid;
use crate::instruments::InstrumentTable;

/// Where orders are placed and listed.
pub const ORDERS: &str = "/v2/orders";

/// The beginnings of all order bodies, as far as our id: of each instrument one for each `terms`.
#[derive(Debug)]
pub struct Templates(Vec<(InstrumentId, [Vec<u8>; TERMS])>);

/// Side, type and lifetime together: so many there are, and where each has its beginning.
const TERMS: usize = 8;

#[inline]
fn terms(side: Side, kind: OrderKind, tif: TimeInForce) -> usize {
    side as usize | usize::from(kind != OrderKind::Market) << 1 | (tif as usize) << 2
}

impl Templates {
    /// Templates for these instruments.
    #[must_use]
    pub fn new(instruments: &InstrumentTable) -> Self {
        let templates = |&(symbol, id): &(Symbol, InstrumentId)| (id, beginnings(symbol));
        Self(instruments.listed().iter().map(templates).collect())
    }

    /// Writes the body of `POST /v2/orders` into `body`; `false` when the instrument has no symbol
    /// here, and so cannot be ordered.
    pub fn order(&self, order: &OrderRequest, body: &mut Vec<u8>) -> bool {
        body.clear();
        let Some((_, starts)) = self.0.iter().find(|(id, _)| *id == order.instrument) else {
            return false;
        };
        body.extend_from_slice(&starts[terms(order.side, order.kind, order.tif)]);
        body.extend_from_slice(order.client_id.0.as_bytes());
        body.extend_from_slice(b"\",\"qty\":\"");
        push_e9(body, order.qty.0);
        if let Some(limit) = order.kind.limit() {
            body.extend_from_slice(b"\",\"limit_price\":\"");
            push_e9(body, limit.0);
        }
        body.extend_from_slice(b"\"}");
        true
    }
}

fn beginnings(symbol: Symbol) -> [Vec<u8>; TERMS] {
    let mut starts = [const { Vec::new() }; TERMS];
    for side in [Side::Buy, Side::Sell] {
        for kind in [OrderKind::Market, OrderKind::Limit(Price::ZERO)] {
            for tif in [TimeInForce::Day, TimeInForce::Gtc] {
                let start = &mut starts[terms(side, kind, tif)];
                start.extend_from_slice(b"{\"symbol\":");
                push_json_string(start, symbol.as_str());
                let (side, kind, tif) = (side.as_str(), kind.as_str(), tif.as_str());
                let terms = format!(
                    r#","side":"{side}","type":"{kind}","time_in_force":"{tif}","client_order_id":""#
                );
                start.extend_from_slice(terms.as_bytes());
            }
        }
    }
    starts
}

/// The path of one order.
pub fn order_path(path: &mut String, id: BrokerOrderId) {
    path.clear();
    path.push_str(ORDERS);
    path.push('/');
    path.push_str(order_uuid(id).as_str());
}

/// The path that looks an order up by our id.
pub fn lookup_path(path: &mut String, id: &ClientOrderId) {
    path.clear();
    path.push_str("/v2/orders:by_client_order_id?client_order_id=");
    path.push_str(id.as_str());
}

/// The path of a page of open orders, oldest first, behind `after` where that is known.
pub fn open_orders_path(path: &mut String, page: usize, after: BrokerOrderId) {
    path.clear();
    path.push_str(&format!("{ORDERS}?status=open&direction=asc&nested=true&limit={page}"));
    if after.is_known() {
        path.push_str("&after_order_id=");
        path.push_str(order_uuid(after).as_str());
    }
}

/// The path of a page of fills since a moment, oldest first, behind the activity `token`.
pub fn fills_path(path: &mut String, page: usize, since: Nanos, token: &str) {
    path.clear();
    let page = format!("/v2/account/activities/FILL?direction=asc&page_size={page}&after={since}");
    path.push_str(&page);
    if !token.is_empty() {
        path.push_str("&page_token=");
        push_percent_encoded(path, token);
    }
}

/// One, and a hundredth, in 1e-9.
const E9: u64 = 1_000_000_000;
const E7: u64 = 10_000_000;

/// Appends a value in 1e-9 as the shortest exact decimal, from its last digit to its first.
fn push_e9(out: &mut Vec<u8>, value: i64) {
    let mut text = [0; 24];
    let mut start = text.len();
    let mut put = |byte| {
        start -= 1;
        text[start] = byte;
    };
    let (mut whole, fraction) = (value.unsigned_abs() / E9, value.unsigned_abs() % E9);
    if fraction > 0 {
        // Nearly every price is whole cents.
        let in_cents = fraction.is_multiple_of(E7);
        let (mut rest, mut places) = if in_cents { (fraction / E7, 2) } else { (fraction, 9) };
        while rest.is_multiple_of(10) {
            (rest, places) = (rest / 10, places - 1);
        }
        for _ in 0..places {
            put(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        put(b'.');
    }
    loop {
        put(b'0' + (whole % 10) as u8);
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    if value < 0 {
        put(b'-');
    }
    out.extend_from_slice(&text[start..]);
}

/// Appends a JSON string.
pub(super) fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            0..0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Appends a query value (RFC 3986 §2.3: the unreserved characters stand for themselves).
fn push_percent_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracked::tests::buy;
    use st0ck_types::{OrderKind, Price, Qty, Side, TimeInForce};

    #[test]
    fn numbers_are_written_as_they_print() {
        for value in
            [0, 1, -1, 10, 1_000_000_000, 367_505_000_000, 590_020_000_000, i64::MAX, i64::MIN]
                .into_iter()
                .chain((0..20_000).map(|n| n * 2_500_000))
                .chain((0..20_000).map(|n| n * 10_000_000 - 3))
        {
            let mut out = Vec::new();
            push_e9(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), Price(value).to_string());
        }
    }

    #[test]
    fn an_order_is_the_json_that_alpaca_reads() {
        let table = InstrumentTable::new([(st0ck_types::Symbol::new("BRK.B"), InstrumentId(0))]);
        let templates = Templates::new(&table);
        let mut body = Vec::new();
        let order = OrderRequest {
            side: Side::Sell,
            kind: OrderKind::Limit(Price::parse("367.51").unwrap()),
            tif: TimeInForce::Gtc,
            qty: Qty::parse("2.5").unwrap(),
            ..buy(7, 1)
        };
        assert!(templates.order(&order, &mut body));
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "symbol": "BRK.B", "side": "sell", "type": "limit", "time_in_force": "gtc",
                "client_order_id": order.client_id.as_str(), "qty": "2.5", "limit_price": "367.51",
            })
        );
        assert!(templates.order(&buy(8, 3), &mut body));
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&json["type"], &json["qty"]), (&"market".into(), &"3".into()));
        assert_eq!(json.get("limit_price"), None);
        let other = OrderRequest { instrument: InstrumentId(5), ..order };
        assert!(!templates.order(&other, &mut body));
    }

    #[test]
    fn paths_are_what_alpaca_expects() {
        let mut path = String::new();
        let id = BrokerOrderId(0x61e6_9015_8549_4bfd_b9c3_01e7_5843_f47d);
        order_path(&mut path, id);
        assert_eq!(path, "/v2/orders/61e69015-8549-4bfd-b9c3-01e75843f47d");
        fills_path(&mut path, 100, Nanos(0), "20220202135509981::2d7b");
        assert_eq!(
            path,
            "/v2/account/activities/FILL?direction=asc&page_size=100\
             &after=1970-01-01T00:00:00.000000000Z&page_token=20220202135509981%3A%3A2d7b"
        );
        open_orders_path(&mut path, 500, BrokerOrderId::NONE);
        assert_eq!(path, "/v2/orders?status=open&direction=asc&nested=true&limit=500");
    }
}
