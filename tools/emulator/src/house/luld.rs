//! The price bands at work: the venue keeps to them, and who listens to the market hears of them.
//!
//! Called by [`House`] for every market event, before the venue sees it; off unless the rule is on.

use crate::house::House;
use crate::market::bands::Change;
use crate::market::notice::Notice;
use st0ck_types::{MarketEvent, Price};

impl House {
    /// What the rules made happen in the market, oldest first: for who listens to it.
    pub(crate) fn pop_notice(&mut self) -> Option<(usize, Notice)> {
        self.floor.notices.pop_front()
    }

    /// Lets the bands follow the market; they hold for what the event brings.
    pub(super) fn follow_bands(&mut self, event: &MarketEvent) {
        let instrument = event.instrument();
        let asset = self.assets.iter().position(|asset| asset.instrument == instrument);
        let bound = |asset: &usize| self.floor.rules.luld && !self.assets[*asset].halt.is_on();
        let Some(asset) = asset.filter(bound) else { return };
        for change in self.assets[asset].bands.on_event(event, &self.session) {
            self.venue.advance(self.now);
            match change {
                Change::Bands { low, high, indicator } => {
                    self.venue.set_bands(instrument, Some((low, high)));
                    self.tell_bands(asset, low, high, indicator);
                }
                Change::Lift => self.venue.set_bands(instrument, None),
                Change::Pause => self.pause(asset, true),
                Change::Resume => self.pause(asset, false),
            }
        }
        self.book_venue_events();
    }

    fn tell_bands(&mut self, asset: usize, low: Price, high: Price, indicator: u8) {
        let bands = Notice::Bands { at: self.now, low, high, indicator };
        self.floor.notices.push_back((asset, bands));
    }

    /// Sets an asset's bands by hand, or gives them back to the rule, from the next event on.
    pub(crate) fn fix_bands(&mut self, asset: usize, bands: Option<(Price, Price)>, indicator: u8) {
        let instrument = self.assets[asset].instrument;
        self.assets[asset].bands.fix(bands);
        self.venue.set_bands(instrument, bands);
        if let Some((low, high)) = bands {
            self.tell_bands(asset, low, high, indicator);
        }
        self.book_venue_events();
    }

    /// A pause is a halt, in the words of the asset's tape (`alpaca.md` §8.2).
    fn pause(&mut self, asset: usize, halted: bool) {
        let by_tape =
            |ours: &'static str, other| if self.assets[asset].tape == b'C' { ours } else { other };
        let code = if halted { by_tape("P", "F") } else { by_tape("T", "3") };
        self.stop_or_go(asset, halted, code, by_tape("LUDP", "M"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MarketRules;
    use crate::house::AccountNo;
    use crate::house::session::Floor;
    use crate::house::tests::book;
    use crate::market::asset::tests::spy;
    use crate::ticket::Ticket;
    use st0ck_sim::{SimConfig, Venue};
    use st0ck_types::calendar::NYSE;
    use st0ck_types::time::SECOND;
    use st0ck_types::{Qty, Quote, Trade};

    const ONLY: AccountNo = AccountNo(0);

    fn house(luld: bool) -> House {
        let session = NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap();
        let rules = MarketRules { luld, auctions: true, ..MarketRules::default() };
        let floor = Floor::new(&session, session.open, session.close, rules);
        let venue = Venue::new(SimConfig::immediate());
        House::new(vec![book(1)], vec![spy()], session, session.open, venue, floor)
    }

    fn quote(house: &mut House, second: i64, bid: &str, ask: &str) {
        let [bid, ask] = [bid, ask].map(|price| Price::parse(price).unwrap());
        let (ts_event, size) = (house.session.open + second * SECOND, Qty::units(50).unwrap());
        let quote =
            Quote { ts_event, bid, ask, bid_size: size, ask_size: size, ..Quote::default() };
        house.on_market(&MarketEvent::Quote(quote));
    }

    fn print(house: &mut House, second: i64, price: &str) {
        let (ts_event, price) =
            (house.session.open + second * SECOND, Price::parse(price).unwrap());
        house.on_market(&MarketEvent::Trade(Trade { ts_event, price, ..Trade::default() }));
    }

    fn buy(house: &mut House) {
        let body =
            br#"{"symbol":"SPY","qty":1,"side":"buy","type":"market","time_in_force":"day"}"#;
        house.submit(ONLY, Ticket::parse(body).unwrap()).unwrap();
        house.settle();
        house.advance(house.now());
    }

    fn executions(house: &House) -> usize {
        house.book(ONLY).executions.len()
    }

    /// `halt P` or `go T`.
    fn notices(house: &mut House) -> Vec<String> {
        let tell = |(_, notice)| {
            let Notice::Event(MarketEvent::Halt(halt)) = notice else { return None };
            let what = if halt.halted == 1 { "halt" } else { "go" };
            Some(format!("{what} {}", char::from(halt.code[0])))
        };
        std::iter::from_fn(|| house.pop_notice()).filter_map(tell).collect()
    }

    #[test]
    fn an_order_waits_at_the_bands_through_the_pause_and_trades_after_it() {
        let mut house = house(true);
        print(&mut house, 0, "100");
        quote(&mut house, 1, "105", "105.01");
        buy(&mut house);
        assert_eq!(executions(&house), 0, "the offer is above the band");
        quote(&mut house, 16, "104", "104.01");
        assert_eq!((notices(&mut house), executions(&house)), (vec!["halt F".into()], 0));
        quote(&mut house, 315, "104", "104.01");
        assert_eq!(executions(&house), 0);
        quote(&mut house, 316, "104", "104.01");
        assert_eq!((notices(&mut house), executions(&house)), (vec!["go 3".into()], 1));
    }

    #[test]
    fn without_the_rule_there_are_no_bands() {
        let mut house = house(false);
        print(&mut house, 0, "100");
        quote(&mut house, 1, "140", "140.01");
        buy(&mut house);
        assert_eq!((notices(&mut house).len(), executions(&house)), (0, 1));
    }
}
