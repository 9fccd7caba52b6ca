//! The hours of the session: what may trade when, and what the bells do.
//!
//! A recording of the core session alone needs no bells: it begins with the open, and its end is the
//! close. Where session time starts earlier, or the recording goes on after the close, the open and
//! the close are moments of their own.
//!
//! Called by [`House`] as its time moves, and by whoever asks what may trade.
//! *Invariant:* a bell that nobody could see is not rung: it would move session time.

use crate::book::Book;
use crate::book::order::{Order, Stage};
use crate::book::update::Event;
use crate::config::MarketRules;
use crate::house::{AccountNo, House};
use crate::market::auction::Which;
use crate::market::notice::Notice;
use crate::terms::Lifetime;
use st0ck_types::calendar::Session;
use st0ck_types::{MarketEvent, Nanos, Price, Qty};
use std::collections::VecDeque;

/// Which hours a moment belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TradingHours {
    /// Nothing trades.
    Closed,
    /// Before the core session: orders for extended hours trade.
    Pre,
    /// The core session.
    Core,
    /// After the core session: orders for extended hours trade.
    Post,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bell {
    Open,
    Close,
}

/// The session as it is played: its bells, its end and the exchange's rules.
#[derive(Debug)]
pub(crate) struct Floor {
    bells: VecDeque<(Nanos, Bell)>,
    /// Where the recording ends: the core close, or the end of extended trading.
    ends: Nanos,
    extended: bool,
    pub(super) rules: MarketRules,
    /// What the rules did and nobody was told yet.
    pub(super) notices: VecDeque<(usize, Notice)>,
}

impl Floor {
    /// A session that is played from `start` to `ends`.
    pub(crate) fn new(session: &Session, start: Nanos, ends: Nanos, rules: MarketRules) -> Self {
        let bells = [
            (start < session.open).then_some((session.open, Bell::Open)),
            (ends > session.close).then_some((session.close, Bell::Close)),
        ];
        let extended = ends > session.close;
        let bells = bells.into_iter().flatten().collect();
        Self { bells, ends, extended, rules, notices: VecDeque::new() }
    }

    /// When the recording ends.
    pub(crate) fn ends(&self) -> Nanos {
        self.ends
    }

    fn next_until(&mut self, to: Nanos) -> Option<(Nanos, Bell)> {
        self.next_bell().filter(|at| *at <= to).and_then(|_| self.bells.pop_front())
    }

    /// When the next bell rings.
    pub(super) fn next_bell(&self) -> Option<Nanos> {
        self.bells.front().map(|bell| bell.0)
    }
}

impl House {
    /// Which hours it is.
    pub(crate) fn hours(&self) -> TradingHours {
        let (now, session) = (self.now, &self.session);
        if self.over || now < session.pre_open || now >= session.post_close.max(session.close) {
            TradingHours::Closed
        } else if now < session.open {
            TradingHours::Pre
        } else if now < session.close {
            TradingHours::Core
        } else {
            TradingHours::Post
        }
    }

    /// Whether an order received now goes to the venue at once; else it waits for the open.
    pub(crate) fn is_trading(&self, extended_hours: bool) -> bool {
        match self.hours() {
            TradingHours::Core => true,
            TradingHours::Pre | TradingHours::Post => extended_hours,
            TradingHours::Closed => false,
        }
    }

    /// Rings the bells up to `to`.
    pub(super) fn ring_until(&mut self, to: Nanos) {
        while let Some((at, bell)) = self.floor.next_until(to) {
            self.now = self.now.max(at);
            self.venue.advance(self.now);
            self.book_venue_events();
            match bell {
                Bell::Open => self.send_waiting(),
                Bell::Close => {
                    self.end_core();
                    self.keep_for_tomorrow();
                }
            }
        }
    }

    /// A print may be an auction: the orders that wait for it trade in it, before anything else does.
    pub(super) fn hold_auctions(&mut self, event: &MarketEvent) {
        let MarketEvent::Trade(trade) = event else { return };
        let (session, venue) = (&self.session, &mut self.venue);
        let asset = self.assets.iter_mut().find(|asset| asset.instrument == trade.instrument);
        let found = asset.and_then(|asset| asset.auctions.on_trade(trade, session));
        if let (true, Some((which, cross))) = (self.floor.rules.auctions, found) {
            let open = which == Which::Opening;
            venue.auction(trade.instrument, open, cross.price, cross.size, self.now);
        }
    }

