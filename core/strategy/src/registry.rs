//! The strategies there are: one ordered table. The command line lists it, configuration is checked
//! against it, and the pages of `STRATEGIES.md` are printed from it.
//!
//! *Invariant:* a strategy that is not here does not exist; names and codes are unique and never
//! reused, because journals and order ids carry them.

use crate::st0cka::St0cka;
use st0ck_engine::strategy::Recipe;
use st0ck_types::Money;
use std::fmt;

/// Whether a bot may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It may.
    Active,
    /// It is listed, and refuses to run.
    Inactive,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        })
    }
}

/// One row: a recipe, and the defaults of a bot that runs it.
#[derive(Clone, Copy)]
pub struct Listing {
    /// How to build it, and its parameters.
    pub recipe: &'static dyn Recipe,
    /// Whether it may be run.
    pub status: Status,
    /// When it trades, for people.
    pub window: &'static str,
    /// What it trades unless told otherwise.
    pub symbol: &'static str,
    /// Its capital unless told otherwise, in dollars.
    pub capital: Money,
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").field("name", &self.recipe.name()).finish_non_exhaustive()
    }
}

/// Every strategy, in the order in which it is listed.
static LISTINGS: [Listing; 1] = [Listing {
    recipe: &St0cka,
    status: Status::Active,
    window: "9:30-15:50 ET, flat by 15:55",
    symbol: "SPY",
    capital: Money(10_000 * Money::ONE.0),
}];

/// Every strategy, in the order in which it is listed.
#[must_use]
pub fn listings() -> &'static [Listing] {
    &LISTINGS
}

/// The strategy of that name, whatever its case; `None` when there is none.
#[must_use]
pub fn find(name: &str) -> Option<&'static Listing> {
    LISTINGS.iter().find(|listing| listing.recipe.name().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_engine::params::{ParamKind, Params};
    use st0ck_types::ids::BASE32;

    #[test]
    fn names_and_codes_are_unique_and_fit_into_order_ids() {
        for (i, listing) in listings().iter().enumerate() {
            let (name, code) = (listing.recipe.name(), listing.recipe.code());
            assert_eq!(find(&name.to_uppercase()).unwrap().recipe.name(), name);
            assert!(code.0.iter().all(|byte| BASE32.contains(byte)), "{name}");
            for other in &listings()[i + 1..] {
                assert!(other.recipe.name() != name && other.recipe.code() != code, "{name}");
            }
        }
        assert!(find("st0ckz").is_none());
    }

    #[test]
    fn every_recipe_builds_from_its_defaults() {
        for listing in listings() {
            let params = Params::defaults(listing.recipe.params()).unwrap();
            assert!(listing.recipe.build(&params, &[st0ck_types::InstrumentId(0)]).is_ok());
        }
    }

    #[test]
    fn a_range_is_given_where_a_number_is_asked_for() {
        for spec in listings().iter().flat_map(|listing| listing.recipe.params()) {
            let open = matches!(spec.kind, ParamKind::Bool | ParamKind::Choice);
            assert_eq!(open, spec.min.is_empty() && spec.max.is_empty(), "{}", spec.name);
            assert_eq!(spec.kind == ParamKind::Choice, !spec.choices.is_empty(), "{}", spec.name);
        }
    }
}
