//! A credential that cannot be printed by accident.
//!
//! Configuration reads a key or a token into a [`Secret`]; header blocks and sign-in messages call
//! [`Secret::expose`] at the one place where the text goes onto the wire.
//!
//! *Invariant:* a `Secret` has no `Debug`, no `Display`, no serialisation and no `Clone`, so no
//! struct that holds one can be logged, formatted or copied about; its memory is zeroed on drop.

use zeroize::Zeroizing;

/// A string that must not reach a log, an error text, a journal or an argument list.
///
/// Formatting one does not compile:
///
/// ```compile_fail,E0277
/// let canary = st0ck_net::secret::Secret::new(String::from("canary"));
/// println!("{:?}", canary);
/// ```
///
/// ```compile_fail,E0277
/// let canary = st0ck_net::secret::Secret::new(String::from("canary"));
/// println!("{}", canary);
/// ```
///
/// Nor does deriving `Debug` for something that holds one:
///
/// ```compile_fail,E0277
/// #[derive(Debug)]
/// struct Account {
///     key: st0ck_net::secret::Secret,
/// }
/// ```
///
/// Nor does copying one:
///
/// ```compile_fail,E0599
/// let canary = st0ck_net::secret::Secret::new(String::from("canary"));
/// let second = canary.clone();
/// ```
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text. Pass the only copy: earlier copies are the caller's to clear.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Every call is a place to review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty, which for a credential means "not set".
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_shows_its_text_only_when_asked() {
        let secret = Secret::new(String::from("canary"));
        assert_eq!(secret.expose(), "canary");
        assert!(!secret.is_empty());
        assert!(Secret::new(String::new()).is_empty());
    }
}
