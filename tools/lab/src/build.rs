//! From a session's header to the very engine that made it.

use crate::header::SessionHeader;
use crate::limits::LIMITS;
use st0ck_engine::BEHAVIOUR;
use st0ck_engine::config::{Capacities, ConfigError, EngineConfig, InstrumentConfig};
use st0ck_engine::engine::Engine;
use st0ck_engine::orders::Identity;
use st0ck_engine::params::{ParamError, Params};
use st0ck_engine::risk::RiskLimits;
use st0ck_strategy::registry;
use st0ck_types::calendar::{Date, NYSE};
use st0ck_types::{Epoch, InstrumentId, Money, Nonce, Price, StrategyId};

/// Why no engine can be built from a header.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Another version's engine made it, which may have decided otherwise.
    #[error(
        "session.json: made by {made_by}, whose engine decides as of behaviour {then}; this one is of \
         behaviour {BEHAVIOUR} and may decide otherwise (`st0ck replay --force` tries all the same)"
    )]
    Behaviour {
        /// That program.
        made_by: String,
        /// Its behaviour.
        then: u32,
    },
    /// The registry has no such bot.
    #[error("session.json: no bot is called {0}")]
    UnknownBot(String),
    /// A field does not hold what it should.
    #[error("session.json: {field}: {words}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong.
        words: String,
    },
    /// The strategy refuses its parameters.
    #[error("session.json: {0}")]
    Params(#[from] ParamError),
    /// The engine refuses the whole.
    #[error("session.json: {0}")]
    Config(#[from] ConfigError),
}

fn field<T, E: ToString>(field: &'static str, result: Result<T, E>) -> Result<T, BuildError> {
    result.map_err(|e| BuildError::Field { field, words: e.to_string() })
}

/// Builds the engine as it was before the session's first input.
///
/// # Errors
/// [`BuildError`] names the field that does not fit this version, or both versions when the engine of
/// the session was of another behaviour.
pub fn engine(header: &SessionHeader) -> Result<Engine, BuildError> {
    if header.behaviour != BEHAVIOUR {
        let (made_by, then) = (header.build.to_string(), header.behaviour);
        return Err(BuildError::Behaviour { made_by, then });
    }
    engine_of_any_behaviour(header)
}

/// [`engine`], whatever the behaviour of the one that made the session: what it decides may differ
/// from the record for no other reason.
///
/// # Errors
/// As [`engine`].
pub fn engine_of_any_behaviour(header: &SessionHeader) -> Result<Engine, BuildError> {
    let listing =
        registry::find(&header.bot).ok_or_else(|| BuildError::UnknownBot(header.bot.clone()))?;
    let given: Vec<(&str, &str)> =
        header.params.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let params = Params::resolve(listing.recipe.params(), &given)?;
    let ids: Vec<InstrumentId> = (0..header.symbols.len() as u32).map(InstrumentId).collect();
    let strategy = listing.recipe.build(&params, &ids)?;
    let config = config(header, listing.recipe.code())?;
    Ok(Engine::new(config, vec![(StrategyId(0), strategy)])?)
}

fn config(header: &SessionHeader, bot: st0ck_types::BotCode) -> Result<EngineConfig, BuildError> {
    let date: Date = field("date", header.date.parse::<Date>())?;
    let session = field("date", NYSE.session(date))?;
    let session = field("date", session.ok_or("not a trading day"))?;
    let nonce = field("nonce", <[u8; 2]>::try_from(header.nonce.as_bytes()))?;
    let capital = field("capital", Money::parse(&header.capital))?;
    let identity = Identity { nonce: Nonce(nonce), bot, epoch: Epoch(header.epoch) };
    Ok(EngineConfig {
        instruments: instruments(header)?,
        session,
        zone: NYSE.zone(),
        identity,
        limits: limits(header, capital)?,
        capital,
        require_reconcile: true,
        capacities: Capacities::default(),
    })
}

fn instruments(header: &SessionHeader) -> Result<Vec<InstrumentConfig>, BuildError> {
    let mut list = Vec::with_capacity(header.symbols.len());
    for (index, symbol) in header.symbols.iter().enumerate() {
        let texts = header.daily_closes.get(index).map(Vec::as_slice).unwrap_or_default();
        let closes: Result<Vec<Price>, _> = texts.iter().map(|t| Price::parse(t)).collect();
        let daily_closes = field("daily_closes", closes)?;
        list.push(InstrumentConfig { daily_closes, ..InstrumentConfig::new(symbol) });
    }
    Ok(list)
}

fn limits(header: &SessionHeader, capital: Money) -> Result<RiskLimits, BuildError> {
    let mut limits = RiskLimits::for_capital(capital);
    for (name, text) in &header.limits {
        if name == "entry_hours" {
            limits.entry_hours = field("limits", crate::limits::parse_hours(text))?;
            continue;
        }
        let key = LIMITS.iter().find(|key| key.name == name);
        let key = field("limits", key.ok_or_else(|| format!("no limit is called {name}")))?;
        let applied = key.apply(&mut limits, text).map_err(|w| format!("{name} = {text}: {w}"));
        field("limits", applied)?;
    }
    Ok(limits)
}

/// The limits as the header keeps them.
#[must_use]
pub fn limit_texts(limits: &RiskLimits) -> Vec<(String, String)> {
    let rows = LIMITS.iter().map(|key| (key.name.to_owned(), key.text(limits)));
    let hours = ("entry_hours".to_owned(), crate::limits::hours_text(limits.entry_hours));
    rows.chain(std::iter::once(hours)).collect()
}
