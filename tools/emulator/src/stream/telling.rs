//! What the market-data streams are told: events as they are played, bars as they are over, the same
//! fifteen minutes late, the test feed, the news.
//!
//! Called by the emulator's loop for every instant of the market. Messages gather in the sessions'
//! frames, which the loop sends. What is late or made up has no time of its own: it is told with the
//! next instant of the market, so that who does not listen cannot notice it.
//!
//! *Invariant:* a bar is told once, after its minute; nothing is told before it has happened.

use super::subscriptions::Channel;
use crate::arrivals::Role;
use crate::emulator::Emulator;
use crate::house::House;
use crate::market::asset::Asset;
use crate::market::past::{DELAY, Past};
use crate::transport::Conn;
use crate::wire;
use crate::wire::encoder::Encoder;
use crate::wire::market::Feed;
use st0ck_types::time::MINUTE;
use st0ck_types::{MarketEvent, Nanos};
use std::collections::{BTreeMap, VecDeque};

/// What has been told, and what is still to be.
#[derive(Debug)]
pub(crate) struct Told {
    /// Minutes of each asset, at once and late.
    minutes: Vec<usize>,
    late_minutes: Vec<usize>,
    /// Events of the last fifteen minutes, with their asset.
    late: VecDeque<(usize, MarketEvent)>,
    /// The last instant.
    at: Nanos,
}

impl Told {
    /// Nothing, of that many assets.
    pub(crate) fn nothing(assets: usize) -> Self {
        let none = vec![0; assets];
        Self { minutes: none.clone(), late_minutes: none, late: VecDeque::new(), at: Nanos::ZERO }
    }
}

type Roles = BTreeMap<Conn, Role>;
type Feeds = fn(Feed) -> bool;

const LIVE: Feeds = |feed| matches!(feed, Feed::Sip | Feed::Iex);
const LATE: Feeds = |feed| feed == Feed::Delayed;
const TEST: Feeds = |feed| feed == Feed::Test;

/// Puts a message into the frame of every session of some feeds that wants it.
fn tell(
    roles: &mut Roles,
    feeds: Feeds,
    (channel, symbol): (Channel, &str),
    write: impl Fn(&mut dyn Encoder, Feed),
) {
    for role in roles.values_mut() {
        let Role::Data { session, frame, .. } = role else { continue };
        let feed = session.feed();
        if feeds(feed) && session.wants(channel, symbol) {
            frame.push(|to| write(to, feed));
        }
    }
}

fn tell_market(roles: &mut Roles, feeds: Feeds, asset: &Asset, event: &MarketEvent) {
    let symbol = asset.symbol.as_str();
    match event {
        MarketEvent::Quote(quote) => tell(roles, feeds, (Channel::Quotes, symbol), |to, feed| {
            wire::market::quote(to, asset, quote, feed);
        }),
        MarketEvent::Trade(trade) => tell(roles, feeds, (Channel::Trades, symbol), |to, feed| {
            wire::market::trade(to, asset, trade, feed);
        }),
        MarketEvent::Halt(halt) => tell(roles, feeds, (Channel::Statuses, symbol), |to, _| {
            wire::market::status(to, asset, halt);
        }),
        MarketEvent::Bar(_) | MarketEvent::InstrumentDef(_) | MarketEvent::Gap(_) => {}
    }
}

/// Tells the minutes that are over at `at` and not yet in `told`, and the day's bar with each.
fn tell_minutes(
    roles: &mut Roles,
    feeds: Feeds,
    (house, past, told): (&House, &Past, &mut [usize]),
    at: Nanos,
) {
    for ((index, asset), told) in house.assets.iter().enumerate().zip(told) {
        let (bars, symbol) = (&past.today(index).bars, asset.symbol.as_str());
        let finished = bars.finished(at);
        for bar in finished.get(*told..).unwrap_or_default() {
            if bar.is_whole() {
                tell(roles, feeds, (Channel::Bars, symbol), |to, _| {
                    wire::market::bar(to, asset, 'b', bar);
                });
            }
            let Some(day) = bars.day(bar.start + MINUTE) else { continue };
            tell(roles, feeds, (Channel::DailyBars, symbol), |to, _| {
                wire::market::bar(to, asset, 'd', &day);
            });
        }
        *told = finished.len().max(*told);
    }
}

impl Emulator {
    /// Takes note of an event and tells it.
    pub(crate) fn tell_event(&mut self, event: &MarketEvent) {
        let instrument = event.instrument();
        let found = self.house.assets.iter().position(|asset| asset.instrument == instrument);
        let Some(index) = found else { return };
        self.past.note(index, event);
        self.told.late.push_back((index, *event));
        tell_market(&mut self.roles, LIVE, &self.house.assets[index], event);
        self.send_large_frames();
    }

    /// Tells what the rules and the scenario made happen.
    pub(crate) fn tell_notices(&mut self) {
        while let Some(notice) = self.house.pop_notice() {
            self.tell_event(&notice);
        }
    }

    /// Tells what an instant brings beside its events: bars of minutes that are over, what happened
    /// a quarter of an hour ago, the test feed, the news.
    pub(crate) fn tell_instant(&mut self, at: Nanos) {
        let minutes = (&self.house, &self.past, &mut self.told.minutes[..]);
        tell_minutes(&mut self.roles, LIVE, minutes, at);
        self.tell_late(at - DELAY);
        self.tell_test(at);
        self.tell_news(at);
        self.told.at = at;
    }

    fn tell_late(&mut self, at: Nanos) {
        let minutes = (&self.house, &self.past, &mut self.told.late_minutes[..]);
        tell_minutes(&mut self.roles, LATE, minutes, at);
        while let Some((index, event)) = self.told.late.front()
            && event.ts_event() <= at
        {
            tell_market(&mut self.roles, LATE, &self.house.assets[*index], event);
            self.told.late.pop_front();
        }
    }

    fn tell_test(&mut self, at: Nanos) {
        let tests =
            |role: &Role| matches!(role, Role::Data { session, .. } if TEST(session.feed()));
        if !self.roles.values().any(tests) {
            return;
        }
        while let Some(event) = self.test_feed.take(at) {
            if event.ts_event() > self.told.at {
                tell_market(&mut self.roles, TEST, &self.test_feed.asset, &event);
            }
        }
        while let Some(bar) = self.test_feed.take_bar(at) {
            let asset = &self.test_feed.asset;
            if bar.is_whole() && bar.start + MINUTE > self.told.at {
                tell(&mut self.roles, TEST, (Channel::Bars, asset.symbol.as_str()), |to, _| {
                    wire::market::bar(to, asset, 'b', &bar);
                });
            }
        }
    }

    fn tell_news(&mut self, at: Nanos) {
        while let Some(article) = self.newsroom.take(at) {
            for role in self.roles.values_mut() {
                let Role::Data { session, frame, .. } = role else { continue };
                let wants = |symbol: &String| session.wants(Channel::News, symbol);
                if article.symbols.iter().any(wants) {
                    frame.push(|to| wire::news::message(to, article));
                }
            }
        }
    }
}
