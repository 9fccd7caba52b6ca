//! Rows of the controls that look at many orders together: exposure, self-trades, breakers and
//! throttles over time. Run with those of `controls`.

use crate::controls::{E9, Row, after_orders, deny, holding, lane, pass, with_open};
use crate::lane::{CALL, Lane, QQQ, SPY, buy, config, money, sell, session};
use st0ck_engine::InstrumentConfig;
use st0ck_types::report::Account;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{AccountSums, AssetClass, Money, OrderNo, RejectCode, Report, SystemEvent};

/// A lane that holds 10 SPY, $1,000, and may have so much in all.
fn carrying(gross: &str, net: &str) -> Lane {
    let mut lane = Lane::with(|limits| {
        limits.gross_value_max = money(gross);
        limits.net_value_max = money(net);
    });
    lane.hold(SPY, 10);
    lane
}

/// A lane whose broker lets it buy for $1,000, of which it may use nine tenths.
fn funded() -> Lane {
    let mut lane = Lane::with(|limits| limits.buying_power_ratio = 900_000_000);
    lane.report(worth("1000", "1000"));
    lane
}

/// What the broker says of an account.
pub(crate) fn worth(equity: &str, buying_power: &str) -> Report {
    Report::Account(Account {
        tradable: true,
        equity: money(equity),
        buying_power: money(buying_power),
        ..Account::default()
    })
}

/// A lane on an account that may lose a hundredth of $10,000 a day, and lost so much of it.
fn account_after(loss: i64) -> Lane {
    let mut lane = Lane::with(|limits| {
        limits.account_loss_ratio_max = 10_000_000;
        limits.drawdown_max = money("1000");
    });
    lane.report(worth("10000", "20000"));
    lane.report(worth(&(10_000 - loss).to_string(), "20000"));
    lane
}

/// A lane of several accounts that may together lose a hundredth of $50,000 a day, and the others
/// lost so much of it.
fn all_accounts_after(loss: i64) -> Lane {
    let mut lane = Lane::with(|limits| limits.accounts_loss_ratio_max = 10_000_000);
    lane.report(worth("10000", "20000"));
    lane.system(SystemEvent::OtherAccounts(AccountSums {
        opening: money("40000"),
        equity: money(&(40_000 - loss).to_string()),
    }));
    lane
}

/// A lane that may fall by $50 from its best, after selling an option bought for $200.
fn fallen(sold_at: &str) -> Lane {
    let mut lane = Lane::with(|limits| limits.drawdown_max = money("50"));
    lane.round_trip(CALL, sold_at);
    lane
}

/// A lane that was refused so many duplicates of one order.
fn repeating(times: usize) -> Lane {
    let mut lane = lane();
    lane.place(buy(SPY, 1, "100"));
    (0..times).for_each(|_| {
        lane.refused(buy(SPY, 1, "100"));
    });
    lane.pass(SECOND);
    lane.quote_all();
    lane
}

/// A lane whose broker refused so many orders, sent before the first refusal came.
fn refused_by_broker(count: u32) -> Lane {
    let mut lane = with_open(i64::from(count), |_| {});
    for no in (1..=count).map(OrderNo) {
        lane.report(Report::Rejected(lane.status(no)));
    }
    lane
}

/// A lane whose broker refused every second order, so many within a minute.
fn half_refused(count: u32) -> Lane {
    let mut lane = with_open(2 * i64::from(count), |limits| {
        limits.open_orders_per_instrument_max = 20;
    });
    for no in (1..=count).map(|n| 2 * n) {
        lane.report(Report::Rejected(lane.status(OrderNo(no - 1))));
        lane.accept(OrderNo(no));
    }
    lane
}

/// A lane that may send two messages for each execution, and has sent so many without one.
fn talkative(messages: i64) -> Lane {
    with_open(messages, |limits| {
        limits.order_to_trade_max = 2;
        limits.order_to_trade_messages_min = 1;
    })
}

/// A lane that holds 5 SPY and bids for one more at 99.99.
fn bidding() -> Lane {
    let mut lane = holding(5);
    lane.place(buy(SPY, 1, "99.99"));
    lane
}