    /// The end of the recording: auctions that no print told, the end of the day's orders.
    pub(super) fn end_day(&mut self) {
        let unrung = self.floor.bells.iter().any(|bell| bell.1 == Bell::Close);
        self.floor.bells.clear();
        self.close_auctions();
        if !self.floor.extended || unrung {
            self.end_core();
        }
        if self.floor.extended {
            self.expire_extended();
        }
    }

    /// The core close, for whoever waits for nothing after it.
    fn end_core(&mut self) {
        self.venue.expire(self.now);
        self.book_venue_events();
        self.expire_here();
    }

    /// Closing auctions that no print told: at the last price, and without one nobody trades.
    fn close_auctions(&mut self) {
        for asset in &mut self.assets {
            if self.floor.rules.auctions && asset.auctions.closing.is_some() {
                continue;
            }
            let cross = asset.auctions.finish(self.session.close);
            let held = self.floor.rules.auctions && !asset.halt.is_on();
            let price = cross.filter(|_| held).map(|cross| cross.price);
            let size = if price.is_some() { None } else { Some(Qty::ZERO) };
            let price = price.unwrap_or(Price::ZERO);
            self.venue.auction(asset.instrument, false, price, size, self.now);
        }
        self.book_venue_events();
    }

    /// Sends the orders that waited for the open, oldest first, account by account.
    fn send_waiting(&mut self) {
        for (who, index) in self.open_orders(|order| order.stage == Stage::Accepted) {
            self.send(who, index);
        }
        self.run_errands();
    }

    /// Core orders that outlive the day leave the venue until the next one. Whoever is being
    /// canceled goes by the cancel.
    fn keep_for_tomorrow(&mut self) {
        let kept = self.open_orders(|order| {
            order.lifetime == Lifetime::Gtc
                && !order.extended_hours
                && order.cancel_requested_at.is_none()
        });
        for (who, index) in kept {
            self.take_back(who, index);
        }
    }

    /// Day orders for extended hours end with them.
    fn expire_extended(&mut self) {
        let ending = self.open_orders(|order| {
            order.lifetime == Lifetime::Day
                && order.extended_hours
                && order.cancel_requested_at.is_none()
        });
        for (who, index) in ending {
            self.take_back(who, index);
            self.move_to(who, index, Stage::Expired, Event::Expired, self.now);
        }
    }

    /// Takes an order back from the venue. Its key stays known: something under way may ask for it.
    fn take_back(&mut self, who: AccountNo, index: usize) {
        let key = self.book(who).orders.at(index).key;
        if key.is_some_and(|key| self.venue.withdraw(key)) {
            self.book_mut(who).orders.change(index, |order| order.key = None);
        }
    }

