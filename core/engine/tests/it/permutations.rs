//! Every order of arrival of seven events about an order, told to the table and to its slow twin.
//!
//! 26 stories of seven events in all their 5,040 orders, at two paces: 262,080 plays, each with a
//! carry put away and taken out on its way. Planted bugs show that the twin sees what it should.

use crate::order_model::{Channel, Event, STEPS, honest, permutations, play};
use crate::orders::{NO, fill, nameless, reconcile, sending, snapshot, status, units};
use st0ck_engine::orders::Stage;
use st0ck_types::report::BrokerStage::{Canceled, Expired, Filled, Rejected, Replaced, Working};
use st0ck_types::report::{BrokerStage, Fill, SendRefusal, Snapshot, Status};
use st0ck_types::{
    BrokerOrderId, ClientOrderId, ExecutionId, InstrumentId, Price, Qty, Report, Side,
};

fn accepted() -> Report {
    Report::Accepted(status())
}

fn refused() -> Report {
    Report::SendRefused { no: NO, why: SendRefusal::Killed }
}

fn unknown() -> Report {
    Report::Unknown(nameless())
}

fn not_found() -> Report {
    Report::NotFound(nameless())
}

fn canceled() -> Report {
    Report::Canceled(status())
}

fn changed(report: Report, change: impl FnOnce(&mut Fill)) -> Report {
    let Report::Fill(mut fill) = report else { unreachable!("made from a fill") };
    change(&mut fill);
    Report::Fill(fill)
}

fn listed(stage: BrokerStage, change: impl FnOnce(&mut Snapshot)) -> Report {
    let Report::Snapshot(mut order) = snapshot(stage, 0) else { unreachable!("made from a list") };
    change(&mut order);
    Report::Snapshot(order)
}

/// The same status under another name at the broker.
fn other() -> Status {
    Status { broker_id: BrokerOrderId(0xbad), ..status() }
}

const ASK: Event = Event::AskCancel;
const DIES: Event = Event::Restart;

