//! Holding a file against its signature.
//!
//! *Invariant:* the bytes that are judged are those of the [`Document`] in memory, the same that are
//! parsed afterwards: nobody can put another file in between.

use super::key::{KeyId, LimitsKey};
use crate::config::file::Document;
use minisign::SignatureBox;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Characters of the 64 bytes that sign the comment, in base64.
const COMMENT_SIGNATURE_LEN: usize = 88;

/// A signature that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Which key made it.
    pub(crate) key: KeyId,
    /// What the signer wrote with it, signed as well: when, and who.
    pub(crate) comment: String,
}

/// Why a file does not count as signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// There is no signature.
    #[error("{signature} is not there: st0ck config sign {file} --secret KEY makes it")]
    Missing {
        /// What would be signed.
        file: String,
        /// Where the signature would be.
        signature: String,
    },
    /// It cannot be read.
    #[error("{signature}: {error}")]
    Unreadable {
        /// Which file.
        signature: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is no signature that counts.
    #[error("{signature}: {words}; sign {file} again (st0ck config sign)")]
    Malformed {
        /// What is signed.
        file: String,
        /// Its signature.
        signature: String,
        /// What is wrong.
        words: String,
    },
    /// Another key made it.
    #[error(
        "{signature} was made with key {theirs}, and key {ours} is asked for: sign {file} with \
         that one"
    )]
    OtherKey {
        /// What is signed.
        file: String,
        /// Its signature.
        signature: String,
        /// Who signed.
        theirs: KeyId,
        /// Who should have.
        ours: KeyId,
    },
    /// Right key, other bytes.
    #[error(
        "{file} is not what {signature} was made for, one of them was changed: take the change \
         back, or look at {file} and sign it again (st0ck config sign)"
    )]
    Changed {
        /// What is signed.
        file: String,
        /// Its signature.
        signature: String,
    },
}

/// Where the signature of a file is: beside it, as minisign has it.
pub(crate) fn path_of(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".minisig");
    PathBuf::from(path)
}

/// Holds a document against the signature beside its file.
///
/// # Errors
/// [`Unfit`] says why it does not count, and what to do.
pub(crate) fn verify(document: &Document, key: &LimitsKey) -> Result<Signature, Unfit> {
    let path = path_of(&document.path);
    let text = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return Err(unreadable(document, &path, error)),
    };
    judge(document, &path, &text, key)
}

fn unreadable(document: &Document, path: &Path, error: std::io::Error) -> Unfit {
    let signature = path.display().to_string();
    if error.kind() == std::io::ErrorKind::NotFound {
        return Unfit::Missing { file: document.path.display().to_string(), signature };
    }
    Unfit::Unreadable { signature, error }
}

fn judge(
    document: &Document,
    path: &Path,
    text: &str,
    key: &LimitsKey,
) -> Result<Signature, Unfit> {
    let (file, signature) = (document.path.display().to_string(), path.display().to_string());
    let malformed = |words: String| {
        let (file, signature) = (file.clone(), signature.clone());
        Unfit::Malformed { file, signature, words }
    };
    // The library takes 64 bytes for granted.
    if text.lines().nth(3).is_some_and(|line| line.trim().len() != COMMENT_SIGNATURE_LEN) {
        return Err(malformed("its last line is no signature".to_owned()));
    }
    let parsed = SignatureBox::from_string(text).map_err(|e| malformed(e.to_string()))?;
    if !is_as_written(&parsed, text) {
        return Err(malformed("it holds more than a signature".to_owned()));
    }
    let (theirs, ours) = (KeyId::of(parsed.keynum()), key.id());
    if theirs != ours {
        return Err(Unfit::OtherKey { file, signature, theirs, ours });
    }
    if !parsed.is_prehashed() {
        return Err(malformed("a legacy signature (minisign -l)".to_owned()));
    }
    let comment = parsed.trusted_comment().map_err(|e| malformed(e.to_string()))?;
    let (quiet, echo, legacy) = (true, false, false);
    minisign::verify(key.get(), &parsed, Cursor::new(&document.bytes), quiet, echo, legacy)
        .map_err(|_| Unfit::Changed { file, signature })?;
    Ok(Signature { key: theirs, comment })
}

