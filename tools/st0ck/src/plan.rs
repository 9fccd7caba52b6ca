//! What a bot will do, settled from its recipe and the configuration before anything starts.

use crate::bot;
use crate::config::dotenv::Environment;
use crate::config::file::Document;
use crate::config::{Config, Sources, keys};
use crate::exit::Failure;
use crate::signed::pin::Pin;
use crate::signed::signature::Signature;
use st0ck_engine::params::Params;
use st0ck_engine::risk::RiskLimits;
use st0ck_engine::strategy::Recipe;
use st0ck_lab::limits::LIMITS;
use st0ck_types::{InstrumentId, Money};
use std::path::Path;

/// A bot with every setting settled.
pub(crate) struct Plan {
    pub(crate) recipe: &'static dyn Recipe,
    pub(crate) config: Config,
    pub(crate) params: Params,
    pub(crate) limits: RiskLimits,
    pub(crate) capital: Money,
    pub(crate) environment: Environment,
    /// Whose signature the file bears; `None` where nobody pinned a key.
    pub(crate) signature: Option<Signature>,
}

/// What the command line says about the configuration.
pub(crate) struct Choices<'a> {
    pub(crate) bot: &'a str,
    pub(crate) file: Option<&'a Path>,
    pub(crate) sets: &'a [String],
    pub(crate) volatility_off: bool,
    pub(crate) mean_reversion: bool,
    pub(crate) debug: bool,
}

impl Plan {
    /// Settles a bot that sends no order to a broker: whoever signed, or nobody.
    ///
    /// # Errors
    /// Names the flag, variable or file line of whatever cannot be used.
    pub(crate) fn settle(choices: &Choices<'_>) -> Result<Self, Failure> {
        let document = choices.file.map(Document::read).transpose()?;
        Self::of(choices, document.as_ref())
    }

    /// Settles a bot that will trade. With a key pinned, what bounds money comes from a file that is
    /// signed with it, or is the default.
    ///
    /// # Errors
    /// As [`Plan::settle`]; under a pin also without a file, when its signature does not count, and
    /// when something else would change a limit.
    pub(crate) fn settle_signed(choices: &Choices<'_>, pin: Option<&Pin>) -> Result<Self, Failure> {
        let Some(pin) = pin else { return Self::settle(choices) };
        let (document, signature) = pin.open(choices.file)?;
        let plan = Self::of(choices, Some(&document))?;
        pin.refuse_overrides(&plan.config, &document.path)?;
        Ok(Self { signature: Some(signature), ..plan })
    }

    fn of(choices: &Choices<'_>, document: Option<&Document>) -> Result<Self, Failure> {
        let listing = bot::find(choices.bot)?;
        let recipe = listing.recipe;
        let folder = choices.file.and_then(Path::parent).unwrap_or(Path::new("."));
        let environment = Environment::read(folder)?;
        let flags = flags(choices);
        let sources = Sources {
            bot: choices.bot,
            file: document,
            sets: choices.sets,
            flags: &flags,
            environment: &environment,
        };
        let mut config = Config::resolve(keys::keys_of(listing), &sources)?;
        let params = params(recipe, &config)?;
        let capital = Money::parse(config.text("capital"))
            .map_err(|e| Failure::config(format_args!("capital: {e}")))?;
        let limits = limits(recipe, &params, capital, &mut config)?;
        Ok(Self { recipe, config, params, limits, capital, environment, signature: None })
    }
}

fn flags(choices: &Choices<'_>) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut flags = Vec::new();
    if choices.volatility_off {
        flags.push(("strategy.use_volatility_sizing", "false", "--volatility-off"));
    }
    if choices.mean_reversion {
        flags.push(("strategy.use_mean_reversion", "true", "--mean-reversion"));
    }
    if choices.debug {
        flags.push(("log.level", "debug", "--debug"));
    }
    flags
}

fn params(recipe: &'static dyn Recipe, config: &Config) -> Result<Params, Failure> {
    let given = config.under("strategy.");
    let given: Vec<(&str, &str)> = given.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let params = Params::resolve(recipe.params(), &given).map_err(Failure::config)?;
    // Each may be sound and two contradict each other: that is known to the strategy alone.
    recipe.build(&params, &[InstrumentId(0)]).map_err(Failure::config)?;
    Ok(params)
}

/// Defaults for the capital, the strategy's profile over them, what people set over that.
fn limits(
    recipe: &dyn Recipe,
    params: &Params,
    capital: Money,
    config: &mut Config,
) -> Result<RiskLimits, Failure> {
    let mut limits = recipe.profile(params).over(RiskLimits::for_capital(capital));
    for key in LIMITS {
        let name = format!("risk.{}", key.name);
        let text = config.text(&name).to_owned();
        if text.is_empty() {
            config.fill(&name, key.text(&limits));
        } else {
            key.apply(&mut limits, &text)
                .map_err(|words| Failure::config(format_args!("{name} = {text}: {words}")))?;
        }
    }
    Ok(limits)
}
