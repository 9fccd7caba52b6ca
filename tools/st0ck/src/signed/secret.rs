//! The secret half of the key: making it, keeping it, signing with it.
//!
//! Called by `st0ck config keygen` and `sign` alone: a machine that trades needs neither.
//! *Invariant:* a secret key goes to its file, mode 0600, and nowhere else; no file is overwritten.

use super::key::LimitsKey;
use crate::exit::{Exit, Failure};
use ct_codecs::{Base64, Decoder};
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use st0ck_net::secret::Secret;
use std::fs::{self, OpenOptions};
use std::io::{Cursor, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Bytes of a secret key: algorithms, salt, costs, number, both halves, checksum.
const KEY_LEN: usize = 158;
/// Bytes of its checksum, at the end.
const CHECKSUM_LEN: usize = 32;

/// A secret key that is ready to sign. It has no `Debug`: the library's would print it.
pub(crate) struct Signer(SecretKey);

/// Makes a pair and writes both files; without a password the secret one is as good as its file's mode.
///
/// # Errors
/// 2 when either file is there already, 20 when one cannot be written. Neither is left behind then.
pub(crate) fn generate(
    secret: &Path,
    public: &Path,
    password: Option<&Secret>,
) -> Result<LimitsKey, Failure> {
    for path in [secret, public] {
        if path.symlink_metadata().is_ok() {
            return Err(there_already(path));
        }
    }
    let made = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password.expose().to_owned())),
        None => KeyPair::generate_unencrypted_keypair(),
    };
    let pair = made.map_err(Failure::io)?;
    let key = LimitsKey::of(pair.pk.clone());
    let comment = format!("minisign secret key {}: signs limits of st0ck", key.id());
    let text = Secret::new(pair.sk.to_box(Some(&comment)).map_err(Failure::io)?.into_string());
    create(secret, 0o600, text.expose())?;
    let text = pair.pk.to_box().map_err(Failure::io)?.into_string();
    if let Err(failure) = create(public, 0o644, &text) {
        let _ = fs::remove_file(secret);
        return Err(failure);
    }
    Ok(key)
}

fn there_already(path: &Path) -> Failure {
    let words =
        "is there already, and keys are never overwritten: name another file, or move it away";
    Failure::new(Exit::Usage, format_args!("{}: {words}", path.display()))
}

/// Writes a file that was not there; on failure it is not there again.
fn create(path: &Path, mode: u32, text: &str) -> Result<(), Failure> {
    let named = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => there_already(path),
        _ => Failure::io(format_args!("{}: {e}", path.display())),
    };
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(named)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| {
        let _ = fs::remove_file(path);
        named(e)
    })
}

impl Signer {
    /// Reads a secret key; `ask` gives the password of one that has one.
    ///
    /// # Errors
    /// 10 when the file is no secret key or the password is wrong, 20 when it cannot be read, and
    /// whatever `ask` says.
    pub(crate) fn open(
        path: &Path,
        ask: impl FnOnce() -> Result<Secret, Failure>,
    ) -> Result<Self, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|e| Failure::io(format_args!("{}: {e}", path.display())))?;
        let text = Secret::new(text);
        let named = |words: &str| Failure::config(format_args!("{}: {words}", path.display()));
        let bytes =
            text.expose().lines().nth(1).map(|line| Base64::decode_to_vec(line.trim(), None));
        let bytes = match bytes {
            Some(Ok(bytes)) if bytes.len() == KEY_LEN && bytes.starts_with(b"Ed") => bytes,
            _ => return Err(named("no secret key of st0ck config keygen or minisign -G")),
        };
        let sealed = SecretKeyBox::from(text.expose().to_owned());
        let opened = match &bytes[2..4] {
            b"Sc" => sealed.into_secret_key(Some(ask()?.expose().to_owned())),
            // `minisign -G -W` leaves the checksum of a key without a password empty.
            _ if bytes[KEY_LEN - CHECKSUM_LEN..] == [0; CHECKSUM_LEN] => {
                SecretKey::from_bytes(&bytes)
            }
            _ => sealed.into_unencrypted_secret_key(),
        };
        opened.map(Self).map_err(|e| named(&e.to_string()))
    }

    /// The public half.
    ///
    /// # Errors
    /// None that a whole key knows.
    pub(crate) fn key(&self) -> Result<LimitsKey, Failure> {
        PublicKey::from_secret_key(&self.0).map(LimitsKey::of).map_err(Failure::config)
    }

    /// The text of a signature of these bytes, its comment signed as well.
    ///
    /// # Errors
    /// 10 when the two halves of the key do not belong together.
    pub(crate) fn sign(&self, bytes: &[u8], comment: &str) -> Result<String, Failure> {
        let key = self.key()?;
        let untrusted = format!("signature of st0ck limits, key {}", key.id());
        let (trusted, untrusted) = (Some(comment), Some(untrusted.as_str()));
        minisign::sign(Some(key.get()), &self.0, Cursor::new(bytes), trusted, untrusted)
            .map(|signature| signature.into_string())
            .map_err(Failure::config)
    }
}
