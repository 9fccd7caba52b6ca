//! Reconciliation: whether what the broker holds is what we hold.
//!
//! Between `Reconcile{ended: false}` and `{ended: true}` the gateway reports the broker's facts.
//! Executions and order stages are booked as they come; positions are gathered here and compared at
//! the end, exactly. *Invariant:* a difference halts; nobody trades to repair one.

use crate::world::World;
use st0ck_types::report::{Position, Reconcile};
use st0ck_types::state::StateError;
use st0ck_types::{InstrumentId, OrderNo, Qty, StateReader, StateSink};

/// How a pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileOutcome {
    /// Everything agrees.
    Clean,
    /// Something does not: the lane stays halted until a person has looked.
    Break(ReconcileBreak),
}

/// The first thing that did not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileBreak {
    /// Two reads of the broker's books never agreed with each other.
    Unstable,
    /// Orders are open at the broker that we did not name.
    ForeignOrders(u32),
    /// Positions are held in symbols that are not ours to trade.
    UnknownPositions(u32),
    /// The broker says that more was filled than reached us.
    MissingFills(OrderNo),
    /// A position differs.
    Position {
        /// In what.
        instrument: InstrumentId,
        /// As our fills add up.
        ours: Qty,
        /// As the broker says.
        broker: Qty,
    },
}

/// The facts of the pass under way, and how the last one ended.
#[derive(Debug)]
pub(crate) struct Pass {
    running: bool,
    positions: Vec<Qty>,
    unknown_positions: u32,
    foreign_orders: u32,
    outcome: Option<ReconcileOutcome>,
}

impl Pass {
    pub(crate) fn new(instruments: usize) -> Self {
        Self {
            running: false,
            positions: vec![Qty::ZERO; instruments],
            unknown_positions: 0,
            foreign_orders: 0,
            outcome: None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running
    }

    pub(crate) fn outcome(&self) -> Option<ReconcileOutcome> {
        self.outcome
    }

    /// Whatever was gathered is void, and so is how an earlier pass ended.
    pub(crate) fn forget(&mut self) {
        self.running = false;
        self.outcome = None;
    }

    /// A position that is not reported is flat.
    pub(crate) fn begin(&mut self) {
        self.running = true;
        self.positions.fill(Qty::ZERO);
        self.unknown_positions = 0;
        self.foreign_orders = 0;
    }

    pub(crate) fn on_position(&mut self, position: &Position) {
        match self.positions.get_mut(position.instrument.index()) {
            Some(held) => *held = position.qty,
            None if position.qty.is_zero() => {}
            None => self.unknown_positions += 1,
        }
    }

    pub(crate) fn on_foreign_order(&mut self) {
        self.foreign_orders += 1;
    }

    pub(crate) fn end(&mut self, world: &World, end: &Reconcile) -> ReconcileOutcome {
        self.running = false;
        let found = self.compare(world, end);
        let outcome = found.map_or(ReconcileOutcome::Clean, ReconcileOutcome::Break);
        self.outcome = Some(outcome);
        outcome
    }

    fn compare(&self, world: &World, end: &Reconcile) -> Option<ReconcileBreak> {
        if !end.stable {
            return Some(ReconcileBreak::Unstable);
        }
        let foreign = end.foreign_orders.max(self.foreign_orders);
        if foreign > 0 {
            return Some(ReconcileBreak::ForeignOrders(foreign));
        }
        if self.unknown_positions > 0 {
            return Some(ReconcileBreak::UnknownPositions(self.unknown_positions));
        }
        let short = world.orders.unsettled().find(|order| order.missing() > Qty::ZERO);
        if let Some(order) = short {
            return Some(ReconcileBreak::MissingFills(order.no()));
        }
        self.positions.iter().enumerate().find_map(|(index, &broker)| {
            let instrument = InstrumentId::at(index);
            let ours = world.portfolio.position(instrument).qty;
            (ours != broker).then_some(ReconcileBreak::Position { instrument, ours, broker })
        })
    }

    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        sink.bool(self.running);
        self.positions.iter().for_each(|qty| sink.i64(qty.0));
        sink.u32(self.unknown_positions);
        sink.u32(self.foreign_orders);
        let (kind, number, ours, broker) = match self.outcome {
            None => (0, 0, 0, 0),
            Some(ReconcileOutcome::Clean) => (1, 0, 0, 0),
            Some(ReconcileOutcome::Break(found)) => match found {
                ReconcileBreak::Unstable => (2, 0, 0, 0),
                ReconcileBreak::ForeignOrders(count) => (3, count, 0, 0),
                ReconcileBreak::UnknownPositions(count) => (4, count, 0, 0),
                ReconcileBreak::MissingFills(no) => (5, no.0, 0, 0),
                ReconcileBreak::Position { instrument, ours, broker } => {
                    (6, instrument.0, ours.0, broker.0)
                }
            },
        };
        sink.u8(kind);
        sink.u32(number);
        sink.i64(ours);
        sink.i64(broker);
    }

    pub(crate) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        self.running = from.bool("reconcile running")?;
        for qty in &mut self.positions {
            *qty = Qty(from.i64("broker position")?);
        }
        self.unknown_positions = from.u32("unknown positions")?;
        self.foreign_orders = from.u32("foreign orders")?;
        let kind = from.u8("reconcile outcome")?;
        let number = from.u32("reconcile number")?;
        let (ours, broker) = (Qty(from.i64("our position")?), Qty(from.i64("their position")?));
        let found = match kind {
            0 | 1 => None,
            2 => Some(ReconcileBreak::Unstable),
            3 => Some(ReconcileBreak::ForeignOrders(number)),
            4 => Some(ReconcileBreak::UnknownPositions(number)),
            5 => Some(ReconcileBreak::MissingFills(OrderNo(number))),
            6 => Some(ReconcileBreak::Position { instrument: InstrumentId(number), ours, broker }),
            _ => return Err(from.invalid("reconcile outcome")),
        };
        self.outcome = match (kind, found) {
            (0, _) => None,
            (_, None) => Some(ReconcileOutcome::Clean),
            (_, Some(found)) => Some(ReconcileOutcome::Break(found)),
        };
        Ok(())
    }
}

impl std::fmt::Display for ReconcileBreak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unstable => write!(f, "the broker's books kept changing while they were read"),
            Self::ForeignOrders(count) => {
                write!(f, "{count} open order(s) at the broker that this bot did not place")
            }
            Self::UnknownPositions(count) => {
                write!(f, "{count} position(s) at the broker in symbols this bot does not trade")
            }
            Self::MissingFills(no) => {
                write!(f, "the broker reports more filled on order {no} than executions tell")
            }
            Self::Position { instrument, ours, broker } => write!(
                f,
                "position in instrument {}: {ours} by our fills, {broker} at the broker",
                instrument.0
            ),
        }
    }
}
