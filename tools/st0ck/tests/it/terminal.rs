//! A terminal with somebody who types, for commands that ask.

use crate::place::{Place, Ran};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::Write;
use std::process::Command;

/// Runs a command to its end on a terminal at which this was typed. Only its stdin is the terminal.
pub(crate) fn typed(place: &Place, mut command: Command, keys: &str) -> Ran {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    command.stdin(File::options().read(true).write(true).open(name).unwrap());
    let mut terminal = File::from(terminal);
    terminal.write_all(keys.as_bytes()).unwrap();
    let ran = place.start(command).end();
    drop(terminal);
    ran
}
