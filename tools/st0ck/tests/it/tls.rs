//! The bot against the emulator under TLS: it trades with who is vouched for, and with nobody else.

use crate::broker::Broker;
use crate::place::{Place, wait_for};
use crate::tape;
use std::path::PathBuf;

fn broker(place: &Place) -> Broker {
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    Broker::start(place, &["--data", "tape", "--speed", "60", "--tls"])
}

/// The bot, told who vouches for its broker.
fn bot(broker: &Broker, place: &Place, roots: Option<&str>) -> std::process::Command {
    let mut command = broker.bot(place, &["--volatility-off"]);
    roots.map(|roots| command.env("ST0CK_TLS_ROOTS", roots));
    command
}

#[test]
fn a_session_under_tls_trades_and_replays_like_any_other() {
    let place = Place::new();
    let broker = broker(&place);
    let ca = broker.ready["ca"].as_str().unwrap().to_owned();
    let running = place.start(bot(&broker, &place, Some(&ca)));
    let filled = || {
        let begun = |dir: &PathBuf| dir.join("journal/000000.seg").exists();
        let reports = place.sessions().iter().any(begun).then(|| place.records("report"));
        (reports.unwrap_or_default().iter().filter(|r| r["body"]["report"] == "fill").count() >= 4)
            .then_some(())
    };
    wait_for("two round trips", filled);
    running.interrupt().ok();
    let replay = place.st0ck(&["replay", "--json"]).ok().json();
    assert_eq!(replay["equal"], true, "{replay}");
}

#[test]
fn a_broker_that_nobody_vouches_for_is_not_told_a_thing() {
    let place = Place::new();
    let broker = broker(&place);
    let refused = place.start(bot(&broker, &place, None)).end().exits(20);
    refused.says(&["signed by nobody that is trusted here", "account.tls_roots"]);
    let refused = place.start(bot(&broker, &place, Some("nowhere.pem"))).end().exits(10);
    refused.says(&["account.tls_roots", "nowhere.pem"]);
}

#[test]
fn a_port_for_plain_text_is_told_apart_from_one_for_tls() {
    let place = Place::new();
    place.write("tape/quotes.csv", tape::quotes(0, 1800, tape::waves));
    let broker = Broker::start(&place, &["--data", "tape", "--speed", "60"]);
    let mut command = bot(&broker, &place, None);
    let rest = broker.ready["rest"].as_str().unwrap().replace("http://", "https://");
    command.env("ALPACA_BASE_URL", rest);
    place.start(command).end().exits(20).says(&["TLS handshake", "plain text"]);
}
