//! Broker credentials: from the environment, straight into [`Secret`]s.
//!
//! *Invariant:* a credential never becomes part of [`super::Config`], so it cannot be printed, logged
//! or journaled with it.

use super::dotenv::Environment;
use crate::exit::Failure;
use st0ck_net::secret::Secret;

/// What a broker asks for.
pub(crate) struct Credentials {
    /// Names the account; still not printed.
    pub(crate) key: Secret,
    /// Proves it.
    pub(crate) secret: Secret,
}

impl Credentials {
    /// Reads `<BOT>_KEY` and `<BOT>_SECRET`.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub(crate) fn read(bot: &str, environment: &Environment) -> Result<Self, Failure> {
        let bot = bot.to_ascii_uppercase();
        let get = |suffix: &str| {
            let name = format!("{bot}_{suffix}");
            let value = environment.get(&name).map(|v| Secret::new(v.to_owned()));
            value.ok_or_else(|| {
                Failure::config(format_args!(
                    "{name} is not set: export {bot}_KEY and {bot}_SECRET (or put them into .env)"
                ))
            })
        };
        Ok(Self { key: get("KEY")?, secret: get("SECRET")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_credential_is_named() {
        let environment = Environment::of(&[("ST0CKA_KEY", "k")]);
        let failure = Credentials::read("st0cka", &environment).map(|_| ()).unwrap_err();
        assert!(failure.words.contains("ST0CKA_SECRET is not set"), "{failure}");
    }
}
