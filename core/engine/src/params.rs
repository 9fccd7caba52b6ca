//! A strategy's parameters: how a recipe describes them, and how given texts become checked values.
//!
//! Called once per start by configuration and wiring; the registry's pages are printed from the
//! same [`ParamSpec`]s. *Invariant:* a [`Params`] holds every parameter of its recipe, each inside
//! its range, so that `build` may read them without asking.

use st0ck_quant::Fx;
use st0ck_types::decimal::{self, SCALE_9};
use st0ck_types::{Price, Qty};
use std::fmt;

/// What a parameter's text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// A ratio, weight or factor: a decimal number read as [`Fx`].
    Ratio,
    /// A price or an amount per share: a decimal number.
    Price,
    /// A quantity of shares or contracts: a decimal number.
    Qty,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// One of the choices.
    Choice,
    /// A time of day `HH:MM` or `HH:MM:SS` on the exchange's clock.
    TimeOfDay,
}

impl ParamKind {
    /// What people are told to write.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Ratio | Self::Price | Self::Qty => "a decimal number",
            Self::Int => "a whole number",
            Self::Bool => "true or false",
            Self::Choice => "one of its choices",
            Self::TimeOfDay => "a time of day HH:MM or HH:MM:SS",
        }
    }
}

/// One parameter of a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamSpec {
    /// Its key, in snake case.
    pub name: &'static str,
    /// What its text must be.
    pub kind: ParamKind,
    /// Its unit for people: `USD`, `shares`, `ratio`, `s`, or empty.
    pub unit: &'static str,
    /// Its value when none is given.
    pub default: &'static str,
    /// Lowest allowed value; empty for no bound. Only for numbers and times.
    pub min: &'static str,
    /// Highest allowed value; empty for no bound. Only for numbers and times.
    pub max: &'static str,
    /// What may be chosen; empty unless the kind is [`ParamKind::Choice`].
    pub choices: &'static [&'static str],
    /// One line that says what it does.
    pub help: &'static str,
}

/// A parameter that cannot be used, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamError {
    /// No parameter has this key.
    Unknown {
        /// As given.
        key: String,
        /// All keys there are, joined by commas.
        known: String,
    },
    /// The text is not of the parameter's kind.
    Invalid {
        /// Which parameter.
        key: String,
        /// As given.
        value: String,
        /// What it must be.
        expected: String,
    },
    /// The value is outside its range.
    OutOfRange {
        /// Which parameter.
        key: String,
        /// As given.
        value: String,
        /// Lowest allowed; empty for no bound.
        min: &'static str,
        /// Highest allowed; empty for no bound.
        max: &'static str,
    },
    /// Values that are good by themselves and contradict each other.
    Conflict {
        /// The parameter to change.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it must be, in words that name the other parameter.
        needs: String,
    },
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { key, known } => {
                write!(f, "there is no parameter `{key}`; there are: {known}")
            }
            Self::Invalid { key, value, expected } => {
                write!(f, "parameter `{key}` = `{value}` must be {expected}")
            }
            Self::OutOfRange { key, value, min: "", max } => {
                write!(f, "parameter `{key}` = `{value}` must be at most {max}")
            }
            Self::OutOfRange { key, value, min, max: "" } => {
                write!(f, "parameter `{key}` = `{value}` must be at least {min}")
            }
            Self::OutOfRange { key, value, min, max } => {
                write!(f, "parameter `{key}` = `{value}` must be from {min} to {max}")
            }
            Self::Conflict { key, value, needs } => {
                write!(f, "parameter `{key}` = `{value}` must be {needs}")
            }
        }
    }
}

impl std::error::Error for ParamError {}

/// One checked value: its number in the kind's own unit, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    spec: &'static ParamSpec,
    text: String,
    number: i64,
}

/// Every parameter of a recipe, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    values: Vec<Value>,
}

