//! Requests as bytes. All that is the same for every order of an instrument, side, type and lifetime,
//! the request's head included, is written once at start; an order adds its id, quantity and price.
//!
//! *Invariant:* no floating point, no allocation once the buffers have grown.

use st0ck_net::http::{JsonPost, Rest};
use st0ck_types::{
    BrokerOrderId, ClientOrderId, Nanos, OrderKind, OrderRequest, Price, Side, Symbol, TimeInForce,
};

use super::decimal::write_e9;
use super::ids::order_uuid;
use crate::instruments::InstrumentTable;

/// Where orders are placed and listed.
pub const ORDERS: &str = "/v2/orders";

/// The beginnings of all orders' requests, as far as our id: for each number of an instrument one for
/// each `terms`, or none of them.
pub struct Templates(Vec<Option<JsonPost>>);

/// Side, type and lifetime together: so many there are, and where each has its beginning.
const TERMS: usize = 8;

#[inline]
fn terms(side: Side, kind: OrderKind, tif: TimeInForce) -> usize {
    side as usize | usize::from(kind != OrderKind::Market) << 1 | (tif as usize) << 2
}

impl Templates {
    /// Templates for these instruments; `orders` is the request without a body.
    #[must_use]
    pub fn new(instruments: &InstrumentTable, orders: &JsonPost) -> Self {
        let mut templates = Vec::new();
        for &(symbol, id) in instruments.listed() {
            let at = id.index() * TERMS;
            if templates.len() <= at {
                templates.resize_with(at + TERMS, || None);
            }
            for (terms, json) in beginnings(symbol).iter().enumerate() {
                templates[at + terms] = Some(orders.beginning(json));
            }
        }
        Self(templates)
    }

    /// The beginning of `POST /v2/orders` for this order; `None` when the instrument has no symbol
    /// here, and so cannot be ordered.
    #[inline]
    #[must_use]
    pub fn of(&self, order: &OrderRequest) -> Option<&JsonPost> {
        let at = order.instrument.index() * TERMS + terms(order.side, order.kind, order.tif);
        self.0.get(at)?.as_ref()
    }
}

/// Writes what an order's body has beyond its template.
#[inline]
pub fn finish(order: &OrderRequest, rest: &mut Rest<'_>) {
    rest.push_first(order.client_id.0.padded(), order.client_id.0.len());
    rest.push(b"\",\"qty\":\"");
    rest.write(|slot| write_e9(slot, order.qty.0));
    if let OrderKind::Limit(price) = order.kind {
        rest.push(b"\",\"limit_price\":\"");
        rest.write(|slot| write_e9(slot, price.0));
    }
    rest.push(b"\"}");
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
    use st0ck_net::http::HeaderBlock;
    use st0ck_types::{InstrumentId, Qty};

    #[test]
    fn an_order_is_the_json_that_alpaca_reads() {
        let table = InstrumentTable::new([(st0ck_types::Symbol::new("BRK.B"), InstrumentId(0))]);
        let orders = JsonPost::new(ORDERS, "host", "", &HeaderBlock::new()).unwrap();
        let templates = Templates::new(&table, &orders);
        let body = |order: &OrderRequest| -> serde_json::Value {
            let mut request = Vec::new();
            templates.of(order).unwrap().render(&mut request, |rest| finish(order, rest));
            let request = String::from_utf8(request).unwrap();
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("POST /v2/orders HTTP/1.1\r\n"));
            serde_json::from_str(body).unwrap()
        };
        let order = OrderRequest {
            side: Side::Sell,
            kind: OrderKind::Limit(Price::parse("367.51").unwrap()),
            tif: TimeInForce::Gtc,
            qty: Qty::parse("2.5").unwrap(),
            ..buy(7, 1)
        };
        assert_eq!(
            body(&order),
            serde_json::json!({
                "symbol": "BRK.B", "side": "sell", "type": "limit", "time_in_force": "gtc",
                "client_order_id": order.client_id.as_str(), "qty": "2.5", "limit_price": "367.51",
            })
        );
        let json = body(&buy(8, 3));
        assert_eq!((&json["type"], &json["qty"]), (&"market".into(), &"3".into()));
        assert_eq!(json.get("limit_price"), None);
        for unlisted in [InstrumentId(5), InstrumentId::ALL] {
            let other = OrderRequest { instrument: unlisted, ..order };
            assert!(templates.of(&other).is_none());
        }
    }

    #[test]
    fn the_longest_order_has_room() {
        let table = InstrumentTable::new([(Symbol::new("SPY"), InstrumentId(0))]);
        let orders = JsonPost::new(ORDERS, "host", "", &HeaderBlock::new()).unwrap();
        let templates = Templates::new(&table, &orders);
        let order = OrderRequest {
            client_id: ClientOrderId::from_text(&"x".repeat(20)).unwrap(),
            kind: OrderKind::Limit(Price(i64::MIN)),
            qty: Qty(i64::MIN),
            ..buy(1, 1)
        };
        let mut request = Vec::new();
        templates.of(&order).unwrap().render(&mut request, |rest| finish(&order, rest));
        let end = format!(r#"{}","qty":"{1}","limit_price":"{1}"}}"#, order.client_id, order.qty);
        assert!(String::from_utf8(request).unwrap().ends_with(&end));
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