type Story = (&'static str, [Event; 7]);

fn told(reports: [Report; 7]) -> [Event; 7] {
    reports.map(Event::Report)
}

/// Stories that a broker and a network can tell.
#[rustfmt::skip]
fn true_stories() -> Vec<Story> {
    use Report::{CancelRejected, Rejected as Refused};
    let r = Event::Report;
    vec![
        ("fills", told([sending(), accepted(), fill(1, 3, 3), fill(2, 4, 7), fill(3, 3, 10), fill(2, 4, 7), snapshot(Working, 3)])),
        ("fills without sums", told([sending(), accepted(), fill(1, 3, 0), fill(2, 4, 0), fill(3, 3, 0), fill(1, 3, 0), unknown()])),
        ("one fill under two names", told([accepted(), fill(1, 3, 3), fill(91, 3, 3), fill(1, 3, 0), fill(91, 3, 0), fill(2, 7, 10), sending()])),
        ("fills by the broker's name", told([accepted(), sending(), changed(fill(1, 3, 3), |f| f.client_id = ClientOrderId::default()), fill(1, 3, 3), fill(2, 4, 7), unknown(), fill(2, 4, 7)])),
        ("a cancel", [r(sending()), r(accepted()), ASK, r(canceled()), r(fill(1, 3, 3)), r(fill(1, 3, 3)), r(unknown())]),
        ("a cancel that lost the race", [r(accepted()), ASK, r(CancelRejected(status())), r(fill(1, 3, 3)), r(fill(2, 7, 10)), r(sending()), r(fill(2, 7, 10))]),
        ("a cancel asked twice", [r(accepted()), ASK, r(unknown()), ASK, r(canceled()), r(CancelRejected(status())), r(fill(1, 4, 4))]),
        ("a cancel after some fills", told([accepted(), fill(1, 3, 3), fill(2, 4, 7), canceled(), fill(1, 3, 3), snapshot(Canceled, 7), snapshot(Working, 3)])),
        ("a rejection", told([sending(), Refused(nameless()), unknown(), not_found(), Refused(nameless()), snapshot(Rejected, 0), not_found()])),
        ("an end of the day", told([sending(), accepted(), fill(1, 3, 3), Report::Expired(status()), snapshot(Expired, 3), fill(1, 3, 3), unknown()])),
        ("unknown, then found", told([sending(), unknown(), not_found(), snapshot(Working, 0), accepted(), fill(1, 3, 3), canceled()])),
        ("unknown, then found filled", told([sending(), unknown(), snapshot(Filled, 10), fill(1, 3, 3), fill(2, 7, 10), accepted(), not_found()])),
        ("replaced", told([accepted(), snapshot(Replaced, 3), fill(1, 3, 3), fill(1, 3, 0), canceled(), snapshot(Working, 0), sending()])),
        ("lists that know more", told([snapshot(Canceled, 7), snapshot(Working, 3), fill(1, 3, 3), fill(2, 4, 7), accepted(), canceled(), not_found()])),
        ("lists around an end", told([reconcile(false), snapshot(Working, 0), canceled(), reconcile(true), reconcile(false), snapshot(Working, 0), accepted()])),
        ("a restart on the way", [r(sending()), DIES, r(accepted()), r(fill(1, 3, 3)), ASK, r(canceled()), r(fill(1, 3, 3))]),
        ("two restarts", [DIES, r(sending()), r(unknown()), DIES, r(snapshot(Working, 3)), r(fill(1, 3, 3)), r(fill(2, 7, 10))]),
    ]
}

/// Stories in which something is wrong at the broker, on the way, or with us.
#[rustfmt::skip]
fn false_stories() -> Vec<Story> {
    let r = Event::Report;
    vec![
        ("lost, then alive", told([unknown(), not_found(), reconcile(false), reconcile(true), not_found(), accepted(), fill(1, 3, 3)])),
        ("lost, then all filled", told([unknown(), not_found(), reconcile(false), reconcile(true), not_found(), fill(1, 10, 10), sending()])),
        ("refused, then alive", [r(refused()), r(sending()), r(accepted()), r(fill(1, 3, 3)), r(canceled()), ASK, r(snapshot(Working, 3))]),
        ("rejected, then filled", told([Report::Rejected(nameless()), fill(1, 3, 3), fill(2, 7, 10), Report::Rejected(status()), accepted(), snapshot(Filled, 10), fill(1, 3, 3)])),
        ("overfilled", told([sending(), accepted(), fill(1, 6, 0), fill(2, 6, 0), fill(2, 6, 0), Report::Expired(status()), snapshot(Working, 12)])),
        ("two orders under one name", told([accepted(), Report::Accepted(other()), fill(1, 3, 3), changed(fill(2, 4, 0), |f| f.broker_id = other().broker_id), Report::Canceled(other()), listed(Working, |o| o.broker_id = other().broker_id), Report::Rejected(nameless())])),
        ("another order under our name", told([listed(Working, |o| o.qty = units(11)), accepted(), changed(fill(1, 3, 3), |f| f.side = Side::Sell), changed(fill(2, 4, 0), |f| f.instrument = InstrumentId(1)), fill(3, 3, 3), canceled(), sending()])),
        ("executions that cannot be", told([changed(fill(1, 3, 3), |f| f.qty = Qty::ZERO), changed(fill(2, 3, 3), |f| f.price = Price(-1)), changed(fill(3, 1, 0), |f| f.execution = ExecutionId(0)), changed(fill(4, 1, 0), |f| f.qty = Qty(-1)), fill(5, 4, 4), accepted(), canceled()])),
        ("everything ends it", told([canceled(), Report::Expired(status()), Report::Rejected(status()), snapshot(Replaced, 0), fill(1, 10, 10), accepted(), not_found()])),
    ]
}

/// Plays stories in every order at both paces; the number of plays.
fn play_all(stories: &[Story], channel: Channel) -> Result<usize, String> {
    let (mut plays, mut found) = (0, Ok(()));
    for (name, events) in stories {
        for step in STEPS {
            permutations(events, &mut |nth, order| {
                plays += 1;
                if found.is_ok() {
                    let played = play(order, step, Some(nth % 7), channel);
                    found = played.map(drop).map_err(|what| format!("{name}: {what}"));
                }
            });
        }
    }
    found.map(|()| plays)
}

#[test]
fn every_order_of_arrival_of_seven_events_keeps_the_books() {
    let stories = [true_stories(), false_stories()].concat();
    assert_eq!(stories.len(), 26);
    assert_eq!(play_all(&stories, honest), Ok(26 * 2 * 5_040));
}

#[test]
fn what_is_true_ends_the_same_whatever_came_first() {
    for (name, end, cum) in
        [("fills", Stage::Filled, 10), ("fills without sums", Stage::Filled, 10)]
    {
        let (_, events) = true_stories().into_iter().find(|(n, _)| *n == name).unwrap();
        permutations(&events, &mut |_, order| {
            let orders = play(order, 1, None, honest).unwrap();
            let done = orders.get(NO).unwrap();
            assert_eq!((done.stage, done.cum), (end, units(cum)), "{order:?}");
            assert_eq!(orders.halted(), None, "{order:?}");
        });
    }
}

/// The bugs that such a table can have, each planted in what reaches it.
pub(crate) const PLANTED: [(&str, Channel); 8] = [
    ("a duplicate is booked again", |report, order| match report {
        Report::Fill(fill) => {
            let execution = ExecutionId(fill.execution.0 ^ order.cum.0 as u128);
            vec![Report::Fill(Fill { execution, cum_qty: Qty::ZERO, ..*fill })]
        }
        other => vec![*other],
    }),
    ("a late fill is thrown away", |report, order| match report {
        Report::Fill(_) if order.is_terminal() => vec![],
        other => vec![*other],
    }),
    ("a fill is made of a list", |report, order| match report {
        Report::Snapshot(listed) if listed.filled > order.cum => {
            let qty = Qty(listed.filled.0 - order.cum.0);
            let (client_id, broker_id) = (listed.client_id, listed.broker_id);
            let made = Fill { client_id, broker_id, qty, price: Price::ONE, ..Fill::default() };
            vec![*report, Report::Fill(Fill { execution: ExecutionId(77), ..made })]
        }
        other => vec![*other],
    }),
    ("a cancel refused is a cancel done", |report, _| match report {
        Report::CancelRejected(status) => vec![Report::Canceled(*status)],
        other => vec![*other],
    }),
    ("no answer is a rejection", |report, _| match report {
        Report::Unknown(status) => vec![Report::Rejected(*status)],
        other => vec![*other],
    }),
    ("a second broker order is overlooked", |report, order| match report {
        Report::Accepted(status) => {
            vec![Report::Accepted(Status { broker_id: order.broker_id, ..*status })]
        }
        Report::Fill(fill) => vec![Report::Fill(Fill { broker_id: order.broker_id, ..*fill })],
        Report::Canceled(_) | Report::Snapshot(_) => vec![],
        other => vec![*other],
    }),
    ("what is filled beyond the quantity is cut off", |report, order| match report {
        Report::Fill(fill) => {
            let qty = fill.qty.min(Qty(order.request.qty.0 - order.cum.0));
            vec![Report::Fill(Fill { qty, ..*fill })]
        }
        other => vec![*other],
    }),
    ("the price of the order is taken for that of the fill", |report, order| match report {
        Report::Fill(fill) => {
            let price = order.request.kind.limit().unwrap_or(fill.price);
            vec![Report::Fill(Fill { price: Price(price.0 + 1), ..*fill })]
        }
        other => vec![*other],
    }),
];

#[test]
fn the_twin_sees_every_planted_bug() {
    let stories = [true_stories(), false_stories()].concat();
    for (bug, channel) in PLANTED {
        assert!(play_all(&stories, channel).is_err(), "{bug}: nobody noticed");
    }
}
