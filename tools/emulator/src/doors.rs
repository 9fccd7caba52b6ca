//! The doors by which bytes from outside come in, without sockets and threads: for whoever feeds
//! them nonsense (`tools/fuzz`).
//!
//! Each asserts what its parser promises of everything that it lets in; a panic is a defect.
//! *Invariant:* nothing of the emulator calls these, and they parse nothing themselves.

use crate::account::configurations::Configurations;
use crate::account::directory::{Credentials, Directory};
use crate::api::data::page::Token;
use crate::api::query::{Query, decode};
use crate::chaos::cut;
use crate::config::{EmulatorConfig, EmulatorError};
use crate::emulator::Emulator;
use crate::faults::FaultPlan;
use crate::house::AccountNo;
use crate::refusal::Refusal;
use crate::scenario::Scenario;
use crate::stream::Outcome;
use crate::stream::codec::Codec;
use crate::stream::market_data::{DataSession, Terms};
use crate::stream::trade_updates::UpdatesSession;
use crate::terms::Amount;
use crate::ticket::{Patch, Ticket};
use crate::transport::{Fields, Request};
use crate::wire::market::Feed;
use st0ck_types::{Money, Nanos, Price, Qty};
use std::time::Instant;

/// What a door said: `None` when it let the bytes in, else the status and the sentence.
pub type No = Option<(u16, String)>;

fn no<T>(result: Result<T, Refusal>) -> No {
    let refusal = result.err()?;
    assert!((400..500).contains(&refusal.status), "{refusal:?}: the fault is the sender's");
    assert!(!refusal.message.is_empty(), "a no without words");
    Some((refusal.status, refusal.message))
}

/// The body of an order: what is let in has an amount and prices above zero.
pub fn ticket(body: &[u8]) -> No {
    let ticket = Ticket::parse(body);
    if let Ok(ticket) = &ticket {
        assert!(!ticket.symbol.is_empty());
        match ticket.amount {
            Amount::Shares(qty) => assert!(qty > Qty::ZERO),
            Amount::Dollars(dollars) => assert!(dollars >= Money::ONE),
        }
        let exits = &ticket.exits;
        let stop_loss = exits.stop_loss.as_ref();
        let prices = [
            ticket.kind.limit(),
            ticket.kind.stop(),
            exits.take_profit,
            stop_loss.map(|loss| loss.stop),
            stop_loss.and_then(|loss| loss.limit),
        ];
        assert!(prices.into_iter().flatten().all(|price| price > Price::ZERO), "{ticket:?}");
    }
    no(ticket)
}

/// The body of a replacement.
pub fn patch(body: &[u8]) -> No {
    let patch = Patch::parse(body);
    if let Ok(patch) = &patch {
        assert!(patch.qty.is_none_or(|qty| qty > Qty::ZERO));
        let prices = [patch.limit, patch.stop, patch.trail];
        assert!(prices.into_iter().flatten().all(|price| price > Price::ZERO), "{patch:?}");
    }
    no(patch)
}

/// The body of account settings: a no changes nothing.
pub fn settings(body: &[u8]) -> No {
    let old = Configurations::new(true);
    let mut new = old.clone();
    let outcome = new.patch(body);
    assert!(outcome.is_ok() || new == old, "half of a change was taken");
    no(outcome)
}

/// A query string, every parameter in it read in every way there is. How many ways could read one.
#[must_use]
pub fn query(text: &str) -> usize {
    let query = Query::parse(text);
    let mut read = 0;
    for pair in text.split('&') {
        let key = decode(pair.split('=').next().unwrap_or_default());
        assert!(key.len() <= 3 * pair.len(), "what is no UTF-8 grows to three bytes at most");
        let count = query.count(&key, 7, 100);
        assert!(count.as_ref().is_ok_and(|count| (1..=100).contains(count)) || count.is_err());
        let time = query.time(&key);
        let told = time.as_ref().ok().copied().flatten().map(|at| at.to_string());
        assert!(told.is_none_or(|told| told.ends_with('Z')));
        let list = query.list(&key).len().max(query.lists(&key).len());
        let token = Token::of(&query, 'T');
        if let Ok(Some(token)) = &token {
            let back = Query::parse(&format!("page_token={}", token.text().replace('+', "%2B")));
            assert_eq!(Token::of(&back, 'T').as_ref().ok(), Some(&Some(token.clone())));
        }
        let date = query.date(&key);
        let ways = [
            count.is_ok(),
            matches!(time, Ok(Some(_))),
            matches!(date, Ok(Some(_))),
            query.flag(&key).is_ok(),
            list > 0,
            matches!(token, Ok(Some(_))),
        ];
        read += ways.into_iter().filter(|read| *read).count();
        for answer in [no(count), no(time), no(date), no(query.flag(&key)), no(token)] {
            assert!(answer.is_none_or(|(status, _)| status < 500));
        }
    }
    read
}

