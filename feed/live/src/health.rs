//! Tells a quiet market from a dead line, and a line that answers pings from one that brings data.
//!
//! Adapters ask [`Health::check`] once per poll. Two clocks run: since the last byte (any byte, a
//! pong at least) and since the last market event. A peer can be alive and mute, which has kept
//! clients waiting for hours; in session silence itself is the alarm.
//!
//! *Invariant:* time is monotonic nanoseconds, passed in. Wall time only says whether a session
//! runs.
//! *Invariant:* with `acts` off (lock-step) alarms are counted and nothing is done about them.

use st0ck_types::Nanos;

/// When to worry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthConfig {
    /// Ping a line that has been silent for so many nanoseconds; 5 s unless told.
    pub ping_ns: u64,
    /// Give up a line that has been silent for so many; 12 s unless told (two pings and slack).
    pub dead_ns: u64,
    /// Give up a line that has brought no market event for so many while a session runs; 3 s
    /// unless told.
    pub mute_ns: u64,
    /// When the venue must be talking, from open to close; `None` when it never must.
    pub session: Option<(Nanos, Nanos)>,
    /// Whether alarms are acted upon. Off in lock-step, where the pace is the recording's.
    pub acts: bool,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self {
            ping_ns: 5_000_000_000,
            dead_ns: 12_000_000_000,
            mute_ns: 3_000_000_000,
            session: None,
            acts: true,
        }
    }
}

/// What to do about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// Give it up: not one byte came, pings or not.
    Dead,
    /// Give it up: it answers, and brings no data.
    Mute,
}

/// The watch over one connection.
#[derive(Debug, Clone)]
pub struct Health {
    config: HealthConfig,
    last_event_ns: u64,
    alarms: u64,
}

impl Health {
    /// A watch that starts with the first [`Health::streaming`].
    #[must_use]
    pub fn new(config: HealthConfig) -> Self {
        Self { config, last_event_ns: 0, alarms: 0 }
    }

    /// The line is subscribed: from now on silence counts.
    pub fn streaming(&mut self, now_ns: u64) {
        self.last_event_ns = now_ns;
    }

    /// A market event came.
    pub fn event(&mut self, now_ns: u64) {
        self.last_event_ns = now_ns;
    }

    /// How long a silent line waits for its ping.
    #[must_use]
    pub fn ping_ns(&self) -> u64 {
        self.config.ping_ns
    }

    /// Whether the venue must be talking at this time.
    #[must_use]
    pub fn in_session(&self, wall: Nanos) -> bool {
        self.config.session.is_some_and(|(open, close)| open <= wall && wall < close)
    }

    /// Judges a streaming line. `last_read_ns` is when its last byte came.
    pub fn check(&mut self, now_ns: u64, wall: Nanos, last_read_ns: u64) -> Verdict {
        let silent_ns = now_ns.saturating_sub(last_read_ns);
        let mute_ns = now_ns.saturating_sub(self.last_event_ns);
        let in_session = self.config.session.is_some_and(|(open, close)| {
            // The venue is given the same patience after the open as at any other time.
            wall.since(open) >= self.config.mute_ns as i64 && wall < close
        });
        let verdict = if silent_ns >= self.config.dead_ns {
            Verdict::Dead
        } else if in_session && mute_ns >= self.config.mute_ns {
            Verdict::Mute
        } else {
            return Verdict::Fine;
        };
        self.alarms += 1;
        if self.config.acts {
            verdict
        } else {
            // Counted once per silence, not once per poll.
            self.last_event_ns = now_ns;
            Verdict::Fine
        }
    }

    /// How often the watch has barked.
    #[must_use]
    pub fn alarms(&self) -> u64 {
        self.alarms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn in_session(acts: bool) -> Health {
        let session = Some((Nanos(0), Nanos(i64::MAX)));
        Health::new(HealthConfig { session, acts, ..HealthConfig::default() })
    }

    #[test]
    fn a_line_that_answers_but_brings_no_data_is_mute_after_three_seconds_of_session() {
        let mut health = in_session(true);
        health.streaming(10 * S);
        let wall = Nanos(1_000 * S as i64);
        assert_eq!(health.check(13 * S - 1, wall, 13 * S - 1), Verdict::Fine);
        assert_eq!(health.check(13 * S, wall, 13 * S), Verdict::Mute);
        health.event(13 * S);
        assert_eq!(health.check(14 * S, wall, 14 * S), Verdict::Fine);
    }

    #[test]
    fn outside_the_session_silence_is_fine_as_long_as_bytes_come() {
        let session = Some((Nanos(0), Nanos(100)));
        let mut health = Health::new(HealthConfig { session, ..HealthConfig::default() });
        health.streaming(0);
        assert_eq!(health.check(60 * S, Nanos(100), 55 * S), Verdict::Fine);
        assert_eq!(health.check(60 * S, Nanos(100), 48 * S), Verdict::Dead);
        assert_eq!(health.alarms(), 1);
    }

    #[test]
    fn the_first_seconds_after_the_open_are_given() {
        let session = Some((Nanos(0), Nanos(i64::MAX)));
        let mut health = Health::new(HealthConfig { session, ..HealthConfig::default() });
        health.streaming(0);
        assert_eq!(health.check(60 * S, Nanos(2 * S as i64), 60 * S), Verdict::Fine);
        assert_eq!(health.check(61 * S, Nanos(3 * S as i64), 61 * S), Verdict::Mute);
    }

    #[test]
    fn in_lock_step_alarms_are_counted_and_nothing_happens() {
        let mut health = in_session(false);
        health.streaming(0);
        let wall = Nanos(1_000 * S as i64);
        assert_eq!(health.check(4 * S, wall, 4 * S), Verdict::Fine);
        assert_eq!(health.check(4 * S + 1, wall, 4 * S), Verdict::Fine);
        assert_eq!(health.alarms(), 1);
    }
}
