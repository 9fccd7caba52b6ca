//! `kill -9` at any moment: the next life knows what the last one knew, and sends nothing twice.

use crate::broker::Broker;
use crate::place::{Place, Running, wait_for};
use crate::tape;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A broker at 60 session seconds a second. Its market waves for so long; after that it stays below
/// every target.
fn broker(place: &Place, waves_s: i64) -> Broker {
    let cents = |s| if s < waves_s { tape::waves(s) } else { 38_990 };
    place.write("tape/quotes.csv", tape::quotes(0, 5400, cents));
    Broker::start(place, &["--data", "tape", "--speed", "60"])
}

/// One share at a time, so that every order's place in the sequence is known.
fn start(place: &Place, broker: &Broker) -> Running {
    broker.start_bot(place, &["--volatility-off", "--json"])
}

/// Session seconds since the open.
pub(crate) fn session_s(broker: &Broker) -> i64 {
    let now = broker.get("/v2/clock")["timestamp"].as_str().unwrap().to_owned();
    let part = |range: std::ops::Range<usize>| now[range].parse::<i64>().unwrap();
    part(11..13) * 3600 + part(14..16) * 60 + part(17..19) - (9 * 60 + 30) * 60
}

fn epoch(place: &Place) -> String {
    std::fs::read_to_string(place.path("runs/st0cka/epoch")).unwrap_or_default()
}

/// Shares signed by side, as far as the broker's orders were filled.
fn filled(order: &Value) -> i64 {
    let qty: i64 = order["filled_qty"].as_str().unwrap().parse().unwrap();
    if order["side"] == "buy" { qty } else { -qty }
}

/// What must hold of broker and journal after any number of lives.
pub(crate) fn check(place: &Place, broker: &Broker) {
    let ids = broker.order_ids();
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id came twice");
    let orders = place.records("order");
    let journaled: BTreeSet<&str> =
        orders.iter().map(|r| r["body"]["client_order_id"].as_str().unwrap()).collect();
    assert_eq!(journaled.len(), orders.len(), "an id was minted twice");
    for id in &ids {
        assert!(journaled.contains(id.as_str()), "{id} was never journaled");
    }
    let reports = place.records("report");
    let rejected: Vec<&Value> =
        reports.iter().filter(|r| r["body"]["report"] == "rejected").collect();
    assert!(rejected.is_empty(), "the broker refused: {rejected:?}");
    let sides: Vec<Value> = broker.orders().iter().map(|o| o["side"].clone()).collect();
    for pair in sides.windows(2) {
        assert_ne!(pair[0], pair[1], "a purchase or a sale was repeated: {sides:?}");
    }
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!(replay["equal"], true, "{replay}");
    place.st0ck(&["journal", "verify"]).ok();
    let begun = |dir: &PathBuf| dir.join("journal/000000.seg").exists();
    assert_eq!(place.sessions().iter().filter(|dir| begun(dir)).count(), 1, "one for the day");
}

#[test]
fn a_bot_killed_while_it_trades_goes_on_where_it_was() {
    let place = Place::new();
    let broker = broker(&place, 5400);
    for life in 0..5 {
        let bot = start(&place, &broker);
        broker.wait_for_orders(broker.orders().len() + 2 + life % 2);
        bot.kill();
        check(&place, &broker);
    }
    let told = start_and_stop(&place, &broker);
    assert_eq!(told["continued"], true);
    check(&place, &broker);
    // Each life keeps the state that it recovered, so that a replay (see `check`) compares it.
    assert_eq!(place.records("carry").len(), 6);
}

/// One more life of two orders that ends in order.
fn start_and_stop(place: &Place, broker: &Broker) -> Value {
    let bot = start(place, broker);
    broker.wait_for_orders(broker.orders().len() + 2);
    let told = bot.interrupt().ok().json();
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!(replay["state_hash"], told["state_hash"], "the live engine and its replay");
    told
}

#[test]
fn a_bot_killed_while_it_starts_leaves_nothing_in_the_way() {
    let place = Place::new();
    let broker = broker(&place, 5400);
    for life in 0..6 {
        let before = epoch(&place);
        let bot = start(&place, &broker);
        wait_for("the new life's number", || (epoch(&place) != before).then_some(()));
        if life % 2 == 1 {
            // A little later: the journal is open, the books are being compared.
            let mine = format!("pid {}\n", bot.child.id());
            wait_for("its journal", || {
                let lock = place.sessions().pop()?.join("journal/lock");
                std::fs::read_to_string(lock).ok()?.contains(&mine).then_some(())
            });
        }
        bot.kill();
    }
    start_and_stop(&place, &broker);
    check(&place, &broker);
}

