//! The broker house: every account's book, the venue they share, and the time they live by.
//!
//! Called by the routes (what clients may ask for) and by the emulator's loop (market events, time). In
//! reading order: [`House`] and its time; `submit`, `cancel`, `replace`, `closing`, what a client may
//! ask for; `routing` and `errands`, the way to the venue; `settle`, what comes back; `elect`, stops;
//! `group`, orders that belong together; `session`, its hours and bells; `expiry`.
//!
//! *Invariant:* sans I/O and without a clock: every time it stamps was told to it, and time only
//! moves forward.
//! *Invariant:* accounts share the market and nothing else. What one does changes no other's book.

mod affairs;
mod cancel;
mod closing;
mod elect;
mod errands;
mod expiry;
mod group;
mod halt;
mod luld;
mod replace;
mod routing;
pub(crate) mod session;
mod settle;
mod submit;
#[cfg(test)]
mod traffic;

use crate::book::Book;
use crate::book::account::Figures;
use crate::book::update::Update;
use crate::market::asset::Asset;
pub(crate) use closing::Closing;
use errands::Errand;
use routing::Routes;
use session::Floor;
use st0ck_sim::Venue;
use st0ck_types::calendar::Session;
use st0ck_types::time::MINUTE;
use st0ck_types::{MarketEvent, Nanos};
use std::collections::VecDeque;

/// Which account: its place among the house's books and in the directory of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccountNo(usize);

impl AccountNo {
    /// The account at a place.
    pub(crate) fn at(place: usize) -> Self {
        Self(place)
    }

    /// Its place.
    pub(crate) fn number(self) -> u16 {
        u16::try_from(self.0).unwrap_or(u16::MAX)
    }
}

/// Accounts at one broker, on one session.
#[derive(Debug)]
pub(crate) struct House {
    /// One per account.
    pub(crate) books: Vec<Book>,
    /// What can be traded.
    pub(crate) assets: Vec<Asset>,
    /// The session's hours.
    pub(crate) session: Session,
    venue: Venue,
    routes: Routes,
    floor: Floor,
    now: Nanos,
    /// The minute of the market's last event.
    minute: Nanos,
    over: bool,
    /// What happens once the reply at hand is on its way.
    errands: VecDeque<Errand>,
    updates: VecDeque<Update>,
    /// Orders taken in, of all accounts.
    received: u64,
}

impl House {
    /// A house whose session has not begun; its time is `start`. It is played as `floor` says.
    pub(crate) fn new(
        books: Vec<Book>,
        assets: Vec<Asset>,
        session: Session,
        start: Nanos,
        venue: Venue,
        floor: Floor,
    ) -> Self {
        Self {
            books,
            assets,
            session,
            venue,
            routes: Routes::default(),
            floor,
            now: start,
            minute: start.floor_to(MINUTE),
            over: false,
            errands: VecDeque::new(),
            updates: VecDeque::new(),
            received: 0,
        }
    }

    /// An account's book.
    pub(crate) fn book(&self, who: AccountNo) -> &Book {
        &self.books[who.0]
    }

    /// The same, to change it.
    pub(crate) fn book_mut(&mut self, who: AccountNo) -> &mut Book {
        &mut self.books[who.0]
    }

    /// Session time.
    pub(crate) fn now(&self) -> Nanos {
        self.now
    }

    /// Whether the market is open: inside the core hours, and the recording goes on.
    pub(crate) fn is_open(&self) -> bool {
        !self.over && self.session.contains(self.now)
    }

