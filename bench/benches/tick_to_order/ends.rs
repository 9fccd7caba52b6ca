//! What stands where the sockets would: the feed's adapter gets frames from memory, the gateway's
//! writes requests into it. All else of both adapters is the real parts.
//!
//! *Invariant:* between the reading of a frame and the last byte of a request nothing is done here
//! that the live adapters do not do.

use crate::venue::Frames;
use st0ck_feed::alpaca::Decoder;
use st0ck_feed::publish::Publisher;
use st0ck_feed::{FeedAdapter, SymbolTable};
use st0ck_gateway::adapter::{OrderAdapter, OrderFlow, Stamps};
use st0ck_gateway::alpaca::desk::{Desk, Moment, Outlook, Wish};
use st0ck_gateway::alpaca::encode::{ORDERS, Templates, finish};
use st0ck_gateway::{InstrumentTable, ReportTx};
use st0ck_net::http::{FailureKind, HeaderBlock, HttpError, HttpFailure, JsonPost, Ticket};
use st0ck_runtime::{Counter, Rx, Tx, WallClock};
use st0ck_types::{CancelRequest, InstrumentId, Nanos, OrderRequest, Report, Symbol};
use std::sync::Arc;

/// What is traded, by its number.
pub(crate) const SPY: (&str, InstrumentId) = ("SPY", InstrumentId(0));

/// Moments of the newest frame on the feed's side, in wall-clock nanoseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    pub(crate) read: Counter,
    pub(crate) decoded: Counter,
    pub(crate) published: Counter,
    /// 1 while the stages are told apart. Their two readings of the clock are the bench's own: where the
    /// whole way is measured they are left out.
    pub(crate) staged: Counter,
}

/// The feed's adapter: a frame is there as soon as it is due.
pub(crate) struct Line {
    frames: Arc<Frames>,
    decoder: Decoder,
    clock: WallClock,
    /// Frames that have come, and how many of them were read.
    due: Counter,
    taken: u64,
    marks: Marks,
    is_defined: bool,
}

impl Line {
    pub(crate) fn new(frames: Arc<Frames>, clock: WallClock, due: Counter, marks: Marks) -> Self {
        let decoder = Decoder::new(SymbolTable::new([(Symbol::new(SPY.0), SPY.1)]));
        Self { frames, decoder, clock, due, taken: 0, marks, is_defined: false }
    }

    /// The instrument travels in-band, before its first use.
    fn define(&mut self, publish: &mut Publisher) -> u32 {
        self.is_defined = true;
        publish.frame(&[self.frames.definition]);
        1
    }
}

impl FeedAdapter for Line {
    fn poll(&mut self, publish: &mut Publisher) -> u32 {
        if !self.is_defined {
            return self.define(publish);
        }
        if self.taken == self.due.get() {
            return 0;
        }
        let t_read = self.clock.now();
        let bytes = &self.frames.bytes[self.taken as usize];
        self.taken += 1;
        let decoded = self.decoder.decode_frame(bytes, t_read);
        let decoded = decoded.expect("the bench writes frames as the venue does");
        self.marks.read.set(t_read.0 as u64);
        if self.marks.staged.get() == 0 {
            publish.frame(&decoded.events);
            return 1;
        }
        let t_decoded = self.clock.now();
        publish.frame(&decoded.events);
        self.marks.published.set(self.clock.now().0 as u64);
        self.marks.decoded.set(t_decoded.0 as u64);
        1
    }

    fn close(&mut self) {}
}

/// An order and its [`Stamps`], kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) order: OrderRequest,
    pub(crate) t_read: Nanos,
    pub(crate) t_taken: Nanos,
}

/// An order whose bytes are ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) stamped: Kept,
    /// Wall-clock nanoseconds.
    pub(crate) ready: u64,
    /// Of the request, head and body.
    pub(crate) bytes: usize,
}

/// What the broker says.
#[derive(Debug)]
pub(crate) enum Say {
    /// What adapters find out by asking.
    Report(Report),
    /// A message of the order stream.
    Message(String),
}

