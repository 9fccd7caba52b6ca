//! `/v2/options/contracts`: options are not traded here, so there are none.

use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use serde_json::json;

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(
        Method::Get,
        "/v2/options/contracts",
        &[(200, Some("OptionContracts"))],
        |_, _| Ok(Body::ok(&json!({"option_contracts": [], "next_page_token": null}))),
    )
    .with_query(&[Param::new("underlying_symbols", ParamKind::List)]),
    Route::trading(
        Method::Get,
        "/v2/options/contracts/{symbol_or_id}",
        &[(404, Some("Error"))],
        show,
    ),
];

fn show(_: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let contract = call.args.get("symbol_or_id");
    Err(Refusal::not_found(format!("option contract {contract} not found")))
}
