//! The shell of a lane: arms it, watches the latch, the feed and the clock, and knows when it is over.
//!
//! Whatever it learns that the core must know goes in as a command or a system event; it decides
//! nothing about orders.

use crate::session::equity::Equities;
use crate::session::latch::Latch;
use crate::stall::StallWatch;
use crate::wiring::Machine;
use st0ck_engine::core_agent::Control;
use st0ck_engine::lane_clock::ClockKind;
use st0ck_engine::reconcile::{ReconcileBreak, ReconcileOutcome};
use st0ck_engine::risk::{Restraint, Restraints};
use st0ck_engine::status::LaneStatus;
use st0ck_feed::adapter::FeedState;
use st0ck_gateway::Shut;
use st0ck_gateway::adapter::LinkState;
use st0ck_runtime::runner::Failure as Crash;
use st0ck_runtime::{InFlight, StopFlag, WallClock};
use st0ck_types::command::Reason;
use st0ck_types::time::{MILLISECOND, MINUTE, SECOND};
use st0ck_types::{Command, Nanos, SystemEvent};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often the shell looks around.
const LOOK: Duration = Duration::from_millis(1);
/// How often it looks at files and the system clock: a kill acts within 100 ms.
const LOOK_FAR_NS: i64 = 20 * MILLISECOND;
/// How often accounts are compared (C13): a loss of all of them stops every bot within a second or two.
const LOOK_AROUND_NS: i64 = SECOND;
/// A step of the system clock beyond this is news for the core.
const STEP_NS: i64 = 500 * MILLISECOND;
/// Under the wall clock the session is over so long after the close, when the last reports are in.
const AFTER_CLOSE_NS: i64 = MINUTE;

/// Why a lane stopped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ending {
    /// The session is over.
    SessionOver,
    /// Somebody asked it to stop.
    Interrupted,
    /// The broker's books and ours do not agree.
    Unexplained(ReconcileBreak),
    /// The venue or the broker refuses us for good.
    Refused(String),
    /// An agent panicked.
    Crashed(Vec<Crash>),
    /// The journal's keeper failed.
    JournalFailed(String),
    /// In lock-step: nothing moves any more.
    Stalled(String),
}

/// What is fixed for the run.
pub(crate) struct Shell<'a> {
    pub(crate) machine: &'a mut Machine,
    pub(crate) latch: &'a Latch,
    pub(crate) stop: &'a StopFlag,
    pub(crate) kill_signal: &'a StopFlag,
    pub(crate) equities: Equities,
    pub(crate) wall: WallClock,
    pub(crate) clock: ClockKind,
    pub(crate) close: Nanos,
    /// On in lock-step: news whose moment is not fixed by the recording stays out.
    pub(crate) in_flight: InFlight,
}

/// What changes while it runs.
#[derive(Default)]
struct Progress {
    armed: bool,
    killed: bool,
    /// Killed, and the latch could not be written: only an entry in its log arms again.
    unlatched: bool,
    ending: bool,
    was_streaming: bool,
    feed_down: bool,
    stepped: i64,
    /// Entries of the latch's log that arm; a new one arms a lane that is halted for any reason.
    arms_seen: Option<usize>,
    /// Entries of the latch's log so far: what comes after them is asked of this process.
    entries_seen: Option<usize>,
    /// What held the lane down at the last look.
    restraints: Restraints,
    /// Whether the gateway's count of orders was seen not to match (C20).
    mismatched: bool,
    /// Alerts of the order-to-trade ratio (C27) that were told.
    alerts: u64,
    next_far: Nanos,
    next_around: Nanos,
}

