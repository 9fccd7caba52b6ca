//! Inputs in words: `a quote, 366.11 bid and 366.12 asked`.

use super::{clock, price, shares};
use st0ck_types::{Input, MarketEvent, Report, StrategyId, SystemEvent};

/// What happened, as the middle of a sentence.
#[must_use]
pub fn input(input: &Input) -> String {
    match input {
        Input::Market(event) => market(event),
        Input::Report(told) => report(told),
        Input::Command(command) => {
            format!("the command {} ({})", command.as_str(), command.reason())
        }
        Input::Timer(fired) if fired.strategy == StrategyId(u8::MAX) => {
            format!("a timer of the engine, due at {}", clock(fired.due))
        }
        Input::Timer(fired) => format!("a timer of the strategy, due at {}", clock(fired.due)),
        Input::System(event) => system(event),
    }
}

/// The word of an input's kind, as `journal cat` has it.
#[must_use]
pub fn kind(input: &Input) -> &'static str {
    st0ck_types::record::RecordKind::of_input(input).as_str()
}

fn market(event: &MarketEvent) -> String {
    match event {
        MarketEvent::Quote(q) => {
            format!("a quote, {} bid and {} asked", price(q.bid), price(q.ask))
        }
        MarketEvent::Trade(t) => format!("a print of {} at {}", shares(t.size), price(t.price)),
        MarketEvent::Bar(bar) => format!("a bar of the venue, closed at {}", price(bar.close)),
        MarketEvent::Halt(halt) if halt.halted != 0 => "a halt of trading".to_owned(),
        MarketEvent::Halt(_) => "the end of a halt".to_owned(),
        MarketEvent::InstrumentDef(def) => format!("the definition of {}", def.symbol.as_str()),
        MarketEvent::Gap(_) => "a gap in the market data".to_owned(),
    }
}

fn report(report: &Report) -> String {
    let order = |id: &st0ck_types::ClientOrderId| {
        id.parts().map_or("an order".to_owned(), |parts| format!("order {}", parts.order.0))
    };
    match report {
        Report::Sending { no } => format!("the news that order {} left", no.0),
        Report::SendRefused { no, .. } => format!("the news that order {} was not sent", no.0),
        Report::Accepted(s) => format!("the news that the broker has {}", order(&s.client_id)),
        Report::Rejected(s) => format!("the broker's refusal of {}", order(&s.client_id)),
        Report::Canceled(s) => format!("the news that {} is canceled", order(&s.client_id)),
        Report::Expired(s) => format!("the news that {} expired", order(&s.client_id)),
        Report::Fill(fill) => {
            let (qty, at) = (shares(fill.qty), price(fill.price));
            format!("a fill of {}, {qty} at {at}", order(&fill.client_id))
        }
        Report::CancelRejected(s) => format!("the refusal to cancel {}", order(&s.client_id)),
        Report::Unknown(s) => format!("the news that {}'s fate is unknown", order(&s.client_id)),
        Report::NotFound(s) => format!("the news that nobody has {}", order(&s.client_id)),
        Report::Snapshot(_) | Report::Position(_) | Report::Account(_) | Report::Reconcile(_) => {
            "a reading of the broker's books".to_owned()
        }
        Report::Link { up: true } => "the order stream's return".to_owned(),
        Report::Link { up: false } => "the loss of the order stream".to_owned(),
    }
}

fn system(event: &SystemEvent) -> String {
    match event {
        SystemEvent::SessionStart { .. } => "the session's start".to_owned(),
        SystemEvent::Restart { .. } => "a restart".to_owned(),
        SystemEvent::SessionEnd => "the session's end".to_owned(),
        SystemEvent::LaneFault { .. } => "a fault of the strategy".to_owned(),
        SystemEvent::FeedLink { up: true, .. } => "the feed's return".to_owned(),
        SystemEvent::FeedLink { up: false, .. } => "the loss of the feed".to_owned(),
        SystemEvent::ClockStep { .. } => "a step of the wall clock".to_owned(),
        SystemEvent::OtherAccounts(_) => "news of the other accounts".to_owned(),
        SystemEvent::JournalLow { .. } | SystemEvent::JournalFull => {
            "news of the journal's room".to_owned()
        }
    }
}
