//! `st0ck step`: a session walked by hand, on a terminal of 80 × 24 or more.
//!
//! [`walk`] holds what keys do, [`screen`] draws, [`keys`] reads keys from text; the session itself is
//! [`st0ck_lab::stepper`]. With `--keys` there is no terminal: the keys are pressed and the last screen
//! is printed, for scripts and tests.
//! *Invariant:* reads only; the terminal is given back however the walk ends.

mod inputs;
mod keys;
mod panes;
mod screen;
mod target;
mod walk;

use crate::cli::StepArgs;
use crate::cmd::replay;
use crate::exit::{Exit, Failure, Outcome};
use crate::session::paths;
use crate::view::say::say;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::{DefaultTerminal, Terminal};
use st0ck_lab::stepper::Stepper;
use std::io::IsTerminal;
use walk::Walk;

/// Walks a session.
///
/// # Errors
/// 2 without a terminal and without `--keys`; otherwise as `replay`.
pub(crate) fn run(args: &StepArgs) -> Outcome {
    let keys = args.keys.as_deref().map(keys::parse).transpose();
    let keys = keys.map_err(|words| Failure::new(Exit::Usage, words))?;
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if keys.is_none() && !terminal {
        let words = "step needs a terminal; without one: --keys \"fff:16:00<enter>\" presses keys and \
                     prints the last screen (st0ck step --help lists them)";
        return Err(Failure::new(Exit::Usage, words));
    }
    let dir = paths::find(&args.dir, &args.runs.runs)?;
    let name = dir.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let stepper = Stepper::open(&dir).map_err(replay::failure)?;
    let mut walk = Walk::new(stepper, name);
    match keys {
        Some(keys) => {
            for key in keys {
                walk.press(key).map_err(replay::failure)?;
            }
            let (width, height) = args.size;
            print_screen(&walk, width, height)?;
        }
        None => on_terminal(&mut walk)?,
    }
    Ok(None)
}

/// Draws into memory, and prints what a terminal would show.
fn print_screen(walk: &Walk, width: u16, height: u16) -> Result<(), Failure> {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| screen::draw(frame, walk));
    let buffer = terminal.backend().buffer();
    for row in buffer.content().chunks(usize::from(width)) {
        let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        say!("{}", line.trim_end());
    }
    Ok(())
}

fn on_terminal(walk: &mut Walk) -> Result<(), Failure> {
    let io = |e| Failure::io(format_args!("the terminal: {e}"));
    // A panic gives the terminal back, too: the hook is set here.
    let mut terminal = ratatui::try_init().map_err(io)?;
    let walked = until_done(&mut terminal, walk);
    ratatui::try_restore().map_err(io)?;
    walked
}

fn until_done(terminal: &mut DefaultTerminal, walk: &mut Walk) -> Result<(), Failure> {
    let io = |e| Failure::io(format_args!("the terminal: {e}"));
    while !walk.is_done() {
        terminal.draw(|frame| screen::draw(frame, walk)).map_err(io)?;
        if let Event::Key(key) = event::read().map_err(io)?
            && key.kind != KeyEventKind::Release
        {
            walk.press(key).map_err(replay::failure)?;
        }
    }
    Ok(())
}
