//! Where the emulator does what its scenario says.

use super::plan::{Act, Event, MarketAct, Scenario};
use crate::emulator::Emulator;
use crate::house::{AccountNo, House};
use crate::market::newsroom::Article;
use crate::market::notice::Notice;
use st0ck_types::{MarketEvent, Nanos, Price, Qty, Trade};

/// Condition of a print that reopens trading (`alpaca.md` §8.2).
const REOPENING: u8 = b'5';
/// Prints of a scenario are numbered from here, beyond those of recordings.
const FIRST_ID: u64 = 1 << 52;

impl Scenario {
    /// The first event that this house cannot play, and why.
    pub(crate) fn unfit(&self, house: &House) -> Option<(&Event, String)> {
        let why = |event: &Event| {
            if let Some(symbol) = event.act.symbol().filter(|symbol| house.asset(symbol).is_none())
            {
                let known: Vec<&str> = house.assets.iter().map(|a| a.symbol.as_str()).collect();
                let known = known.join(", ");
                return Some(format!("is of {symbol}, which is not played: there is {known}"));
            }
            let count = house.books.len();
            event.act.account().filter(|account| usize::from(*account) >= count).map(|account| {
                format!("is of account {account}: they are numbered from 0 to {}", count - 1)
            })
        };
        self.events.iter().find_map(|event| why(event).map(|why| (event, why)))
    }
}

impl Emulator {
    /// Plays the scenario's events that are due.
    pub(crate) fn play_scene(&mut self, due: Nanos) {
        self.house.advance(due);
        self.tell_instant(due);
        while let Some(act) = self.script.take(due) {
            self.play(act);
            self.tell_notices();
        }
        self.progress.note(due, 0);
    }

    /// Plays one event.
    fn play(&mut self, act: Act) {
        let asset = act.symbol().and_then(|symbol| self.house.asset(symbol));
        let asset = asset.unwrap_or_default();
        let who = |account: u16| AccountNo::at(usize::from(account));
        match act {
            Act::Market(_, act) => self.move_market(asset, act),
            Act::News(article) => {
                let at = self.house.now();
                self.newsroom.publish(Article { at, ..article });
                self.tell_instant(at);
            }
            Act::Money { account, facts, net_amount } => {
                self.house.book_money(who(account), facts, net_amount);
            }
            Act::PerShare { account, rate, facts, .. } => {
                self.house.pay_holders(account.map(who), asset, rate, &facts);
            }
            Act::Split { new, old, .. } => self.house.split(asset, new, old),
            Act::Asset { terms, .. } => {
                self.house.change_standing(asset, |standing| terms.apply(standing));
            }
        }
    }

    fn move_market(&mut self, asset: usize, act: MarketAct) {
        let now = self.house.now();
        match act {
            MarketAct::Halt { code, reason, quoted } => {
                self.house.halt(asset, code.as_deref(), reason.as_deref(), quoted);
            }
            MarketAct::Resume { code, reason, print } => {
                self.house.resume(asset, code.as_deref(), reason.as_deref());
                self.tell_notices();
                if let Some(print) = print {
                    let trade = self.trade(asset, now, print, [REOPENING, 0, 0, 0]);
                    self.house.on_market(&MarketEvent::Trade(trade));
                    self.tell_notices();
                    self.tell_event(&MarketEvent::Trade(trade));
                }
            }
            MarketAct::Luld { bands, indicator } => self.house.fix_bands(asset, bands, indicator),
            MarketAct::Imbalance(price) => {
                self.tell(now, asset, Notice::Imbalance { at: now, price });
            }
            MarketAct::Cancel { trade, action } => {
                if let Some(cancel) = self.past.cancel(asset, trade, (now, action)) {
                    self.change_print(asset, cancel.trade.ts_event, Notice::Cancel(cancel.into()));
                }
            }
            MarketAct::Correct { trade, price, size } => {
                let number = FIRST_ID + self.script.next_number();
                let right = self.past.correct(asset, trade, (price, size), (now, number));
                if let Some(both) = right {
                    self.change_print(asset, both.told.ts_event, Notice::Correction(both.into()));
                }
            }
            MarketAct::LatePrint { print, late, conditions } => {
                let trade = self.trade(asset, now - late, print, conditions);
                self.past.note_late(asset, trade);
                self.tell(now, asset, Notice::Event(MarketEvent::Trade(trade)));
                self.tell_again(asset, trade.ts_event);
            }
        }
    }

    /// A print of `at` is another than was told, or none: who listens hears of it, its bar follows,
    /// and so does the current price.
    fn change_print(&mut self, asset: usize, at: Nanos, notice: Notice) {
        self.house.assets[asset].last = self.past.today(asset).last_price();
        self.tell(self.house.now(), asset, notice);
        self.tell_again(asset, at);
    }

    /// Somebody has traded.
    fn trade(
        &mut self,
        asset: usize,
        at: Nanos,
        (price, size): (Price, Qty),
        conditions: [u8; 4],
    ) -> Trade {
        let of = &self.house.assets[asset];
        Trade {
            ts_event: at,
            ts_recv: self.house.now(),
            price,
            size,
            id: FIRST_ID + self.script.next_number(),
            instrument: of.instrument,
            venue: of.listing(),
            tape: of.tape,
            conditions,
            ..Trade::default()
        }
    }
}
