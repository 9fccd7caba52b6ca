//! What the doctor says of one thing: how it stands, what was seen, and what would help.

use serde_json::{Value, json};

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// It works, but slower or less safely than it could.
    Warn,
    /// Trading from here would not work, or not safely.
    Fail,
}

impl Status {
    /// The word on screens and in JSON.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line of the doctor's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What was looked at.
    pub(super) check: &'static str,
    pub(super) status: Status,
    /// What was seen.
    pub(super) value: String,
    /// A command, or a setting, that helps; `None` when nothing needs to be done.
    pub(super) fix: Option<String>,
}

impl Line {
    /// All is well.
    pub(super) fn ok(check: &'static str, value: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, value: value.into(), fix: None }
    }

    /// It could be better.
    pub(super) fn warn(
        check: &'static str,
        value: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { check, status: Status::Warn, value: value.into(), fix: Some(fix.into()) }
    }

    /// Not like this.
    pub(super) fn fail(
        check: &'static str,
        value: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { check, status: Status::Fail, value: value.into(), fix: Some(fix.into()) }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "check": self.check, "status": self.status.as_str(), "value": self.value,
            "fix": self.fix,
        })
    }
}
