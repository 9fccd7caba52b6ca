//! A whole session out of a seed: market, broker, commands, news, kills and restarts.

use super::broker::Broker;
use super::lane::Lane;
use super::setup::Setup;
use crate::rig::day;
use st0ck_engine::core_agent::Control;
use st0ck_quant::rng::Rng;
use st0ck_types::command::Reason;
use st0ck_types::market::{GapCause, IRREGULAR};
use st0ck_types::time::{MILLISECOND, MINUTE, SECOND};
use st0ck_types::{AccountSums, AssetClass, Bar, Command, Gap, Halt, InstrumentDef, InstrumentId};
use st0ck_types::{
    MarketEvent, Money, Nanos, Price, Qty, Quote, Report, Symbol, SystemEvent, Trade,
};
use std::path::Path;

/// What became of a session while it was live.
#[derive(Debug, Clone, Copy)]
pub(super) struct Played {
    pub(super) state_hash: u64,
    pub(super) orders: usize,
    pub(super) restarts: u32,
}

struct Play {
    rng: Rng,
    /// How odd its market is, in thousandths.
    oddity: u32,
    /// Usual milliseconds from one turn to the next.
    pace: i64,
    setup: Setup,
    lane: Option<Lane>,
    broker: Broker,
    now: Nanos,
    cents: [i64; 2],
    restarts: u32,
}

/// Records the session that `setup` names in the folder `dir`.
pub(super) fn play(setup: Setup, dir: &Path) -> Played {
    let mut rng = setup.rng("market");
    let oddity = [5, 20, 60][rng.below(3) as usize];
    let pace = [200, 2_000, 8_000][rng.below(3) as usize];
    let broker = Broker::new(setup.rng("broker"));
    let (lane, cents) = (Some(Lane::begin(setup, dir)), [10_000, 5_000]);
    let now = day().open + rng.between(-60, 600) * SECOND;
    let mut play = Play { rng, oddity, pace, setup, lane, broker, now, cents, restarts: 0 };
    play.define();
    play.arm();
    for _ in 0..play.rng.between(400, 2_500) {
        play.turn();
    }
    let lane = play.lane.take().expect("it is only taken while it restarts");
    let orders = lane.orders().len();
    Played { state_hash: lane.end(), orders, restarts: play.restarts }
}

impl Play {
    fn lane(&mut self) -> &mut Lane {
        self.lane.as_mut().expect("it is only taken while it restarts")
    }

    fn odd(&mut self) -> bool {
        self.rng.chance(self.oddity)
    }

    fn which(&mut self) -> InstrumentId {
        InstrumentId(self.rng.below(self.setup.symbols().len() as u64) as u32)
    }

    fn define(&mut self) {
        for (symbol, id) in self.setup.symbols().iter().zip(0..) {
            let definition = InstrumentDef {
                ts_event: self.now,
                tick: Price::CENT,
                lot: Qty::ONE,
                instrument: InstrumentId(id),
                multiplier: 1,
                class: AssetClass::Equity,
                symbol: Symbol::new(symbol),
            };
            self.lane().market(MarketEvent::InstrumentDef(definition));
        }
        self.lane().crank();
    }

    fn command(&mut self, command: Command) {
        self.lane().control(Control::Command(command));
    }

    fn system(&mut self, event: SystemEvent) {
        self.lane().control(Control::System(event));
    }

    /// The books are compared, then somebody arms.
    fn arm(&mut self) {
        let lane = self.lane.as_ref().expect("it is only taken while it restarts");
        let books = self.broker.books(lane.engine(), self.setup.symbols().len());
        books.into_iter().for_each(|report| self.lane().report(report));
        self.command(Command::Arm(Reason::new("the books were compared")));
    }

    fn turn(&mut self) {
        let pace = self.pace;
        self.now = self.now + self.rng.between(0, 2 * pace) * MILLISECOND;
        match self.rng.below(1000) {
            0..550 => self.quote(),
            550..740 => self.print(),
            740..750 => self.odd_event(),
            750..760 => self.storm(),
            760..880 => self.hear(),
            880..960 => self.trade(),
            960..975 => self.order_about(),
            975..985 => self.news(),
            985..995 => self.arm(),
            995..998 => self.restart(),
            _ => self.now = self.now + self.rng.between(1, 20) * MINUTE,
        }
        self.lane().crank();
        self.serve();
    }

    fn serve(&mut self) {
        let now = self.now;
        for outgoing in self.lane().outgoing() {
            self.broker.serve(&outgoing, now);
        }
    }

    /// Time on the event: usually now, sometimes before what came already.
    fn stamp(&mut self) -> Nanos {
        let back = if self.odd() { self.rng.between(0, 20_000) } else { 0 };
        self.now - back * MILLISECOND
    }