/// A file of faults; and whether the proxy can make them, when it is one.
pub fn faults(text: &str) -> Result<bool, (usize, String)> {
    match FaultPlan::parse(text, "f") {
        Ok(plan) => {
            assert!(plan.faults.iter().all(|fault| !fault.on.is_empty() && fault.chance <= 1000));
            Ok(plan.faults.iter().all(|fault| crate::chaos::fits(fault).is_ok()))
        }
        Err(error) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            Err((error.line, error.words))
        }
    }
}

/// A file of what happens on the market.
pub fn scenario(text: &str) -> Result<usize, (usize, String)> {
    match Scenario::parse(text, "f") {
        Ok(scenario) => Ok(scenario.events.len()),
        Err(error) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            Err((error.line, error.words))
        }
    }
}

/// What a client and a server say through the proxy, in pieces of `size`: its messages, put
/// together, are those very bytes. How many messages each side's were.
#[must_use]
pub fn messages(client: &[u8], server: &[u8], size: usize) -> [usize; 2] {
    let units = cut(client, server, size.max(1));
    for (said, units) in [client, server].into_iter().zip(&units) {
        let mut passed: Vec<u8> = units.concat();
        let mut said = said.to_vec();
        // A control frame inside a message passes before it, so bytes are counted, not compared.
        passed.sort_unstable();
        said.sort_unstable();
        assert!(passed == said, "{} bytes said, {} passed", said.len(), passed.len());
    }
    units.map(|units| units.len())
}

/// One websocket session, its peer's keys `key` and `secret`.
pub struct Listener {
    directory: Directory,
    session: Session,
}

enum Session {
    Data(Box<DataSession>),
    Updates(UpdatesSession),
}

impl Listener {
    /// A session on one of the paths, in either codec.
    #[must_use]
    pub fn new(path: &str, msgpack: bool) -> Self {
        let codec = if msgpack { Codec::Msgpack } else { Codec::Json };
        let terms = Terms { symbols: Some(3), excluded: false };
        let data = |feed| Session::Data(Box::new(DataSession::new(feed, codec, terms)));
        let session = match path {
            "/v2/sip" => data(Feed::Sip),
            "/v2/test" => data(Feed::Test),
            "/v1beta1/news" => data(Feed::News),
            _ => Session::Updates(UpdatesSession::new(codec)),
        };
        let keys = Credentials { key: String::from("key"), secret: String::from("secret") };
        Self { directory: Directory::new(vec![keys]), session }
    }

    /// A message; what is answered, written and read again, and whether the session is over.
    pub fn hear(&mut self, message: &[u8]) -> (Option<serde_json::Value>, bool) {
        let (codec, Outcome { say, close }) = match &mut self.session {
            Session::Data(session) => {
                (session.codec(), session.on_message(message, &self.directory, &[]))
            }
            Session::Updates(session) => {
                (session.codec(), session.on_message(message, &self.directory))
            }
        };
        let said = say.as_ref().map(|said| codec.read(&codec.write(said)).expect("its own words"));
        assert_eq!(said, say, "what is written reads back");
        (said, close)
    }
}

/// A whole emulator under direct questions: no socket is used, and time passes only when told.
pub struct Broker(Emulator);

impl Broker {
    /// An emulator whose session has begun.
    ///
    /// # Errors
    /// As [`Emulator::bind`].
    pub fn new(config: EmulatorConfig) -> Result<Self, EmulatorError> {
        let mut emulator = Emulator::bind(config)?;
        emulator.begin(Instant::now());
        Ok(Self(emulator))
    }

    /// Lets so many nanoseconds of the session pass.
    ///
    /// # Errors
    /// An unsound line of the recording.
    pub fn pass(&mut self, nanos: i64) -> Result<(), EmulatorError> {
        let time = self.0.house.now() + nanos;
        self.0.play_until(time).map(drop)
    }

    /// Session time.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.0.house.now()
    }

    /// A request of the first account: status and body of its reply.
    pub fn ask(&mut self, method: &str, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            body: body.to_vec(),
            fields: Fields::default(),
            upgrade: None,
        };
        let reply = self.0.perform(AccountNo::at(0), &request, String::new());
        self.0.house.settle();
        self.0.queue_updates();
        (reply.status, reply.body)
    }
}
