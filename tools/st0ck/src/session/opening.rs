//! Opening a session: a new one, or the day's newest continued where a dead process left it.

use super::life::Life;
use super::{epoch, paths};
use crate::exit::{Exit, Failure};
use crate::plan::Plan;
use st0ck_engine::BEHAVIOUR;
use st0ck_engine::engine::Engine;
use st0ck_journal::{
    JournalConfig, JournalError, Keeper, Lock, Placement, Quota, SyncPolicy, Writer,
};
use st0ck_lab::circumstances::Circumstances;
use st0ck_lab::header::{self, Build, HEADER_FORMAT, LimitsSignature, SessionHeader};
use st0ck_lab::{build, recovery};
use st0ck_types::calendar::Session;
use st0ck_types::state::{StateHasher, StateSink};
use st0ck_types::{Epoch, Nanos, Nonce, Price, Seq};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a session is opened with.
pub(crate) struct Opening<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) runs: &'a Path,
    /// Always a new session (the demo), never the day's newest.
    pub(crate) fresh: bool,
    /// `wall` or `feed`.
    pub(crate) clock: &'static str,
    pub(crate) day: Session,
    pub(crate) symbols: Vec<String>,
    pub(crate) daily_closes: Vec<Vec<Price>>,
    pub(crate) data: String,
    pub(crate) seed: u64,
    /// Trading root and key: which account, never told.
    pub(crate) account: AccountHash,
    pub(crate) now: Nanos,
    /// Smallest hot segments whatever the configuration says (the demo).
    pub(crate) small: bool,
}

/// Hash of trading root and key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountHash(pub(crate) u64);

impl AccountHash {
    /// Of this account.
    pub(crate) fn of(trading_root: &str, key: &str) -> Self {
        let mut hasher = StateHasher::default();
        hasher.bytes(trading_root.trim_end_matches('/').as_bytes());
        hasher.bytes(key.as_bytes());
        Self(hasher.finish())
    }
}

/// A session that is open: locked, recovered, ready for its next input.
pub(crate) struct Opened {
    pub(crate) dir: PathBuf,
    pub(crate) header: SessionHeader,
    pub(crate) epoch: Epoch,
    pub(crate) nonce: Nonce,
    pub(crate) engine: Engine,
    pub(crate) writer: Writer,
    pub(crate) keeper: Keeper,
    pub(crate) placement: Placement,
    /// The last record there is; zero in a new session.
    pub(crate) last: Seq,
    /// Its stamp.
    pub(crate) last_at: Nanos,
    /// What recovery went through, when the session is continued.
    pub(crate) recovered: Option<recovery::RecoveryReport>,
    /// To be held until the machine stands still.
    pub(crate) account_lock: Lock,
}

