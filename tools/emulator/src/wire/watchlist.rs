//! The watchlist object (`alpaca.md` §3.4).

use super::asset::AssetView;
use super::{Shown, Uuid};
use crate::account::watchlists::Watchlist;
use crate::market::asset::Asset;
use serde::Serialize;
use st0ck_types::Nanos;

/// One list; the listing of all leaves the assets out.
#[derive(Debug, Serialize)]
pub(crate) struct WatchlistView<'a> {
    id: Uuid,
    account_id: Uuid,
    created_at: Shown<Nanos>,
    updated_at: Shown<Nanos>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assets: Option<Vec<AssetView<'a>>>,
}

impl<'a> WatchlistView<'a> {
    /// The list without its assets.
    pub(crate) fn bare(list: &'a Watchlist, account: u128) -> Self {
        Self {
            id: Uuid(list.id),
            account_id: Uuid(account),
            created_at: Shown(list.created_at),
            updated_at: Shown(list.updated_at),
            name: &list.name,
            assets: None,
        }
    }

    /// The list with its assets, which are indices into `house`.
    pub(crate) fn full(list: &'a Watchlist, account: u128, house: &'a [Asset]) -> Self {
        let assets = list.assets.iter().map(|&index| AssetView::new(&house[index]));
        Self { assets: Some(assets.collect()), ..Self::bare(list, account) }
    }
}
