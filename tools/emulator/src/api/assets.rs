//! `GET /v2/assets` and `/v2/assets/{symbol or id}`.

use super::query::Query;
use super::{Answer, Body};
use crate::book::broker::Broker;
use crate::refusal::Refusal;
use crate::wire::asset::AssetView;

/// The assets of the recording that the filters leave: all are active US equities.
pub(super) fn list(broker: &Broker, query: &Query) -> Answer {
    let fits = |key: &str, value: &str| query.get(key).is_none_or(|wanted| wanted == value);
    let all = fits("status", "active") && fits("asset_class", "us_equity");
    let wanted = broker.assets.iter().filter(|asset| all && fits("exchange", asset.exchange));
    Ok(Body::ok(&wanted.map(AssetView::new).collect::<Vec<_>>()))
}

/// One asset.
pub(super) fn show(broker: &Broker, symbol_or_id: &str) -> Answer {
    match broker.asset(symbol_or_id) {
        Some(index) => Ok(Body::ok(&AssetView::new(&broker.assets[index]))),
        None => Err(Refusal::not_found(format!("asset not found for {symbol_or_id}"))),
    }
}
