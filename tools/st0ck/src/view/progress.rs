//! A progress bar on stderr; silent when stderr is not a terminal, but for a line now and then.

use crate::view::say::remark;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// How far a recorded session has come.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Without a terminal: the tenth that was told last.
    told: Option<u64>,
    total: u64,
}

impl Progress {
    /// A bar to `total`.
    pub(crate) fn new(total: u64, what: &str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target =
            if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = "{msg} [{bar:40}] {percent:>3}%, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what.to_owned());
        Self { bar, told: (!terminal).then_some(0), total }
    }

    /// It has come to `position`.
    pub(crate) fn at(&mut self, position: u64) {
        self.bar.set_position(position);
        let tenth = position * 10 / self.total.max(1);
        if self.told.is_some_and(|told| tenth > told) {
            self.told = Some(tenth);
            remark!("{}: {}%", self.bar.message(), tenth * 10);
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
