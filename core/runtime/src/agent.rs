//! A role on a duty cycle. Whoever runs it decides when, on which thread and how to rest.

/// Something that does a bounded bit of work each time it is asked.
pub trait Agent: Send {
    /// Its name: of its thread, its counters and its errors.
    fn name(&self) -> &'static str;
    /// Called once, on the thread that will run it, before the first cycle.
    fn on_start(&mut self) {}
    /// One cycle. Returns how many items it handled; 0 lets the idle strategy rest.
    fn do_work(&mut self) -> u32;
    /// Called once after the last cycle, also after a panic elsewhere on the thread.
    fn on_close(&mut self) {}
}

impl<A: Agent + ?Sized> Agent for Box<A> {
    fn name(&self) -> &'static str {
        (**self).name()
    }
    fn on_start(&mut self) {
        (**self).on_start();
    }
    fn do_work(&mut self) -> u32 {
        (**self).do_work()
    }
    fn on_close(&mut self) {
        (**self).on_close();
    }
}
