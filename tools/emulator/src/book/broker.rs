//! The broker: takes orders in, sends them to the venue, books what comes back.
//!
//! Called by the routes (submit, cancel) and by the emulator's loop (market events, time).
//!
//! *Invariant:* time only moves forward, and every change of an order leaves one [`Update`].

use crate::book::account::{Account, Figures};
use crate::book::checks::{self, Draft};
use crate::book::execution::Execution;
use crate::book::ids::IdSource;
use crate::book::order::{Order, Stage};
use crate::book::orders::Orders;
use crate::book::position::{Intent, Position};
use crate::book::ticket::{Size, Ticket};
use crate::book::update::{Event, FillFacts, Update};
use crate::market::asset::Asset;
use crate::refusal::Refusal;
use st0ck_sim::{SimEvent, SimOrder, Venue};
use st0ck_types::calendar::{NYSE, Session};
use st0ck_types::{Money, Nanos, Price, Qty, TimeInForce};
use std::collections::VecDeque;

/// Good-till-canceled orders end after so many days, at 16:15 New York time (`alpaca.md` §4.2).
const GTC_DAYS: i32 = 90;

/// One account at one broker, on one session.
#[derive(Debug)]
pub(crate) struct Broker {
    /// The account.
    pub(crate) account: Account,
    /// What can be traded.
    pub(crate) assets: Vec<Asset>,
    /// One per asset, in the same order.
    pub(crate) positions: Vec<Position>,
    /// Every order.
    pub(crate) orders: Orders,
    /// Every execution, oldest first.
    pub(crate) executions: Vec<Execution>,
    /// The session's hours.
    pub(crate) session: Session,
    venue: Venue,
    ids: IdSource,
    now: Nanos,
    over: bool,
    updates: VecDeque<Update>,
}

impl Broker {
    /// A broker whose session has not begun; its time is `start`.
    pub(crate) fn new(
        account: Account,
        assets: Vec<Asset>,
        session: Session,
        start: Nanos,
        venue: Venue,
        ids: IdSource,
    ) -> Self {
        Self {
            account,
            positions: vec![Position::default(); assets.len()],
            assets,
            orders: Orders::default(),
            executions: Vec::new(),
            session,
            venue,
            ids,
            now: start,
            over: false,
            updates: VecDeque::new(),
        }
    }

    /// Session time.
    pub(crate) fn now(&self) -> Nanos {
        self.now
    }

    /// Whether the market is open: inside the core hours, and the recording goes on.
    pub(crate) fn is_open(&self) -> bool {
        !self.over && self.session.contains(self.now)
    }

    /// When the venue will have something to tell, if an order or cancel is under way.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        self.venue.next_due().filter(|_| !self.over)
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

    /// Moves session time forward and books what the venue did by then.
    pub(crate) fn advance(&mut self, to: Nanos) {
        self.now = self.now.max(to);
        self.venue.advance(self.now);
        self.book_venue_events();
    }

    /// The recorded market moved.
    pub(crate) fn on_market(&mut self, event: &st0ck_types::MarketEvent) {
        self.now = self.now.max(event.ts_event());
        self.venue.on_market(event);
        let instrument = event.instrument();
        if let Some(asset) = self.assets.iter_mut().find(|asset| asset.instrument == instrument) {
            asset.on_market(event);
        }
        self.book_venue_events();
    }

    /// The recording is over: time moves to the close, day orders expire, the market is closed.
    pub(crate) fn close(&mut self) {
        self.now = self.now.max(self.session.close);
        self.venue.expire(self.now);
        self.over = true;
        self.settle();
    }

    /// The account's figures now.
    pub(crate) fn figures(&self) -> Figures {
        let open = self.orders.open().map(|index| self.orders.at(index));
        self.account.figures(
            self.assets.iter().zip(&self.positions),
            open.map(|order| (&self.assets[order.asset], order)),
        )
    }

    /// Takes an order in; its index in [`Broker::orders`]. Until [`Broker::settle`] it stands there
    /// as received, for the reply must not tell what comes later.
    pub(crate) fn submit(&mut self, ticket: Ticket) -> Result<usize, Refusal> {
        let (asset, qty, intent) = self.check(&ticket)?;
        let order = self.make_order(ticket, asset, qty, intent);
        let (routed, at) = (order.stage == Stage::PendingNew, self.now);
        let instrument = self.assets[asset].instrument;
        // To the venue "day" means "until its close", and extended orders outlive that.
        let lifetime = if order.extended_hours { TimeInForce::Gtc } else { order.tif };
        let sim = SimOrder::new(0, instrument, order.side, order.kind, qty, at).lasting(lifetime);
        let index = self.orders.insert(order);
        if !routed {
            self.tell(index, Event::Accepted, at);
            return Ok(index);
        }
        self.tell(index, Event::PendingNew, at);
        if self.venue.submit(SimOrder { key: index as u64, ..sim }).is_err() {
            self.move_to(index, Stage::Rejected, Event::Rejected, at);
        }
        Ok(index)
    }

