//! One process life on one account: numbered, and alone.
//!
//! *Invariant:* it is begun before anything is said to a broker, so that whoever comes second has
//! not sent a byte when it is turned away.

use super::epoch;
use super::opening::{AccountHash, journal_failure};
use crate::exit::Failure;
use st0ck_journal::Lock;
use st0ck_types::{Epoch, Nanos};
use std::path::{Path, PathBuf};

/// A life that has its number and holds its account.
pub(crate) struct Life {
    pub(crate) epoch: Epoch,
    /// To be held until the machine stands still.
    pub(crate) account_lock: Lock,
}

impl Life {
    /// Begins the next life of the bot in `bot_folder`.
    ///
    /// # Errors
    /// 11 when another instance trades the account, 20 when its number cannot be kept.
    pub(crate) fn begin(
        bot_folder: &Path,
        account: AccountHash,
        now: Nanos,
    ) -> Result<Self, Failure> {
        let epoch = epoch::begin(bot_folder, now)?;
        Ok(Self { epoch, account_lock: lock_account(account, epoch)? })
    }
}

/// One trading process per account, whatever folders it uses.
fn lock_account(account: AccountHash, epoch: Epoch) -> Result<Lock, Failure> {
    let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = base.join("st0ck");
    std::fs::create_dir_all(&folder)
        .map_err(|e| Failure::io(format_args!("{}: {e}", folder.display())))?;
    Lock::acquire(&folder.join(format!("{:016x}.lock", account.0)), epoch).map_err(journal_failure)
}
