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
use crate::market::notice::Notice;
use crate::market::past::{DELAY, Past};
use crate::transport::Conn;
use crate::wire;
use crate::wire::encoder::Encoder;
use crate::wire::market::Feed;
use st0ck_types::time::{MINUTE, SECOND};
use st0ck_types::{MarketEvent, Nanos};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What has been told, and what is still to be.
#[derive(Debug)]
pub(crate) struct Told {
    /// Start of each asset's last minute, at once and late.
    minutes: Vec<Nanos>,
    late_minutes: Vec<Nanos>,
    /// What was told in the last fifteen minutes, of which asset and when.
    late: VecDeque<(Nanos, usize, Notice)>,
    /// Minutes that changed after they were told, by when they are told again: at once and late.
    changed: BTreeSet<(Nanos, usize, Nanos)>,
    late_changed: BTreeSet<(Nanos, usize, Nanos)>,
    /// The last instant.
    at: Nanos,
}

impl Told {
    /// Nothing, of that many assets.
    pub(crate) fn nothing(assets: usize) -> Self {
        let none = vec![Nanos(i64::MIN); assets];
        Self {
            minutes: none.clone(),
            late_minutes: none,
            late: VecDeque::new(),
            changed: BTreeSet::new(),
            late_changed: BTreeSet::new(),
            at: Nanos::ZERO,
        }
    }
}

/// So long after its end a minute is told again that changed meanwhile (`alpaca.md` §8.2).
const UPDATED_AFTER: i64 = 30 * SECOND;

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

/// Cancels and corrections go to who listens to prints (`alpaca.md` §8.1).
fn tell_notice(roles: &mut Roles, feeds: Feeds, asset: &Asset, notice: &Notice) {
    let on = |channel| (channel, asset.symbol.as_str());
    match notice {
        Notice::Event(event) => tell_market(roles, feeds, asset, event),
        Notice::Bands { at, low, high, indicator } => {
            tell(roles, feeds, on(Channel::Lulds), |to, _| {
                wire::market::bands(to, asset, (*at, [*low, *high], *indicator));
            });
        }
        Notice::Imbalance { at, price } => tell(roles, feeds, on(Channel::Imbalances), |to, _| {
            wire::market::imbalance(to, asset, *at, *price);
        }),
        Notice::Cancel(cancel) => tell(roles, feeds, on(Channel::Trades), |to, feed| {
            wire::market::cancel(to, asset, cancel, feed);
        }),
        Notice::Correction(both) => tell(roles, feeds, on(Channel::Trades), |to, feed| {
            wire::market::correction(to, asset, both, feed);
        }),
    }
}

/// Tells the minutes that are over at `at` and not yet in `told`, and the day's bar with each.
fn tell_minutes(
    roles: &mut Roles,
    feeds: Feeds,
    (house, past, told): (&House, &Past, &mut [Nanos]),
    at: Nanos,
) {
    for ((index, asset), told) in house.assets.iter().enumerate().zip(told) {
        let (bars, symbol) = (&past.today(index).bars, asset.symbol.as_str());
        let finished = bars.finished(at);
        let first = finished.partition_point(|bar| bar.start <= *told);
        for bar in &finished[first..] {
            *told = bar.start;
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
    }
}

/// Tells the minutes again whose time for that has come.
fn tell_changed(
    roles: &mut Roles,
    feeds: Feeds,
    (house, past, changed): (&House, &Past, &mut BTreeSet<(Nanos, usize, Nanos)>),
    at: Nanos,
) {
    while let Some((_, index, start)) = changed.first().copied().filter(|(due, ..)| *due <= at) {
        changed.pop_first();
        let bar = past.today(index).bars.minute(start).filter(|bar| bar.is_whole());
        let (asset, Some(bar)) = (&house.assets[index], bar) else { continue };
        tell(roles, feeds, (Channel::UpdatedBars, asset.symbol.as_str()), |to, _| {
            wire::market::bar(to, asset, 'u', bar);
        });
    }
}

impl Emulator {
    /// Takes note of an event and tells it.
    pub(crate) fn tell_event(&mut self, event: &MarketEvent) {
        let instrument = event.instrument();
        let found = self.house.assets.iter().position(|asset| asset.instrument == instrument);
        let Some(index) = found else { return };
        self.past.note(index, event);
        self.tell(event.ts_event(), index, Notice::Event(*event));
    }

    /// Tells what the rules and the scenario made happen.
    pub(crate) fn tell_notices(&mut self) {
        while let Some((index, notice)) = self.house.pop_notice() {
            self.tell(self.house.now(), index, notice);
        }
    }

    /// Tells something of the asset at `index` at `now`.
    pub(crate) fn tell(&mut self, now: Nanos, index: usize, notice: Notice) {
        tell_notice(&mut self.roles, LIVE, &self.house.assets[index], &notice);
        self.told.late.push_back((now, index, notice));
        self.send_large_frames();
    }

    /// A print of `at` has changed: its minute is told again, if it was told.
    pub(crate) fn tell_again(&mut self, index: usize, at: Nanos) {
        let (minute, now) = (at.floor_to(MINUTE), self.house.now());
        let due = now.max(minute + MINUTE + UPDATED_AFTER);
        if minute <= self.told.minutes[index] {
            self.told.changed.insert((due, index, minute));
        }
        if minute <= self.told.late_minutes[index] {
            self.told.late_changed.insert((due, index, minute));
        }
    }

    /// Tells what an instant brings beside its events: bars of minutes that are over, what happened
    /// a quarter of an hour ago, the test feed, the news.
    pub(crate) fn tell_instant(&mut self, at: Nanos) {
        let minutes = (&self.house, &self.past, &mut self.told.minutes[..]);
        tell_minutes(&mut self.roles, LIVE, minutes, at);
        let changed = (&self.house, &self.past, &mut self.told.changed);
        tell_changed(&mut self.roles, LIVE, changed, at);
        self.tell_late(at - DELAY);
        self.tell_test(at);
        self.tell_news(at);
        self.told.at = at;
    }

    fn tell_late(&mut self, at: Nanos) {
        let minutes = (&self.house, &self.past, &mut self.told.late_minutes[..]);
        tell_minutes(&mut self.roles, LATE, minutes, at);
        let changed = (&self.house, &self.past, &mut self.told.late_changed);
        tell_changed(&mut self.roles, LATE, changed, at);
        while let Some((told, index, notice)) = self.told.late.front()
            && *told <= at
        {
            tell_notice(&mut self.roles, LATE, &self.house.assets[*index], notice);
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