impl Params {
    /// Takes what was given and the defaults of the rest. A key given twice has its last value.
    ///
    /// # Errors
    /// [`ParamError`] for a key that does not exist and a value that it cannot have.
    pub fn resolve(
        specs: &'static [ParamSpec],
        given: &[(&str, &str)],
    ) -> Result<Self, ParamError> {
        if let Some((key, _)) = given.iter().find(|(key, _)| specs.iter().all(|s| s.name != *key)) {
            let known: Vec<&str> = specs.iter().map(|s| s.name).collect();
            return Err(ParamError::Unknown { key: (*key).into(), known: known.join(", ") });
        }
        let values = specs.iter().map(|spec| {
            let text = given.iter().rev().find(|(key, _)| *key == spec.name);
            Value::check(spec, text.map_or(spec.default, |(_, text)| text))
        });
        Ok(Self { values: values.collect::<Result<_, _>>()? })
    }

    /// The defaults alone.
    ///
    /// # Errors
    /// [`ParamError`] when a default is outside its own range: the recipe is broken.
    pub fn defaults(specs: &'static [ParamSpec]) -> Result<Self, ParamError> {
        Self::resolve(specs, &[])
    }

    /// Every parameter's name and text, in the recipe's order.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|value| (value.spec.name, value.text.as_str()))
    }

    /// A [`ParamKind::Ratio`].
    ///
    /// # Panics
    /// When the recipe has no such parameter of that kind. So for every getter.
    #[must_use]
    pub fn fx(&self, name: &str) -> Fx {
        Fx::from_e9(self.get(name, ParamKind::Ratio).number).expect("its range was checked")
    }

    /// A [`ParamKind::Price`].
    #[must_use]
    pub fn price(&self, name: &str) -> Price {
        Price(self.get(name, ParamKind::Price).number)
    }

    /// A [`ParamKind::Qty`].
    #[must_use]
    pub fn qty(&self, name: &str) -> Qty {
        Qty(self.get(name, ParamKind::Qty).number)
    }

    /// A [`ParamKind::Int`].
    #[must_use]
    pub fn int(&self, name: &str) -> i64 {
        self.get(name, ParamKind::Int).number
    }

    /// A [`ParamKind::Bool`].
    #[must_use]
    pub fn bool(&self, name: &str) -> bool {
        self.get(name, ParamKind::Bool).number != 0
    }

    /// The choice of a [`ParamKind::Choice`].
    #[must_use]
    pub fn choice(&self, name: &str) -> &'static str {
        let value = self.get(name, ParamKind::Choice);
        let place = usize::try_from(value.number).ok();
        let choice = place.and_then(|place| value.spec.choices.get(place));
        choice.expect("a choice is kept as its place in the list it was read from")
    }

    /// A [`ParamKind::TimeOfDay`] in seconds after the exchange's midnight.
    #[must_use]
    pub fn second_of_day(&self, name: &str) -> u32 {
        let seconds = u32::try_from(self.get(name, ParamKind::TimeOfDay).number);
        seconds.expect("a time of day was read as less than a day of seconds")
    }

    fn get(&self, name: &str, kind: ParamKind) -> &Value {
        let found = self.values.iter().find(|v| v.spec.name == name && v.spec.kind == kind);
        found.unwrap_or_else(|| panic!("the recipe has no parameter `{name}` of kind {kind:?}"))
    }
}

impl Value {
    fn check(spec: &'static ParamSpec, text: &str) -> Result<Self, ParamError> {
        let text = text.trim();
        let Some(number) = read(spec, text) else {
            let expected = match spec.kind {
                ParamKind::Choice => format!("one of {}", spec.choices.join(", ")),
                kind => kind.words().into(),
            };
            return Err(ParamError::Invalid {
                key: spec.name.into(),
                value: text.into(),
                expected,
            });
        };
        let below = read(spec, spec.min).is_some_and(|min| number < min);
        let above = read(spec, spec.max).is_some_and(|max| number > max);
        if below || above {
            return Err(ParamError::OutOfRange {
                key: spec.name.into(),
                value: text.into(),
                min: spec.min,
                max: spec.max,
            });
        }
        Ok(Self { spec, text: text.into(), number })
    }
}