impl Opening<'_> {
    /// Opens or continues the session in this life.
    ///
    /// # Errors
    /// 11 when another instance is at the session, 21 when the journal is damaged, 20 when
    /// something cannot be read or written, 10 when the settings changed within the session.
    pub(crate) fn open(&self, life: Life) -> Result<Opened, Failure> {
        let bot_folder = self.runs.join(self.plan.recipe.name());
        let nonce = epoch::nonce(self.runs)?;
        let newest = paths::sessions(&bot_folder)
            .into_iter()
            .rev()
            .find(|dir| !self.fresh && self.continues(dir))
            .filter(|dir| paths::is_begun(dir));
        match newest {
            Some(dir) => self.resume(&dir, life, nonce),
            None => self.create(&bot_folder, life, nonce),
        }
    }

    /// Whether a session is of this account and trading date.
    fn continues(&self, dir: &Path) -> bool {
        SessionHeader::read(dir).is_ok_and(|(header, _)| {
            header.date == self.day.date.to_string() && header.account == self.account_text()
        })
    }

    fn create(&self, bot_folder: &Path, life: Life, nonce: Nonce) -> Result<Opened, Failure> {
        let Life { epoch, account_lock } = life;
        let dir = bot_folder.join(paths::session_name(self.day.open, epoch));
        let header = self.header(epoch, nonce);
        let engine = build::engine(&header).map_err(Failure::config)?;
        let text = header.to_text();
        let config = self.journal_config()?;
        let marks = self.segment_header(epoch, nonce, text.as_bytes());
        let journal = st0ck_journal::Session::create(&dir, marks, text.as_bytes(), &config)
            .map_err(journal_failure)?;
        std::fs::create_dir_all(dir.join("raw"))
            .map_err(|e| Failure::io(format_args!("{}: {e}", dir.display())))?;
        Ok(Opened {
            dir,
            header,
            epoch,
            nonce,
            engine,
            writer: journal.writer,
            keeper: journal.keeper,
            placement: journal.placement,
            last: Seq(0),
            last_at: Nanos::ZERO,
            recovered: None,
            account_lock,
        })
    }

    fn resume(&self, dir: &Path, life: Life, nonce: Nonce) -> Result<Opened, Failure> {
        let Life { epoch, account_lock } = life;
        let (header, _) = SessionHeader::read(dir).map_err(Failure::io)?;
        self.check_unchanged(&header, dir)?;
        // Before the journal is touched: an engine of another behaviour must not continue it.
        let mut engine = build::engine(&header).map_err(Failure::config)?;
        let text = header.to_text();
        let marks = self.segment_header(epoch, nonce, text.as_bytes());
        let (journal, recovered) =
            st0ck_journal::Session::resume(dir, marks, &self.journal_config()?)
                .map_err(journal_failure)?;
        if let Some(cut) = &recovered.cut {
            log::warn!("{}: cut {} records of an unclosed group", dir.display(), cut.records);
        }
        let report = recovery::recover(dir, &mut engine).map_err(Failure::io)?;
        if report.divergences > 0 {
            log::warn!("{} inputs would be decided otherwise today", report.divergences);
        }
        Ok(Opened {
            dir: dir.to_owned(),
            header,
            epoch,
            nonce,
            engine,
            writer: journal.writer,
            keeper: journal.keeper,
            placement: journal.placement,
            last: Seq(recovered.next_seq.0 - 1),
            last_at: recovered.last_at,
            recovered: Some(report),
            account_lock,
        })
    }

    /// A session has one configuration: replay could not be equal across a change.
    fn check_unchanged(&self, header: &SessionHeader, dir: &Path) -> Result<(), Failure> {
        let ours = self.header(Epoch(header.epoch), Nonce([0, 0]));
        let pairs = |h: &SessionHeader| -> Vec<(String, String)> {
            let capital = ("capital".to_owned(), h.capital.clone());
            let symbols = ("symbols".to_owned(), h.symbols.join(","));
            let signer = h.signature.as_ref().map_or("none", |s| &s.key_id);
            let signer = ("limits_key".to_owned(), signer.to_owned());
            let rows = h.params.iter().chain(&h.limits).cloned();
            rows.chain([capital, symbols, signer]).collect()
        };
        let (then, now) = (pairs(header), pairs(&ours));
        let changed: Vec<String> = then
            .iter()
            .filter(|row| !now.contains(row))
            .map(|(name, text)| format!("{name} was {text}"))
            .collect();
        if changed.is_empty() && header.clock == self.clock {
            return Ok(());
        }
        Err(Failure::config(format_args!(
            "{}: today's session has other settings ({}); start with those, or with another --runs, \
             where nothing counts that was lost or latched today",
            dir.display(),
            if changed.is_empty() { format!("clock {}", header.clock) } else { changed.join(", ") }
        )))
    }

    fn header(&self, epoch: Epoch, nonce: Nonce) -> SessionHeader {
        let plan = self.plan;
        let closes = |day: &Vec<Price>| day.iter().map(Price::to_string).collect();
        let is_other = |name: &str| {
            name != "capital" && !name.starts_with("strategy.") && !name.starts_with("risk.")
        };
        let settings = plan.config.settings().iter();
        SessionHeader {
            format: HEADER_FORMAT,
            bot: plan.recipe.name().to_owned(),
            symbols: self.symbols.clone(),
            clock: self.clock.to_owned(),
            date: self.day.date.to_string(),
            open_ns: self.day.open.0,
            close_ns: self.day.close.0,
            epoch: epoch.0,
            nonce: String::from_utf8_lossy(&nonce.0).into_owned(),
            account: self.account_text(),
            capital: plan.capital.to_string(),
            params: plan.params.texts().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            limits: build::limit_texts(&plan.limits),
            settings: settings
                .filter(|s| is_other(s.key.name))
                .map(|s| (s.key.name.to_owned(), s.text.clone()))
                .collect(),
            daily_closes: self.daily_closes.iter().map(closes).collect(),
            data: self.data.clone(),
            seed: self.seed,
            fees: header::fee_texts(),
            behaviour: BEHAVIOUR,
            circumstances: Circumstances::of(plan.recipe, &self.day, &plan.limits),
            signature: plan
                .signature
                .as_ref()
                .map(|s| LimitsSignature { key_id: s.key.to_string(), comment: s.comment.clone() }),
            build: this_build(),
            created_at: self.now.to_string(),
        }
    }

    fn account_text(&self) -> String {
        format!("{:016x}", self.account.0)
    }

    fn segment_header(
        &self,
        epoch: Epoch,
        nonce: Nonce,
        text: &[u8],
    ) -> st0ck_journal::SessionHeader {
        st0ck_journal::SessionHeader {
            nonce,
            account_hash: self.account.0,
            epoch,
            build_hash: u64::from_str_radix(&this_build().hash, 16).unwrap_or(0),
            config_hash: header::hash(text),
        }
    }

    fn journal_config(&self) -> Result<JournalConfig, Failure> {
        let config = &self.plan.config;
        let every = u64::try_from(config.integer("journal.sync_ms")).unwrap_or(20);
        let sync = match config.text("journal.sync") {
            "none" => SyncPolicy::None,
            "batch" => SyncPolicy::EachBatch,
            _ => SyncPolicy::Every(Duration::from_millis(every)),
        };
        let mib = u32::try_from(config.integer("journal.hot_mib"))
            .map_err(|e| Failure::config(format_args!("journal.hot_mib: {e}")))?;
        let segment_bytes = if self.small { 4 << 20 } else { mib << 20 };
        let mut journal = JournalConfig {
            segment_bytes,
            sync,
            compress: config.flag("journal.compress"),
            quota: self.quota(),
            durable_before_send: config.flag("journal.durable_before_send"),
            ..JournalConfig::default()
        };
        let hot_dir = config.text("journal.hot_dir");
        if !hot_dir.is_empty() {
            journal.hot_dirs = vec![PathBuf::from(hot_dir)];
        }
        Ok(journal)
    }

    /// What this bot's sessions may take together; none for 0.
    fn quota(&self) -> Option<Quota> {
        let gib = u64::try_from(self.plan.config.integer("journal.quota_gib")).unwrap_or(0);
        let folder = self.runs.join(self.plan.recipe.name());
        (gib > 0).then_some(Quota { folder, bytes: gib << 30 })
    }
}