    /// When the venue will have something to tell or a bell rings, if one of them will.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        let due = [self.venue.next_due(), self.floor.next_bell()].into_iter().flatten().min();
        due.filter(|_| !self.over)
    }

    /// When the session ends that is played.
    pub(crate) fn ends(&self) -> Nanos {
        self.floor.ends()
    }

    /// Orders taken in so far, of all accounts; without exits of groups and replacements.
    pub(crate) fn orders_received(&self) -> u64 {
        self.received
    }

    /// The oldest update not yet taken.
    pub(crate) fn pop_update(&mut self) -> Option<Update> {
        self.updates.pop_front()
    }

    /// Index of the asset with that symbol or id.
    pub(crate) fn asset(&self, symbol_or_id: &str) -> Option<usize> {
        let id = st0ck_types::ids::parse_uuid(symbol_or_id);
        self.assets
            .iter()
            .position(|asset| asset.symbol.as_str() == symbol_or_id || Some(asset.id) == id)
    }

    /// An account's figures now.
    pub(crate) fn figures(&self, who: AccountNo) -> Figures {
        let book = self.book(who);
        let holdings = self.assets.iter().zip(&book.positions);
        book.account.figures(&book.settings, holdings, book.reserved(&self.assets))
    }

    /// Moves session time forward and books what the venue did by then.
    pub(crate) fn advance(&mut self, to: Nanos) {
        self.ring_until(to);
        self.now = self.now.max(to);
        self.venue.advance(self.now);
        self.book_venue_events();
    }

    /// The recorded market moved.
    pub(crate) fn on_market(&mut self, event: &MarketEvent) {
        self.note_equity(event.ts_event());
        self.ring_until(event.ts_event());
        self.now = self.now.max(event.ts_event());
        self.follow_bands(event);
        self.hold_auctions(event);
        self.venue.on_market(event);
        let instrument = event.instrument();
        let asset = self.assets.iter().position(|asset| asset.instrument == instrument);
        if let Some(asset) = asset {
            self.assets[asset].on_market(event);
        }
        self.book_venue_events();
        if let (Some(asset), MarketEvent::Trade(trade)) = (asset, event) {
            self.on_print(asset, trade);
        }
    }

    /// The first event of a minute is about to move prices: what each account had at the end of the
    /// minute of the event before is noted.
    fn note_equity(&mut self, at: Nanos) {
        if at.floor_to(MINUTE) == self.minute {
            return;
        }
        let end = self.minute + MINUTE;
        self.minute = at.floor_to(MINUTE);
        for place in 0..self.books.len() {
            let equity = self.figures(AccountNo(place)).equity;
            self.books[place].equity.note(end, equity);
        }
    }

    /// The recording is over: time moves to its end, day orders expire, the market is closed.
    pub(crate) fn close(&mut self) {
        self.now = self.now.max(self.ends());
        self.end_day();
        self.over = true;
        self.settle();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::account::configurations::Configurations;
    use crate::book::account::Account;
    use crate::book::execution::Execution;
    use crate::book::ids::IdSource;
    use crate::config::MarketRules;
    use crate::market::asset::tests::spy;
    use crate::terms::Lifetime;
    use crate::ticket::Ticket;
    use st0ck_quant::rng::Rng;
    use st0ck_sim::SimConfig;
    use st0ck_types::calendar::NYSE;
    use st0ck_types::{InstrumentId, Money, Price, Qty, Quote, Side};

    fn session() -> Session {
        NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap()
    }

    const ONLY: AccountNo = AccountNo(0);

    /// An account of $100,000 that has done nothing yet.
    pub(crate) fn book(seed: u64) -> Book {
        let session = session();
        let cash = Money::parse("100000").unwrap();
        let account = Account {
            id: 1,
            number: String::from("PA3000000000"),
            created_at: session.pre_open,
            balance_as_of: session.date,
            last_equity: cash,
            cash,
        };
        Book::new(account, 1, IdSource::new(Rng::new(seed)), Configurations::new(false))
    }

    pub(crate) fn house_of(books: Vec<Book>, venue: SimConfig) -> House {
        let session = session();
        let floor = Floor::new(&session, session.open, session.close, MarketRules::default());
        House::new(books, vec![spy()], session, session.open, Venue::new(venue), floor)
    }

    fn house(seed: u64) -> House {
        house_of(vec![book(seed)], SimConfig { seed, ..SimConfig::default() })
    }

    pub(crate) fn quote(at: Nanos, cents: i64, size: i64) -> MarketEvent {
        MarketEvent::Quote(Quote {
            ts_event: at,
            bid: Price(cents * Price::CENT.0),
            ask: Price((cents + 2) * Price::CENT.0),
            bid_size: Qty::units(size).unwrap(),
            ask_size: Qty::units(size).unwrap(),
            instrument: InstrumentId(0),
            ..Quote::default()
        })
    }

    fn random_ticket(rng: &mut Rng, around: i64) -> Ticket {
        let side = if rng.chance(500) { "buy" } else { "sell" };
        let qty = rng.between(1, 60);
        let price = Price((around + rng.between(-6, 6)) * Price::CENT.0);
        let kind = if rng.chance(300) {
            String::from(r#""type":"market""#)
        } else {
            format!(r#""type":"limit","limit_price":"{price}""#)
        };
        let tif = if rng.chance(800) { "day" } else { "gtc" };
        let body = format!(
            r#"{{"symbol":"SPY","qty":{qty},"side":"{side}",{kind},"time_in_force":"{tif}"}}"#
        );
        Ticket::parse(body.as_bytes()).unwrap()
    }

    /// The book's facts, told apart from each other, must say the same.
    fn assert_consistent(house: &House) {
        let book = house.book(ONLY);
        let signed = |e: &Execution| if e.side == "buy" { e.qty.0 } else { -e.qty.0 };
        let position: i64 = book.executions.iter().map(signed).sum();
        assert_eq!(book.positions[0].qty, Qty(position));
        let paid: Money = book.executions.iter().map(|e| e.price.times(Qty(signed(e)))).sum();
        assert_eq!(book.account.cash + paid, book.account.last_equity);
        let held = |side| book.orders.open_on(0, side).filter(|o| !o.intent.opens());
        for side in [Side::Buy, Side::Sell] {
            let closing: i64 = held(side).map(|order| order.leaves().0).sum();
            assert!(closing <= position.abs(), "closing orders hold more than there is");
        }
        for index in book.orders.open() {
            assert!(book.orders.at(index).leaves() > Qty::ZERO);
        }
    }

    #[test]
    fn the_book_agrees_with_itself_under_random_traffic() {
        let (mut fills, mut refusals) = (0, 0);
        for seed in 0..40 {
            let (mut house, mut rng) = (house(seed), Rng::new(seed).fork("traffic"));
            let mut cents = 36_740;
            for step in 1..400 {
                cents += rng.between(-2, 2);
                let at = house.session.open + step * 250_000_000;
                house.on_market(&quote(at, cents, rng.between(1, 40)));
                if rng.chance(300) {
                    refusals +=
                        usize::from(house.submit(ONLY, random_ticket(&mut rng, cents)).is_err());
                }
                if rng.chance(200) {
                    let open: Vec<usize> = house.book(ONLY).orders.open().collect();
                    let picked = rng.below(open.len() as u64) as usize;
                    // A second cancel of one order is refused, which is as well.
                    open.get(picked).map(|&index| house.cancel(ONLY, index));
                }
                house.settle();
                assert_consistent(&house);
            }
            house.close();
            assert_consistent(&house);
            let all = house.book(ONLY).orders.open().map(|index| house.book(ONLY).orders.at(index));
            assert!(all.into_iter().all(|order| order.lifetime == Lifetime::Gtc));
            let open = house.book(ONLY).orders.open().count();
            assert_eq!(house.routes.len(), open, "keys of what is over are forgotten");
            fills += house.book(ONLY).executions.len();
        }
        assert!(fills > 1_000 && refusals > 100, "{fills} fills, {refusals} refusals: too tame");
    }

    #[test]
    fn every_change_of_an_order_leaves_one_update_in_the_order_of_time() {
        let mut house = house(1);
        let mut rng = Rng::new(9);
        let mut updates = Vec::new();
        for step in 1..200 {
            let at = house.session.open + step * 250_000_000;
            house.on_market(&quote(at, 36_740, 10));
            // What is refused leaves nothing.
            let _ = house.submit(ONLY, random_ticket(&mut rng, 36_740));
            house.settle();
            updates.extend(std::iter::from_fn(|| house.pop_update()));
        }
        let fills = updates.iter().filter(|update| update.fill.is_some());
        assert_eq!(fills.count(), house.book(ONLY).executions.len());
        assert!(updates.iter().map(|update| update.order.updated_at).is_sorted());
        let ids: std::collections::BTreeSet<u128> =
            updates.iter().map(|update| update.execution_id).collect();
        assert_eq!(ids.len(), updates.len());
    }

    #[test]
    fn accounts_share_the_market_and_nothing_else() {
        let mut house = house_of(vec![book(1), book(2)], SimConfig::immediate());
        let (first, second) = (AccountNo(0), AccountNo(1));
        let order = |side: &str, price: &str| {
            let body = format!(
                r#"{{"symbol":"SPY","qty":3,"side":"{side}","type":"limit","limit_price":"{price}",
                    "time_in_force":"day","client_order_id":"same"}}"#
            );
            Ticket::parse(body.as_bytes()).unwrap()
        };
        house.on_market(&quote(house.session.open + 1, 36_740, 10));
        let bought = house.submit(first, order("buy", "367.42")).unwrap();
        // Neither a wash trade nor a client id twice: it is another's.
        let sold = house.submit(second, order("sell", "367.40")).unwrap();
        house.settle();
        let three = Qty::units(3).unwrap();
        assert_eq!(house.book(first).positions[0].qty, three);
        assert_eq!(house.book(second).positions[0].qty, Qty(-three.0));
        let told: Vec<(AccountNo, u128)> = std::iter::from_fn(|| house.pop_update())
            .map(|update| (update.who, update.order.id))
            .collect();
        let id = |who: AccountNo, index| (who, house.book(who).orders.at(index).id);
        let (bought, sold) = (id(first, bought), id(second, sold));
        // Received, live, filled, each to its own.
        assert_eq!(told, [bought, sold, bought, bought, sold, sold]);
    }
}
