//! Which agents share which thread: a setting, not an architecture.
//!
//! On two cores four spinning threads wait for each other (a p50 of milliseconds); one shared
//! thread does not (nanoseconds). `auto` therefore shares as soon as agents outnumber cores.

/// How the hot agents (feed, core, gateway) are put on threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Topology {
    /// One pinned thread for each agent.
    Dedicated,
    /// All hot agents on one pinned thread.
    Shared,
    /// No thread: the caller turns the crank.
    Invoker,
    /// `Dedicated` when there is a core for each agent and one to spare, else `Shared`.
    #[default]
    Auto,
}

impl Topology {
    /// Reads the configuration's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "dedicated" => Some(Self::Dedicated),
            "shared" => Some(Self::Shared),
            "invoker" => Some(Self::Invoker),
            "auto" => Some(Self::Auto),
            _ => None,
        }
    }

    /// The configuration's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dedicated => "dedicated",
            Self::Shared => "shared",
            Self::Invoker => "invoker",
            Self::Auto => "auto",
        }
    }

    /// Settles `Auto` for so many hot agents and usable cores. One core is left to the rest of the
    /// process (keeper, control) and to the system.
    #[must_use]
    pub fn settle(self, agents: usize, cores: usize) -> Self {
        match self {
            Self::Auto if cores > agents => Self::Dedicated,
            Self::Auto => Self::Shared,
            chosen => chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_shares_when_agents_outnumber_the_cores_they_may_have() {
        assert_eq!(Topology::Auto.settle(3, 2), Topology::Shared);
        assert_eq!(Topology::Auto.settle(3, 3), Topology::Shared);
        assert_eq!(Topology::Auto.settle(3, 4), Topology::Dedicated);
        assert_eq!(Topology::Dedicated.settle(3, 1), Topology::Dedicated);
    }

    #[test]
    fn words_round_trip() {
        for word in ["dedicated", "shared", "invoker", "auto"] {
            assert_eq!(Topology::parse(word).map(Topology::as_str), Some(word));
        }
        assert_eq!(Topology::parse("Shared"), None);
    }
}