    fn open_orders(&self, wanted: impl Fn(&Order) -> bool) -> Vec<(AccountNo, usize)> {
        let of_book = |(place, book): (usize, &Book)| {
            let open = book.orders.open().filter(|index| wanted(book.orders.at(*index)));
            open.map(|index| (AccountNo(place), index)).collect::<Vec<_>>()
        };
        self.books.iter().enumerate().flat_map(of_book).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::update::Update;
    use crate::house::tests::book;
    use crate::market::asset::tests::spy;
    use crate::ticket::Ticket;
    use st0ck_sim::{SimConfig, SimOrder, Venue};
    use st0ck_types::calendar::NYSE;
    use st0ck_types::time::SECOND;
    use st0ck_types::{InstrumentId, OrderKind, Quote, Side, Trade};

    const ONLY: AccountNo = AccountNo(0);

    fn session() -> Session {
        NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap()
    }

    fn house(start: Nanos, ends: Nanos) -> House {
        house_with(true, start, ends)
    }

    fn house_with(auctions: bool, start: Nanos, ends: Nanos) -> House {
        let rules = MarketRules { auctions, ..MarketRules::default() };
        let floor = Floor::new(&session(), start, ends, rules);
        let venue = Venue::new(SimConfig::immediate());
        House::new(vec![book(1)], vec![spy()], session(), start, venue, floor)
    }

    fn quote(at: Nanos) -> MarketEvent {
        MarketEvent::Quote(Quote {
            ts_event: at,
            bid: Price::parse("367.40").unwrap(),
            ask: Price::parse("367.42").unwrap(),
            bid_size: Qty::units(100).unwrap(),
            ask_size: Qty::units(100).unwrap(),
            ..Quote::default()
        })
    }

    fn print(at: Nanos, price: &str) -> MarketEvent {
        let (price, size) = (Price::parse(price).unwrap(), Qty::units(5).unwrap());
        MarketEvent::Trade(Trade { ts_event: at, price, size, ..Trade::default() })
    }

    /// Sends an order to buy one share, under a client id.
    fn buy(house: &mut House, id: &str, limit: &str, tif: &str, extended: bool) {
        let body = format!(
            r#"{{"symbol":"SPY","qty":1,"side":"buy","type":"limit","limit_price":"{limit}",
            "time_in_force":"{tif}","extended_hours":{extended},"client_order_id":"{id}"}}"#
        );
        house.submit(ONLY, Ticket::parse(body.as_bytes()).unwrap()).unwrap();
        house.settle();
    }

    /// What was told since the last call, as `09:30:00 day new`.
    fn told(house: &mut House) -> Vec<String> {
        let updates = std::iter::from_fn(|| house.pop_update());
        let tell = |update: Update| {
            let local = NYSE.local(update.at);
            let time = format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second());
            format!("{time} {} {}", update.order.client_order_id, update.event.as_str())
        };
        updates.map(tell).collect()
    }

    #[test]
    fn a_core_recording_has_no_bells() {
        let Session { open, close, .. } = session();
        let mut house = house(open, close);
        assert_eq!((house.next_due(), house.hours()), (None, TradingHours::Core));
        house.close();
        assert_eq!((house.now(), house.hours()), (close, TradingHours::Closed));
    }

    #[test]
    fn hours_follow_the_clock() {
        let Session { pre_open, open, close, post_close, .. } = session();
        let mut house = house(pre_open - 1, post_close);
        let mut hours = |at| {
            house.advance(at);
            (house.hours(), house.is_trading(false), house.is_trading(true))
        };
        assert_eq!(hours(pre_open - 1), (TradingHours::Closed, false, false));
        assert_eq!(hours(pre_open), (TradingHours::Pre, false, true));
        assert_eq!(hours(open), (TradingHours::Core, true, true));
        assert_eq!(hours(close), (TradingHours::Post, false, true));
        assert_eq!(hours(post_close), (TradingHours::Closed, false, false));
    }

    #[test]
    fn before_the_open_core_orders_wait_and_extended_ones_trade() {
        let Session { open, post_close, .. } = session();
        let mut house = house(open - 60 * SECOND, post_close);
        house.on_market(&quote(open - 50 * SECOND));
        buy(&mut house, "core", "368", "day", false);
        buy(&mut house, "ext", "368", "day", true);
        house.advance(open - SECOND);
        let waits = ["09:29:10 core accepted"];
        let trades = ["09:29:10 ext pending_new", "09:29:10 ext new", "09:29:10 ext fill"];
        assert_eq!(told(&mut house), [&waits[..], &trades[..]].concat());
        assert_eq!(house.next_due(), Some(open));
        house.on_market(&quote(open));
        house.advance(open + SECOND);
        assert_eq!(told(&mut house), ["09:30:00 core new", "09:30:00 core fill"]);
    }

    #[test]
    fn the_close_ends_core_orders_and_extended_ones_go_on() {
        let Session { open, close, post_close, .. } = session();
        let mut house = house(open, post_close);
        house.on_market(&quote(open));
        for (id, tif, extended) in [
            ("day", "day", false),
            ("gtc", "gtc", false),
            ("ext", "day", true),
            ("egtc", "gtc", true),
        ] {
            buy(&mut house, id, "300", tif, extended);
        }
        house.advance(open + SECOND);
        told(&mut house);
        house.advance(close);
        assert_eq!(told(&mut house), ["16:00:00 day expired"]);
        house.on_market(&print(close + SECOND, "299"));
        assert_eq!(told(&mut house), ["16:00:01 ext fill", "16:00:01 egtc fill"]);
        buy(&mut house, "late", "300", "day", true);
        buy(&mut house, "tomorrow", "300", "day", false);
        house.close();
        assert_eq!(
            told(&mut house),
            [
                "16:00:01 late pending_new",
                "16:00:01 late new",
                "16:00:01 tomorrow accepted",
                "20:00:00 late expired",
            ]
        );
        assert_eq!(house.book(ONLY).orders.open().count(), 2, "gtc and tomorrow");
    }

    #[test]
    fn good_till_canceled_orders_do_not_trade_after_hours_and_can_be_canceled() {
        let Session { open, close, post_close, .. } = session();
        let mut house = house(open, post_close);
        house.on_market(&quote(open));
        buy(&mut house, "gtc", "367.40", "gtc", false);
        house.advance(close);
        told(&mut house);
        house.on_market(&print(close + SECOND, "360"));
        house.on_market(&quote(close + 2 * SECOND));
        assert_eq!(told(&mut house), [""; 0]);
        house.cancel(ONLY, 0).unwrap();
        assert_eq!(told(&mut house), ["16:00:02 gtc canceled"]);
    }

    /// Sends an order to buy one share to the venue, for an auction only.
    fn buy_in(house: &mut House, lifetime: st0ck_sim::Lifetime) {
        let at = house.now();
        buy(house, "auction", "370", "day", false);
        let key = house.routes.assign(ONLY, 0);
        house.book_mut(ONLY).orders.change(0, |order| order.key = Some(key));
        let kind = OrderKind::Limit(Price::parse("370").unwrap());
        let sent = SimOrder::new(key, InstrumentId(0), Side::Buy, kind, Qty::ONE, at);
        house.venue.submit(sent.lasting(lifetime)).unwrap();
        house.floor.bells.retain(|bell| bell.1 == Bell::Close);
    }

    #[test]
    fn a_print_at_the_open_is_the_auction_that_waiting_orders_trade_in() {
        let Session { open, close, .. } = session();
        let mut house = house(open - SECOND, close);
        buy_in(&mut house, st0ck_sim::Lifetime::Opg);
        house.on_market(&quote(open));
        house.on_market(&print(open, "367.55"));
        assert_eq!(told(&mut house)[1..], ["09:29:59 auction new", "09:30:00 auction fill"]);
        assert_eq!(house.book(ONLY).executions[0].price, Price::parse("367.55").unwrap());
        assert_eq!(house.assets[0].auctions.opening.unwrap().at, open);
    }

    /// A day with a close that the tape names, and an order for it; what became of that.
    fn closed(auctions: bool, ends: Nanos) -> Vec<String> {
        let Session { open, close, .. } = session();
        let mut house = house_with(auctions, open - SECOND, ends);
        buy_in(&mut house, st0ck_sim::Lifetime::Cls);
        house.on_market(&print(close - SECOND, "367.55"));
        if ends > close {
            let MarketEvent::Trade(mut trade) = print(close + SECOND, "367.60") else {
                unreachable!("it is a print")
            };
            trade.conditions[0] = b'6';
            house.on_market(&MarketEvent::Trade(trade));
        }
        house.close();
        let last = told(&mut house).pop();
        let paid = house.book(ONLY).executions.first().map(|execution| execution.price.to_string());
        last.into_iter().chain(paid).collect()
    }

    #[test]
    fn the_closing_auction_is_the_print_that_the_tape_names_or_the_last_one() {
        let Session { close, post_close, .. } = session();
        assert_eq!(closed(true, post_close), ["16:00:01 auction fill", "367.6"]);
        assert_eq!(closed(true, close), ["16:00:00 auction fill", "367.55"]);
    }

    #[test]
    fn where_no_auction_is_held_orders_for_one_end_with_the_day() {
        let Session { close, post_close, .. } = session();
        assert_eq!(closed(false, close), ["16:00:00 auction canceled"]);
        assert_eq!(closed(false, post_close), ["20:00:00 auction canceled"]);
    }
}
