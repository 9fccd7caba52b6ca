//! A refusal is data: which control said no, the value it met and the limit it held.

use crate::{InstrumentId, Qty, Side, StrategyId};
use std::fmt;

/// What a reject's `value` and `limit` count. Both are in 1e-9 of the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A bare number or a state.
    Number,
    /// Currency.
    Money,
    /// Shares or contracts.
    Shares,
    /// A fraction of 1.
    Ratio,
    /// Seconds.
    Seconds,
}

macro_rules! reject_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $text:literal, $unit:ident;)+) => {
        /// Which control refused. The numbers are those of the journal and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum RejectCode { $($(#[doc = $doc])+ $name = $number),+ }

        impl RejectCode {
            /// Every code, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable name used in JSON and in sentences.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What its value and limit count.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit),+ }
            }

            /// The code with this number in the journal.
            #[must_use]
            pub fn from_u16(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

reject_codes! {
    /// C1: the lane is HALTED, or REDUCING and the order opens. Value: the state; limit: ACTIVE.
    TradingState = 100, "C1_TRADING_STATE", Number;
    /// C2: the order names an account or bot that is not this lane's.
    AccountBinding = 200, "C2_ACCOUNT_BINDING", Number;
    /// C3: the instrument is not on the list of those that may be traded.
    NotAllowed = 300, "C3_INSTRUMENT_NOT_ALLOWED", Number;
    /// C3: the session is not open.
    SessionClosed = 301, "C3_SESSION_CLOSED", Seconds;
    /// C3: trading in the instrument is halted.
    Halted = 302, "C3_INSTRUMENT_HALTED", Number;
    /// C4: a limit that must be set is not.
    LimitMissing = 400, "C4_LIMIT_MISSING", Number;
    /// C5: the quantity is not positive.
    QtyNotPositive = 500, "C5_QTY_NOT_POSITIVE", Shares;
    /// C5: the price is not positive.
    PriceNotPositive = 501, "C5_PRICE_NOT_POSITIVE", Money;
    /// C5: the price is not a whole number of ticks.
    OffTick = 502, "C5_OFF_TICK", Money;
    /// C5: the quantity is not a whole number of lots.
    OffLot = 503, "C5_OFF_LOT", Shares;
    /// C6: more shares than one order may have.
    OrderQty = 600, "C6_ORDER_QTY", Shares;
    /// C7: more money than one order may cost.
    OrderValue = 700, "C7_ORDER_VALUE", Money;
    /// C8: too far from the reference price.
    PriceCollar = 800, "C8_PRICE_COLLAR", Ratio;
    /// C8: no fresh reference price to compare with.
    NoReference = 801, "C8_NO_REFERENCE", Number;
    /// C9: no live quote has been seen yet.
    NoQuote = 900, "C9_NO_QUOTE", Number;
    /// C9: the quote is too old.
    StaleQuote = 901, "C9_STALE_QUOTE", Seconds;
    /// C9: the quote is crossed, locked or one-sided.
    BadQuote = 902, "C9_BAD_QUOTE", Money;
    /// C9: the spread is too wide.
    WideSpread = 903, "C9_WIDE_SPREAD", Ratio;
    /// C9: the price jumped too far within a second.
    PriceJump = 904, "C9_PRICE_JUMP", Ratio;
    /// C10: the position with its working orders would be too large.
    PositionValue = 1000, "C10_POSITION_VALUE", Money;
    /// C10: too many positions.
    PositionCount = 1001, "C10_POSITION_COUNT", Number;
    /// C11: all positions and orders that open, each counted as positive, would be worth too much.
    GrossValue = 1100, "C11_GROSS_VALUE", Money;
    /// C11: all positions and orders, long less short, would be worth too much.
    NetValue = 1101, "C11_NET_VALUE", Money;
    /// C12: more than there is to buy with. Value: the order's; limit: what is left.
    BuyingPower = 1200, "C12_BUYING_POWER", Money;
    /// C13: the day's loss reached its limit (latched).
    DailyLoss = 1300, "C13_DAILY_LOSS", Money;
    /// C13: the account's loss of the day reached its part of the equity it began with (latched).
    AccountLoss = 1301, "C13_ACCOUNT_LOSS", Money;
    /// C13: all accounts together lost their part of the equity they began with (latched).
    AccountsLoss = 1302, "C13_ALL_ACCOUNTS_LOSS", Money;
    /// C14: too many losses in a row (latched).
    ConsecutiveLosses = 1400, "C14_CONSECUTIVE_LOSSES", Number;
    /// C15: the day's result fell too far from its best (latched).
    Drawdown = 1500, "C15_DRAWDOWN", Money;
    /// C16: too many open orders.
    OpenOrders = 1600, "C16_OPEN_ORDERS", Number;
    /// C17: too many orders within a second or a minute.
    MessageRate = 1700, "C17_MESSAGE_RATE", Number;
    /// C18: the same order again within the window.
    Duplicate = 1800, "C18_DUPLICATE", Seconds;
    /// C18: too many duplicates within a minute (latched).
    DuplicateStorm = 1801, "C18_DUPLICATE_STORM", Number;
    /// C19: too many entries within one day.
    EntriesPerDay = 1900, "C19_ENTRIES_PER_DAY", Number;
    /// C19: too many entries within ten minutes.
    EntriesPer10Min = 1901, "C19_ENTRIES_PER_10_MIN", Number;
    /// C19: the strategy entered too often before (latched).
    StrategyDisabled = 1902, "C19_STRATEGY_DISABLED", Number;
    /// C20: the broker or the gateway told of orders that were never sent (latched).
    InOut = 2000, "C20_IN_OUT", Number;
    /// C21: it would trade with an order of this lane. Value: its price; limit: that order's.
    SelfTrade = 2100, "C21_SELF_TRADE", Money;
    /// C22: it would sell more than is held and not already offered.
    SellMoreThanHeld = 2200, "C22_SELL_MORE_THAN_HELD", Shares;
    /// C23: entries are over for this session (or not yet begun).
    EntryWindow = 2300, "C23_ENTRY_WINDOW", Seconds;
    /// C23: the option expires today, too soon. Value: time to the close; limit: what there must be.
    ExpiryCutoff = 2301, "C23_EXPIRY_CUTOFF", Seconds;
    /// C26: the broker refused too many orders, in a row or within a minute (latched).
    BrokerRejects = 2600, "C26_BROKER_REJECTS", Number;
    /// C27: too many orders and cancels for each execution (latched).
    OrderToTrade = 2700, "C27_ORDER_TO_TRADE", Number;
    /// The preallocated order table is full.
    OrderTable = 9000, "ORDER_TABLE_FULL", Number;
    /// The order to cancel is not one that can be canceled.
    NothingToCancel = 9001, "NOTHING_TO_CANCEL", Number;
}

impl fmt::Display for RejectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The gate's "no" to one intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject {
    /// Who wanted it.
    pub strategy: StrategyId,
    /// What.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// How many.
    pub qty: Qty,
    /// Which control refused.
    pub code: RejectCode,
    /// What it met, in 1e-9 of the code's unit.
    pub value: i64,
    /// What it allows, in 1e-9 of the code's unit.
    pub limit: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_round_trip() {
        for pair in RejectCode::ALL.windows(2) {
            assert!((pair[0] as u16) < (pair[1] as u16));
        }
        for &code in RejectCode::ALL {
            assert_eq!(RejectCode::from_u16(code as u16), Some(code));
            assert_eq!(RejectCode::ALL.iter().filter(|c| c.as_str() == code.as_str()).count(), 1);
        }
        assert_eq!(RejectCode::from_u16(1), None);
    }
}
