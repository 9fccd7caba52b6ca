//! The whole state in one walk: hashed to compare runs, kept to go on from.
//!
//! *Invariant:* what decides is in the walk. What is not: the configuration (the session's header has
//! it), and what differs between two equal runs, which sinks are told apart as private.

use super::Engine;
use crate::counters::Counters;
use crate::risk::{Restraints, TradingState};
use st0ck_types::state::{StateError, StateHasher};
use st0ck_types::{Nanos, StateReader, StateSink};

/// Changes with every change of the walk.
const LAYOUT: u32 = 3;

impl Engine {
    /// A hash of everything that decides: equal runs have equal hashes.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        self.save(&mut hasher);
        hasher.finish()
    }

    /// Writes everything needed to go on from here, between two inputs.
    pub fn carry(&self, into: &mut dyn StateSink) {
        self.save(into);
    }

    /// Becomes the engine that wrote `carried`, given one made from the same configuration.
    ///
    /// # Errors
    /// [`StateError`] when the bytes are of another version or configuration; the engine is then half
    /// changed and must be dropped.
    pub fn restore(&mut self, carried: &[u8]) -> Result<(), StateError> {
        let mut from = StateReader::new(carried);
        self.load(&mut from)?;
        if from.is_at_end() { Ok(()) } else { Err(from.invalid("bytes after the state's end")) }
    }

    fn save(&self, sink: &mut dyn StateSink) {
        sink.u32(LAYOUT);
        sink.u64(self.world.market.len() as u64);
        sink.u64(self.seats.len() as u64);
        sink.i64(self.world.session.now().0);
        self.world.market.save(sink);
        self.world.orders.save(sink);
        self.world.portfolio.save(sink);
        sink.u32(self.world.restraints.bits());
        self.gate.save(sink);
        self.timers.save(sink);
        self.waiting.save(sink);
        self.pass.save(sink);
        self.counters().save(sink);
        sink.bool(self.started);
        sink.u8(self.told as u8);
        for seat in &self.seats {
            sink.bool(seat.quarantined);
            seat.strategy.save(sink);
        }
    }

    fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        if from.u32("layout")? != LAYOUT {
            return Err(from.invalid("layout"));
        }
        if from.u64("instruments")? != self.world.market.len() as u64 {
            return Err(from.invalid("instruments"));
        }
        if from.u64("strategies")? != self.seats.len() as u64 {
            return Err(from.invalid("strategies"));
        }
        self.world.session.advance(Nanos(from.i64("lane time")?));
        self.world.market.load(from)?;
        self.world.orders.load(from)?;
        self.world.portfolio.load(from)?;
        let restraints = Restraints::from_bits(from.u32("restraints")?);
        self.world.restraints = restraints.ok_or_else(|| from.invalid("restraints"))?;
        self.settle_state();
        self.gate.load(from)?;
        self.timers.load(from)?;
        self.waiting.load(from)?;
        self.pass.load(from)?;
        self.counters = Counters::load(from)?;
        self.wants.set_dropped(self.counters.wants_dropped);
        self.started = from.bool("started")?;
        self.told = match from.u8("told state")? {
            0 => TradingState::Halted,
            1 => TradingState::Reducing,
            2 => TradingState::Active,
            _ => return Err(from.invalid("told state")),
        };
        for seat in &mut self.seats {
            seat.quarantined = from.bool("quarantined")?;
            seat.strategy.resume(from)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Engine;
    use crate::ctx::Ctx;
    use crate::intent::{Intent, OrderIntent};
    use crate::risk::Restraint;
    use crate::strategy::Strategy;
    use crate::{Capacities, EngineConfig, InstrumentConfig, Outbox};
    use st0ck_types::calendar::{Date, NYSE};
    use st0ck_types::command::Reason;
    use st0ck_types::report::{Fill, Reconcile, Status};
    use st0ck_types::state::{StateBytes, StateError, StateHasher};
    use st0ck_types::time::SECOND;
    use st0ck_types::{
        AssetClass, BotCode, Command, Epoch, ExecutionId, Gap, Halt, Input, InstrumentDef,
        InstrumentId, MarketEvent, Money, Nanos, Nonce, OrderKind, OrderNo, PositionEffect, Price,
        Qty, Quote, Reject, RejectCode, Report, Seq, Side, StateReader, StateSink, StrategyId,
        Symbol, SystemEvent, Text, TimeInForce, TimerId, Trade,
    };

    use std::panic::{AssertUnwindSafe, catch_unwind};

    const SPY: InstrumentId = InstrumentId(0);

    /// Buys one on every print, and sets a timer.
    struct Buyer(u64);

    impl Strategy for Buyer {
        fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) {
            self.0 += 1;
            ctx.timer_at(TimerId(3), ctx.now() + 60 * SECOND);
            ctx.want(Intent::Order(OrderIntent {
                instrument: trade.instrument,
                side: Side::Buy,
                effect: PositionEffect::Open,
                kind: OrderKind::Limit(Price(100 * Price::ONE.0)),
                tif: TimeInForce::Day,
                qty: Qty::ONE,
                tag: 1,
            }))
            .begin(Text::new("buy"));
        }
        fn save(&self, into: &mut dyn StateSink) {
            into.u64(self.0);
        }
        fn resume(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
            self.0 = from.u64("buys")?;
            Ok(())
        }
    }

    fn blank() -> Engine {
        let date = Date::new(2020, 12, 15).unwrap();
        let identity = crate::orders::Identity {
            nonce: Nonce(*b"7k"),
            bot: BotCode(*b"s0a"),
            epoch: Epoch(1_600_000_000),
        };
        let config = EngineConfig {
            capacities: Capacities { orders: 8, lots: 8, timers: 4 },
            require_reconcile: false,
            ..EngineConfig::new(
                vec![InstrumentConfig::new("SPY")],
                NYSE.session(date).unwrap().unwrap(),
                NYSE.zone(),
                identity,
                Money::parse("10000").unwrap(),
            )
        };
        Engine::new(config, vec![(StrategyId(0), Box::new(Buyer(0)))]).unwrap()
    }

    struct Played {
        engine: Engine,
        at: Nanos,
        seq: u64,
    }

    impl Played {
        fn input(&mut self, input: Input) {
            self.seq += 1;
            self.engine.on_input(self.at, Seq(self.seq), &input, &mut Outbox::new());
        }

        fn quote(&mut self) {
            self.input(Input::Market(MarketEvent::Quote(quote(self.at))));
        }

        fn print(&mut self) {
            self.input(Input::Market(MarketEvent::Trade(print(self.at))));
        }

        fn fill(&mut self, no: u32) {
            let order = self.engine.orders().get(OrderNo(no)).unwrap().request;
            self.input(Input::Report(Report::Fill(Fill {
                client_id: order.client_id,
                execution: ExecutionId(u128::from(no)),
                instrument: SPY,
                price: Price(100 * Price::ONE.0),
                qty: Qty::ONE,
                ..Fill::default()
            })));
        }
    }

    fn quote(at: Nanos) -> Quote {
        Quote {
            ts_event: at,
            ts_recv: at,
            bid: Price(9_999 * Price::CENT.0),
            ask: Price(10_001 * Price::CENT.0),
            ..Quote::default()
        }
    }

    fn print(at: Nanos) -> Trade {
        Trade { ts_event: at, price: Price(100 * Price::ONE.0), size: Qty::ONE, ..Trade::default() }
    }

    /// An engine in which every part of the state holds something.
    fn played() -> Engine {
        let engine = blank();
        let at = engine.world.session.open() + SECOND;
        let mut played = Played { engine, at, seq: 0 };
        played.input(Input::Market(MarketEvent::InstrumentDef(InstrumentDef {
            tick: Price::CENT,
            lot: Qty::ONE,
            class: AssetClass::Equity,
            symbol: Symbol::new("SPY"),
            multiplier: 1,
            ..InstrumentDef::default()
        })));
        played.input(Input::Command(Command::Arm(Reason::new("test"))));
        for _ in 0..3 {
            played.quote();
            played.print();
            played.at = played.at + SECOND;
        }
        played.fill(1);
        let client_id = played.engine.orders().get(OrderNo(2)).unwrap().request.client_id;
        let status = Status { client_id, ..Status::default() };
        played.input(Input::Report(Report::Unknown(status)));
        played.input(Input::Report(Report::Link { up: false }));
        played.quote();
        played.print();
        played.input(Input::Report(Report::Reconcile(Reconcile::default())));
        played.engine
    }

    /// Which bytes of the walk are private.
    #[derive(Default)]
    struct Privacy(Vec<bool>);

    impl StateSink for Privacy {
        fn bytes(&mut self, bytes: &[u8]) {
            self.0.extend(bytes.iter().map(|_| false));
        }
        fn private(&mut self, bytes: &[u8]) {
            self.0.extend(bytes.iter().map(|_| true));
        }
    }

    fn kept(engine: &Engine) -> Vec<u8> {
        let mut bytes = StateBytes::default();
        engine.carry(&mut bytes);
        bytes.0
    }

    #[test]
    fn every_bit_of_the_kept_state_counts_in_the_hash_or_is_private() {
        let engine = played();
        let (hash, whole) = (engine.state_hash(), kept(&engine));
        let mut privacy = Privacy::default();
        engine.save(&mut privacy);
        assert_eq!(whole.len(), privacy.0.len());
        let (mut refused, mut hashed) = (0, 0);
        for (place, &private) in privacy.0.iter().enumerate() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            let mut other = blank();
            // A count that is off makes money of other fields' bytes, which may leave its range.
            let restored = catch_unwind(AssertUnwindSafe(|| other.restore(&damaged)));
            if !matches!(restored, Ok(Ok(()))) {
                refused += 1;
            } else if other.state_hash() != hash {
                hashed += 1;
            } else {
                // A field that means nothing beside another one is not read back either.
                let survived = kept(&other) != whole;
                assert!(private || !survived, "byte {place} of {}", whole.len());
            }
        }
        assert!(refused > 50 && hashed > 2_000, "{refused} refused, {hashed} hashed");
    }

    #[test]
    fn a_change_planted_anywhere_changes_the_hash() {
        type Plant = fn(&mut Engine);
        let plants: [(&str, Plant); 23] = [
            ("lane time", |e| {
                e.world.session.advance(e.world.session.now() + 1);
            }),
            ("a definition", |e| {
                let def = InstrumentDef {
                    symbol: Symbol::new("SPY"),
                    tick: Price(1),
                    ..InstrumentDef::default()
                };
                e.world.market.on_definition(&def);
            }),
            ("a book", |e| {
                let quote = Quote { bid_size: Qty(7), ..quote(e.world.session.now()) };
                e.world.market.on_quote(&e.world.session, &quote);
            }),
            ("a halt", |e| {
                e.world.market.on_halt(&Halt { halted: 1, ..Halt::default() });
            }),
            ("a gap", |e| {
                e.world.market.on_gap(&Gap { trades_lost: 1, ..Gap::default() });
            }),
            ("a print: last trade, bars and vwap", |e| {
                e.world.market.on_trade(&e.world.session, &print(e.world.session.now()));
            }),
            ("a closed bar", |e| e.world.market.roll(e.world.session.now() + SECOND)),
            ("an order", |e| {
                let refused = Report::SendRefused {
                    no: OrderNo(3),
                    why: st0ck_types::report::SendRefusal::Stale,
                };
                e.world.orders.on_report(Nanos(0), &refused);
            }),
            ("a position", |e| {
                e.world.portfolio.on_fill(&crate::portfolio::Execution {
                    strategy: StrategyId(0),
                    instrument: SPY,
                    side: Side::Buy,
                    price: Price(1),
                    qty: Qty(1),
                    fees: Money::ZERO,
                    multiplier: 1,
                });
            }),
            ("a mark", |e| e.world.portfolio.mark(SPY, Price(1))),
            ("cash", |e| e.world.portfolio.deposit(Money(1))),
            ("a restraint", |e| e.lay(Restraint::JournalLow)),
            ("a throttle", |e| {
                let order = e.world.orders.get(OrderNo(1)).unwrap().request;
                e.gate.note_order(Nanos(5), &order);
            }),
            ("a duplicate", |e| {
                let order = e.world.orders.get(OrderNo(1)).unwrap().request;
                e.gate.note_reject(
                    Nanos(5),
                    &Reject {
                        strategy: order.strategy,
                        instrument: order.instrument,
                        side: order.side,
                        qty: order.qty,
                        code: RejectCode::Duplicate,
                        value: 0,
                        limit: 0,
                    },
                );
            }),
            ("a streak", |e| {
                e.gate.note_round_trip(Money(-1));
            }),
            ("a timer", |e| e.timers.arm(StrategyId(0), TimerId(3), Nanos(1))),
            ("a timer gone", |e| {
                e.timers.disarm(StrategyId(0), TimerId(3));
            }),
            ("a broker's position", |e| {
                e.pass.on_position(&st0ck_types::report::Position {
                    qty: Qty(1),
                    ..st0ck_types::report::Position::default()
                });
            }),
            ("a foreign order", |e| e.pass.on_foreign_order()),
            ("a counter", |e| e.counters.strays += 1),
            ("a reject's count", |e| {
                e.counters.count_reject(RejectCode::OffTick);
            }),
            ("a quarantine", |e| e.seats[0].quarantined = true),
            ("a strategy", |e| e.seats[0].strategy = Box::new(Buyer(99))),
        ];
        let base = played().state_hash();
        assert_eq!(base, played().state_hash());
        for (what, plant) in plants {
            let mut engine = played();
            plant(&mut engine);
            assert_ne!(engine.state_hash(), base, "{what}");
        }
    }

    #[test]
    fn what_differs_between_equal_runs_is_not_hashed() {
        let mut other = played();
        other.world.orders.set_epoch(Epoch(1_999_999_999));
        assert_eq!(other.state_hash(), played().state_hash());
        let read_later = |late| {
            let mut engine = played();
            let quote = Quote { ts_recv: Nanos(late), ..quote(engine.world.session.now()) };
            engine.world.market.on_quote(&engine.world.session, &quote);
            engine.state_hash()
        };
        assert_eq!(read_later(5), read_later(6), "when bytes were read");
        let event = SystemEvent::SessionEnd;
        let place = |seq| {
            let mut engine = played();
            let at = engine.world.session.now();
            engine.on_input(at, Seq(seq), &Input::System(event), &mut Outbox::new());
            engine.state_hash()
        };
        assert_eq!(place(100), place(101), "places in the journal");
        assert_ne!(StateHasher::default().finish(), played().state_hash());
    }
}
