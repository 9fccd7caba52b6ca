//! ST0CKA's row of the registry.

use super::params::{PARAMS, Rules, profile};
use super::strategy::Trader;
use st0ck_engine::params::{ParamError, ParamSpec, Params};
use st0ck_engine::risk::RiskProfile;
use st0ck_engine::strategy::{Recipe, Strategy};
use st0ck_types::{BotCode, InstrumentId};

/// Builds ST0CKA.
#[derive(Debug, Clone, Copy)]
pub struct St0cka;

impl Recipe for St0cka {
    fn name(&self) -> &'static str {
        "st0cka"
    }

    fn code(&self) -> BotCode {
        BotCode(*b"ska")
    }

    fn summary(&self) -> &'static str {
        "Buys one to three shares and offers them a cent or more above their cost."
    }

    fn rules(&self) -> &'static str {
        include_str!("rules.md")
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn profile(&self, params: &Params) -> RiskProfile {
        profile(params)
    }

    /// # Panics
    /// Without an instrument: there is nothing to trade then.
    fn build(
        &self,
        params: &Params,
        instruments: &[InstrumentId],
    ) -> Result<Box<dyn Strategy>, ParamError> {
        Ok(Box::new(Trader::new(Rules::of(params)?, instruments[0])))
    }
}
