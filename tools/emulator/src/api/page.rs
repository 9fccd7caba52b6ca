//! The emulator's own pages, for people: how things stand, in a browser, and the descriptions that
//! tools read.
//!
//! *Invariant:* nothing secret: no key, no secret, no account id. Only what names this machine as its
//! host is answered, so that no page of elsewhere can read it by a name that leads here.
//! *Invariant:* asking changes nothing: no count, no draw, no time passes.

use super::openapi;
use crate::emulator::{Emulator, Phase};
use crate::faults::fault_schema;
use crate::house::AccountNo;
use crate::transport::{Reply, Request};
use serde_json::{Value, json};

/// Orders that are shown, newest first.
const ORDERS: usize = 100;
const JSON: &str = "application/json; charset=UTF-8";
/// Scripts and styles of this origin, nothing else, and nobody's frame.
const POLICY: &str =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

impl Emulator {
    /// The answer to a request for one of the emulator's own pages; `None` for any other request.
    pub(crate) fn own_page(&self, request: &Request) -> Option<Reply> {
        let body: (&'static str, Vec<u8>) = match request.path.as_str() {
            "/" => ("text/html; charset=UTF-8", include_bytes!("../page/index.html").to_vec()),
            "/page.js" => {
                ("text/javascript; charset=UTF-8", include_bytes!("../page/page.js").to_vec())
            }
            "/page.css" => ("text/css; charset=UTF-8", include_bytes!("../page/page.css").to_vec()),
            "/emulator/state" => (JSON, self.state().to_string().into_bytes()),
            "/openapi.json" => (JSON, openapi::describe(self.endpoints()).to_string().into_bytes()),
            "/faults.schema.json" => (JSON, fault_schema().into_bytes()),
            _ => return None,
        };
        let host = request.fields.host.as_deref().unwrap_or_default();
        let (status, (content_type, body)) = match request.method.as_str() {
            _ if !is_here(host) => (403, ("text/plain; charset=UTF-8", b"ask 127.0.0.1".to_vec())),
            "GET" | "HEAD" => (200, body),
            _ => (405, ("text/plain; charset=UTF-8", b"only GET".to_vec())),
        };
        let headers = [
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ];
        let headers = headers.map(|(name, value)| (name, value.to_owned())).into();
        Some(Reply { status, content_type, request_id: String::from("page"), headers, body })
    }

    /// How things stand.
    fn state(&self) -> Value {
        let phase = match self.phase {
            Phase::Waiting => "waiting for a subscription",
            Phase::Playing => "playing",
            Phase::Closing | Phase::Closed => "over",
        };
        let house = &self.house;
        let market = house.assets.iter().map(|asset| {
            json!({"symbol": asset.symbol.as_str(), "bid": asset.bid.to_string(),
                "ask": asset.ask.to_string(), "last": asset.last.map(|price| price.to_string())})
        });
        json!({
            "session": {"at": house.now().to_string(), "phase": phase,
                "market_is_open": house.is_open()},
            "accounts": self.accounts().collect::<Vec<_>>(),
            "positions": self.positions(),
            "orders": self.orders(),
            "market": market.collect::<Vec<_>>(),
            "faults": self.fault_states(),
        })
    }

    fn numbers(&self) -> impl Iterator<Item = AccountNo> + use<> {
        (0..self.house.books.len()).map(AccountNo::at)
    }

    fn accounts(&self) -> impl Iterator<Item = Value> + '_ {
        self.numbers().map(|who| {
            let (figures, book) = (self.house.figures(who), self.house.book(who));
            json!({"account": who.number(), "number": book.account.number,
                "equity": figures.equity.to_string(), "cash": figures.cash.to_string(),
                "buying_power": figures.buying_power.to_string()})
        })
    }

    fn positions(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for who in self.numbers() {
            let held = self.house.assets.iter().zip(&self.house.book(who).positions);
            for (asset, position) in held.filter(|(_, position)| position.qty.0 != 0) {
                let value = asset.price().map(|price| price.times(position.qty).to_string());
                all.push(json!({"account": who.number(), "symbol": asset.symbol.as_str(),
                    "qty": position.qty.to_string(), "value": value}));
            }
        }
        all
    }

    fn orders(&self) -> Vec<Value> {
        let mut all: Vec<_> = self
            .numbers()
            .flat_map(|who| {
                self.house.book(who).orders.latest(ORDERS).map(move |order| (who, order))
            })
            .collect();
        all.sort_by_key(|(_, order)| std::cmp::Reverse(order.created_at));
        let shown = all.into_iter().take(ORDERS).map(|(who, order)| {
            json!({"account": who.number(), "updated_at": order.updated_at.to_string(),
                "client_order_id": order.client_order_id, "symbol": order.symbol.as_str(),
                "side": order.side.as_str(), "type": order.kind.as_str(),
                "qty": order.qty.to_string(), "filled_qty": order.filled.to_string(),
                "status": order.status()})
        });
        shown.collect()
    }

    fn fault_states(&self) -> Vec<Value> {
        let now = self.house.now();
        let all = self.faults.triggers.all().iter().chain(self.server.taps());
        let shown = all.map(|armed| {
            let on: Vec<_> = armed.fault.on.iter().map(|on| on.word()).collect();
            json!({"name": armed.fault.name, "kind": armed.fault.row.name, "on": on.join(" "),
                "active": armed.is_active(now), "hits": armed.hits})
        });
        shown.collect()
    }
}

/// Whether a `Host` field names this machine, with or without a port.
fn is_here(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    matches!(name, "127.0.0.1" | "localhost")
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_this_machine_is_here() {
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "localhost:1"] {
            assert!(is_here(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example:80",
            "[::1]",
            "127.0.0.1:x",
        ] {
            assert!(!is_here(host), "{host}");
        }
    }
}
