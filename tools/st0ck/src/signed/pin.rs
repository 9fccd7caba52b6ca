//! Which key this machine asks for, and what that forbids.
//!
//! The pin stands outside of every file that it judges: in the environment of whoever starts the bot,
//! or in a file of the machine's owner. A `.env` is no place for it: whoever can write that can write
//! the configuration beside it.
//! *Invariant:* a pin that cannot be read is an error, never no pin.

use super::key::LimitsKey;
use super::signature::{self, Signature};
use crate::config::file::Document;
use crate::config::resolve::{Origin, Setting};
use crate::config::{Config, Key};
use crate::exit::Failure;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that pins: a public key, or the path of a file with one.
pub(crate) const VARIABLE: &str = "ST0CK_LIMITS_KEY";
/// The file that pins, below the root.
const FILE: &str = "etc/st0ck/limits.pub";

/// The key that limits must be signed with here.
pub(crate) struct Pin {
    key: LimitsKey,
    /// Where it is pinned, for messages.
    place: String,
}

impl Pin {
    /// The pin of this machine and environment, if there is one.
    ///
    /// # Errors
    /// 10 when either place holds something that is no key, or both hold different ones: a variable
    /// cannot take back what the machine's owner pinned.
    pub(crate) fn find() -> Result<Option<Self>, Failure> {
        Self::at(Path::new("/"), std::env::var_os(VARIABLE))
    }

    fn at(root: &Path, variable: Option<OsString>) -> Result<Option<Self>, Failure> {
        let file = of_file(root.join(FILE))?;
        let variable = variable.map(|text| of_variable(&text.to_string_lossy())).transpose()?;
        match (file, variable) {
            (Some(file), Some(variable)) if file.key != variable.key => {
                Err(Failure::config(format_args!(
                    "{} pins key {}, and {} pins key {}: unset the variable, or let both be one key",
                    file.place,
                    file.key.id(),
                    variable.place,
                    variable.key.id()
                )))
            }
            (file, variable) => Ok(file.or(variable)),
        }
    }

    /// Reads a configuration file, once, and holds it against its signature.
    ///
    /// # Errors
    /// 10 without a file, and when its signature does not count.
    pub(crate) fn open(&self, file: Option<&Path>) -> Result<(Document, Signature), Failure> {
        let Some(path) = file else {
            return Err(self.refusal(
                "no configuration is named: --config FILE, with FILE.minisig beside it \
                 (st0ck config sign FILE --secret KEY)",
            ));
        };
        let document = Document::read(path)?;
        let signature =
            signature::verify(&document, &self.key).map_err(|unfit| self.refusal(unfit))?;
        Ok((document, signature))
    }

    /// Nothing that bounds money may come from anywhere but the signed file or the defaults, not even
    /// what is stricter: a rule without exceptions needs no judgement.
    ///
    /// # Errors
    /// 10, with every such key, where its value came from, and what to do.
    pub(crate) fn refuse_overrides(&self, config: &Config, file: &Path) -> Result<(), Failure> {
        let others: Vec<String> =
            config.settings().iter().filter(|s| is_override(s)).map(other).collect();
        if others.is_empty() {
            return Ok(());
        }
        let file = file.display();
        Err(self.refusal(format_args!(
            "{}; leave it out there, or write it into {file} and sign that (st0ck config sign \
             {file} --secret KEY)",
            others.join("; ")
        )))
    }

    fn refusal(&self, words: impl std::fmt::Display) -> Failure {
        Failure::config(format_args!("limits are pinned to a key ({}): {words}", self.place))
    }
}

fn of_file(path: PathBuf) -> Result<Option<Pin>, Failure> {
    // A link that leads nowhere is a pin that was lost, not none.
    if let Err(e) = path.symlink_metadata()
        && e.kind() == std::io::ErrorKind::NotFound
    {
        return Ok(None);
    }
    let key = LimitsKey::load(&path).map_err(Failure::config)?;
    Ok(Some(Pin { key, place: path.display().to_string() }))
}

fn of_variable(text: &str) -> Result<Pin, Failure> {
    if text.trim().is_empty() {
        return Err(Failure::config(format_args!(
            "{VARIABLE} is empty: unset it, or set it to a public key or the path of its file"
        )));
    }
    let key =
        LimitsKey::read(text).map_err(|e| Failure::config(format_args!("{VARIABLE}: {e}")))?;
    Ok(Pin { key, place: VARIABLE.to_owned() })
}

fn is_override(setting: &Setting) -> bool {
    let signed = matches!(setting.origin, Origin::File(..) | Origin::Default);
    setting.key.must_be_signed() && !signed
}

fn other(setting: &Setting) -> String {
    let Key { name, .. } = setting.key;
    format!("{name} comes from {}, not from the signed file", setting.origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const OTHER: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO4";

    fn root(pinned: Option<&str>) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc/st0ck")).unwrap();
        if let Some(text) = pinned {
            std::fs::write(root.path().join(FILE), text).unwrap();
        }
        root
    }

    fn place(pinned: Option<&str>, variable: Option<&str>) -> Result<Option<String>, String> {
        let pin = Pin::at(root(pinned).path(), variable.map(OsString::from));
        pin.map(|pin| pin.map(|pin| pin.place)).map_err(|failure| failure.words)
    }

    #[test]
    fn a_file_of_the_machine_or_a_variable_pins_and_without_either_nothing_does() {
        assert_eq!(place(None, None).unwrap(), None);
        assert_eq!(place(None, Some(ONE)).unwrap().as_deref(), Some(VARIABLE));
        assert!(place(Some(ONE), None).unwrap().unwrap().ends_with(FILE));
        assert!(place(Some(ONE), Some(ONE)).unwrap().unwrap().ends_with(FILE));
    }

    #[test]
    fn a_variable_cannot_take_back_what_the_machine_pinned() {
        let words = place(Some(ONE), Some(OTHER)).unwrap_err();
        assert!(words.contains(FILE) && words.contains("unset the variable"), "{words}");
    }

    #[test]
    fn a_pin_that_cannot_be_read_is_not_no_pin() {
        for (file, variable) in [
            (None, Some("")),
            (None, Some(" ")),
            (None, Some("/nowhere/limits.pub")),
            (None, Some(&ONE[1..])),
            (Some(""), None),
            (Some("RW"), Some(ONE)),
        ] {
            assert!(place(file, variable).is_err(), "{file:?} {variable:?}");
        }
        let root = root(None);
        std::os::unix::fs::symlink("nowhere", root.path().join(FILE)).unwrap();
        assert!(Pin::at(root.path(), None).is_err(), "a link that leads nowhere");
    }

    #[test]
    fn what_the_machine_needs_may_come_from_anywhere_and_nothing_else() {
        let listing = st0ck_strategy::registry::find("st0cka").unwrap();
        let keys = crate::config::keys::keys_of(listing);
        let (signed, free): (Vec<Key>, Vec<Key>) =
            keys.iter().partition(|key| key.must_be_signed());
        let has = |keys: &[Key], name: &str| keys.iter().any(|key| key.name == name);
        for name in ["capital", "symbol", "account.paper", "feed.name", "risk.daily_loss_max"] {
            assert!(has(&signed, name), "{name}");
        }
        for name in ["runtime.first_core", "journal.sync", "log.level"] {
            assert!(has(&free, name), "{name}");
        }
        let params = listing.recipe.params().iter().map(|spec| format!("strategy.{}", spec.name));
        assert!(
            params.into_iter().all(|name| has(&signed, &name)),
            "a profile makes limits of them"
        );
    }
}
