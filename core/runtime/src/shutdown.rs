//! Asking everything to stop, in order, once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A request to stop; clones share it.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// A flag nobody has raised.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises it on SIGINT and SIGTERM. A second signal ends the process at once, for people who
    /// will not wait.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn on_signals(&self) -> io::Result<()> {
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // Order matters: the first signal finds the flag down and only raises it.
            signal_hook::flag::register_conditional_shutdown(signal, 130, self.0.clone())?;
            signal_hook::flag::register(signal, self.0.clone())?;
        }
        Ok(())
    }

    /// Raises it on SIGUSR1: the kill switch for people with a shell and a process id.
    ///
    /// # Errors
    /// When the handler cannot be installed.
    pub fn on_kill_signal(&self) -> io::Result<()> {
        signal_hook::flag::register(signal_hook::consts::SIGUSR1, self.0.clone()).map(|_| ())
    }

    /// Raises it.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it is raised.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Whether it was raised, and lowers it: for a flag that stands for an event.
    #[must_use]
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }

    /// The flag itself, for code that wants a plain atomic.
    #[must_use]
    pub fn as_atomic(&self) -> &AtomicBool {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_taken_once_and_seen_by_every_clone() {
        let flag = StopFlag::new();
        let clone = flag.clone();
        clone.stop();
        assert!(flag.is_stopping() && flag.take());
        assert!(!clone.take() && !clone.is_stopping());
    }
}
