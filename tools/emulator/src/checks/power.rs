//! Money: an opening order must be covered.

use super::Draft;
use crate::book::account::Figures;
use crate::refusal::Refusal;
use st0ck_types::Money;

/// Positions worth more than so many times the equity may only be closed (`alpaca.md` §4.2).
const EXPOSURE_MAX: i128 = 6;

/// Refuses opening orders of an account whose positions have outgrown its equity.
pub(crate) fn closing_only(draft: &Draft<'_>, figures: &Figures) -> Result<(), Refusal> {
    let exposure = figures.long - figures.short;
    if draft.intent.opens() && exposure.0 > figures.equity.0.max(0).saturating_mul(EXPOSURE_MAX) {
        return Err(Refusal::forbidden("account is restricted to liquidation only"));
    }
    Ok(())
}

/// Refuses an opening order that costs more than there is, with what a replaced one gives back.
pub(crate) fn buying_power(
    draft: &Draft<'_>,
    figures: &Figures,
    freed: Money,
) -> Result<(), Refusal> {
    if !draft.intent.opens() {
        return Ok(());
    }
    let (cost, power) = (draft.cost(), figures.buying_power + freed);
    if cost <= power {
        return Ok(());
    }
    Err(Refusal::forbidden("insufficient buying power")
        .with("buying_power", power.to_string())
        .with("cost_basis", cost.to_string()))
}
