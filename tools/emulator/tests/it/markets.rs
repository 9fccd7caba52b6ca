//! The clocks and calendars of `/v3`, and the older calendar by settlement.

use crate::stage::Stage;
use serde_json::json;

#[test]
fn each_market_has_a_clock_with_its_phase() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let noon = "time=2020-12-15T12:00:00-05:00";
    let clocks = http.get(&format!("/v3/clock?markets=NYSE,OPRA&{noon}"));
    assert_eq!(
        clocks["clocks"][0],
        json!({"market": {"acronym": "NYSE", "mic": "XNYS", "name": "New York Stock Exchange",
                "timezone": "America/New_York"},
            "timestamp": "2020-12-15T12:00:00-05:00", "is_market_day": true,
            "next_market_open": "2020-12-16T09:30:00-05:00",
            "next_market_close": "2020-12-15T16:00:00-05:00",
            "phase": "core", "phase_until": "2020-12-15T16:00:00-05:00"})
    );
    assert_eq!(clocks["clocks"][1]["market"]["acronym"], "OPRA");
    assert_eq!(http.get("/v3/clock")["clocks"][0]["phase"], "core", "session time");
    let sunday = http.get("/v3/clock?time=2020-12-13T12:00:00-05:00");
    assert_eq!(sunday["clocks"][0]["is_market_day"], false);
    let unknown = http.ask("GET", "/v3/clock?markets=NYSE,MARS", "");
    assert_eq!((unknown.status, unknown.message()), (422, "invalid markets".into()));
    assert_eq!(http.ask("GET", "/v3/clock?time=1850-01-01", "").status, 422);
}

#[test]
fn a_market_calendar_tells_the_phases_of_its_days() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let days = http.get("/v3/calendar/NYSE?start=2020-11-26&end=2020-11-30");
    assert_eq!(days["market"]["mic"], "XNYS");
    assert_eq!(
        days["calendar"][0],
        json!({"date": "2020-11-27",
            "pre_start": "2020-11-27T04:00:00-05:00", "pre_end": "2020-11-27T09:30:00-05:00",
            "core_start": "2020-11-27T09:30:00-05:00", "core_end": "2020-11-27T13:00:00-05:00",
            "post_start": "2020-11-27T13:00:00-05:00", "post_end": "2020-11-27T17:00:00-05:00",
            "settlement_date": "2020-12-01"})
    );
    let options = http.get("/v3/calendar/OPRA?start=2020-12-15&end=2020-12-15&timezone=UTC");
    assert_eq!(options["calendar"][0]["core_start"], "2020-12-15T14:30:00.000000000Z");
    assert_eq!(options["calendar"][0].get("pre_start"), None);
    assert_eq!(http.get("/v3/calendar/NASDAQ")["calendar"][0]["date"], "2020-12-15");
    assert_eq!(http.ask("GET", "/v3/calendar/MARS", "").status, 404);
    assert_eq!(http.ask("GET", "/v3/calendar/NYSE?timezone=Mars", "").status, 422);
}

#[test]
fn the_calendar_can_be_asked_by_settlement() {
    let stage = Stage::steady();
    let by = "/v2/calendar?start=2020-12-01&end=2020-12-01&date_type";
    let mut http = stage.http();
    assert_eq!(http.get(&format!("{by}=TRADING"))[0]["date"], "2020-12-01");
    let settled = http.get(&format!("{by}=SETTLEMENT"));
    assert_eq!(settled.as_array().unwrap().len(), 1);
    assert_eq!(
        (&settled[0]["date"], &settled[0]["settlement_date"]),
        (&json!("2020-11-27"), &json!("2020-12-01"))
    );
    assert_eq!(http.ask("GET", &format!("{by}=PAYDAY"), "").message(), "invalid date_type");
}

#[test]
fn there_are_no_options() {
    let stage = Stage::steady();
    let mut http = stage.http();
    let none = http.get("/v2/options/contracts?underlying_symbols=SPY");
    assert_eq!(none, json!({"option_contracts": [], "next_page_token": null}));
    let one = http.ask("GET", "/v2/options/contracts/SPY260918P00590000", "");
    assert_eq!(
        (one.status, one.message()),
        (404, "option contract SPY260918P00590000 not found".into())
    );
}
