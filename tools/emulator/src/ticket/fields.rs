//! The fields of a request's body, and how each kind of value is read from them.
//!
//! *Invariant:* null and absent mean the same.

use crate::refusal::Refusal;
use serde_json::{Map, Value};
use st0ck_types::decimal::DecimalError;
use st0ck_types::{Money, Price, Qty};

/// A JSON object whose nulls are gone.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self::of(fields)),
            _ => Err(Refusal::unreadable_body()),
        }
    }

    fn of(mut fields: Map<String, Value>) -> Self {
        fields.retain(|_, value| !value.is_null());
        Self(fields)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// An object inside this one.
    pub(super) fn object(&self, key: &str) -> Result<Option<Self>, Refusal> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self::of(fields.clone()))),
            Some(_) => Err(Refusal::unreadable_body()),
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::unreadable_body()),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        match self.0.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::unreadable_body()),
        }
    }

    /// A price above zero, known to the client by a key and to people by `name`.
    pub(super) fn price(&self, key: &str, name: &str) -> Result<Option<Price>, Refusal> {
        match self.decimal(key, Price::parse)? {
            Some(price) if price <= Price::ZERO => {
                Err(Refusal::parameter(format!("{name} must be > 0")))
            }
            price => Ok(price),
        }
    }

    pub(super) fn qty(&self, key: &str) -> Result<Option<Qty>, Refusal> {
        match self.decimal(key, Qty::parse)? {
            Some(qty) if qty <= Qty::ZERO => Err(Refusal::parameter(format!("{key} must be > 0"))),
            qty => Ok(qty),
        }
    }

    /// Dollars, to 1e-9.
    pub(super) fn money(&self, key: &str) -> Result<Option<Money>, Refusal> {
        let amount = self.decimal(key, Price::parse)?;
        Ok(amount.map(|amount| amount.times(Qty::ONE)))
    }

    /// A number, written as one or as a string.
    pub(super) fn decimal<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, DecimalError>,
    ) -> Result<Option<T>, Refusal> {
        let parsed = match self.0.get(key) {
            None => return Ok(None),
            Some(Value::String(text)) => parse(text),
            // The shortest text that reads back as the same number: what the client wrote.
            Some(Value::Number(number)) => parse(&number.to_string()),
            Some(_) => return Err(Refusal::unreadable_body()),
        };
        match parsed {
            Ok(value) => Ok(Some(value)),
            Err(DecimalError::TooPrecise) => {
                Err(Refusal::parameter(format!("{key} must have no more than 9 decimal places")))
            }
            Err(DecimalError::Overflow) => Err(Refusal::parameter(format!("{key} is too large"))),
            Err(_) => Err(Refusal::unreadable_body()),
        }
    }
}
