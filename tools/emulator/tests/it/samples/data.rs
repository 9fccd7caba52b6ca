//! The data API.

use super::kinds::{ACTIONS, NEWS, POINTS};
use super::table::Table;
use crate::client::Http;
use crate::data_rest::{over, spy};

pub(super) fn compare(table: &mut Table) {
    let stage = over(spy());
    let mut http = stage.http();
    lists(table, &mut http);
    latest(table, &mut http);
    let mut ask = |file: &str, kind, path: &str| table.compare(file, kind, &[], &http.get(path));
    ask("rest/news_page.json", &NEWS, "/v1beta1/news?limit=1&include_content=true");
    ask("rest/screener_most_actives.json", &POINTS, "/v1beta1/screener/stocks/most-actives");
    ask("rest/screener_movers.json", &POINTS, "/v1beta1/screener/stocks/movers");
    let splits = "/v1/corporate-actions?symbols=AAPL&types=forward_split&start=2020-01-01\
        &end=2020-12-31";
    ask("rest/corporate_actions_go.json", &ACTIONS, splits);
}

/// Pages of points. A page is cut off where the sample has a token.
fn lists(table: &mut Table, http: &mut Http) {
    let from = "symbols=SPY&start=2020-12-15&limit=2";
    let day = format!("/v2/stocks/bars?{from}&timeframe=1Day");
    let asks = [
        ("bars", day.clone(), &["", "_desc", "_adjustment_go", "_asof_meta_page1_go"][..]),
        ("bars", format!("{day}&limit=100"), &["_go", "_multi", "_multi_go"]),
        ("bars", format!("{}&end=2020-12-15T05:01:00Z", day.replace("SPY", "XYZ")), &["_empty"]),
        ("trades", format!("/v2/stocks/trades?{from}"), &["", "_go"]),
        (
            "trades",
            String::from("/v2/stocks/trades?symbols=SPY&start=2020-12-17T20:59:00Z&limit=9999"),
            &["_multi", "_multi_go"],
        ),
        ("quotes", format!("/v2/stocks/quotes?{from}"), &["", "_multi_go", "_page1_go"]),
        (
            "quotes",
            String::from("/v2/stocks/quotes?symbols=SPY&start=2020-12-17T20:59:50Z&limit=9999"),
            &["_multi", "_page2_go"],
        ),
        (
            "auctions",
            String::from("/v2/stocks/auctions?symbols=SPY&start=2020-12-15&limit=2"),
            &["_page1_go"],
        ),
    ];
    for (name, path, files) in asks {
        let ours = http.get(&path);
        for suffix in files {
            table.compare(&format!("rest/stock_{name}{suffix}.json"), &POINTS, &[name], &ours);
        }
    }
    let nothing = http.get("/v2/stocks/trades?symbols=XYZ&currency=USD");
    table.compare("rest/stock_trades_currency_empty_go.json", &POINTS, &["trades"], &nothing);
}

fn latest(table: &mut Table, http: &mut Http) {
    for (name, files) in [
        ("bars", &["bar", "bar_go"][..]),
        ("trades", &["trade", "trade_go", "trades_go"]),
        ("quotes", &["quote", "quote_go", "quotes_go"]),
    ] {
        let ours = http.get(&format!("/v2/stocks/{name}/latest?symbols=SPY"));
        for file in files {
            table.compare(&format!("rest/stock_latest_{file}.json"), &POINTS, &[name], &ours);
        }
    }
    let snapshots = http.get("/v2/stocks/snapshots?symbols=SPY");
    for file in ["snapshots_go", "snapshots_toplevel_map", "snapshot_single_go"] {
        table.compare(&format!("rest/stock_{file}.json"), &POINTS, &[""], &snapshots);
    }
}