/// Whether a signature is spelt as it would be written; decoding overlooks what stands behind it.
fn is_as_written(parsed: &SignatureBox, text: &str) -> bool {
    // The first line is a comment that nobody vouches for.
    let lines = |text: &str| text.lines().skip(1).map(|l| l.trim().to_owned()).collect::<Vec<_>>();
    lines(&parsed.to_string()) == lines(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::secret;

    /// A document, its signature, and the key that made it.
    fn signed(text: &str) -> (Document, String, LimitsKey) {
        let folder = tempfile::tempdir().unwrap();
        let [private, public] = ["limits.key", "limits.pub"].map(|name| folder.path().join(name));
        let key = secret::generate(&private, &public, None).unwrap();
        let signer = secret::Signer::open(&private, || unreachable!()).ok().unwrap();
        let signature = signer.sign(text.as_bytes(), "at noon by Ada").unwrap();
        let path = PathBuf::from("st0ck.toml");
        (Document { path, bytes: text.as_bytes().to_vec() }, signature, key)
    }

    fn held(document: &Document, signature: &str, key: &LimitsKey) -> Result<Signature, Unfit> {
        judge(document, Path::new("st0ck.toml.minisig"), signature, key)
    }

    #[test]
    fn what_was_signed_counts_with_who_and_when() {
        let (document, signature, key) = signed("capital = 2000\n");
        let seen = held(&document, &signature, &key).unwrap();
        assert_eq!(seen, Signature { key: key.id(), comment: "at noon by Ada".to_owned() });
        let windows = signature.replace('\n', "\r\n");
        assert_eq!(held(&document, &windows, &key).unwrap(), seen, "line ends do not count");
    }

    #[test]
    fn every_changed_bit_of_the_file_is_seen() {
        let (document, signature, key) = signed("capital = 2000\n[risk]\ndaily_loss_max = 50\n");
        for bit in 0..document.bytes.len() * 8 {
            let mut changed = document.clone();
            changed.bytes[bit / 8] ^= 1 << (bit % 8);
            let unfit = held(&changed, &signature, &key).unwrap_err();
            assert!(matches!(unfit, Unfit::Changed { .. }), "bit {bit}: {unfit}");
        }
        for bytes in [b"".to_vec(), [&document.bytes[..], b"\n"].concat()] {
            let changed = Document { bytes, ..document.clone() };
            assert!(held(&changed, &signature, &key).is_err());
        }
    }

    #[test]
    fn every_changed_bit_of_the_signature_is_seen_but_for_the_untrusted_comment() {
        let (document, signature, key) = signed("capital = 2000\n");
        let comment = signature.find('\n').unwrap();
        let mut changed = signature.clone().into_bytes();
        for bit in comment * 8..(signature.len() - 1) * 8 {
            changed[bit / 8] ^= 1 << (bit % 8);
            let text = String::from_utf8_lossy(&changed);
            assert!(held(&document, &text, &key).is_err(), "bit {bit}: {text}");
            changed[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_signature_cut_anywhere_is_refused() {
        let (document, signature, key) = signed("capital = 2000\n");
        for end in 0..signature.len() - 1 {
            assert!(held(&document, &signature[..end], &key).is_err(), "{end}");
        }
    }

    #[test]
    fn lines_of_two_signatures_do_not_make_a_third() {
        let (document, mine, key) = signed("capital = 2000\n");
        let (_, theirs, other) = signed("capital = 2000\n");
        assert!(matches!(held(&document, &theirs, &key), Err(Unfit::OtherKey { .. })));
        assert!(held(&document, &theirs, &other).is_ok());
        for line in [1, 3] {
            let mut lines: Vec<&str> = mine.lines().collect();
            lines[line] = theirs.lines().nth(line).unwrap();
            assert!(held(&document, &lines.join("\n"), &key).is_err(), "line {line}");
        }
    }
}
