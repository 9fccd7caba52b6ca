//! Peers that send too much or too slowly (goal G28), against the real client code on the loopback
//! interface: what it says, and how much memory it takes.
//!
//! `cargo run --release -p st0ck-fuzz -- peers` runs every scene in a process of its own, so that the
//! memory of one does not hide in what another has left; `cargo test` does the same.
//!
//! *Invariant:* a scene's own bytes come from small buffers: what grows is the client's.

mod files;
mod http;
mod memory;
mod websocket;

use st0ck_net::tls::Trust;
use std::process::Command;

/// Bytes by which a process may grow beyond what its limits let it hold.
pub const GROWTH_MAX: u64 = 2 << 20;

/// A peer and its script.
pub struct Scene {
    /// Its name.
    pub name: &'static str,
    /// What the peer does.
    pub about: &'static str,
    /// Bytes that the configured limit lets the client hold of it: a message, a body, a line.
    pub held: u64,
    /// Plays it; what the client made of it.
    play: fn() -> String,
    /// What the client must make of it.
    want: &'static str,
}

/// Every scene.
pub static SCENES: &[&Scene] = &[
    &websocket::OVERSIZED_FRAME,
    &websocket::LARGEST_FRAME,
    &websocket::MANY_FRAGMENTS,
    &websocket::EMPTY_FRAGMENTS,
    &websocket::ENDLESS_FRAGMENTS,
    &websocket::PINGS,
    &websocket::SLOW_OPENING,
    &websocket::SLOW_FRAME,
    &http::LONG_HEAD,
    &http::MANY_FIELDS,
    &http::DECLARED_BODY,
    &http::ENDLESS_CHUNKS,
    &http::SLOW_ANSWER,
    &http::PACKED_ANSWER,
    &files::PACKED_LINE,
    &files::PACKED_BLANKS,
];

/// How a scene went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What the client made of it.
    pub said: String,
    /// Bytes by which its process grew at most.
    pub growth: u64,
}

impl Scene {
    /// Plays it in this process.
    ///
    /// # Panics
    /// When the machine does not tell how much memory a process has (no `/proc`).
    #[must_use]
    pub fn play(&self) -> Played {
        // What a process has once, whatever its peers do: TLS's tables and the code that makes them.
        drop(Trust::nobody());
        let before = memory::now();
        let said = (self.play)();
        Played { said, growth: memory::peak().saturating_sub(before) }
    }

    /// Whether it went as it must.
    #[must_use]
    pub fn is_right(&self, played: &Played) -> bool {
        played.said == self.want && played.growth <= self.held + GROWTH_MAX
    }

    /// Plays it in a process of its own: this program again, as `peer NAME`.
    ///
    /// # Errors
    /// What the process said when it gave no answer.
    pub fn play_apart(&self, program: &std::path::Path) -> Result<Played, String> {
        let ran = Command::new(program).args(["peer", self.name]).output();
        let ran = ran.map_err(|e| format!("{}: {e}", program.display()))?;
        let out = String::from_utf8_lossy(&ran.stdout).into_owned();
        let answer = out.trim_end().split_once('\t').map(|(growth, said)| (growth.parse(), said));
        match answer {
            Some((Ok(growth), said)) => Ok(Played { said: said.to_owned(), growth }),
            _ => Err(format!("{out}{}", String::from_utf8_lossy(&ran.stderr))),
        }
    }

    /// What the client must make of it.
    #[must_use]
    pub fn want(&self) -> &'static str {
        self.want
    }
}

/// The scene of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scene> {
    SCENES.iter().copied().find(|scene| scene.name == name)
}