    fn quote(&mut self) {
        let instrument = self.which();
        let jump = if self.odd() { self.rng.between(-150, 150) } else { self.rng.between(-3, 3) };
        let cents = &mut self.cents[instrument.index()];
        *cents = (*cents + jump).clamp(1_000, 50_000);
        let middle = *cents;
        // Crossed, one-sided and wide ones are odd.
        let half = if self.odd() { self.rng.between(-5, 100) } else { self.rng.between(1, 3) };
        let bid = if self.odd() { 0 } else { middle - half };
        let ts_event = self.stamp();
        let event = MarketEvent::Quote(Quote {
            ts_event,
            ts_recv: self.now,
            bid: Price(bid.max(0) * Price::CENT.0),
            ask: Price((middle + half).max(0) * Price::CENT.0),
            bid_size: Qty(self.rng.between(0, 500) * Qty::ONE.0),
            ask_size: Qty(self.rng.between(0, 500) * Qty::ONE.0),
            instrument,
            ..Quote::default()
        });
        self.lane().market(event);
    }

    fn print(&mut self) {
        let instrument = self.which();
        let off = self.rng.between(-1, 1);
        let flags = if self.odd() { IRREGULAR } else { 0 };
        let ts_event = self.stamp();
        let event = MarketEvent::Trade(Trade {
            ts_event,
            price: Price((self.cents[instrument.index()] + off) * Price::CENT.0),
            size: Qty(self.rng.between(1, 300) * Qty::ONE.0),
            id: self.rng.next_u64(),
            instrument,
            flags,
            ..Trade::default()
        });
        self.lane().market(event);
    }

    /// Halts, gaps, bars of the venue.
    fn odd_event(&mut self) {
        let (instrument, ts_event) = (self.which(), self.now);
        let price = Price(self.cents[instrument.index()] * Price::CENT.0);
        let event = match self.rng.below(3) {
            0 => {
                let halted = u8::from(self.rng.chance(400));
                MarketEvent::Halt(Halt { ts_event, instrument, halted, ..Halt::default() })
            }
            1 => {
                let causes = [GapCause::RingFull, GapCause::Reconnect, GapCause::SlowClient];
                let cause = causes[self.rng.below(3) as usize];
                let instrument = if self.odd() { InstrumentId::ALL } else { instrument };
                let trades_lost = self.rng.below(9);
                let gap = Gap { ts_event, instrument, cause, trades_lost, ..Gap::default() };
                MarketEvent::Gap(gap)
            }
            _ => MarketEvent::Bar(Bar {
                start: ts_event - MINUTE,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: Qty::ONE,
                instrument,
                seconds: 60,
                ..Bar::default()
            }),
        };
        self.lane().market(event);
    }

    /// More than the ring holds, before the core looks.
    fn storm(&mut self) {
        for _ in 0..self.rng.between(20, 400) {
            self.now = self.now + self.rng.between(0, 20) * MILLISECOND;
            if self.rng.chance(700) { self.quote() } else { self.print() }
        }
    }

    fn hear(&mut self) {
        for _ in 0..self.rng.between(1, 6) {
            let Some(report) = self.broker.tell() else { return };
            self.lane().report(report);
            self.serve();
        }
    }

    fn trade(&mut self) {
        let slip = self.rng.between(-2, 2);
        self.broker.trade(self.cents.map(|cents| cents + slip), self.now);
    }

    fn order_about(&mut self) {
        let why = Reason::new("seeded");
        let command = match self.rng.below(12) {
            0 => Command::Reduce(why),
            1 => Command::Halt(why),
            2 => Command::Kill(why),
            3 => Command::ResetLatches(why),
            _ => Command::Arm(why),
        };
        self.command(command);
    }

    fn news(&mut self) {
        let at = self.now;
        match self.rng.below(7) {
            0 => self.system(SystemEvent::FeedLink { up: false, at }),
            1 => self.system(SystemEvent::FeedLink { up: true, at }),
            2 => {
                let by = self.rng.between(-4_000, 4_000) * MILLISECOND;
                self.system(SystemEvent::ClockStep { by });
            }
            3 => {
                let opening = Money(80_000 * Money::ONE.0);
                let lost = Money(i128::from(self.rng.between(-1_000, 3_100)) * Money::ONE.0);
                let sums = AccountSums { opening, equity: opening - lost };
                self.system(SystemEvent::OtherAccounts(sums));
            }
            up => self.lane().report(Report::Link { up: up != 4 }),
        }
    }

    fn restart(&mut self) {
        let in_order = self.rng.chance(300);
        self.lane = self.lane.take().map(|lane| lane.restart(in_order));
        self.restarts += 1;
        self.arm();
    }
}
