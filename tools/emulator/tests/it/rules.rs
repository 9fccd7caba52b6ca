//! Rules that a broker keeps or not, whichever the reference has heard of.

use crate::orders::limit;
use crate::stage::{Stage, config, recording, steady};
use crate::types::{hold, told};
use serde_json::json;

/// Four shares are shown at each of twenty quotes, then the price runs away from the rest.
fn running_away(reuses: bool) -> Stage {
    let rows = (0..6_000i64).map(|n| {
        let ask = if n < 20 { "367.42" } else { "367.60" };
        (n * 100, "367.40", ask, 4)
    });
    let mut config = config(recording(rows));
    config.rules.replace_reuses_qty = reuses;
    Stage::start(config)
}

#[test]
fn a_replacement_asks_for_what_is_left_or_where_the_rule_says_so_for_all_again() {
    for reuses in [false, true] {
        let stage = running_away(reuses);
        let mut http = stage.http();
        let id =
            http.post(&limit("buy", "100", "367.42")).json()["id"].as_str().unwrap().to_owned();
        let path = format!("/v2/orders/{id}");
        while http.get("/v2/stocks/quotes/latest?symbols=SPY")["quotes"]["SPY"]["ap"] != 367.6 {}
        let filled = http.get(&path)["filled_qty"].as_str().unwrap().parse::<i64>().unwrap();
        assert!((1..100).contains(&filled), "{filled}");
        let reply = http.ask("PATCH", &path, r#"{"qty":90,"limit_price":"367.41"}"#);
        assert_eq!(reply.status, 200, "{}", reply.message());
        let left = if reuses { 90 } else { 90 - filled };
        assert_eq!(reply.json()["qty"], left.to_string(), "{filled} of 100 have filled");
    }
}

#[test]
fn the_stop_of_an_oco_order_is_held_or_where_the_rule_says_so_new() {
    for shown in [false, true] {
        let mut config = config(recording(steady(6_000, 100, 1_000)));
        config.rules.oco_stop_new = shown;
        let stage = Stage::start(config);
        let (mut http, mut updates) = (stage.http(), stage.updates());
        hold(&mut http, &mut updates, "1");
        let oco = json!({"symbol": "SPY", "qty": "1", "side": "sell", "type": "limit",
            "time_in_force": "day", "order_class": "oco", "take_profit": {"limit_price": "400"},
            "stop_loss": {"stop_price": "300"}});
        let parent = http.post(&oco).json();
        assert_eq!(parent["legs"][0]["status"], "held", "the reply comes first");
        let events = told(&mut updates, if shown { 3 } else { 2 });
        let all = ["pending_new sell limit", "new sell limit", "new sell stop"];
        assert_eq!(events, all[..events.len()]);
        let stop = format!("/v2/orders/{}", parent["legs"][0]["id"].as_str().unwrap());
        assert_eq!(http.get(&stop)["status"], if shown { "new" } else { "held" });
        http.delete(&stop);
        assert_eq!(told(&mut updates, 2).len(), 2, "one ends the other in either case");
    }
}
