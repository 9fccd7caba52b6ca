//! The public half of the key that signs limits: reading it, and the name it goes by.
//!
//! *Invariant:* whatever may be a key's own text is never repeated in a message: it could be the
//! secret half, given by mistake.

use minisign::PublicKey;
use std::fmt;
use std::path::Path;

/// What begins every key line of minisign: the two letters of its algorithm, in base64.
const PREFIX: &str = "RW";

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LimitsKey(PublicKey);

/// The number that a key, and every signature made with it, is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId(u64);

/// Why a text or a file is no public key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The text looks like a key and is none.
    #[error("not a public key: expected the 56 characters that stand in a .pub file")]
    Text,
    /// The text is a path, and nothing can be read there.
    #[error("neither a public key (RW…) nor a readable file: {path}: {error}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file can be read, and no key is in it, or more than one.
    #[error(
        "{path}: expected one minisign public key: a line of 56 characters that begins with RW"
    )]
    File {
        /// Which file.
        path: String,
    },
}

impl LimitsKey {
    /// Of a generated pair.
    pub(super) fn of(key: PublicKey) -> Self {
        Self(key)
    }

    /// What people give: the key's line itself, or the path of a file that holds it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub(crate) fn read(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match Self::parse(text) {
            Some(key) => Ok(key),
            None if text.starts_with(PREFIX) && text.len() > 40 => Err(KeyError::Text),
            None => Self::load(Path::new(text)),
        }
    }

    /// The key in a file, as `st0ck config keygen` and `minisign -G` write it; comments may be missing.
    ///
    /// # Errors
    /// [`KeyError`] names the file.
    pub(crate) fn load(path: &Path) -> Result<Self, KeyError> {
        let named = || path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| KeyError::Unreadable { path: named(), error })?;
        let mut lines = text.lines().map(str::trim);
        let mut next = || lines.find(|l| !l.is_empty() && !l.starts_with("untrusted comment:"));
        match (next().and_then(Self::parse), next()) {
            (Some(key), None) => Ok(key),
            _ => Err(KeyError::File { path: named() }),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let key = PublicKey::from_base64(line).ok()?;
        key.to_bytes().starts_with(b"Ed").then_some(Self(key))
    }

    /// The number it goes by.
    pub(crate) fn id(&self) -> KeyId {
        KeyId::of(self.0.keynum())
    }

    /// The key's line, as it is pinned.
    pub(crate) fn line(&self) -> String {
        self.0.to_base64()
    }

    pub(super) fn get(&self) -> &PublicKey {
        &self.0
    }
}

impl KeyId {
    /// Of the bytes that keys and signatures carry.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut number = [0; 8];
        number.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self(u64::from_le_bytes(number))
    }
}

/// As minisign writes it into its comments.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of minisign's own documentation.
    const LINE: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn a_key_is_a_line_or_a_file_with_or_without_its_comment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limits.pub");
        let key = LimitsKey::read(LINE).ok().unwrap();
        assert_eq!(
            (key.id().to_string().as_str(), key.line().as_str()),
            ("E7620F1842B4E81F", LINE)
        );
        for text in [format!("untrusted comment: x\n{LINE}\n"), LINE.to_owned()] {
            std::fs::write(&path, text).unwrap();
            assert!(LimitsKey::read(path.to_str().unwrap()).ok() == Some(key.clone()));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let words = |text: &str| LimitsKey::read(text).err().unwrap().to_string();
        let secret = format!("RWRTY0Iy{}", "A".repeat(204));
        for text in [secret.as_str(), &LINE[..55], &LINE.replace("RWQ", "RWR")[..54]] {
            assert!(!words(text).contains(text), "{}", words(text));
        }
        assert!(words("nowhere.pub").contains("nowhere.pub"));
        let path = folder.path().join("limits.pub");
        for text in ["", "untrusted comment: x\n", &secret, &format!("{LINE}\n{LINE}\n")] {
            std::fs::write(&path, text).unwrap();
            let words = words(path.to_str().unwrap());
            assert!(
                words.contains("limits.pub: expected one") && !words.contains("AAAA"),
                "{words}"
            );
        }
    }
}
