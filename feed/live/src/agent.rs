//! The feed's role on a duty cycle.

use st0ck_runtime::Agent;

use crate::adapter::FeedAdapter;
use crate::publish::Publisher;

/// Turns the crank of one adapter and of the publisher behind it.
pub struct FeedAgent<A> {
    adapter: A,
    publisher: Publisher,
}

impl<A: FeedAdapter> FeedAgent<A> {
    /// An agent whose lanes are already added to `publisher`.
    #[must_use]
    pub fn new(adapter: A, publisher: Publisher) -> Self {
        Self { adapter, publisher }
    }
}

impl<A: FeedAdapter> Agent for FeedAgent<A> {
    fn name(&self) -> &'static str {
        "feed"
    }

    fn do_work(&mut self) -> u32 {
        // What a full ring kept back goes first: nothing newer may overtake it.
        self.publisher.flush() + self.adapter.poll(&mut self.publisher)
    }

    fn on_close(&mut self) {
        self.adapter.close();
    }
}
