//! `session.json`: everything about a session that is not in its records, in words.
//!
//! Written once, before the first record; its hash stands in every segment. Whoever has the session
//! folder can rebuild the very engine that made it: no other file is needed.
//! *Invariant:* holds no credential.

use crate::circumstances::Circumstances;
use serde::{Deserialize, Serialize};
use st0ck_journal::JournalError;
use st0ck_types::state::{StateHasher, StateSink};
use std::fmt;
use std::path::Path;

/// Version of this document. The first one lacked `behaviour` and `circumstances`, and is read.
pub const HEADER_FORMAT: u32 = 2;
/// Its name in the session folder.
pub const HEADER_FILE: &str = "session.json";

/// The header of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionHeader {
    /// [`HEADER_FORMAT`].
    pub format: u32,
    /// The bot, by its name in the registry.
    pub bot: String,
    /// What it trades, in the order of their instrument numbers.
    pub symbols: Vec<String>,
    /// `wall` or `feed`.
    pub clock: String,
    /// Trading date at the exchange, `2020-12-15`.
    pub date: String,
    /// Open, UTC nanoseconds.
    pub open_ns: i64,
    /// Close, UTC nanoseconds.
    pub close_ns: i64,
    /// Epoch of the session's first life.
    pub epoch: u64,
    /// Instance nonce, two characters.
    pub nonce: String,
    /// Hash of trading URL and account: which account, without telling it.
    pub account: String,
    /// Capital in USD.
    pub capital: String,
    /// Every parameter of the strategy, name and text.
    pub params: Vec<(String, String)>,
    /// Every limit of the risk gate, name and text.
    pub limits: Vec<(String, String)>,
    /// Every other setting, name and text, for people.
    pub settings: Vec<(String, String)>,
    /// Closes of the days before, oldest first, for each symbol.
    pub daily_closes: Vec<Vec<String>>,
    /// Where the market data comes from, in words.
    pub data: String,
    /// Seed of everything that was drawn.
    pub seed: u64,
    /// Regulatory fee rates by date, as the engine charges them.
    pub fees: Vec<FeeText>,
    /// How the engine that made it decides ([`st0ck_engine::BEHAVIOUR`]); 1 in format 1.
    #[serde(default = "first_behaviour")]
    pub behaviour: u32,
    /// What else was settled when it began; empty in format 1.
    #[serde(default)]
    pub circumstances: Circumstances,
    /// Under whose signature its limits were taken (control C28); absent where nobody had pinned a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<LimitsSignature>,
    /// The program that made it.
    pub build: Build,
    /// When it was made, RFC 3339.
    pub created_at: String,
}

/// One row of the fee table, in decimal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeText {
    /// First date on which it holds.
    pub from: String,
    /// SEC Section 31, USD per million of sales.
    pub sec_per_million: String,
    /// FINRA TAF, USD per share sold.
    pub taf_per_share: String,
    /// FINRA TAF, most USD per trade.
    pub taf_max: String,
    /// CAT, USD per share.
    pub cat_per_share: String,
}

/// Who answers for the limits of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsSignature {
    /// The key that signed them, 16 hex digits.
    pub key_id: String,
    /// When and who, signed with them.
    pub comment: String,
}

/// Which program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// Its version.
    pub version: String,
    /// `debug` or `release`.
    pub profile: String,
    /// Processor architecture and operating system.
    pub target: String,
    /// Hash of the executable, 16 hex digits.
    pub hash: String,
    /// The processor that it was compiled for, `x86-64-v3`; empty in format 1.
    #[serde(default)]
    pub cpu: String,
}

/// The behaviour of sessions whose header does not tell.
fn first_behaviour() -> u32 {
    1
}

/// Why a header cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// It cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not what this version writes.
    #[error("{path}: {words}")]
    Malformed {
        /// Which file.
        path: String,
        /// What is wrong, with line and column.
        words: String,
    },
    /// It is not the text that the journal's segments promise, or the journal has none.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl SessionHeader {
    /// The document's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("text, numbers and lists only");
        text.push('\n');
        text
    }

    /// Reads the header of a session folder, with the hash of its bytes. It is not compared with the
    /// journal: for lists of sessions, and for finding the one to go on with.
    ///
    /// # Errors
    /// [`HeaderError`] names the file, and line and column of what is wrong.
    pub fn read(session: &Path) -> Result<(Self, u64), HeaderError> {
        let file = session.join(HEADER_FILE);
        let text = std::fs::read(&file)
            .map_err(|error| HeaderError::Io { path: file.display().to_string(), error })?;
        Ok((Self::parse(&text, &file)?, hash(&text)))
    }

    /// Reads the header of a session folder as its journal vouches for it.
    ///
    /// # Errors
    /// [`HeaderError`], and among them a damaged journal when the text was changed.
    pub fn vouched(session: &Path) -> Result<Self, HeaderError> {
        let text = st0ck_journal::session_header(session)?;
        Self::parse(&text, &session.join(HEADER_FILE))
    }

    fn parse(text: &[u8], file: &Path) -> Result<Self, HeaderError> {
        let malformed =
            |words: String| HeaderError::Malformed { path: file.display().to_string(), words };
        let header: Self = serde_json::from_slice(text).map_err(|e| malformed(e.to_string()))?;
        if !(1..=HEADER_FORMAT).contains(&header.format) {
            return Err(malformed(format!(
                "header format {} was written by another version (this one reads 1 to \
                 {HEADER_FORMAT})",
                header.format
            )));
        }
        Ok(header)
    }
}

/// The hash that segments keep of a header's text.
#[must_use]
pub fn hash(text: &[u8]) -> u64 {
    let mut hasher = StateHasher::default();
    hasher.bytes(text);
    hasher.finish()
}

/// The fee table as this build knows it.
#[must_use]
pub fn fee_texts() -> Vec<FeeText> {
    let text = |row: &st0ck_types::fees::FeeRow| FeeText {
        from: row.from.to_string(),
        sec_per_million: row.sec_per_million.to_string(),
        taf_per_share: row.taf_per_share.to_string(),
        taf_max: row.taf_max.to_string(),
        cat_per_share: row.cat_per_share.to_string(),
    };
    st0ck_types::fees::rows().iter().map(text).collect()
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "st0ck {} ({}, {}, {})", self.version, self.profile, self.target, self.hash)
    }
}