/// A lane with an option that ends today, so long before the close.
fn expiring(left: i64) -> Lane {
    let symbol = "SPY201215C00370000";
    let mut config = config();
    config.instruments[2] = InstrumentConfig::new(symbol);
    let mut lane = Lane::new(config);
    lane.define(CALL, symbol, AssetClass::Option, 100);
    lane.now = session().close - left;
    lane.quote_all();
    lane
}

/// A lane that was refused its fourth entry, and waited until only the latch stands against it.
fn disabled() -> Lane {
    let mut lane = Lane::with(|limits| limits.entries_per_10_min_max = 1);
    lane.round_trip(SPY, "100");
    lane.refused(buy(SPY, 1, "100"));
    lane.pass(10 * MINUTE);
    lane.quote_all();
    lane
}

/// A lane that was told of orders it never sent.
fn told_of_unsent(count: u32) -> Lane {
    let mut lane = lane();
    for no in (99..99 + count).map(OrderNo) {
        lane.report(Report::Sending { no });
    }
    lane
}

pub(crate) const ROWS: &[Row] = &[
    // C11
    pass(RejectCode::GrossValue, "a hundred dollars below", || {
        (carrying("1500", "10000"), buy(QQQ, 4, "100"))
    }),
    pass(RejectCode::GrossValue, "all that may be", || {
        (carrying("1500", "10000"), buy(QQQ, 5, "100"))
    }),
    deny(RejectCode::GrossValue, "a share more", 1_600 * E9, 1_500 * E9, || {
        (carrying("1500", "10000"), buy(QQQ, 6, "100"))
    }),
    deny(RejectCode::GrossValue, "what works counts", 1_600 * E9, 1_500 * E9, || {
        let mut lane = carrying("1500", "10000");
        lane.place(buy(QQQ, 3, "100"));
        lane.pass(SECOND);
        (lane, buy(QQQ, 3, "100"))
    }),
    pass(RejectCode::NetValue, "a hundred dollars below", || {
        (carrying("10000", "1500"), buy(QQQ, 4, "100"))
    }),
    pass(RejectCode::NetValue, "all that may be", || {
        (carrying("10000", "1500"), buy(QQQ, 5, "100"))
    }),
    deny(RejectCode::NetValue, "a share more", 1_600 * E9, 1_500 * E9, || {
        (carrying("10000", "1500"), buy(QQQ, 6, "100"))
    }),
    pass(RejectCode::NetValue, "an exit from too much", || {
        let mut lane = carrying("10000", "1500");
        lane.quote(SPY, "100.29", "100.31");
        (lane, sell(SPY, 10, "100.30"))
    }),
    // C12
    pass(RejectCode::BuyingPower, "less than may be used", || (funded(), buy(SPY, 8, "100"))),
    pass(RejectCode::BuyingPower, "all that may be used", || (funded(), buy(SPY, 9, "100"))),
    deny(RejectCode::BuyingPower, "all that the broker has", 1_000 * E9, 900 * E9, || {
        (funded(), buy(SPY, 10, "100"))
    }),
    deny(RejectCode::BuyingPower, "an unknown order is reserved", 500 * E9, 400 * E9, || {
        let mut lane = funded();
        let no = lane.place(buy(QQQ, 5, "100"));
        lane.report(Report::Unknown(lane.status(no)));
        (lane, buy(SPY, 5, "100"))
    }),
    // C13, accounts
    pass(RejectCode::AccountLoss, "a dollar before the limit", || {
        (account_after(99), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::AccountLoss, "at the limit", 100 * E9, 100 * E9, || {
        (account_after(100), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::AccountLoss, "half by others, half by this lane", 100 * E9, 100 * E9, || {
        let mut lane = account_after(50);
        lane.round_trip(CALL, "1.50");
        (lane, buy(SPY, 1, "100"))
    }),
    deny(RejectCode::AccountLoss, "a dollar beyond the limit", 101 * E9, 100 * E9, || {
        (account_after(101), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::AccountLoss, "an exit beyond the limit", || {
        let mut lane = account_after(0);
        lane.hold(SPY, 1);
        lane.report(worth("5000", "5000"));
        (lane, sell(SPY, 1, "100"))
    }),
    deny(RejectCode::AccountLoss, "an account worth nothing", 0, 0, || {
        let mut lane = lane();
        lane.report(worth("0", "0"));
        (lane, buy(SPY, 1, "100"))
    }),
    deny(RejectCode::AccountLoss, "won back, still latched", 0, 100 * E9, || {
        let mut lane = account_after(100);
        lane.report(worth("10000", "20000"));
        (lane, buy(SPY, 1, "100"))
    }),
    pass(RejectCode::AccountsLoss, "a dollar before the limit", || {
        (all_accounts_after(499), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::AccountsLoss, "at the limit", 500 * E9, 500 * E9, || {
        (all_accounts_after(500), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::AccountsLoss, "a dollar beyond the limit", 501 * E9, 500 * E9, || {
        (all_accounts_after(501), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::AccountsLoss, "the others won what this one lost", || {
        let mut lane = all_accounts_after(-300);
        lane.report(worth("9850", "20000"));
        (lane, buy(SPY, 1, "100"))
    }),
    // C15
    pass(RejectCode::Drawdown, "a dollar before the limit", || {
        (fallen("1.51"), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::Drawdown, "at the limit", 50 * E9, 50 * E9, || {
        (fallen("1.50"), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::Drawdown, "a dollar beyond it", 51 * E9, 50 * E9, || {
        (fallen("1.49"), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::Drawdown, "an exit beyond it", || {
        let mut lane = Lane::with(|limits| limits.drawdown_max = money("50"));
        lane.hold(SPY, 1);
        lane.round_trip(CALL, "1.49");
        (lane, sell(SPY, 1, "100"))
    }),
    // C18
    pass(RejectCode::DuplicateStorm, "after two duplicates", || (repeating(2), buy(SPY, 2, "100"))),
    deny(RejectCode::DuplicateStorm, "after three duplicates", 3 * E9, 3 * E9, || {
        (repeating(3), buy(SPY, 2, "100"))
    }),
    // C19
    pass(RejectCode::EntriesPer10Min, "the last but one", || {
        (with_open(1, |limits| limits.entries_per_10_min_max = 3), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::EntriesPer10Min, "the last one", || {
        (with_open(2, |limits| limits.entries_per_10_min_max = 3), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::EntriesPer10Min, "one entry more", 4 * E9, 3 * E9, || {
        (with_open(3, |limits| limits.entries_per_10_min_max = 3), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::StrategyDisabled, "never refused", || (lane(), buy(SPY, 1, "100"))),
    deny(RejectCode::StrategyDisabled, "the window has passed", E9, 0, || {
        (disabled(), buy(SPY, 1, "100"))
    }),
    // C20
    pass(RejectCode::InOut, "all that came in had gone out", || (lane(), buy(SPY, 1, "100"))),
    deny(RejectCode::InOut, "one order was never sent", E9, 0, || {
        (told_of_unsent(1), buy(SPY, 1, "100"))
    }),
    // C21
    pass(RejectCode::SelfTrade, "an offer above the own bid", || (bidding(), sell(SPY, 1, "100"))),
    deny(RejectCode::SelfTrade, "at the own bid", 99_990 * E9 / 1_000, 99_990 * E9 / 1_000, || {
        (bidding(), sell(SPY, 1, "99.99"))
    }),
    deny(RejectCode::SelfTrade, "through it", 99_980 * E9 / 1_000, 99_990 * E9 / 1_000, || {
        (bidding(), sell(SPY, 1, "99.98"))
    }),
    deny(RejectCode::SelfTrade, "a bid at the own offer", 100 * E9, 100 * E9, || {
        let mut lane = holding(5);
        lane.place(sell(SPY, 1, "100"));
        (lane, buy(SPY, 1, "100"))
    }),
    // C23
    pass(RejectCode::ExpiryCutoff, "a nanosecond more than an hour before", || {
        (expiring(60 * MINUTE + 1), buy(CALL, 1, "2"))
    }),
    deny(RejectCode::ExpiryCutoff, "an hour before", 3_600 * E9, 3_600 * E9, || {
        (expiring(60 * MINUTE), buy(CALL, 1, "2"))
    }),
    deny(RejectCode::ExpiryCutoff, "a second later", 3_599 * E9, 3_600 * E9, || {
        (expiring(60 * MINUTE - SECOND), buy(CALL, 1, "2"))
    }),
    pass(RejectCode::ExpiryCutoff, "another option's last hour", || {
        let mut lane = lane();
        lane.now = session().close - 59 * MINUTE;
        lane.quote_all();
        (lane, buy(CALL, 1, "2"))
    }),
    // C26
    pass(RejectCode::BrokerRejects, "after two in a row", || {
        (refused_by_broker(2), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::BrokerRejects, "after three in a row", 3 * E9, 3 * E9, || {
        (refused_by_broker(3), buy(SPY, 1, "100"))
    }),
    deny(RejectCode::BrokerRejects, "after four in a row", 4 * E9, 3 * E9, || {
        (refused_by_broker(4), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::BrokerRejects, "after four in a minute", || {
        (half_refused(4), buy(QQQ, 1, "100"))
    }),
    deny(RejectCode::BrokerRejects, "after five in a minute", 5 * E9, 5 * E9, || {
        (half_refused(5), buy(QQQ, 1, "100"))
    }),
    // C27
    pass(RejectCode::OrderToTrade, "the first of two", || (talkative(0), buy(SPY, 1, "100"))),
    pass(RejectCode::OrderToTrade, "the second of two", || (talkative(1), buy(SPY, 1, "100"))),
    deny(RejectCode::OrderToTrade, "the third of two", 3 * E9, 2 * E9, || {
        (talkative(2), buy(SPY, 1, "100"))
    }),
    pass(RejectCode::OrderToTrade, "two more after the second execution", || {
        let mut lane = talkative(2);
        lane.fill(OrderNo(1), "99.99", 1);
        lane.fill(OrderNo(2), "99.98", 1);
        (lane, buy(SPY, 1, "100"))
    }),
];

#[test]
fn what_works_is_reserved_at_the_broker_until_it_tells_again() {
    let mut lane = after_orders(0, 0, |limits| limits.position_value_max = money("9000"));
    let tell = |lane: &mut Lane, buying_power: Money| {
        let account =
            Account { tradable: true, buying_power, equity: money("10000"), ..Account::default() };
        lane.report(Report::Account(account));
    };
    tell(&mut lane, money("2000"));
    let no = lane.place(buy(SPY, 10, "100"));
    let left = lane.refused(buy(QQQ, 10, "100"));
    assert_eq!((left.value, left.limit), (1_000 * E9, 900 * E9), "1,900 less 1,000");
    // The broker knows of the order, and its figure is after it.
    lane.accept(no);
    tell(&mut lane, money("2000"));
    lane.pass(SECOND);
    lane.quote_all();
    let left = lane.refused(buy(QQQ, 20, "100"));
    assert_eq!(left.limit, 1_900 * E9);
    // An execution turns the reserve into a position: nothing is counted twice.
    lane.fill(no, "100", 10);
    let left = lane.refused(buy(QQQ, 20, "100"));
    assert_eq!(left.limit, 1_900 * E9);
    // A sale brings back what it brings in.
    let no = lane.place(sell(SPY, 10, "100"));
    lane.fill(no, "100", 10);
    lane.pass(SECOND);
    lane.quote_all();
    let fees = lane.engine.portfolio().fees().to_e9();
    let left = lane.refused(buy(QQQ, 25, "100.40"));
    assert_eq!((left.code, left.limit), (RejectCode::OrderValue, 2_500 * E9));
    assert_eq!(explained(&lane), (1_900 + 1_000) * E9 - fees);
}

/// What C12 has left for an order.
fn explained(lane: &Lane) -> i64 {
    let request = crate::controls::request(lane, &buy(QQQ, 1, "100"));
    let checks = crate::controls::explain(lane, &request);
    checks.iter().find(|check| check.code == RejectCode::BuyingPower).unwrap().limit
}

#[test]
fn our_own_cash_counts_where_it_is_the_smaller_figure() {
    let mut lane = lane();
    let account = Account {
        tradable: true,
        buying_power: money("40000"),
        equity: money("20000"),
        ..Account::default()
    };
    lane.report(Report::Account(account));
    assert_eq!(explained(&lane), 10_000 * E9);
    lane.place(buy(SPY, 10, "100"));
    assert_eq!(explained(&lane), 9_000 * E9);
}
