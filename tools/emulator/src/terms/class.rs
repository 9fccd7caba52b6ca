//! How an order stands to others.

/// Alpaca's `order_class`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The client said nothing: a simple order, shown as it was written.
    Unsaid,
    /// Alone.
    Simple,
}

impl Class {
    const ALL: [Self; 2] = [Self::Unsaid, Self::Simple];

    /// The class of that word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// Alpaca's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::Simple => "simple",
        }
    }
}
