//! What strategies are told, in which order, and what they see when they are told.

use crate::lane::{
    Call, Hand, Lane, Puppet, QQQ, SPY, buy, config, money, nudge, price, session, shares,
};
use st0ck_engine::orders::Order;
use st0ck_engine::risk::TradingState;
use st0ck_engine::{ConfigError, Ctx, Engine, EngineConfig, Intent, OrderChange, Outbox, Strategy};
use st0ck_types::report::{SendRefusal, Status};
use st0ck_types::state::StateError;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{Bar, BrokerOrderId, CancelRequest, Input, InstrumentId, MarketEvent, OrderNo};
use st0ck_types::{Output, Quote, Report, Seq, StateReader, StateSink, StrategyId, TimerId};

fn bars(calls: &[Call]) -> Vec<Bar> {
    calls
        .iter()
        .filter_map(|call| match call {
            Call::Bar(bar) => Some(*bar),
            _ => None,
        })
        .collect()
}

#[test]
fn the_start_comes_once_and_before_everything() {
    let mut lane = Lane::unarmed(config());
    lane.quote(SPY, "99.99", "100.01");
    assert_eq!(lane.hand.calls(), [Call::Start, Call::Quote(price("99.99"))]);
    lane.quote(SPY, "99.98", "100.01");
    assert_eq!(lane.hand.calls(), [Call::Quote(price("99.98"))]);
}

#[test]
fn what_became_of_wants_is_told_within_the_input_in_the_order_wanted() {
    let mut lane = Lane::new(config());
    lane.hand.want(Intent::Order(buy(SPY, 1, "100")));
    lane.hand.want(Intent::Order(buy(SPY, 101, "100")));
    lane.hand.want(Intent::Order(buy(QQQ, 1, "100")));
    let out = lane.nudge();
    let kinds: Vec<&str> = out
        .iter()
        .map(|output| match output {
            Output::Decision(_) => "decision",
            Output::Order(_) => "order",
            Output::Cancel(_) => "cancel",
            Output::Reject(_) => "reject",
        })
        .collect();
    assert_eq!(kinds, ["decision", "order", "decision", "reject", "decision", "order"]);
    let Output::Reject(reject) = out[3] else { unreachable!() };
    assert_eq!(
        lane.hand.calls(),
        [
            Call::Trade(0),
            Call::Order(OrderNo(1), OrderChange::Placed),
            Call::Reject(reject, 7),
            Call::Order(OrderNo(2), OrderChange::Placed),
        ]
    );
}

#[test]
fn an_answer_may_want_more_within_the_same_input() {
    /// Cancels whatever it placed as soon as it is told.
    #[derive(Debug)]
    struct Fickle;
    impl Strategy for Fickle {
        fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &st0ck_types::Trade) {
            assert_eq!(ctx.live_orders().count(), 0);
            ctx.want(Intent::Order(buy(SPY, 1, "100")));
        }
        fn on_order(&mut self, ctx: &mut Ctx<'_>, order: &Order, change: OrderChange) {
            assert_eq!((change, ctx.live_orders().count()), (OrderChange::Placed, 1));
            ctx.want(Intent::Cancel { no: order.no() });
        }
        fn save(&self, _: &mut dyn StateSink) {}
        fn resume(&mut self, _: &mut StateReader<'_>) -> Result<(), StateError> {
            Ok(())
        }
    }
    let mut lane = Lane::new(config());
    lane.engine = Engine::new(config(), vec![(StrategyId(0), Box::new(Fickle))]).unwrap();
    lane.define(SPY, "SPY", st0ck_types::AssetClass::Equity, 1);
    lane.quote(SPY, "99.99", "100.01");
    lane.arm();
    let out = lane.nudge();
    assert!(matches!(out[..], [Output::Decision(_), Output::Order(_), Output::Cancel(_)]));
}