/// The gateway's adapter: the real desk and the real requests; what is written is at the broker.
pub(crate) struct Counterpart {
    desk: Desk,
    templates: Templates,
    request: Vec<u8>,
    clock: WallClock,
    /// Requests so far, and how many of them the desk waits for no more.
    tickets: u64,
    settled: u64,
    written: Tx<Written>,
    said: Rx<Say>,
}

impl Counterpart {
    pub(crate) fn new(
        desk: Desk,
        fixed: &HeaderBlock,
        clock: WallClock,
        written: Tx<Written>,
        said: Rx<Say>,
    ) -> Result<Self, HttpError> {
        let instruments = InstrumentTable::new([(Symbol::new(SPY.0), SPY.1)]);
        let orders = JsonPost::new(ORDERS, "paper-api.alpaca.markets", "", fixed)?;
        Ok(Self {
            desk,
            templates: Templates::new(&instruments, &orders),
            request: Vec::with_capacity(1024),
            clock,
            tickets: 0,
            settled: 0,
            written,
            said,
        })
    }

    /// As `AlpacaOrders::send`, with a connection that always takes the bytes.
    fn send(&mut self, now_ns: u64, reports: &mut ReportTx) {
        loop {
            let outlook = Outlook { now_ns, stream_up: true, free: true, free_for_cancel: true };
            let Some(wish) = self.desk.next(outlook, reports) else { return };
            if matches!(wish, Wish::Create(_)) {
                self.write();
            }
            self.tickets += 1;
            self.desk.sent(&wish, Ticket(self.tickets));
        }
    }

    fn write(&mut self) {
        let (order, stamps) = self.desk.first().expect("it is wished for");
        let post = self.templates.of(order).expect("the bench trades what it has a template for");
        self.request.clear();
        post.render(&mut self.request, |rest| finish(order, rest));
        let ready = self.clock.now().0 as u64;
        let Stamps { t_read, t_taken } = *stamps;
        let stamped = Kept { order: *order, t_read, t_taken };
        let written = Written { stamped, ready, bytes: self.request.len() };
        let pushed = self.written.try_push(written);
        assert!(pushed.is_ok(), "the bench looks after every frame");
    }

    /// Ends the requests of orders that the stream has told everything of: their replies are lost, and
    /// the desk, which would keep them forever, learns nothing from that.
    fn settle(&mut self, reports: &mut ReportTx) {
        let now = Moment { ns: self.clock.mono().now_ns(), wall: self.clock.now() };
        let sent = self.request.len();
        let kind = FailureKind::Closed;
        let lost = HttpFailure { kind, bytes_written: sent, request_bytes: sent };
        while self.settled < self.tickets {
            self.settled += 1;
            self.desk.on_answer(Ticket(self.settled), Err(lost), now, reports);
        }
    }
}

impl OrderAdapter for Counterpart {
    fn submit(&mut self, order: &OrderRequest, stamps: Stamps, reports: &mut ReportTx) {
        let now_ns = self.clock.mono_ns_at(stamps.t_taken);
        self.desk.submit(order, stamps, now_ns, reports);
        self.send(now_ns, reports);
        self.desk.tell_sending(reports);
        reports.in_flight().leave(1);
    }

    fn cancel(&mut self, cancel: &CancelRequest, reports: &mut ReportTx) {
        let now_ns = self.clock.mono().now_ns();
        self.desk.cancel(cancel, now_ns, reports);
        self.send(now_ns, reports);
        reports.in_flight().leave(1);
    }

    fn poll(&mut self, reports: &mut ReportTx) -> u32 {
        let mut work = 0;
        while let Some(said) = self.said.pop() {
            work += 1;
            match said {
                Say::Report(report) => reports.push(report),
                Say::Message(text) => _ = self.desk.on_message(text.as_bytes(), reports),
            }
        }
        if work > 0 {
            self.settle(reports);
        }
        work
    }

    fn reconcile(&mut self) {}

    fn flow(&self) -> OrderFlow {
        self.desk.flow()
    }

    fn close(&mut self) {}
}
