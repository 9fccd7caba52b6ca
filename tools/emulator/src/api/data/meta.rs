//! `GET /v2/stocks/meta/exchanges` and `/v2/stocks/meta/conditions/{ticktype}`: what the letters in
//! quotes and prints mean (`alpaca.md` §8.2).

use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use serde_json::{Map, Value};

pub(crate) const ROUTES: &[Route] = &[
    Route::data(Method::Get, "/v2/stocks/meta/exchanges", &[(200, Some("Codes"))], exchanges),
    Route::data(
        Method::Get,
        "/v2/stocks/meta/conditions/{ticktype}",
        &[(200, Some("Codes")), (400, Some("Error"))],
        conditions,
    )
    .with_query(&[Param::new("tape", ParamKind::Word(&["A", "B", "C"])).required()]),
];

/// Letters and what they stand for.
type Codes = &'static [(&'static str, &'static str)];

const EXCHANGES: Codes = &[
    ("A", "NYSE American (AMEX)"),
    ("B", "NASDAQ OMX BX"),
    ("C", "National Stock Exchange"),
    ("D", "FINRA ADF"),
    ("E", "Market Independent"),
    ("H", "MIAX"),
    ("I", "International Securities Exchange"),
    ("J", "Cboe EDGA"),
    ("K", "Cboe EDGX"),
    ("L", "Long Term Stock Exchange"),
    ("M", "Chicago Stock Exchange"),
    ("N", "New York Stock Exchange"),
    ("P", "NYSE Arca"),
    ("Q", "NASDAQ OMX"),
    ("S", "NASDAQ Small Cap"),
    ("T", "NASDAQ Int"),
    ("U", "Members Exchange"),
    ("V", "IEX"),
    ("W", "CBOE"),
    ("X", "NASDAQ OMX PSX"),
    ("Y", "Cboe BYX"),
    ("Z", "Cboe BZX"),
];

const CTS: Codes = &[
    (" ", "Regular Sale"),
    ("4", "Derivatively Priced"),
    ("5", "Market Center Reopening Trade"),
    ("6", "Market Center Closing Trade"),
    ("7", "Qualified Contingent Trade"),
    ("8", "Reserved"),
    ("9", "Corrected Consolidated Close Price"),
    ("B", "Average Price Trade"),
    ("C", "Cash Trade (Same Day Clearing)"),
    ("E", "Automatic Execution"),
    ("F", "Intermarket Sweep Order"),
    ("H", "Price Variation Trade"),
    ("I", "Odd Lot Trade"),
    ("K", "Rule 127 or Rule 155"),
    ("L", "Sold Last (Late Reporting)"),
    ("M", "Market Center Official Close"),
    ("N", "Next Day Trade (Next Day Clearing)"),
    ("O", "Market Center Opening Trade"),
    ("P", "Prior Reference Price"),
    ("Q", "Market Center Official Open"),
    ("R", "Seller"),
    ("T", "Extended Hours Trade"),
    ("U", "Extended Hours Sold (Out Of Sequence)"),
    ("V", "Contingent Trade"),
    ("X", "Cross Trade"),
    ("Z", "Sold (Out Of Sequence)"),
];

const UTP: Codes = &[
    ("1", "Stopped Stock (Regular Trade)"),
    ("4", "Derivatively Priced"),
    ("5", "Re-Opening Prints"),
    ("6", "Closing Prints"),
    ("7", "Qualified Contingent Trade"),
    ("8", "Placeholder for 611 Exempt"),
    ("9", "Corrected Consolidated Close"),
    ("@", "Regular Sale"),
    ("A", "Acquisition"),
    ("B", "Bunched Trade"),
    ("C", "Cash Sale"),
    ("D", "Distribution"),
    ("F", "Intermarket Sweep"),
    ("G", "Bunched Sold Trade"),
    ("H", "Price Variation Trade"),
    ("I", "Odd Lot Trade"),
    ("K", "Rule 155 Trade"),
    ("L", "Sold Last"),
    ("M", "Market Center Official Close"),
    ("N", "Next Day"),
    ("O", "Opening Prints"),
    ("P", "Prior Reference Price"),
    ("Q", "Market Center Official Open"),
    ("R", "Seller"),
    ("S", "Split Trade"),
    ("T", "Form T"),
    ("U", "Extended Trading Hours (Sold Out Of Sequence)"),
    ("V", "Contingent Trade"),
    ("W", "Average Price Trade"),
    ("X", "Cross Trade"),
    ("Y", "Yellow Flag Regular Trade"),
    ("Z", "Sold (Out Of Sequence)"),
];

const CQS: Codes = &[
    ("4", "On Demand Intra Day Auction"),
    ("A", "Slow Quote Offer Side"),
    ("B", "Slow Quote Bid Side"),
    ("C", "Closing Quote"),
    ("E", "Slow Quote LRP Bid Side"),
    ("F", "Slow Quote LRP Offer Side"),
    ("H", "Slow Quote Bid And Offer Side"),
    ("L", "Closed Quote"),
    ("N", "Non Firm Quote"),
    ("O", "Opening Quote"),
    ("R", "Regular Two Sided Open Quote"),
    ("U", "Slow Quote LRP Bid And Offer Side"),
    ("W", "Slow Quote Due To Set Slow List Bid And Offer Side"),
];

const UQDF: Codes = &[
    ("4", "On Demand Intra Day Auction"),
    ("A", "Manual Ask Automated Bid"),
    ("B", "Manual Bid Automated Ask"),
    ("F", "Fast Trading"),
    ("H", "Manual Bid And Ask"),
    ("I", "Order Imbalance"),
    ("L", "Closed Quote"),
    ("N", "Non Firm Quote"),
    ("O", "Opening Quote Automated"),
    ("R", "Regular Two Sided Open Quote Automated"),
    ("U", "Manual Bid And Ask Non Firm"),
    ("X", "Order Influx"),
    ("Y", "No Offer No Bid One Sided Open Quote Automated"),
    ("Z", "No Open No Resume"),
];

fn body(codes: Codes) -> Answer {
    let member = |(code, name): &(&str, &str)| (String::from(*code), Value::from(*name));
    Ok(Body::ok(&codes.iter().map(member).collect::<Map<_, _>>()))
}

fn exchanges(_: &mut Desk<'_>, _: &Call<'_>) -> Answer {
    body(EXCHANGES)
}

fn conditions(_: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let nasdaq = match call.query.get("tape") {
        Some("A" | "B") => false,
        Some("C") => true,
        Some(other) => return Err(Refusal::data(format!("invalid tape: {other}"))),
        None => return Err(Refusal::data("tape is required")),
    };
    match (call.args.get("ticktype"), nasdaq) {
        ("trade", false) => body(CTS),
        ("trade", true) => body(UTP),
        ("quote", false) => body(CQS),
        ("quote", true) => body(UQDF),
        (other, _) => Err(Refusal::data(format!("invalid ticktype: {other}"))),
    }
}
