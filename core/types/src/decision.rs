//! Why a strategy wanted an order: the factors it weighed, in a form the journal keeps.

use crate::{OrderNo, StrategyId, Text};

/// Most factors that one decision may name.
pub const FACTORS_MAX: usize = 8;

/// One ingredient of a decision: a signal component or a sizing factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Factor {
    /// Its name, for example `volatility`.
    pub name: Text<15>,
    /// Its value in 1e-9.
    pub value: i64,
    /// Its weight in 1e-9; 1,000,000,000 where it is not weighted.
    pub weight: i64,
}

/// What a strategy weighed before it wanted something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decision {
    /// Who decided.
    pub strategy: StrategyId,
    /// The order it led to, [`OrderNo::NONE`] when the gate refused.
    pub order: OrderNo,
    /// What kind of wish, for example `entry` or `take_profit`.
    pub what: Text<15>,
    len: u8,
    factors: [Factor; FACTORS_MAX],
}

impl Decision {
    /// A decision without factors yet.
    #[must_use]
    pub fn new(what: &str) -> Self {
        Self { what: Text::new(what), ..Self::default() }
    }

    /// Adds an unweighted factor; beyond [`FACTORS_MAX`] the factor is not kept.
    #[must_use]
    pub fn with(self, name: &str, value: i64) -> Self {
        self.with_weighted(name, value, 1_000_000_000)
    }

    /// Adds a weighted factor; beyond [`FACTORS_MAX`] the factor is not kept.
    #[must_use]
    pub fn with_weighted(mut self, name: &str, value: i64, weight: i64) -> Self {
        if let Some(slot) = self.factors.get_mut(usize::from(self.len)) {
            *slot = Factor { name: Text::new(name), value, weight };
            self.len += 1;
        }
        self
    }

    /// The factors, in the order they were added.
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors[..usize::from(self.len)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ninth_factor_is_not_kept() {
        let decision = (0..9).fold(Decision::new("entry"), |d, i| d.with("f", i));
        assert_eq!(decision.factors().len(), FACTORS_MAX);
        assert_eq!(decision.factors()[7].value, 7);
    }
}