impl Shell<'_> {
    /// Runs until the lane is over. `each` sees every state of the lane.
    pub(crate) fn run(
        &mut self,
        each: &mut dyn FnMut(Option<&LaneStatus>),
    ) -> (Ending, Option<LaneStatus>) {
        let (mut progress, mut status) = (Progress::default(), None::<LaneStatus>);
        let mut stall = StallWatch::new(self.in_flight.clone());
        loop {
            while let Some(newer) = self.machine.status.pop() {
                status = Some(newer);
            }
            each(status.as_ref());
            if let Some(ending) = self.look(&mut progress, status.as_ref()) {
                return (ending, status);
            }
            if let Some(words) = stall.look(status.map(|s| s.seq), self.wall.now()) {
                return (Ending::Stalled(words), status);
            }
            std::thread::sleep(LOOK);
        }
    }

    fn look(&mut self, progress: &mut Progress, status: Option<&LaneStatus>) -> Option<Ending> {
        let crashes = self.machine.crashes();
        if !crashes.is_empty() {
            return Some(Ending::Crashed(crashes));
        }
        if let Some(words) = self.machine.journal_status.failure() {
            return Some(Ending::JournalFailed(words.to_owned()));
        }
        if self.stop.is_stopping() {
            return Some(Ending::Interrupted);
        }
        let now = self.wall.now();
        if now >= progress.next_far {
            progress.next_far = now + LOOK_FAR_NS;
            self.look_far(progress);
        }
        if now >= progress.next_around && !self.in_flight.is_on() {
            progress.next_around = now + LOOK_AROUND_NS;
            self.look_around(status, now);
        }
        tell_alerts(progress, status);
        tell_breakers(progress, status);
        self.arm(progress, status).or_else(|| self.follow_venue(progress, status, now))
    }

    /// Arms the lane once the books agree, and lets the feed begin.
    fn arm(&mut self, progress: &mut Progress, status: Option<&LaneStatus>) -> Option<Ending> {
        let status = status?;
        match status.reconcile {
            Some(ReconcileOutcome::Break(why)) => return Some(Ending::Unexplained(why)),
            Some(ReconcileOutcome::Clean) if !progress.armed && !progress.killed => {
                progress.armed = true;
                self.tell(Control::Command(Command::Arm(Reason::new("start: the books agree"))));
            }
            _ => {}
        }
        if progress.armed && !status.restraints.has(Restraint::NotArmed) {
            self.machine.go.store(true, Ordering::Release);
        }
        None
    }

    /// The feed's and the broker's state, the close, the end.
    fn follow_venue(
        &mut self,
        progress: &mut Progress,
        status: Option<&LaneStatus>,
        now: Nanos,
    ) -> Option<Ending> {
        if let Some(words) = self.machine.orders.failure() {
            return Some(Ending::Refused(words.to_owned()));
        }
        let over = match self.machine.feed_status.state() {
            FeedState::Failed => {
                let words = self.machine.feed_status.failure().unwrap_or("refused");
                return Some(Ending::Refused(words.to_owned()));
            }
            // Both streams: what the order stream told last must come before the end.
            FeedState::Ended => self.machine.orders.state() != LinkState::Up,
            state => {
                self.feed_link(progress, state, now);
                self.clock == ClockKind::Wall && now > self.close + AFTER_CLOSE_NS
            }
        };
        if over && !progress.ending {
            progress.ending = true;
            self.tell(Control::System(SystemEvent::SessionEnd));
        }
        status.is_some_and(|s| s.ended).then_some(Ending::SessionOver)
    }

    /// Tells the core when a feed that was up goes down, and when it is back.
    fn feed_link(&mut self, progress: &mut Progress, state: FeedState, at: Nanos) {
        let up = state == FeedState::Streaming;
        progress.was_streaming |= up;
        let down = progress.was_streaming && !up;
        if down != progress.feed_down && !self.in_flight.is_on() {
            progress.feed_down = down;
            self.tell(Control::System(SystemEvent::FeedLink { up, at }));
        }
    }

    /// The latch, the kill signal and the system clock.
    fn look_far(&mut self, progress: &mut Progress) {
        if self.kill_signal.take() {
            // It must act even where the latch cannot be written.
            self.kill(progress, "SIGUSR1");
            if let Err(failure) = self.latch.shut("SIGUSR1", self.wall.now()) {
                log::error!("the latch could not be shut, a restart would trade: {failure}");
                progress.unlatched = true;
            }
        }
        let shut = self.latch.state();
        let arms = self.latch.arms();
        let armed_again = progress.arms_seen.is_some_and(|seen| arms > seen);
        progress.arms_seen = Some(arms);
        match shut {
            Some(kill) => self.kill(progress, &kill.reason),
            None if armed_again || (progress.killed && !progress.unlatched) => {
                self.arm_again(progress);
            }
            None => {}
        }
        self.obey(progress);
        self.watch_gateway(progress);
        if self.clock == ClockKind::Wall {
            self.watch_clock(progress);
        }
    }

    /// What people asked for since the last look: to reduce, to halt, to reset what latched.
    fn obey(&mut self, progress: &mut Progress) {
        let asked = self.latch.asked();
        let seen = progress.entries_seen.replace(asked.len()).unwrap_or(asked.len());
        for command in asked.into_iter().skip(seen).flatten() {
            log::warn!("asked to {}: {}", command.as_str(), command.reason());
            self.tell(Control::Command(command));
        }
    }

    /// C13: what the other accounts lost counts here, and what this one lost counts there.
    fn look_around(&mut self, status: Option<&LaneStatus>, now: Nanos) {
        if let Some(own) = status.and_then(|status| status.account) {
            self.equities.share(own, now);
        }
        if let Some(others) = self.equities.others() {
            self.tell(Control::System(SystemEvent::OtherAccounts(others)));
        }
    }

    /// C20: a gateway that lost count has shut its gate; the core must know, and a restart too.
    fn watch_gateway(&mut self, progress: &mut Progress) {
        if progress.mismatched || self.machine.gateway_counters.mismatches.get() == 0 {
            return;
        }
        progress.mismatched = true;
        let reason = "C20: orders given to the gateway and sent by it differ";
        self.kill(progress, reason);
        if let Err(failure) = self.latch.shut(reason, self.wall.now()) {
            log::error!("the latch could not be shut, a restart would trade: {failure}");
            progress.unlatched = true;
        }
    }

    /// The gate first: it works even while the core hangs.
    fn kill(&mut self, progress: &mut Progress, reason: &str) {
        if progress.killed {
            return;
        }
        progress.killed = true;
        self.machine.gate.shut(Shut::All);
        log::error!("killed: {reason}");
        self.tell(Control::Command(Command::Kill(Reason::new(reason))));
    }

    /// A person took a kill back, or arms a lane that was halted for another reason.
    fn arm_again(&mut self, progress: &mut Progress) {
        (progress.killed, progress.unlatched) = (false, false);
        self.machine.gate.open();
        let reason = self.latch.last_arm_reason().unwrap_or_default();
        log::warn!("armed: {reason}");
        self.tell(Control::Command(Command::Arm(Reason::new(&reason))));
    }

    fn watch_clock(&mut self, progress: &mut Progress) {
        let step = self.wall.step();
        let by = step - progress.stepped;
        if by.abs() > STEP_NS {
            progress.stepped = step;
            log::warn!("the system clock moved by {} ms", by / MILLISECOND);
            self.tell(Control::System(SystemEvent::ClockStep { by }));
        }
    }

    /// The control ring is emptied every core cycle; a full one means that the core hangs, and the
    /// gate is what stops orders then.
    fn tell(&mut self, control: Control) {
        for _ in 0..SECOND / LOOK_FAR_NS {
            if self.machine.control.try_push(control).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        log::error!("the core takes no commands: {control:?} was not told; the gate is shut");
        self.machine.gate.shut(Shut::All);
    }
}

/// Says which breaker latched: until a named person resets it.
fn tell_breakers(progress: &mut Progress, status: Option<&LaneStatus>) {
    let Some(now) = status.map(|status| status.restraints) else {
        return;
    };
    let latched =
        |restraint: &Restraint| restraint.is_breaker() && !progress.restraints.has(*restraint);
    for restraint in now.iter().filter(latched) {
        log::error!("latched until a reset: {}", restraint.as_str());
    }
    progress.restraints = now;
}

/// C27, soft: says once that orders and cancels have come to be too many for each execution.
fn tell_alerts(progress: &mut Progress, status: Option<&LaneStatus>) {
    let alerts = status.map_or(0, |status| status.counters.order_to_trade_alerts);
    if alerts > progress.alerts {
        progress.alerts = alerts;
        log::warn!("C27: more orders and cancels for each execution than order_to_trade_alert");
    }
}