/// The number that a text means for a parameter; `None` when it means none.
fn read(spec: &ParamSpec, text: &str) -> Option<i64> {
    match spec.kind {
        ParamKind::Ratio => {
            let units = scaled(text)?;
            Fx::from_e9(units).ok().map(|_| units)
        }
        ParamKind::Price | ParamKind::Qty => scaled(text),
        ParamKind::Int => text.parse().ok(),
        ParamKind::Bool => text.parse::<bool>().ok().map(i64::from),
        ParamKind::Choice => {
            let place = spec.choices.iter().position(|choice| *choice == text)?;
            i64::try_from(place).ok()
        }
        ParamKind::TimeOfDay => second_of_day(text),
    }
}

fn scaled(text: &str) -> Option<i64> {
    decimal::parse(text.as_bytes(), SCALE_9).ok().and_then(|units| i64::try_from(units).ok())
}

fn second_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|part| match part.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(i64::from((tens - 48) * 10 + ones - 48)),
        _ => None,
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let real = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    real.then_some(hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spec(name: &'static str, kind: ParamKind, default: &'static str) -> ParamSpec {
        ParamSpec { name, kind, unit: "", default, min: "", max: "", choices: &[], help: "" }
    }

    static SPECS: &[ParamSpec] = &[
        ParamSpec { min: "0", max: "1", ..spec("weight", ParamKind::Ratio, "0.25") },
        spec("target", ParamKind::Price, "0.01"),
        spec("size", ParamKind::Qty, "1.5"),
        ParamSpec { min: "1", ..spec("count", ParamKind::Int, "3") },
        spec("fast", ParamKind::Bool, "false"),
        ParamSpec { choices: &["simple", "enhanced"], ..spec("mode", ParamKind::Choice, "simple") },
        ParamSpec { max: "16:00", ..spec("exit", ParamKind::TimeOfDay, "10:55") },
    ];

    #[test]
    fn defaults_and_given_values_are_read_by_kind() {
        let given = [("mode", "enhanced"), ("count", "7"), ("count", " 8 "), ("exit", "15:59:30")];
        let params = Params::resolve(SPECS, &given).unwrap();
        assert_eq!(params.fx("weight").to_e9(), 250_000_000);
        assert_eq!(params.price("target"), Price::CENT);
        assert_eq!(params.qty("size"), Qty(1_500_000_000));
        assert_eq!(params.int("count"), 8, "the last one given");
        assert!(!params.bool("fast"));
        assert_eq!(params.choice("mode"), "enhanced");
        assert_eq!(params.second_of_day("exit"), 15 * 3_600 + 59 * 60 + 30);
        let defaults = Params::defaults(SPECS).unwrap();
        assert_eq!(defaults.texts().nth(5), Some(("mode", "simple")));
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_fix() {
        let error = |key, value| Params::resolve(SPECS, &[(key, value)]).unwrap_err().to_string();
        assert_eq!(
            error("wieght", "1"),
            "there is no parameter `wieght`; there are: weight, target, size, count, fast, mode, exit"
        );
        assert_eq!(error("weight", "x"), "parameter `weight` = `x` must be a decimal number");
        assert_eq!(error("weight", "1.01"), "parameter `weight` = `1.01` must be from 0 to 1");
        assert_eq!(error("count", "0"), "parameter `count` = `0` must be at least 1");
        assert_eq!(error("count", "1.5"), "parameter `count` = `1.5` must be a whole number");
        assert_eq!(
            error("exit", "16:00:01"),
            "parameter `exit` = `16:00:01` must be at most 16:00"
        );
        assert_eq!(
            error("mode", "big"),
            "parameter `mode` = `big` must be one of simple, enhanced"
        );
        assert_eq!(error("fast", "yes"), "parameter `fast` = `yes` must be true or false");
        for bad in ["24:00", "9:30", "09:60", "09:30:00:00", "09-30", ""] {
            assert!(Params::resolve(SPECS, &[("exit", bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    #[should_panic(expected = "no parameter `weight` of kind Price")]
    fn asking_for_another_kind_is_a_broken_recipe() {
        let _ = Params::defaults(SPECS).unwrap().price("weight");
    }
}
