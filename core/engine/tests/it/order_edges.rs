//! What is told twice, or at the very moment that divides two answers: found by changing the order
//! table, not by reading it.

use crate::orders::{IDS, NO, buy, fill, nameless, reconcile, sending, snapshot, status};
use st0ck_engine::orders::{AnomalyKind, Applied, OrderManager, Stage};
use st0ck_types::report::{BrokerStage, Fill, SendRefusal};
use st0ck_types::state::StateBytes;
use st0ck_types::time::SECOND;
use st0ck_types::{ExecutionId, Nanos, Price, Qty, Report, StateReader};

/// A table with one order of ten shares, of which this was told, all at one moment.
fn told(at: i64, reports: &[Report]) -> OrderManager {
    let mut orders = OrderManager::new(2, IDS);
    orders.adopt(buy(1, 10)).unwrap();
    for report in reports {
        orders.on_report(Nanos(at), report);
    }
    orders
}

fn stage(orders: &OrderManager) -> Stage {
    orders.get(NO).unwrap().stage
}

#[test]
fn what_is_told_twice_is_nothing_out_of_order() {
    let refused = Report::SendRefused { no: NO, why: SendRefusal::Throttled };
    let working = snapshot(BrokerStage::Working, 0);
    let canceled = Report::Canceled(status());
    for (reports, ends) in [
        (vec![sending(), sending()], Stage::Sending),
        (vec![refused, refused], Stage::Refused),
        (vec![sending(), working, reconcile(false), working], Stage::Working),
        (vec![sending(), canceled, Report::NotFound(nameless())], Stage::Canceled),
    ] {
        let orders = told(5, &reports);
        assert_eq!((stage(&orders), orders.anomalies()), (ends, 0), "{reports:?}");
    }
}

#[test]
fn a_zombie_that_is_listed_again_is_no_second_fault() {
    let canceled = Report::Canceled(status());
    let working = snapshot(BrokerStage::Working, 0);
    let mut orders = told(5, &[sending(), canceled]);
    orders.on_report(Nanos(6), &reconcile(false));
    orders.on_report(Nanos(7), &working);
    assert_eq!((stage(&orders), orders.anomalies()), (Stage::Zombie, 1));
    assert_eq!(orders.on_report(Nanos(8), &working), Applied::Nothing);
    assert_eq!(orders.anomalies(), 1);
}

#[test]
fn an_order_that_ended_as_the_reconciliation_began_may_be_on_an_older_list() {
    let risen = Some(AnomalyKind::LifeAfterEnd);
    for (began, ends, fault) in [(5, Stage::Canceled, None), (6, Stage::Zombie, risen)] {
        let mut orders = told(5, &[sending(), Report::Canceled(status())]);
        orders.on_report(Nanos(began), &reconcile(false));
        orders.on_report(Nanos(7), &snapshot(BrokerStage::Working, 0));
        let met = (stage(&orders), orders.anomalies(), orders.halted().map(|halt| halt.kind));
        assert_eq!(met, (ends, 1, fault), "began at {began}");
    }
}

#[test]
fn only_a_refusal_of_what_has_traded_contradicts() {
    let (rejected, canceled) = (Report::Rejected(status()), Report::Canceled(status()));
    for (reports, anomalies) in [
        (vec![sending(), fill(1, 3, 3), rejected], 1),
        (vec![sending(), rejected], 0),
        (vec![sending(), fill(1, 3, 3), canceled], 0),
        (vec![sending(), canceled], 0),
    ] {
        let orders = told(5, &reports);
        assert!(stage(&orders).is_terminal());
        assert_eq!((orders.anomalies(), orders.halted()), (anomalies, None), "{reports:?}");
    }
}

#[test]
fn an_execution_for_nothing_is_one_and_below_nothing_is_none() {
    let traded = |price| Fill {
        client_id: IDS.mint(NO),
        execution: ExecutionId(1),
        price: Price(price),
        qty: Qty::ONE,
        ..Fill::default()
    };
    for (price, booked, fault) in [(0, Qty::ONE, None), (-1, Qty::ZERO, Some(AnomalyKind::BadFill))]
    {
        let orders = told(5, &[sending(), Report::Fill(traded(price))]);
        let met = (orders.get(NO).unwrap().cum, orders.halted().map(|halt| halt.kind));
        assert_eq!(met, (booked, fault), "at {price}");
    }
}

#[test]
fn a_list_begun_before_the_first_look_up_proves_no_absence() {
    for (list_begins, ends) in [(39, Stage::Unknown), (41, Stage::Lost)] {
        let mut events = vec![
            (40, Report::NotFound(nameless())),
            (42, reconcile(true)),
            (50, Report::NotFound(nameless())),
        ];
        events.push((list_begins, reconcile(false)));
        events.sort_by_key(|(at, _)| *at);
        let mut orders = told(1, &[sending(), Report::Unknown(nameless())]);
        for (at, report) in events {
            orders.on_report(Nanos(at * SECOND), &report);
        }
        assert_eq!(stage(&orders), ends, "begun at {list_begins}");
    }
}

#[test]
fn a_full_table_is_kept_and_comes_back_and_a_smaller_one_refuses_it() {
    let mut full = told(5, &[sending()]);
    full.adopt(buy(2, 10)).unwrap();
    assert!(!full.has_room());
    let mut kept = StateBytes::default();
    full.save(&mut kept);
    let mut back = OrderManager::new(2, IDS);
    back.load(&mut StateReader::new(&kept.0)).unwrap();
    assert_eq!(back.all(), full.all());
    assert!(OrderManager::new(1, IDS).load(&mut StateReader::new(&kept.0)).is_err());
}
