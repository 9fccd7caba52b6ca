//! A lane through its lives: core, journal and rings as they are in the binary, under a crank.

use super::setup::{EPOCH, Setup};
use crate::rig::day;
use st0ck_engine::core_agent::{Control, CoreAgent, Ports};
use st0ck_engine::lane_clock::{ClockKind, LaneClock};
use st0ck_engine::status::LaneStatus;
use st0ck_engine::{Engine, orders::Order};
use st0ck_journal::{JournalConfig, Keeper, Session, SessionHeader, SyncPolicy, Writer};
use st0ck_lab::recovery;
use st0ck_runtime::conflate::{MarketTx, market_ring};
use st0ck_runtime::{Agent, Rx, Tx, WallClock, ring};
use st0ck_types::{Epoch, MarketEvent, Nonce, Outgoing, Report, Seq, SystemEvent};
use std::path::{Path, PathBuf};

pub(super) struct Lane {
    setup: Setup,
    dir: PathBuf,
    core: CoreAgent<Writer>,
    keeper: Keeper,
    market: MarketTx,
    reports: Tx<Report>,
    control: Tx<Control>,
    gateway: Rx<Outgoing>,
    status: Rx<LaneStatus>,
    epoch: u64,
}

fn config(dir: &Path) -> JournalConfig {
    // Beside the durable files: a thousand sessions leave nothing on the machine's own tmpfs.
    let hot_dirs = vec![dir.join("no-tmpfs")];
    JournalConfig { hot_dirs, sync: SyncPolicy::None, ..JournalConfig::small() }
}

fn header(epoch: u64) -> SessionHeader {
    let (nonce, epoch) = (Nonce(*b"7k"), Epoch(epoch));
    SessionHeader { nonce, account_hash: 1, epoch, build_hash: 2, config_hash: 3 }
}

impl Lane {
    /// The first life of the session in `dir`.
    pub(super) fn begin(setup: Setup, dir: &Path) -> Self {
        let text = setup.text();
        let session = Session::create(dir, header(EPOCH), text.as_bytes(), &config(dir)).unwrap();
        let clock = LaneClock::new(ClockKind::Feed, WallClock::new(), day().open);
        let mut lane = Self::join(setup, dir, session, setup.engine(), clock, Seq(0), EPOCH);
        lane.core.begin(SystemEvent::SessionStart { epoch: Epoch(EPOCH), first_order: 1 });
        lane.core.carry();
        lane
    }

    fn join(
        setup: Setup,
        dir: &Path,
        session: Session,
        engine: Engine,
        clock: LaneClock,
        last: Seq,
        epoch: u64,
    ) -> Self {
        let mut rng = setup.rng("rings");
        let (market, market_rx) = market_ring(8 << rng.below(6), setup.symbols().len());
        let (reports, report_rx) = ring::<Report>(1024, 0);
        let (gateway_tx, gateway) = ring::<Outgoing>(4 << rng.below(4), 2);
        let (control, control_rx) = ring::<Control>(16, 0);
        let (status_tx, status) = ring::<LaneStatus>(4, 1);
        let ports = Ports {
            market: market_rx,
            reports: report_rx,
            control: control_rx,
            gateway: gateway_tx,
            status: status_tx,
        };
        let Session { writer, keeper, .. } = session;
        let core = CoreAgent::new(engine, writer, clock, ports, last);
        let dir = dir.to_owned();
        Self { setup, dir, core, keeper, market, reports, control, gateway, status, epoch }
    }

    /// The process is killed at once or ends in order, and the next one takes over.
    pub(super) fn restart(self, in_order: bool) -> Self {
        let Self { setup, dir, mut core, mut keeper, epoch, .. } = self;
        if in_order {
            core.on_close();
        }
        drop(core);
        if in_order {
            keeper.on_close();
        }
        drop(keeper);
        let epoch = epoch + 1;
        let (session, recovered) = Session::resume(&dir, header(epoch), &config(&dir)).unwrap();
        let mut engine = setup.engine();
        recovery::recover(&dir, &mut engine).unwrap();
        let clock = LaneClock::new(ClockKind::Feed, WallClock::new(), recovered.last_at);
        let last = Seq(recovered.next_seq.0 - 1);
        let mut lane = Self::join(setup, &dir, session, engine, clock, last, epoch);
        lane.core.begin(SystemEvent::Restart { epoch: Epoch(epoch) });
        lane.core.carry();
        lane
    }

    pub(super) fn engine(&self) -> &Engine {
        self.core.engine()
    }

    /// Orders of the session so far.
    pub(super) fn orders(&self) -> &[Order] {
        self.engine().orders().all()
    }

    /// Not cranked: several may wait.
    pub(super) fn market(&mut self, event: MarketEvent) {
        self.market.push(event);
    }

    pub(super) fn control(&mut self, control: Control) {
        self.control.try_push(control).unwrap();
        self.crank();
    }

    pub(super) fn report(&mut self, report: Report) {
        self.reports.try_push(report).unwrap();
        self.crank();
    }

    /// Lets core and keeper do all they can.
    pub(super) fn crank(&mut self) {
        loop {
            let done = self.core.do_work() + self.keeper.do_work() + self.market.flush();
            while self.status.pop().is_some() {}
            if done == 0 {
                return;
            }
        }
    }

    /// What reached the gateway since the last time.
    pub(super) fn outgoing(&mut self) -> Vec<Outgoing> {
        std::iter::from_fn(|| self.gateway.pop()).collect()
    }

    /// Ends in order. Returns the live engine's state hash.
    pub(super) fn end(mut self) -> u64 {
        self.control(Control::System(SystemEvent::SessionEnd));
        self.core.on_close();
        let hash = self.core.engine().state_hash();
        drop(self.core);
        self.keeper.on_close();
        assert_eq!(self.keeper.status().failure(), None);
        hash
    }
}