#[test]
fn wants_without_end_are_cut_off_and_counted() {
    /// Answers every refusal with the same wish.
    #[derive(Debug)]
    struct Stubborn;
    impl Strategy for Stubborn {
        fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &st0ck_types::Trade) {
            ctx.want(Intent::Order(buy(SPY, 0, "100")));
        }
        fn on_reject(&mut self, ctx: &mut Ctx<'_>, _: &st0ck_types::Reject, _: u16) {
            for _ in 0..2 {
                ctx.want(Intent::Order(buy(SPY, 0, "100")));
            }
        }
        fn save(&self, _: &mut dyn StateSink) {}
        fn resume(&mut self, _: &mut StateReader<'_>) -> Result<(), StateError> {
            Ok(())
        }
    }
    let mut engine = Engine::new(config(), vec![(StrategyId(0), Box::new(Stubborn))]).unwrap();
    let mut out = Outbox::new();
    let event = Input::Market(MarketEvent::Trade(nudge(session().open, 1)));
    engine.on_input(session().open, Seq(1), &event, &mut out);
    assert_eq!(out.outputs().len(), 2 * st0ck_engine::intent::WANTS_MAX);
    // 128 were answered with two wishes each; all but the first 127 of those found no room.
    assert_eq!(engine.counters().wants_dropped, 2 * 128 - 127);
}

#[test]
fn the_life_of_an_order_is_told_step_by_step() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 3, "100"));
    lane.hand.calls();
    lane.report(Report::Sending { no });
    lane.accept(no);
    lane.fill(no, "99.99", 1);
    lane.want(Intent::Cancel { no });
    lane.report(Report::CancelRejected(lane.status(no)));
    lane.report(Report::Unknown(lane.status(no)));
    lane.report(Report::Canceled(lane.status(no)));
    let told = |change| Call::Order(no, change);
    let calls = lane.hand.calls();
    let orders: Vec<_> = calls.iter().filter(|c| matches!(c, Call::Order(..))).cloned().collect();
    assert_eq!(orders[0], told(OrderChange::Accepted));
    assert_eq!(orders[1], told(OrderChange::Filled { price: price("99.99"), qty: shares(1) }));
    assert_eq!(orders[2], told(OrderChange::CancelRejected));
    assert_eq!(orders.last(), Some(&told(OrderChange::Canceled)));
}

#[test]
fn a_cancel_whose_fate_nobody_knows_is_told_and_may_be_asked_again() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 2, "99.99"));
    lane.accept(no);
    assert_eq!(lane.want(Intent::Cancel { no }).len(), 1);
    lane.hand.calls();
    lane.report(Report::Unknown(lane.status(no)));
    assert_eq!(lane.hand.calls(), [Call::Order(no, OrderChange::CancelUnknown)]);
    lane.report(Report::Unknown(lane.status(no)));
    assert_eq!(lane.hand.calls(), [], "nothing was asked since");
    assert_eq!(lane.want(Intent::Cancel { no }).len(), 1);
}

#[test]
fn a_cancel_names_the_brokers_order_and_its_cause_each_time_it_is_asked_for() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 2, "99.99"));
    let status = Status { broker_id: BrokerOrderId(0xb0b), ..lane.status(no) };
    lane.report(Report::Accepted(status));
    let refused = Report::SendRefused { no, why: SendRefusal::Throttled };
    for answer in [refused, Report::Unknown(status), Report::CancelRejected(status)] {
        let [Output::Cancel(asked)] = lane.want(Intent::Cancel { no })[..] else {
            panic!("nothing is under way before {answer:?}");
        };
        let (client_id, broker_id) = (status.client_id, status.broker_id);
        let cause = lane.engine.world().seq;
        assert_eq!(asked, CancelRequest { no, client_id, broker_id, cause });
        lane.report(answer);
    }
}

#[test]
fn a_refusal_to_send_says_why_and_ends_the_order() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 1, "100"));
    lane.hand.calls();
    let why = SendRefusal::Throttled;
    lane.report(Report::SendRefused { no, why });
    assert_eq!(lane.hand.calls(), [Call::Order(no, OrderChange::SendRefused(why))]);
    assert!(!lane.engine.orders().get(no).unwrap().is_live());
    assert_eq!(lane.engine.counters().send_refused, 1);
}

#[test]
fn bars_come_before_the_event_that_completed_them() {
    let mut lane = Lane::new(config());
    lane.now = session().open + MINUTE;
    lane.print(SPY, "100", 5);
    lane.pass(SECOND / 2);
    lane.print(SPY, "101", 7);
    lane.hand.calls();
    lane.pass(SECOND / 2);
    lane.quote(QQQ, "50", "50.02");
    let calls = lane.hand.calls();
    let [Call::Bar(bar), Call::Quote(_)] = calls[..] else { panic!("{calls:?}") };
    assert_eq!((bar.instrument, bar.seconds, bar.start), (SPY, 1, session().open + MINUTE));
    let prices = [bar.open, bar.high, bar.low, bar.close];
    assert_eq!(prices, ["100", "101", "100", "101"].map(price));
    assert_eq!(bar.volume, shares(12));
    assert_eq!(lane.engine.world().market.bars(SPY, 1).unwrap().last(), Some(&bar));
}

