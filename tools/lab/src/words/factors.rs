//! What the factors of decisions count, by their names.

use st0ck_types::reject::Unit;

/// Names of factors and their units. Those not listed are told as bare numbers.
const UNITS: [(&str, Unit); 14] = [
    ("waited", Unit::Seconds),
    ("vwap_deviation", Unit::Ratio),
    ("bars", Unit::Number),
    ("volatility", Unit::Ratio),
    ("vol_blended", Unit::Number),
    ("history_days", Unit::Number),
    ("size_raw", Unit::Shares),
    ("size", Unit::Shares),
    ("target_raw", Unit::Money),
    ("average_cost", Unit::Money),
    ("target_price", Unit::Money),
    ("bid", Unit::Money),
    ("held", Unit::Shares),
    ("uncovered", Unit::Shares),
];

/// What a factor counts; `None` for a name that nobody told us about.
#[must_use]
pub fn factor_unit(name: &str) -> Option<Unit> {
    UNITS.iter().find(|(known, _)| *known == name).map(|(_, unit)| *unit)
}
