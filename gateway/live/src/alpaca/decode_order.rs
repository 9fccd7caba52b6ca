//! Alpaca's orders, positions, accounts and fills to the words that the core knows.

use st0ck_types::report::{Account, BrokerStage, Fill, Position, Snapshot, Status};
use st0ck_types::{ClientOrderId, Nanos, Price, Qty, Side, Symbol, Text};

use super::ids::{activity_execution_id, broker_order_id, execution_id};
use super::wire::{AccountJson, ActivityJson, OrderJson, PositionJson, StreamData};
use crate::instruments::InstrumentTable;
use crate::tracked::Identity;

/// What turns Alpaca's names into ours.
#[derive(Debug, Clone)]
pub struct Names {
    /// Symbols and their numbers.
    pub instruments: InstrumentTable,
    /// Whose orders are ours.
    pub identity: Identity,
}

impl Names {
    /// Our id of an order; empty when it is not ours.
    #[must_use]
    pub fn client_id(&self, order: &OrderJson<'_>) -> ClientOrderId {
        self.identity.ours(order.client_order_id.as_str()).unwrap_or_default()
    }

    /// The order as a list shows it.
    #[must_use]
    pub fn snapshot(&self, order: &OrderJson<'_>) -> Snapshot {
        Snapshot {
            client_id: self.client_id(order),
            broker_id: broker_order_id(order.id.as_str()),
            instrument: self.instruments.number(order.symbol.as_str()),
            side: side(order.side.as_str()),
            stage: stage(order.status.as_str(), order.time_in_force.as_str()),
            qty: order.qty.qty().unwrap_or_default(),
            filled: order.filled_qty.qty().unwrap_or_default(),
            limit: order.limit_price.price().unwrap_or_default(),
            created_at: order.created_at.time().unwrap_or_default(),
        }
    }

    /// A change of the order's state, with the broker's words about it.
    #[must_use]
    pub fn status(&self, order: &OrderJson<'_>, at: Nanos, words: &str) -> Status {
        Status {
            client_id: self.client_id(order),
            broker_id: broker_order_id(order.id.as_str()),
            at,
            code: 0,
            words: Text::new(words),
        }
    }

    /// The execution that a stream event tells of; `None` when its price, quantity or id is not
    /// there: then it is no fact that could be booked.
    #[must_use]
    pub fn stream_fill(&self, data: &StreamData<'_>, order: &OrderJson<'_>) -> Option<Fill> {
        Some(Fill {
            client_id: self.client_id(order),
            broker_id: broker_order_id(order.id.as_str()),
            execution: execution_id(data.execution_id.as_str())?,
            instrument: self.instruments.number(order.symbol.as_str()),
            side: side(order.side.as_str()),
            complete: data.event.as_str() == "fill",
            price: data.price.price()?,
            qty: positive(data.qty.qty()?)?,
            cum_qty: order.filled_qty.qty().unwrap_or_default(),
            at: data.timestamp.time().unwrap_or_default(),
        })
    }

    /// The execution that an activity tells of, without our id of the order: activities do not name
    /// it.
    #[must_use]
    pub fn activity_fill(&self, activity: &ActivityJson<'_>) -> Option<Fill> {
        let left = activity.leaves_qty.qty();
        Some(Fill {
            client_id: ClientOrderId::default(),
            broker_id: broker_order_id(activity.order_id.as_str()),
            execution: activity_execution_id(activity.id.as_str())?,
            instrument: self.instruments.number(activity.symbol.as_str()),
            side: side(activity.side.as_str()),
            complete: activity.order_status.as_str() == "filled" || left == Some(Qty::ZERO),
            price: activity.price.price()?,
            qty: positive(activity.qty.qty()?)?,
            cum_qty: activity.cum_qty.qty().unwrap_or_default(),
            at: activity.transaction_time.time().unwrap_or_default(),
        })
    }

    /// A position; `None` when its quantity is not told.
    #[must_use]
    pub fn position(&self, position: &PositionJson<'_>) -> Option<Position> {
        let qty = position.qty.qty()?;
        // Older interfaces told shorts by `side` alone.
        let short = position.side.as_str() == "short";
        Some(Position {
            instrument: self.instruments.number(position.symbol.as_str()),
            symbol: Symbol::new(position.symbol.as_str()),
            qty: if short { -qty.abs() } else { qty },
            average_price: position.avg_entry_price.price().unwrap_or(Price::ZERO),
        })
    }
}

/// The account; `None` when its cash is not told.
#[must_use]
pub fn account(account: &AccountJson<'_>) -> Option<Account> {
    let blocked =
        account.trading_blocked || account.account_blocked || account.trade_suspended_by_user;
    Some(Account {
        cash: account.cash.money()?,
        equity: account.equity.money()?,
        buying_power: account.buying_power.money().unwrap_or_default(),
        tradable: account.status.as_str() == "ACTIVE" && !blocked,
        shorting: account.shorting_enabled,
    })
}

/// What a status means for us. What is not known to be over counts as alive: that is the side on
/// which exposure is not forgotten. A `gtc` order that is done for the day lives on tomorrow.
#[must_use]
pub fn stage(status: &str, time_in_force: &str) -> BrokerStage {
    match status {
        "filled" => BrokerStage::Filled,
        "canceled" => BrokerStage::Canceled,
        "expired" => BrokerStage::Expired,
        "done_for_day" if time_in_force != "gtc" => BrokerStage::Expired,
        "rejected" => BrokerStage::Rejected,
        "replaced" => BrokerStage::Replaced,
        _ => BrokerStage::Working,
    }
}

