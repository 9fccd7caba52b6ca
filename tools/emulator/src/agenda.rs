//! What is on its way to clients: replies and order updates, each with the session time at which it
//! arrives. How long each takes is the simulator's to say ([`st0ck_sim::way_back`]).

use crate::transport::{Conn, Reply, Spoilt};
use st0ck_quant::rng::Rng;
use st0ck_sim::way_back::{Kind, WayBack};
use st0ck_types::Nanos;
use std::sync::Arc;

/// Something to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// To a request.
    Reply(Conn, Reply),
    /// To a request, as a fault left it.
    Spoilt(Conn, Spoilt),
    /// To a listener, JSON.
    Update(Conn, Arc<[u8]>),
}

/// Deliveries by time.
#[derive(Debug)]
pub(crate) struct Agenda(WayBack<Conn, Delivery>);

impl Agenda {
    /// Nothing on its way.
    pub(crate) fn new(rng: Rng) -> Self {
        Self(WayBack::new(rng))
    }

    /// Sends something off at `from`. While time stands still (`frozen`) nothing takes time.
    pub(crate) fn send(&mut self, from: Nanos, frozen: bool, delivery: Delivery) {
        let (conn, kind) = match &delivery {
            Delivery::Reply(conn, _) | Delivery::Spoilt(conn, _) => (*conn, Kind::Reply),
            Delivery::Update(conn, _) => (*conn, Kind::Update),
        };
        self.0.send(from, frozen, kind, conn, delivery);
    }

    /// When the next delivery is due.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        self.0.next_due()
    }

    /// Takes the next delivery.
    pub(crate) fn take(&mut self) -> Option<Delivery> {
        self.0.take()
    }

    /// True or false by chance: which of two things due at once comes first.
    pub(crate) fn toss(&mut self) -> bool {
        self.0.toss()
    }
}