#[test]
fn position_and_fills_equal_the_brokers_after_every_crash() {
    const WAVES_S: i64 = 1200;
    let place = Place::new();
    let broker = broker(&place, WAVES_S);
    for _ in 0..3 {
        let bot = start(&place, &broker);
        broker.wait_for_orders(broker.orders().len() + 2);
        bot.kill();
    }
    let bot = start(&place, &broker);
    wait_for("the quiet part", || (session_s(&broker) > WAVES_S + 60).then_some(()));
    let quiet = broker.orders();
    bot.interrupt().ok();
    let status = place.status();
    assert_eq!(status["position"], broker.position(), "{status}");
    assert_eq!(broker.orders(), quiet, "nothing moves in the quiet part");
    assert_eq!(quiet.iter().map(filled).sum::<i64>().to_string(), status["position"]);
    let fills = broker.get("/v2/account/activities/FILL?page_size=100");
    assert_eq!(status["fills"], fills.as_array().unwrap().len(), "{status}");
    check(&place, &broker);
}

/// What a kill must not change.
fn day(status: &Value) -> Vec<&Value> {
    let keys = [
        "position",
        "average_price",
        "realized_pnl",
        "fees",
        "orders_sent",
        "fills",
        "round_trips",
    ];
    keys.iter().map(|key| &status[key]).collect()
}

#[test]
fn the_days_losses_and_what_they_forbid_outlive_a_kill() {
    let place = Place::new();
    // Bought at once at 390.01; from the second minute on a dollar less; sold at a loss at 15:45.
    let cents = |s: i64| if s < 60 { 39_000 } else { 38_900 };
    let from_1540 = 6 * 3600 + 10 * 60;
    place.write("tape/quotes.csv", tape::quotes(from_1540, 1140, cents));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let args = [
        "--set",
        "session_exit_min=15",
        "--set",
        "entry_cutoff_min=16",
        "--set",
        "losses_in_a_row_max=1",
    ];
    let bot = broker.start_bot(&place, &args);
    let before = wait_for("a loss", || {
        let status = place.status();
        (status["round_trips"] == 1).then_some(status)
    });
    bot.kill();
    let before_kill = place.status();
    assert!(before["realized_pnl"].as_str().unwrap().starts_with("-1"), "{before}");
    let restraints = |status: &Value| status["restraints"].as_array().unwrap().clone();
    assert!(!restraints(&before_kill).is_empty(), "{before_kill}");

    let bot = broker.start_bot(&place, &args);
    let seen = wait_for("the next life's arming", || {
        let commands = place.records("command");
        (commands.len() == 2).then(|| place.status())
    });
    assert_eq!(day(&seen), day(&before_kill));
    assert_eq!(restraints(&seen), restraints(&before_kill), "what the loss forbade");
    bot.interrupt().ok();
    assert_eq!(broker.orders().len(), 3, "an entry, its target, its exit: {:?}", broker.orders());
    assert_eq!(place.st0ck(&["replay", "--json"]).ok().json()["equal"], true);
}

#[test]
fn the_state_at_the_kill_is_the_state_that_the_next_life_begins_with() {
    let place = Place::new();
    let broker = broker(&place, 5400);
    let bot = start(&place, &broker);
    broker.wait_for_orders(5);
    bot.kill();
    let before = place.status();
    let bot = start(&place, &broker);
    let restart = wait_for("its first record", || {
        let sessions = place.records("session");
        let last = sessions.last().unwrap().clone();
        (last["body"]["event"] == "restart").then_some(last)
    });
    bot.kill();
    // The state after the restart's own record, made again from the whole journal before it.
    let to = restart["seq"].to_string();
    let shown = place.st0ck(&["replay", "--to", &to]).ok().out;
    let line = format!("position {} of instrument 0", before["position"].as_str().unwrap());
    assert!(shown.contains(&line), "no {line:?} in {shown}");
    for (key, name) in [("realized", "realized_pnl"), ("fees", "fees")] {
        let part = format!("{key} {}", before[name].as_str().unwrap());
        assert!(shown.contains(&part), "no {part:?} in {shown}");
    }
    for (name, value) in before["notes"].as_object().unwrap() {
        let line = format!("{name} {}", value.as_str().unwrap());
        assert!(shown.lines().any(|l| l == line), "no {line:?} in {shown}");
    }
}
