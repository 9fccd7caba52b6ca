//! Kinds of objects as the reference describes them: keys that a sample need not have, and keys that
//! may be null.

/// What the reference says of one kind.
pub(crate) struct Kind {
    /// Section of `alpaca.md`.
    pub(crate) section: &'static str,
    /// Every key it names, where a sample may have fewer.
    pub(crate) keys: &'static str,
    /// Keys that may be null.
    pub(crate) nullable: &'static str,
}

impl Kind {
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.keys.split_whitespace().any(|known| known == key)
    }

    pub(crate) fn may_be_null(&self, key: &str) -> bool {
        self.nullable.split_whitespace().any(|known| known == key)
    }
}

pub(crate) const ACCOUNT: Kind = Kind {
    section: "§2",
    keys: "crypto_status position_market_value options_buying_power effective_buying_power \
        bod_dtbp pending_reg_taf_fees pending_transfer_in pending_transfer_out \
        intraday_adjustments balance_asof crypto_tier admin_configurations user_configurations \
        options_approved_level options_trading_level",
    nullable: "user_configurations",
};
pub(crate) const CONFIGURATIONS: Kind =
    Kind { section: "§2", keys: "disable_overnight_trading", nullable: "" };
pub(crate) const HISTORY: Kind = Kind { section: "§2", keys: "", nullable: "" };
pub(crate) const ACTIVITY: Kind = Kind {
    section: "§2.1",
    keys: "cusip price description group_id symbol qty per_share_amount activity_sub_type",
    nullable: "cusip price symbol qty per_share_amount description group_id",
};
pub(crate) const ASSET: Kind = Kind {
    section: "§3.1",
    keys: "name borrow_status maintenance_margin_requirement margin_requirement_long \
        margin_requirement_short cusip attributes",
    nullable: "cusip",
};
pub(crate) const CLOCK: Kind = Kind { section: "§3.3", keys: "", nullable: "" };
pub(crate) const ORDER: Kind = Kind {
    section: "§4.4",
    keys: "expires_at cancel_requested_at replaced_at position_intent legs ratio_qty subtag source",
    nullable: "filled_at expired_at expires_at canceled_at failed_at replaced_at replaced_by \
        replaces cancel_requested_at notional qty filled_avg_price position_intent limit_price \
        stop_price legs ratio_qty trail_percent trail_price hwm subtag source",
};
pub(crate) const CANCELED: Kind = Kind { section: "§4.5", keys: "", nullable: "" };
pub(crate) const POSITION: Kind = Kind {
    section: "§5",
    keys: "asset_marginable qty_available",
    nullable: "market_value unrealized_pl unrealized_plpc unrealized_intraday_pl \
        unrealized_intraday_plpc current_price lastday_price change_today",
};
pub(crate) const ERROR: Kind =
    Kind { section: "§1.3", keys: "available existing_qty held_for_orders symbol", nullable: "" };
pub(crate) const UPDATE: Kind = Kind { section: "§7", ..ORDER };
pub(crate) const MARKET: Kind = Kind { section: "§8", keys: "imbalances", nullable: "" };
/// Points of the data API; samples of Alpaca's Go client leave some keys out.
pub(crate) const POINTS: Kind = Kind {
    section: "§9",
    keys: "z n vw currency",
    nullable: "next_page_token prevDailyBar minuteBar dailyBar latestTrade latestQuote",
};
pub(crate) const ACTIONS: Kind =
    Kind { section: "§9", keys: "id cusip", nullable: "next_page_token due_bill_redemption_date" };
pub(crate) const NEWS: Kind = Kind { section: "§9", keys: "", nullable: "next_page_token" };