/// The exit code of a journal's error.
pub(crate) fn journal_failure(error: JournalError) -> Failure {
    let exit = match error {
        JournalError::Damaged(_) => Exit::Damaged,
        JournalError::Locked { .. } | JournalError::Foreign { .. } => Exit::Locked,
        JournalError::Config { .. } | JournalError::NewerFormat { .. } => Exit::Config,
        _ => Exit::Io,
    };
    Failure::new(exit, error)
}

/// What this program is.
fn this_build() -> Build {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    Build {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        profile: profile.to_owned(),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        hash: format!("{:016x}", executable_hash()),
        cpu: target_cpu().to_owned(),
    }
}

/// The processor level that this program was compiled for (x86-64 psABI; elsewhere the architecture).
fn target_cpu() -> &'static str {
    match () {
        () if cfg!(not(target_arch = "x86_64")) => std::env::consts::ARCH,
        () if cfg!(all(target_feature = "avx512f", target_feature = "avx512vl")) => "x86-64-v4",
        () if cfg!(all(target_feature = "avx2", target_feature = "bmi2")) => "x86-64-v3",
        () if cfg!(all(target_feature = "sse4.2", target_feature = "popcnt")) => "x86-64-v2",
        () => "x86-64",
    }
}

/// Hash of the running executable's bytes; zero where it cannot be read.
fn executable_hash() -> u64 {
    static HASH: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *HASH.get_or_init(|| {
        let hash = || -> std::io::Result<u64> {
            let mut file = std::fs::File::open(std::env::current_exe()?)?;
            let (mut hasher, mut chunk) = (StateHasher::default(), vec![0; 1 << 16]);
            loop {
                match file.read(&mut chunk)? {
                    0 => return Ok(hasher.finish()),
                    n => hasher.bytes(&chunk[..n]),
                }
            }
        };
        hash().unwrap_or(0)
    })
}
