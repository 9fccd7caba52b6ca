//! Watchlists, by id and by name.

use crate::stage::Stage;
use serde_json::json;

#[test]
fn a_watchlist_is_made_read_changed_and_deleted() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let body = json!({"name": "wörk/one", "symbols": ["SPY"]}).to_string();
    let made = http.ask("POST", "/v2/watchlists", &body);
    assert_eq!(made.status, 200);
    let made = made.json();
    assert_eq!(made["account_id"], http.get("/v2/account")["id"]);
    assert_eq!(made["assets"][0], http.get("/v2/assets/SPY"));
    let by_id = format!("/v2/watchlists/{}", made["id"].as_str().unwrap());
    let by_name = "/v2/watchlists:by_name?name=w%C3%B6rk%2Fone";
    assert_eq!(http.get(&by_id), made);
    assert_eq!(http.get(by_name), made);
    let listed = http.get("/v2/watchlists");
    assert_eq!((&listed[0]["id"], listed[0].get("assets")), (&made["id"], None));

    assert_eq!(http.ask("DELETE", &format!("{by_id}/SPY"), "").json()["assets"], json!([]));
    assert_eq!(http.ask("DELETE", &format!("{by_id}/SPY"), "").status, 404);
    let added = http.ask("POST", by_name, r#"{"symbol":"SPY"}"#);
    assert_eq!(added.json()["assets"][0]["symbol"], "SPY");
    let renamed = http.ask("PUT", by_name, r#"{"name":"two","symbols":[]}"#).json();
    assert_eq!((&renamed["name"], &renamed["assets"]), (&json!("two"), &json!([])));
    assert_eq!(http.ask("GET", by_name, "").status, 404);
    assert_eq!(http.delete("/v2/watchlists:by_name?name=two").status, 204);
    assert_eq!(http.get("/v2/watchlists"), json!([]));
}

#[test]
fn a_watchlist_of_nothing_known_is_refused() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let mut say = |method: &str, path: &str, body: &str| {
        let reply = http.ask(method, path, body);
        (reply.status, reply.message())
    };
    let lists = "/v2/watchlists";
    assert_eq!(
        say("POST", lists, r#"{"name":"a","symbols":["NOPE"]}"#).1,
        "asset \"NOPE\" not found"
    );
    assert_eq!(say("POST", lists, r#"{"symbols":[]}"#).1, "watchlist name is required");
    assert_eq!(say("POST", lists, "[1]").1, "request body format is invalid");
    assert_eq!(say("POST", lists, r#"{"name":"a"}"#).0, 200);
    assert_eq!(
        say("POST", lists, r#"{"name":"a"}"#),
        (422, "watchlist name must be unique".into())
    );
    for (method, body) in
        [("GET", ""), ("PUT", "{}"), ("POST", r#"{"symbol":"SPY"}"#), ("DELETE", "")]
    {
        let unknown = "/v2/watchlists/904837e3-3b76-47ec-b432-046db621571b";
        assert_eq!(say(method, unknown, body), (404, "watchlist not found".into()), "{method}");
        assert_eq!(say(method, "/v2/watchlists/nonsense", body).0, 404, "{method}");
    }
    assert_eq!(say("GET", "/v2/watchlists:by_name", "").0, 422);
}
