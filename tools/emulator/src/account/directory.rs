//! Whose keys are whose: every request and every stream is some account's.
//!
//! Three ways lead to an account, as at the real service: key and secret in header fields of their
//! own, the same two as `Authorization: Basic`, and `Authorization: Bearer` with the token of an
//! OAuth application (`alpaca.md` §1.1, §8.1). Here an account's token is its secret.
//!
//! *Invariant:* secrets are compared and never shown, so nothing here has a `Debug`.

use crate::house::AccountNo;
use crate::transport::Fields;
use crate::wire::base64::from_base64;

/// An account's key and secret.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// `APCA-API-KEY-ID`.
    pub(crate) key: String,
    /// `APCA-API-SECRET-KEY`.
    pub(crate) secret: String,
}

/// What stands in the place of the key on a stream when the secret is a token.
const OAUTH: &str = "oauth";

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

    /// Whose key and secret these are; with `oauth` for a key the secret is a token.
    pub(crate) fn find(&self, key: &str, secret: &str) -> Option<AccountNo> {
        let is_owner = |own: &Credentials| own.secret == secret && (own.key == key || key == OAUTH);
        self.keys.iter().position(is_owner).map(AccountNo::at)
    }

    /// Whose `Authorization` this is.
    fn authorized(&self, field: &str) -> Option<AccountNo> {
        let (scheme, rest) = field.trim().split_once(' ')?;
        let rest = rest.trim_start();
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.find(OAUTH, rest);
        }
        let pair = from_base64(rest).filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let (key, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
        self.find(key, secret)
    }

    /// How a request's header fields introduce its sender.
    pub(crate) fn who(&self, fields: &Fields) -> Caller {
        let owner = match (&fields.key, &fields.secret, &fields.authorization) {
            (None, None, None) => return Caller::Silent,
            (Some(key), Some(secret), _) => self.find(key, secret),
            (None, None, Some(field)) => self.authorized(field),
            _ => None,
        };
        owner.map_or(Caller::Wrong, Caller::Known)
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

    fn caller(key: Option<&str>, secret: Option<&str>, authorization: Option<&str>) -> Caller {
        let [key, secret] = [key, secret].map(|text| text.map(str::to_owned));
        let authorization = authorization.map(Box::from);
        two().who(&Fields { key, secret, authorization, ..Fields::default() })
    }

    #[test]
    fn a_key_opens_its_own_account_and_only_with_its_own_secret() {
        assert_eq!(caller(Some("k0"), Some("s0"), None), Caller::Known(AccountNo::at(0)));
        assert_eq!(caller(Some("k1"), Some("s1"), None), Caller::Known(AccountNo::at(1)));
        assert_eq!(caller(Some("k0"), Some("s1"), None), Caller::Wrong);
        assert_eq!(caller(Some("k0"), None, None), Caller::Wrong);
        assert_eq!(caller(None, None, None), Caller::Silent);
    }

    #[test]
    fn keys_may_come_as_basic_authorization_and_a_token_as_bearer() {
        let known = |no| Caller::Known(AccountNo::at(no));
        for (field, who) in [
            ("Basic azA6czA=", known(0)),
            ("basic  azE6czE=", known(1)),
            ("Bearer s1", known(1)),
            ("Basic azA6czE=", Caller::Wrong),
            ("Basic !", Caller::Wrong),
            ("Bearer k1", Caller::Wrong),
            ("Digest azA6czA=", Caller::Wrong),
            ("Bearer", Caller::Wrong),
            ("", Caller::Wrong),
        ] {
            assert_eq!(caller(None, None, Some(field)), who, "{field}");
        }
        assert_eq!(caller(Some("k0"), None, Some("Bearer s0")), Caller::Wrong, "half of two ways");
        assert_eq!(two().find("oauth", "s1"), Some(AccountNo::at(1)), "as streams say it");
    }
}
