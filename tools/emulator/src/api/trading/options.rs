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
    .with_query(&[
        Param::new("underlying_symbols", ParamKind::Symbols),
        Param::new("status", ParamKind::Word(&["active", "inactive"])),
        Param::new("expiration_date", ParamKind::Date),
        Param::new("expiration_date_gte", ParamKind::Date),
        Param::new("expiration_date_lte", ParamKind::Date),
        Param::new("root_symbol", ParamKind::Text),
        Param::new("type", ParamKind::Word(&["call", "put"])),
        Param::new("style", ParamKind::Word(&["american", "european"])),
        Param::new("strike_price_gte", ParamKind::Amount),
        Param::new("strike_price_lte", ParamKind::Amount),
        Param::new("ppind", ParamKind::Bool),
        Param::new("show_deliverables", ParamKind::Bool),
        Param::new("limit", ParamKind::Count { max: 10_000 }),
        Param::new("page_token", ParamKind::Text),
    ]),
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
