//! What bodies are made of, as rows of tables: the schemas of the description.
//!
//! A row of [`Schema`] is a key, whether it is always there, and its [`Type`]. Bodies that we
//! write are closed: a key that no row names is a mistake in the table. Bodies that we read are open,
//! for further keys are passed over.

use serde_json::{Map, Value, json};

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    /// Any text.
    Text,
    /// Text of so many characters, both included.
    Sized(usize, usize),
    /// Text that fits a regular expression.
    Like(&'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A UUID.
    Uuid,
    /// RFC 3339.
    Time,
    /// `YYYY-MM-DD`.
    Date,
    /// A decimal number as text: money and quantities of the trading API.
    Decimal,
    /// A decimal number above zero, as text or as a number: what requests may hold.
    Amount,
    /// A number.
    Number,
    /// A whole number within bounds, both included.
    Whole(i64, i64),
    /// True or false.
    Flag,
    /// Another schema.
    Of(&'static str),
    /// That, or null.
    OrNull(&'static Type),
    /// A list of that.
    List(&'static Type),
    /// Such values by symbol, code or type.
    By(&'static Type),
    /// One of the two.
    Either(&'static Type, &'static Type),
    /// Keys of its own.
    Keys(&'static [Field]),
}

/// One key of an object.
#[derive(Debug)]
pub(super) struct Field {
    key: &'static str,
    required: bool,
    of: Type,
}

/// A key that is always there.
pub(super) const fn must(key: &'static str, of: Type) -> Field {
    Field { key, required: true, of }
}

/// A key that may be absent.
pub(super) const fn may(key: &'static str, of: Type) -> Field {
    Field { key, required: false, of }
}

/// A named schema.
pub(super) struct Schema {
    pub(super) name: &'static str,
    /// What it is, in words.
    about: &'static str,
    is: Is,
}

enum Is {
    Written(&'static [Field]),
    Read(&'static [Field]),
    Plain(Type),
}

impl Schema {
    /// An object that we write: it has these keys and no others.
    pub(super) const fn written(
        name: &'static str,
        about: &'static str,
        keys: &'static [Field],
    ) -> Self {
        Self { name, about, is: Is::Written(keys) }
    }

    /// An object that we read, or one whose further keys depend on the case.
    pub(super) const fn open(
        name: &'static str,
        about: &'static str,
        keys: &'static [Field],
    ) -> Self {
        Self { name, about, is: Is::Read(keys) }
    }

    /// What is no object with keys of its own.
    pub(super) const fn plain(name: &'static str, about: &'static str, of: Type) -> Self {
        Self { name, about, is: Is::Plain(of) }
    }

    /// As JSON Schema.
    pub(super) fn json(&self) -> Value {
        let mut schema = match &self.is {
            Is::Written(keys) => object(keys, false),
            Is::Read(keys) => object(keys, true),
            Is::Plain(of) => of.json(),
        };
        schema["description"] = self.about.into();
        schema
    }
}

fn object(keys: &[Field], open: bool) -> Value {
    let required: Vec<&str> = keys.iter().filter(|field| field.required).map(|f| f.key).collect();
    let properties: Map<String, Value> =
        keys.iter().map(|field| (field.key.to_owned(), field.of.json())).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !open {
        schema["additionalProperties"] = false.into();
    }
    schema
}

/// Digits that a decimal is written with: no exponent, no leading point.
const DECIMAL: &str = r"^-?[0-9]+(\.[0-9]+)?$";

/// The same above zero, with at most nine decimals.
const AMOUNT: &str = r"^[0-9]*[1-9][0-9]*(\.[0-9]{1,9})?$|^0*\.[0-9]{0,8}[1-9]$";

impl Type {
    /// As JSON Schema.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Sized(min, max) => {
                json!({"type": "string", "minLength": min, "maxLength": max})
            }
            Self::Like(pattern) => json!({"type": "string", "pattern": pattern}),
            Self::Words(words) => json!({"type": "string", "enum": words}),
            Self::Uuid => json!({"type": "string", "format": "uuid"}),
            Self::Time => json!({"type": "string", "format": "date-time"}),
            Self::Date => json!({"type": "string", "format": "date"}),
            Self::Decimal => json!({"type": "string", "pattern": DECIMAL}),
            Self::Amount => {
                json!({"anyOf": [{"type": "string", "pattern": AMOUNT},
                    {"type": "number", "exclusiveMinimum": 0}]})
            }
            Self::Number => json!({"type": "number"}),
            Self::Whole(min, max) => {
                let mut schema = json!({"type": "integer", "minimum": min});
                if *max != i64::MAX {
                    schema["maximum"] = (*max).into();
                }
                schema
            }
            Self::Flag => json!({"type": "boolean"}),
            Self::Of(name) => json!({"$ref": format!("#/components/schemas/{name}")}),
            Self::OrNull(of) => json!({"anyOf": [of.json(), {"type": "null"}]}),
            Self::List(of) => json!({"type": "array", "items": of.json()}),
            Self::By(of) => json!({"type": "object", "additionalProperties": of.json()}),
            Self::Either(one, other) => json!({"oneOf": [one.json(), other.json()]}),
            Self::Keys(keys) => object(keys, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_write_is_closed_and_what_we_read_is_open() {
        const KEYS: &[Field] =
            &[must("qty", Type::OrNull(&Type::Decimal)), may("n", Type::Whole(0, i64::MAX))];
        let written = Schema::written("X", "An x.", KEYS).json();
        assert_eq!(
            written,
            json!({"type": "object", "description": "An x.", "required": ["qty"],
            "additionalProperties": false,
            "properties": {
                "qty": {"anyOf": [{"type": "string", "pattern": DECIMAL}, {"type": "null"}]},
                "n": {"type": "integer", "minimum": 0},
            }})
        );
        const READ: &[Field] = &[may("a", Type::Flag)];
        let read = Schema::open("X", "An x.", READ).json();
        assert_eq!(
            read,
            json!({"type": "object", "description": "An x.",
                "properties": {"a": {"type": "boolean"}}})
        );
    }
}
