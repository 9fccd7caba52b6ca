//! `GET /v2/assets` and `/v2/assets/{symbol or id}`.

use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Body, Desk};
use crate::refusal::Refusal;
use crate::wire::asset::AssetView;

pub(crate) const ROUTES: &[Route] = &[
    Route::trading(Method::Get, "/v2/assets", &[(200, Some("Asset[]"))], list).with_query(&[
        Param::new("status", ParamKind::Word(&["active", "inactive"])),
        Param::new("asset_class", ParamKind::Word(&["us_equity", "us_option", "crypto"])),
        Param::new("exchange", ParamKind::Text),
    ]),
    Route::trading(
        Method::Get,
        "/v2/assets/{symbol_or_asset_id}",
        &[(200, Some("Asset")), (404, Some("Error"))],
        show,
    ),
];

/// The assets of the recording that the filters leave: all are active US equities.
fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let fits = |key: &str, value: &str| call.query.get(key).is_none_or(|wanted| wanted == value);
    let all = fits("status", "active") && fits("asset_class", "us_equity");
    let wanted = desk.house.assets.iter().filter(|asset| all && fits("exchange", asset.exchange));
    Ok(Body::ok(&wanted.map(AssetView::new).collect::<Vec<_>>()))
}

/// One asset.
fn show(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let symbol_or_id = call.args.get("symbol_or_asset_id");
    match desk.house.asset(symbol_or_id) {
        Some(index) => Ok(Body::ok(&AssetView::new(&desk.house.assets[index]))),
        None => Err(Refusal::not_found(format!("asset not found for {symbol_or_id}"))),
    }
}