    /// Asks for an order to end.
    pub(crate) fn cancel(&mut self, index: usize) -> Result<(), Refusal> {
        let (order, now) = (self.orders.at(index), self.now);
        let (status, stage) = (order.status(), order.stage);
        if stage.is_final() || order.cancel_requested_at.is_some() {
            return Err(Refusal::business(format!("order is already in \"{status}\" state")));
        }
        self.orders.change(index, |order| {
            order.cancel_requested_at = Some(now);
            order.updated_at = now;
        });
        if stage == Stage::Accepted {
            // It never went to the venue, so nobody has to be asked.
            self.move_to(index, Stage::Canceled, Event::Canceled, now);
        } else {
            self.venue.cancel(index as u64, now);
        }
        Ok(())
    }

    /// Books what the venue has told. Once the session is over time stands still, so what is still
    /// under way (the cancel of a good-till-canceled order) arrives at once.
    pub(crate) fn settle(&mut self) {
        while let (true, Some(due)) = (self.over, self.venue.next_due()) {
            self.venue.advance(due);
        }
        self.book_venue_events();
    }

    fn check(&self, ticket: &Ticket) -> Result<(usize, Qty, Intent), Refusal> {
        let unknown = || Refusal::business(format!("asset \"{}\" not found", ticket.symbol));
        let asset_index = self.asset(&ticket.symbol).ok_or_else(unknown)?;
        let asset = &self.assets[asset_index];
        let qty = match ticket.size {
            Size::Shares(qty) if qty.is_on_lot(Qty::ONE) => qty,
            _ => {
                let message = format!("asset \"{}\" is not fractionable", asset.symbol);
                return Err(Refusal::business(message));
            }
        };
        checks::price_increment(ticket.kind)?;
        checks::unique_client_id(ticket.client_order_id.as_deref(), &self.orders)?;
        let position = &self.positions[asset_index];
        let intent = Intent::infer(ticket.side, position.qty);
        checks::position_intent(intent, ticket.intent)?;
        let draft = Draft { asset, asset_index, side: ticket.side, kind: ticket.kind, qty, intent };
        checks::wash_trade(&draft, &self.orders)?;
        checks::quantity(&draft, position, &self.orders)?;
        checks::buying_power(&draft, &self.figures())?;
        Ok((asset_index, qty, intent))
    }

    fn make_order(&mut self, ticket: Ticket, asset: usize, qty: Qty, intent: Intent) -> Order {
        let (now, expires_at) = (self.now, self.expiry(&ticket));
        let id = self.ids.uuid();
        let Asset { id: asset_id, symbol, .. } = self.assets[asset];
        Order {
            id,
            client_order_id: ticket.client_order_id.unwrap_or_else(|| self.ids.uuid_string()),
            asset,
            asset_id,
            symbol,
            side: ticket.side,
            intent,
            kind: ticket.kind,
            tif: ticket.tif,
            extended_hours: ticket.extended_hours,
            class: ticket.class,
            qty,
            filled: Qty::ZERO,
            filled_cost: Money::ZERO,
            stage: if self.is_open() { Stage::PendingNew } else { Stage::Accepted },
            cancel_requested_at: None,
            created_at: now,
            updated_at: now,
            expires_at,
            filled_at: None,
            canceled_at: None,
            expired_at: None,
            failed_at: None,
        }
    }

    fn expiry(&self, ticket: &Ticket) -> Nanos {
        if ticket.tif == TimeInForce::Gtc {
            let last_day = NYSE.zone().date(self.now).plus_days(GTC_DAYS);
            return NYSE.at_local(last_day, 16, 15, 0);
        }
        // Past the last year of the calendar the session at hand is the best answer there is.
        let next = NYSE.session_containing_or_next(self.now).unwrap_or(self.session);
        if ticket.extended_hours { next.post_close } else { next.close }
    }

    fn book_venue_events(&mut self) {
        while let Some(event) = self.venue.pop() {
            // Keys are indices, given in `submit`.
            let (index, at) = (event.key() as usize, event.at());
            match event {
                SimEvent::Accepted { .. } => self.move_to(index, Stage::New, Event::New, at),
                SimEvent::Fill { price, qty, .. } => self.book_fill(index, price, qty, at),
                SimEvent::Canceled { .. } => {
                    self.move_to(index, Stage::Canceled, Event::Canceled, at);
                }
                SimEvent::Expired { .. } => self.move_to(index, Stage::Expired, Event::Expired, at),
                SimEvent::CancelTooLate { .. } => self.tell(index, Event::CancelRejected, at),
            }
        }
    }