#[test]
fn a_minute_without_prints_is_made_of_middles_with_no_volume() {
    let mut lane = Lane::new(config());
    lane.now = session().open + 5 * MINUTE;
    for (bid, ask) in [("100", "100.02"), ("101", "101.02"), ("99", "99.02")] {
        lane.quote(SPY, bid, ask);
        lane.pass(10 * SECOND);
    }
    lane.hand.calls();
    lane.pass(MINUTE);
    lane.nudge();
    let minute = bars(&lane.hand.calls()).into_iter().find(|bar| bar.seconds == 60).unwrap();
    let prices = [minute.open, minute.high, minute.low, minute.close];
    assert_eq!(prices, ["100.01", "101.01", "99.01", "99.01"].map(price));
    assert_eq!((minute.volume, minute.start), (shares(0), session().open + 5 * MINUTE));
}

#[test]
fn outside_the_core_session_books_move_and_bars_do_not() {
    let mut lane = Lane::unarmed(config());
    lane.now = session().open - MINUTE;
    lane.quote(SPY, "90", "90.02");
    lane.print(SPY, "90.01", 100);
    lane.now = session().open + SECOND;
    lane.nudge();
    assert_eq!(bars(&lane.hand.calls()), []);
    let market = &lane.engine.world().market;
    assert_eq!(market.book(SPY).unwrap().middle(), Some(price("90.01")));
    assert_eq!(market.book(SPY).unwrap().last_trade().price, price("90.01"));
    assert_eq!(market.vwap(SPY).unwrap().price(), None);
}

#[test]
fn odd_prints_and_late_quotes_change_nothing() {
    let mut lane = Lane::new(config());
    lane.print(SPY, "100", 1);
    lane.nudge();
    let market = &lane.engine.world().market;
    assert_eq!(market.book(SPY).unwrap().last_trade().price, price("100"));
    assert_eq!(market.vwap(SPY).unwrap().volume(), shares(1));
    lane.hand.calls();
    let late = Quote {
        ts_event: lane.now - 1,
        bid: price("1"),
        ask: price("2"),
        instrument: SPY,
        ..Quote::default()
    };
    lane.market(MarketEvent::Quote(late));
    assert_eq!(lane.hand.calls(), []);
    assert_eq!(lane.engine.counters().out_of_order, 1);
    assert_eq!(lane.engine.world().market.book(SPY).unwrap().bid(), Some(price("99.99")));
}

#[test]
fn events_of_instruments_that_the_lane_does_not_have_are_counted() {
    let mut lane = Lane::new(config());
    lane.hand.calls();
    lane.quote(InstrumentId(7), "1", "2");
    lane.print(InstrumentId(7), "1", 1);
    lane.define(SPY, "SPX", st0ck_types::AssetClass::Index, 1);
    assert_eq!((lane.engine.counters().strays, lane.hand.calls()), (3, vec![]));
    let def = lane.engine.world().market.instrument(SPY).unwrap();
    assert_eq!(def.symbol.as_str(), "SPY", "a definition under another symbol is not believed");
}

#[test]
fn timers_fire_for_their_owner_and_a_stale_one_for_nobody() {
    let mut lane = Lane::new(config());
    let due = lane.now + SECOND / 4;
    lane.hand.timer(3, due + SECOND / 4);
    lane.hand.timer(1, due);
    lane.nudge();
    lane.hand.calls();
    let (next, first) = lane.engine.next_due().unwrap();
    assert_eq!((next, first.timer), (due, TimerId(1)));
    lane.fire_due();
    assert_eq!(lane.hand.calls(), [Call::Timer(TimerId(1))]);
    lane.input(&Input::Timer(first));
    assert_eq!((lane.hand.calls(), lane.engine.counters().stale_timers), (vec![], 1));
    assert_eq!(lane.engine.next_due().map(|(_, fired)| fired.timer), Some(TimerId(3)));
}

