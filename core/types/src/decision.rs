//! Why a strategy wanted an order: the factors it weighed, in a form the journal keeps.

use crate::{OrderNo, StrategyId, Text};

/// Most factors that one decision may name.
pub const FACTORS_MAX: usize = 9;

/// The weight of a factor that is not weighted: one, in 1e-9.
const UNWEIGHTED: i64 = 1_000_000_000;

/// What a factor had to say in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorRole {
    /// It spoke for or against the wish.
    Signal,
    /// It set how much was wanted, or at which price; whether, it did not decide.
    Sizing,
}

/// One ingredient of a decision: a signal component or a sizing factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Factor {
    /// Its name, for example `volatility`.
    pub name: Text<15>,
    /// Its value in 1e-9.
    pub value: i64,
    /// Its weight in 1e-9: 1,000,000,000 where it is not weighted, 0 for a sizing factor.
    pub weight: i64,
}

impl Factor {
    /// An unweighted signal component.
    #[inline]
    #[must_use]
    pub const fn signal(name: &str, value: i64) -> Self {
        Self { name: Text::new(name), value, weight: UNWEIGHTED }
    }

    /// A sizing factor.
    #[inline]
    #[must_use]
    pub const fn sizing(name: &str, value: i64) -> Self {
        Self { name: Text::new(name), value, weight: 0 }
    }

    /// This factor with that value.
    #[inline]
    #[must_use]
    pub const fn of(self, value: i64) -> Self {
        Self { value, ..self }
    }

    /// Its role, which the weight tells: what has none in the signal is a sizing factor. Decisions
    /// of the first sessions named no sizing factors.
    #[must_use]
    pub fn role(&self) -> FactorRole {
        if self.weight == 0 { FactorRole::Sizing } else { FactorRole::Signal }
    }
}

/// What a strategy weighed before it wanted something.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decision {
    /// Who decided.
    pub strategy: StrategyId,
    /// The order it led to, [`OrderNo::NONE`] when the gate refused.
    pub order: OrderNo,
    /// What kind of wish, for example `entry` or `take_profit`.
    pub what: Text<15>,
    len: u8,
    /// What stands behind the first `len` is of no meaning: a decision is used again without being
    /// wiped.
    factors: [Factor; FACTORS_MAX],
}

impl PartialEq for Decision {
    fn eq(&self, other: &Self) -> bool {
        (self.strategy, self.order, self.what) == (other.strategy, other.order, other.what)
            && self.factors() == other.factors()
    }
}

impl Eq for Decision {}

impl Decision {
    /// A decision without factors yet.
    #[inline]
    #[must_use]
    pub fn new(what: &str) -> Self {
        Self { what: Text::new(what), ..Self::default() }
    }

    /// Makes it anew, in its place: nobody's, without factors.
    #[inline]
    pub fn begin(&mut self, what: Text<15>) {
        self.strategy = StrategyId::default();
        self.order = OrderNo::NONE;
        self.what = what;
        self.len = 0;
    }

    /// Adds an unweighted signal component; beyond [`FACTORS_MAX`] it is not kept.
    #[inline]
    #[must_use]
    pub fn with(self, name: &str, value: i64) -> Self {
        self.with_weighted(name, value, UNWEIGHTED)
    }

    /// Adds a sizing factor; beyond [`FACTORS_MAX`] it is not kept.
    #[inline]
    #[must_use]
    pub fn with_sizing(self, name: &str, value: i64) -> Self {
        self.with_weighted(name, value, 0)
    }

    /// Adds a weighted factor; beyond [`FACTORS_MAX`] the factor is not kept.
    #[inline]
    #[must_use]
    pub fn with_weighted(mut self, name: &str, value: i64, weight: i64) -> Self {
        self.push(Factor { name: Text::new(name), value, weight });
        self
    }

    /// Adds a factor as it is, in place; beyond [`FACTORS_MAX`] it is not kept.
    #[inline]
    pub fn push(&mut self, factor: Factor) {
        if let Some(slot) = self.factors.get_mut(usize::from(self.len)) {
            *slot = factor;
            self.len += 1;
        }
    }

    /// Adds factors as they are; those beyond [`FACTORS_MAX`] are not kept.
    #[inline]
    pub fn extend(&mut self, factors: &[Factor]) {
        let room = &mut self.factors[usize::from(self.len)..];
        let kept = factors.len().min(room.len());
        room[..kept].copy_from_slice(&factors[..kept]);
        self.len += u8::try_from(kept).expect("nine at most");
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
    fn a_tenth_factor_is_not_kept() {
        let decision = (0..10).fold(Decision::new("entry"), |d, i| d.with("f", i));
        assert_eq!(decision.factors().len(), FACTORS_MAX);
        assert_eq!(decision.factors()[8].value, 8);
    }

    #[test]
    fn factors_added_together_are_those_added_one_by_one_as_far_as_there_is_room() {
        let ten: Vec<Factor> = (0..10).map(|i| Factor::signal("f", i)).collect();
        for (already, count) in [(0, 0), (0, 3), (4, 5), (4, 6), (9, 1), (0, 10)] {
            let mut one_by_one = Decision::new("entry");
            ten[..already].iter().for_each(|factor| one_by_one.push(*factor));
            let mut together = one_by_one;
            ten[..count].iter().for_each(|factor| one_by_one.push(*factor));
            together.extend(&ten[..count]);
            assert_eq!(together, one_by_one, "{count} after {already}");
        }
    }

    #[test]
    fn a_decision_begun_anew_is_a_new_one() {
        let mut used = Decision::new("entry").with("a", 1).with("b", 2);
        (used.strategy, used.order) = (StrategyId(3), OrderNo(4));
        used.begin(Text::new("offer"));
        assert_eq!(used, Decision::new("offer"));
        used.push(Factor::signal("c", 3));
        assert_eq!(used, Decision::new("offer").with("c", 3));
        assert_ne!(used, Decision::new("offer").with("c", 4));
    }

    #[test]
    fn a_factor_without_weight_is_about_size() {
        let decision = Decision::new("entry").with("deviation", -5).with_sizing("volatility", 7);
        let roles: Vec<FactorRole> = decision.factors().iter().map(Factor::role).collect();
        assert_eq!(roles, [FactorRole::Signal, FactorRole::Sizing]);
    }
}