fn side(text: &str) -> Side {
    if text.starts_with("sell") { Side::Sell } else { Side::Buy }
}

fn positive(qty: Qty) -> Option<Qty> {
    (qty > Qty::ZERO).then_some(qty)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::tracked::tests::{IDENTITY, buy};
    use st0ck_types::{ExecutionId, InstrumentId, Money};

    pub(crate) fn names() -> Names {
        let spy = (Symbol::new("SPY"), InstrumentId(0));
        Names { instruments: InstrumentTable::new([spy]), identity: IDENTITY }
    }

    #[test]
    fn an_order_becomes_a_snapshot() {
        let ours = buy(1, 2).client_id;
        let json = format!(
            r#"{{"id":"61e69015-8549-4bfd-b9c3-01e75843f47d","client_order_id":"{ours}",
            "created_at":"2020-12-15T14:30:00.5Z","symbol":"SPY","qty":"2","filled_qty":1,
            "side":"sell","type":"limit","time_in_force":"day","limit_price":"367.5",
            "status":"partially_filled","legs":null}}"#
        );
        let order: OrderJson<'_> = serde_json::from_str(&json).unwrap();
        let snapshot = names().snapshot(&order);
        assert_eq!(snapshot.client_id, ours);
        assert_eq!(snapshot.instrument, InstrumentId(0));
        assert_eq!((snapshot.side, snapshot.stage), (Side::Sell, BrokerStage::Working));
        assert_eq!((snapshot.qty, snapshot.filled), (Qty(2_000_000_000), Qty::ONE));
        assert_eq!(snapshot.limit, Price(367_500_000_000));
        assert_eq!(snapshot.created_at, Nanos(1_608_042_600_500_000_000));
    }

    #[test]
    fn another_ones_order_has_no_id_of_ours_and_an_unknown_symbol_no_number() {
        let json = r#"{"client_order_id":"eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4","symbol":"TSLA"}"#;
        let order: OrderJson<'_> = serde_json::from_str(json).unwrap();
        let snapshot = names().snapshot(&order);
        assert_eq!(snapshot.client_id, ClientOrderId::default());
        assert_eq!(snapshot.instrument, InstrumentId::ALL);
    }

    #[test]
    fn whatever_is_not_known_to_be_over_is_alive() {
        for status in [
            "new",
            "accepted",
            "pending_new",
            "held",
            "partially_filled",
            "pending_cancel",
            "pending_replace",
            "stopped",
            "suspended",
            "calculated",
            "accepted_for_bidding",
            "brand_new_status",
            "",
        ] {
            assert_eq!(stage(status, "day"), BrokerStage::Working, "{status}");
        }
        assert_eq!(stage("done_for_day", "gtc"), BrokerStage::Working);
        assert_eq!(stage("done_for_day", "day"), BrokerStage::Expired);
    }

    #[test]
    fn an_activity_becomes_a_fill_of_the_brokers_order() {
        let json = r#"{"activity_type":"FILL","cum_qty":"2","leaves_qty":"0","price":"174.78",
            "id":"20220202135509981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e","qty":"1","symbol":"SPY",
            "order_id":"b5abe576-6a8a-49f3-a353-46b72c1ccae9","order_status":"filled",
            "side":"sell_short","transaction_time":"2022-02-02T18:55:09.981482Z","type":"fill"}"#;
        let activity: ActivityJson<'_> = serde_json::from_str(json).unwrap();
        let fill = names().activity_fill(&activity).unwrap();
        assert_eq!(fill.execution, ExecutionId(0x2d7b_e4ff_d1f3_43e9_856a_0f5c_f5c5_088e));
        assert_eq!((fill.side, fill.complete), (Side::Sell, true));
        assert_eq!((fill.qty, fill.cum_qty), (Qty::ONE, Qty(2_000_000_000)));
        let halved = json.replace("\"qty\":\"1\"", "\"qty\":\"-1\"");
        let activity: ActivityJson<'_> = serde_json::from_str(&halved).unwrap();
        assert_eq!(names().activity_fill(&activity), None);
    }

    #[test]
    fn shorts_are_negative_however_they_are_told() {
        for json in [r#"{"symbol":"SPY","qty":"-5","side":"short"}"#, r#"{"qty":5,"side":"short"}"#]
        {
            let position: PositionJson<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(names().position(&position).unwrap().qty, Qty(-5_000_000_000));
        }
        let position: PositionJson<'_> = serde_json::from_str(r#"{"symbol":"SPY"}"#).unwrap();
        assert_eq!(names().position(&position), None);
    }

    #[test]
    fn an_account_trades_only_when_nothing_stands_against_it() {
        let json = r#"{"status":"ACTIVE","cash":"100000.25","equity":"100000.25",
            "buying_power":"400001","shorting_enabled":true}"#;
        let read = |json: &str| account(&serde_json::from_str(json).unwrap());
        let active = read(json).unwrap();
        assert!(active.tradable && active.shorting);
        assert_eq!(active.cash, Money::parse("100000.25").unwrap());
        for flag in ["trading_blocked", "account_blocked", "trade_suspended_by_user"] {
            let blocked = json.replace('{', &format!("{{\"{flag}\":true,"));
            assert!(!read(&blocked).unwrap().tradable, "{flag}");
        }
        assert!(!read(&json.replace("ACTIVE", "INACTIVE")).unwrap().tradable);
        assert_eq!(read("{}"), None);
    }
}
