//! The asset: whether it may be traded at all, sold short, or bought in parts.

use super::Draft;
use crate::book::position::Intent;
use crate::refusal::Refusal;

/// Judges an order by its asset's standing. No order at all passes for one that is not
/// tradable, closing ones neither.
pub(crate) fn standing(draft: &Draft<'_>) -> Result<(), Refusal> {
    let (symbol, standing) = (draft.asset.symbol, draft.asset.standing);
    let forbidden = |words: &str| Err(Refusal::forbidden(format!("asset {symbol} {words}")));
    if !standing.active {
        return forbidden("is not active");
    }
    if !standing.tradable {
        return forbidden("is not tradable");
    }
    if draft.intent == Intent::SellToOpen && !standing.shortable {
        return forbidden("cannot be sold short");
    }
    if draft.is_fractional() && !standing.fractionable {
        return Err(Refusal::business(format!("asset \"{symbol}\" is not fractionable")));
    }
    Ok(())
}