    fn book_fill(&mut self, index: usize, price: Price, qty: Qty, at: Nanos) {
        let execution_id = self.ids.uuid();
        let order = self.orders.change(index, |order| order.fill(price, qty, at));
        let position = &mut self.positions[order.asset];
        position.fill(order.side, price, qty);
        self.account.cash -= price.times(order.side.signed(qty));
        self.executions.push(Execution::of(order, execution_id, price, qty, at));
        let event = if order.is_open() { Event::PartialFill } else { Event::Fill };
        let fill = Some(FillFacts { price, qty, position_qty: position.qty });
        self.updates.push_back(Update { event, at, execution_id, fill, order: order.clone() });
    }

    fn move_to(&mut self, index: usize, stage: Stage, event: Event, at: Nanos) {
        self.orders.change(index, |order| order.become_stage(stage, at));
        self.tell(index, event, at);
    }

    fn tell(&mut self, index: usize, event: Event, at: Nanos) {
        let execution_id = self.ids.uuid();
        let order = self.orders.at(index).clone();
        self.updates.push_back(Update { event, at, execution_id, fill: None, order });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::asset::tests::spy;
    use st0ck_quant::rng::Rng;
    use st0ck_sim::SimConfig;
    use st0ck_types::{InstrumentId, MarketEvent, Quote, Side};

    fn broker(seed: u64) -> Broker {
        let session = NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap();
        let cash = Money::parse("100000").unwrap();
        let account = Account {
            id: 1,
            number: String::from("PA3000000000"),
            created_at: session.pre_open,
            balance_as_of: session.date,
            last_equity: cash,
            cash,
        };
        let venue = Venue::new(SimConfig { seed, ..SimConfig::default() });
        let ids = IdSource::new(Rng::new(seed));
        Broker::new(account, vec![spy()], session, session.open, venue, ids)
    }

    fn quote(at: Nanos, cents: i64, size: i64) -> MarketEvent {
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
    fn assert_consistent(broker: &Broker) {
        let signed = |e: &Execution| if e.side == "buy" { e.qty.0 } else { -e.qty.0 };
        let position: i64 = broker.executions.iter().map(signed).sum();
        assert_eq!(broker.positions[0].qty, Qty(position));
        let paid: Money = broker.executions.iter().map(|e| e.price.times(Qty(signed(e)))).sum();
        assert_eq!(broker.account.cash + paid, broker.account.last_equity);
        let held = |side| broker.orders.open_on(0, side).filter(|o| !o.intent.opens());
        for side in [Side::Buy, Side::Sell] {
            let closing: i64 = held(side).map(|order| order.leaves().0).sum();
            assert!(closing <= position.abs(), "closing orders hold more than there is");
        }
        for index in broker.orders.open() {
            assert!(broker.orders.at(index).leaves() > Qty::ZERO);
        }
    }

    #[test]
    fn the_book_agrees_with_itself_under_random_traffic() {
        let (mut fills, mut refusals) = (0, 0);
        for seed in 0..40 {
            let (mut broker, mut rng) = (broker(seed), Rng::new(seed).fork("traffic"));
            let mut cents = 36_740;
            for step in 1..400 {
                cents += rng.between(-2, 2);
                let at = broker.session.open + step * 250_000_000;
                broker.on_market(&quote(at, cents, rng.between(1, 40)));
                if rng.chance(300) {
                    refusals += usize::from(broker.submit(random_ticket(&mut rng, cents)).is_err());
                }
                if rng.chance(200) {
                    let open: Vec<usize> = broker.orders.open().collect();
                    let picked = rng.below(open.len() as u64) as usize;
                    // A second cancel of one order is refused, which is as well.
                    open.get(picked).map(|&index| broker.cancel(index));
                }
                broker.settle();
                assert_consistent(&broker);
            }
            broker.close();
            assert_consistent(&broker);
            let all = broker.orders.open().map(|index| broker.orders.at(index));
            assert!(all.into_iter().all(|order| order.tif == TimeInForce::Gtc));
            fills += broker.executions.len();
        }
        assert!(fills > 1_000 && refusals > 100, "{fills} fills, {refusals} refusals: too tame");
    }

    #[test]
    fn every_change_of_an_order_leaves_one_update_in_the_order_of_time() {
        let mut broker = broker(1);
        let mut rng = Rng::new(9);
        let mut updates = Vec::new();
        for step in 1..200 {
            let at = broker.session.open + step * 250_000_000;
            broker.on_market(&quote(at, 36_740, 10));
            // What is refused leaves nothing.
            let _ = broker.submit(random_ticket(&mut rng, 36_740));
            broker.settle();
            updates.extend(std::iter::from_fn(|| broker.pop_update()));
        }
        let fills = updates.iter().filter(|update| update.fill.is_some());
        assert_eq!(fills.count(), broker.executions.len());
        assert!(updates.iter().map(|update| update.order.updated_at).is_sorted());
        let ids: std::collections::BTreeSet<u128> =
            updates.iter().map(|update| update.execution_id).collect();
        assert_eq!(ids.len(), updates.len());
    }
}
