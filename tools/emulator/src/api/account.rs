//! `GET /v2/account`.

use super::{ApiConfig, Body};
use crate::book::broker::Broker;
use crate::wire::account::AccountView;

/// The account with its figures of this moment.
pub(super) fn show(broker: &Broker, config: ApiConfig) -> Body {
    Body::ok(&AccountView::new(&broker.account, &broker.figures(), config.pdt_keys))
}
