//! One client of the proxy and its connection to the server.

use super::messages::{Cutter, Talk};
use super::pipe::{Moment, Pipe};
use crate::faults::line::{Death, Line};
use crate::faults::plan::Way;
use crate::faults::trigger::Triggers;
use mio::net::TcpStream;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Instant;

/// Bytes asked of the kernel in one read.
const CHUNK: usize = 16 << 10;
/// Reads of one way in one turn: a fast peer must not keep the others waiting.
const READS: usize = 16;

/// How a turn left a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It goes on, and wants a turn then at the latest.
    Alive(Option<Instant>),
    /// Both sides have said everything, or one is gone.
    Over,
    /// A fault ends it.
    Cut(Death),
}

/// Two sockets and what is between them.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) client: TcpStream,
    pub(super) server: TcpStream,
    conn: usize,
    connected: bool,
    line: Line,
    talk: Talk,
    up: Pipe,
    down: Pipe,
}

impl Link {
    /// A client that was accepted and a server that is being connected to. With `by_message` faults
    /// act on messages too.
    pub(super) fn new(conn: usize, client: TcpStream, server: TcpStream, by_message: bool) -> Self {
        let cutter = |of: fn() -> Cutter| by_message.then(of);
        Self {
            client,
            server,
            conn,
            connected: false,
            line: Line::default(),
            talk: Talk::default(),
            up: Pipe::new(conn, Way::ToServer, cutter(Cutter::of_client)),
            down: Pipe::new(conn, Way::ToClient, cutter(Cutter::of_server)),
        }
    }

    /// Reads, passes on and waits, as far as it goes now.
    pub(super) fn turn(&mut self, triggers: &mut Triggers, at: Moment) -> State {
        self.line.look(triggers, self.conn, at.now);
        if !self.connected {
            match self.server.take_error() {
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return State::Over,
            }
            self.connected = self.server.peer_addr().is_ok();
        }
        let mut again = None;
        // What the server answers may tell how to cut what the client has said, so it comes first.
        for way in [Way::ToClient, Way::ToServer] {
            let more = self.read(way, triggers, at);
            let wait = match self.write(way, triggers, at) {
                Ok(wait) => wait,
                Err(state) => return state,
            };
            let soon = more.then_some(at.wall);
            again = [again, wait, soon].into_iter().flatten().min();
        }
        match self.up.finished && self.down.finished {
            true => State::Over,
            false => State::Alive(again),
        }
    }

    /// Reads what goes `way`. Whether more may be there.
    fn read(&mut self, way: Way, triggers: &mut Triggers, at: Moment) -> bool {
        let Self { client, server, line, talk, up, down, .. } = self;
        let (from, pipe) = match way {
            Way::ToServer => (client, up),
            Way::ToClient if !self.connected => return false,
            Way::ToClient => (server, down),
        };
        let mut chunk = [0; CHUNK];
        for _ in 0..READS {
            if !pipe.has_room() || !line.reads(triggers, way, at.now) {
                return false;
            }
            match from.read(&mut chunk) {
                Ok(0) => pipe.end(at),
                Ok(count) => pipe.take(&chunk[..count], talk, triggers, at),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // The other way may have told what waits.
                    pipe.cut(talk, triggers, at);
                    return false;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => pipe.end(at),
            }
        }
        true
    }

    /// Passes on what may go `way`. Returns when more may, or how it ends.
    fn write(
        &mut self,
        way: Way,
        triggers: &Triggers,
        at: Moment,
    ) -> Result<Option<Instant>, State> {
        let Self { client, server, line, up, down, connected, .. } = self;
        let (to, pipe) = match way {
            Way::ToServer => (server, up),
            Way::ToClient => (client, down),
        };
        let due = pipe.release(at);
        let mut again = None;
        let mut blocked = way == Way::ToServer && !*connected;
        while !blocked {
            let verdict = line.verdict(triggers, way, pipe.out.len(), at.now, at.wall);
            let count = match to.write(&pipe.out[..verdict.bytes]) {
                _ if verdict.bytes == 0 => 0,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    blocked = true;
                    0
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Err(State::Over),
            };
            pipe.out.drain(..count);
            line.passed(way, count, at.wall);
            if let Some(death) = verdict.death.filter(|_| count == verdict.bytes) {
                return Err(State::Cut(death));
            }
            again = verdict.again;
            if count == 0 || pipe.out.is_empty() {
                break;
            }
        }
        if pipe.is_empty() {
            if let Some(death) = pipe.dying {
                return Err(State::Cut(death));
            }
            if pipe.ended && !pipe.finished && *connected {
                // A peer that is already gone cannot be told.
                let _ = to.shutdown(Shutdown::Write);
                pipe.finished = true;
            }
        }
        Ok([due, again].into_iter().flatten().min())
    }
}
