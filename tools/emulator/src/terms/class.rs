//! How an order stands to others.

/// Alpaca's `order_class`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The client said nothing: a simple order, shown as it was written.
    Unsaid,
    /// Alone.
    Simple,
    /// An entry with a take-profit and a stop-loss.
    Bracket,
    /// One cancels the other: a take-profit and a stop-loss for a position that is there.
    Oco,
    /// One triggers the other: an entry with either of the two.
    Oto,
}

impl Class {
    const ALL: [Self; 5] = [Self::Unsaid, Self::Simple, Self::Bracket, Self::Oco, Self::Oto];

    /// The class of that word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::Simple => "simple",
            Self::Bracket => "bracket",
            Self::Oco => "oco",
            Self::Oto => "oto",
        }
    }

    /// Whether it is of several orders.
    pub(crate) fn is_group(self) -> bool {
        matches!(self, Self::Bracket | Self::Oco | Self::Oto)
    }
}