#[test]
fn lane_time_never_goes_back() {
    let mut lane = Lane::new(config());
    let now = lane.now;
    lane.pass(-10 * SECOND);
    lane.nudge();
    assert_eq!(lane.engine.world().session.now(), now);
}

#[test]
fn strategies_have_positions_and_orders_of_their_own() {
    let hands = [Hand::default(), Hand::default()];
    let puppet = |id: u8| {
        let hand = hands[usize::from(id)].clone();
        (StrategyId(id), Box::new(Puppet { hand, seen: 0 }) as Box<dyn Strategy>)
    };
    let mut lane = Lane::unarmed(config());
    lane.engine = Engine::new(config(), vec![puppet(0), puppet(1)]).unwrap();
    lane.define(SPY, "SPY", st0ck_types::AssetClass::Equity, 1);
    lane.quote(SPY, "99.99", "100.01");
    lane.arm();
    hands[1].want(Intent::Order(buy(SPY, 2, "100")));
    lane.nudge();
    hands.iter().for_each(|hand| drop(hand.calls()));
    lane.fill(OrderNo(1), "100", 2);
    assert_eq!(hands[0].calls(), []);
    assert_eq!(hands[1].calls().len(), 1);
    let portfolio = lane.engine.portfolio();
    let held = |id| portfolio.position_of(StrategyId(id), SPY).qty;
    assert_eq!((held(0), held(1), portfolio.position(SPY).qty), (shares(0), shares(2), shares(2)));
    lane.pass(SECOND);
    hands[1].want(Intent::Order(buy(SPY, 2, "99.99")));
    lane.nudge();
    hands[0].want(Intent::Cancel { no: OrderNo(2) });
    let out = lane.nudge();
    assert!(matches!(out[..], [Output::Reject(_)]), "the order of another strategy");
}

#[test]
fn a_position_is_marked_at_the_middle_of_sound_quotes() {
    let mut lane = Lane::new(config());
    let no = lane.place(buy(SPY, 2, "100.01"));
    lane.fill(no, "100.01", 2);
    assert_eq!(lane.engine.portfolio().unrealised(), money("-0.02"), "from the fill on");
    lane.quote(SPY, "101.01", "101.03");
    assert_eq!(lane.engine.portfolio().unrealised(), money("2.02"));
    lane.quote(SPY, "90", "0");
    lane.quote(SPY, "90", "90");
    assert_eq!(lane.engine.portfolio().unrealised(), money("2.02"), "no such market");
}

#[test]
fn notes_and_state_are_there_for_whoever_shows_them() {
    let mut lane = Lane::new(config());
    let mut notes = Vec::new();
    lane.engine.notes(StrategyId(0), &mut |name, value| notes.push((name.to_owned(), value)));
    assert_eq!(notes[0].0, "seen");
    lane.engine.notes(StrategyId(9), &mut |_, _| panic!("there is no such strategy"));
    assert_eq!(lane.engine.state(), TradingState::Active);
    assert!(format!("{:?}", lane.engine).contains("Active"));
    lane.nudge();
    assert_eq!(lane.engine.session_close(), session().close);
}

#[test]
fn a_configuration_that_contradicts_itself_makes_no_engine() {
    let puppet = |id| -> (StrategyId, Box<dyn Strategy>) {
        (StrategyId(id), Box::new(Puppet { hand: Hand::default(), seen: 0 }))
    };
    let error = |config: EngineConfig, ids: &[u8]| {
        Engine::new(config, ids.iter().map(|&id| puppet(id)).collect()).unwrap_err()
    };
    let none = EngineConfig { instruments: vec![], ..config() };
    assert_eq!(error(none, &[0]), ConfigError::NoInstruments);
    assert_eq!(error(config(), &[]).to_string(), "no strategies: a lane needs at least one");
    assert_eq!(
        error(config(), &[0, 2]).to_string(),
        "strategies must be numbered 0, 1, 2 … (64 at most), not [0, 2]"
    );
    let mut many = config();
    many.limits.open_orders_max = 65;
    assert_eq!(
        error(many, &[0]).to_string(),
        "`open_orders_max` = 65 is more than a lane can hold: at most 64"
    );
    let mut small = config();
    small.capacities.lots = 0;
    let words = "`capacities.lots` = 0 leaves no room: give at least 1";
    assert_eq!(error(small, &[0]).to_string(), words);
}
