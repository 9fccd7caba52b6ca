//! How long an order lives.

/// Alpaca's `time_in_force`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until the session's close.
    Day,
    /// Until canceled.
    Gtc,
    /// In the opening auction.
    Opg,
    /// In the closing auction.
    Cls,
    /// What can be had at once, the rest canceled.
    Ioc,
    /// All of it at once, or nothing.
    Fok,
}

impl Lifetime {
    pub(crate) const ALL: [Self; 6] =
        [Self::Day, Self::Gtc, Self::Opg, Self::Cls, Self::Ioc, Self::Fok];

    /// The lifetime of that word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lifetime| lifetime.as_str() == word)
    }

    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Gtc => "gtc",
            Self::Opg => "opg",
            Self::Cls => "cls",
            Self::Ioc => "ioc",
            Self::Fok => "fok",
        }
    }

    /// What the venue is sent. To it "day" means "until its close", and an order for extended hours
    /// outlives that.
    pub(crate) fn at_venue(self, extended_hours: bool) -> st0ck_sim::Lifetime {
        match self {
            Self::Day if !extended_hours => st0ck_sim::Lifetime::Day,
            Self::Day | Self::Gtc => st0ck_sim::Lifetime::Gtc,
            Self::Opg => st0ck_sim::Lifetime::Opg,
            Self::Cls => st0ck_sim::Lifetime::Cls,
            Self::Ioc => st0ck_sim::Lifetime::Ioc,
            Self::Fok => st0ck_sim::Lifetime::Fok,
        }
    }
}
