//! Whose keys are whose: every request and every stream is some account's.
//!
//! *Invariant:* secrets are compared and never shown, so nothing here has a `Debug`.

use crate::house::AccountNo;
use crate::transport::Fields;

/// An account's key and secret.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// `APCA-API-KEY-ID`.
    pub(crate) key: String,
    /// `APCA-API-SECRET-KEY`.
    pub(crate) secret: String,
}

/// How a caller introduced itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// With an account's key and secret.
    Known(AccountNo),
    /// With others.
    Wrong,
    /// Not at all.
    Silent,
}

impl Caller {
    /// The account, when it is one's.
    pub(crate) fn account(self) -> Option<AccountNo> {
        match self {
            Self::Known(who) => Some(who),
            Self::Wrong | Self::Silent => None,
        }
    }
}

/// The keys of every account, in the order of their numbers.
pub(crate) struct Directory {
    keys: Vec<Credentials>,
}

impl Directory {
    /// The directory of accounts with these keys.
    pub(crate) fn new(keys: Vec<Credentials>) -> Self {
        Self { keys }
    }

    /// Whose key and secret these are.
    pub(crate) fn find(&self, key: &str, secret: &str) -> Option<AccountNo> {
        let owner = self.keys.iter().position(|own| own.key == key && own.secret == secret)?;
        Some(AccountNo::at(owner))
    }

    /// How a request's header fields introduce its sender.
    pub(crate) fn who(&self, fields: &Fields) -> Caller {
        match (&fields.key, &fields.secret) {
            (None, None) if !fields.has_authorization => Caller::Silent,
            (Some(key), Some(secret)) => {
                self.find(key, secret).map_or(Caller::Wrong, Caller::Known)
            }
            _ => Caller::Wrong,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two accounts with the keys `k0`, `k1` and the secrets `s0`, `s1`.
    pub(crate) fn two() -> Directory {
        let keys = |n| Credentials { key: format!("k{n}"), secret: format!("s{n}") };
        Directory::new((0..2).map(keys).collect())
    }

    #[test]
    fn a_key_opens_its_own_account_and_only_with_its_own_secret() {
        let caller = |key: Option<&str>, secret: Option<&str>, has_authorization| {
            let (key, secret) = (key.map(str::to_owned), secret.map(str::to_owned));
            two().who(&Fields { key, secret, has_authorization, content_type: None, host: None })
        };
        assert_eq!(caller(Some("k0"), Some("s0"), false), Caller::Known(AccountNo::at(0)));
        assert_eq!(caller(Some("k1"), Some("s1"), false), Caller::Known(AccountNo::at(1)));
        assert_eq!(caller(Some("k0"), Some("s1"), false), Caller::Wrong);
        assert_eq!(caller(Some("k0"), None, false), Caller::Wrong);
        assert_eq!(caller(None, None, true), Caller::Wrong);
        assert_eq!(caller(None, None, false), Caller::Silent);
    }
}
