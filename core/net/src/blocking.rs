//! One request, waited for: for start-up and control threads.
//!
//! Reading account, positions and open orders before the session begins, the tools' REST calls, and
//! the tests use it.
//!
//! *Invariant:* the only file of this crate that reads a clock. Never call it on a hot thread.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use crate::http::{
    FailureKind, HeaderBlock, HttpConnection, HttpEvent, HttpFailure, Request, Response,
    SendRefused,
};
use crate::poll::Waiter;

/// Readiness is only a hint, so no single wait is longer than this.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// Why a call brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request was not taken.
    #[error(transparent)]
    Refused(#[from] SendRefused),
    /// The request was lost on its way, or its answer was.
    #[error(transparent)]
    Failed(#[from] HttpFailure),
}

/// An answer that owns its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code, such as 200.
    pub status: u16,
    /// The header fields: names as sent, values that are text.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of the first field called `name`, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers.iter().find(|field| field.0.eq_ignore_ascii_case(name));
        field.map(|field| field.1.as_str())
    }
}

impl From<Response<'_>> for Answer {
    fn from(response: Response<'_>) -> Self {
        let field = |(name, value): (&str, &[u8])| {
            (name.to_owned(), String::from_utf8_lossy(value).into_owned())
        };
        Self {
            status: response.status,
            headers: response.headers.iter().map(field).collect(),
            body: response.body.to_vec(),
        }
    }
}

impl HttpConnection {
    /// Connects if need be, sends `request` and waits for the answer, all within `timeout`. A kept
    /// connection that is found gone before a byte was sent is made anew; nothing is sent twice.
    ///
    /// # Errors
    /// [`CallError`]; a connection with a request in flight refuses.
    pub fn call_blocking(
        &mut self,
        request: &Request<'_>,
        fixed: &HeaderBlock,
        timeout: Duration,
    ) -> Result<Answer, CallError> {
        if self.is_in_flight() {
            return Err(SendRefused::NotIdle.into());
        }
        let clock = Clock::start(timeout);
        // A kept connection may have been closed since: one poll finds out.
        self.poll(clock.now_ns());
        self.connect(clock.now_ns());
        let mut waiter = Waiter::new().map_err(|error| no_waiter(error.kind()))?;
        let answer = self.converse(request, fixed, &clock, &mut waiter);
        waiter.forget(self);
        answer
    }

    fn converse(
        &mut self,
        request: &Request<'_>,
        fixed: &HeaderBlock,
        clock: &Clock,
        waiter: &mut Waiter,
    ) -> Result<Answer, CallError> {
        while !self.is_idle() {
            self.step(clock, waiter)?;
        }
        self.send(request, fixed, clock.deadline_ns())?;
        loop {
            if let Some(answer) = self.step(clock, waiter)? {
                return Ok(answer);
            }
        }
    }

    /// One poll, and a wait if it found nothing.
    fn step(&mut self, clock: &Clock, waiter: &mut Waiter) -> Result<Option<Answer>, HttpFailure> {
        let now_ns = clock.now_ns();
        match self.poll(now_ns) {
            HttpEvent::Response(response) => return Ok(Some(response.into())),
            HttpEvent::Failed(failure) => return Err(failure),
            HttpEvent::Connected | HttpEvent::Disconnected => return Ok(None),
            HttpEvent::Quiet => {}
        }
        if self.is_down() || now_ns >= clock.deadline_ns() {
            self.close();
            return Err(deadline());
        }
        let wait = Duration::from_nanos(clock.deadline_ns() - now_ns).min(LONGEST_WAIT);
        let waited = waiter.watch(self).and_then(|()| waiter.wait(wait));
        waited.map_err(|error| no_waiter(error.kind()))?;
        Ok(None)
    }
}

/// Nanoseconds since a call began.
pub(crate) struct Clock {
    start: Instant,
    timeout: Duration,
}

impl Clock {
    #[allow(clippy::disallowed_methods, reason = "control threads only, as the file's head says")]
    pub(crate) fn start(timeout: Duration) -> Self {
        Self { start: Instant::now(), timeout }
    }

    /// Whether its time is over.
    pub(crate) fn is_late(&self) -> bool {
        self.now_ns() >= self.deadline_ns()
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn deadline_ns(&self) -> u64 {
        u64::try_from(self.timeout.as_nanos()).unwrap_or(u64::MAX)
    }
}

fn deadline() -> HttpFailure {
    HttpFailure { kind: FailureKind::Deadline, bytes_written: 0, request_bytes: 0 }
}

fn no_waiter(kind: ErrorKind) -> HttpFailure {
    HttpFailure { kind: FailureKind::Io(kind.into()), bytes_written: 0, request_bytes: 0 }
}
