//! What a payload is made of: every place in it, and which types of value have stood there.
//!
//! JSON and MessagePack come to the same shape, so that one comparison does for both.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Types by place. A place is keys joined by dots, `[]` for the items of a list and `{}` for the
/// values of a map whose keys are symbols or the like; the root is the empty text.
#[derive(Debug, Default)]
pub(crate) struct Shape(BTreeMap<String, BTreeSet<&'static str>>);

/// How two payloads differ in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) place: String,
    pub(crate) what: What,
}

/// The ways to differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// The sample has it, we do not.
    Missing,
    /// We have it, the sample does not.
    Further,
    /// Types of the sample and ours.
    Types(String, String),
    /// Null here and never there.
    Null,
}

impl Difference {
    /// The last key of the place.
    pub(crate) fn key(&self) -> &str {
        let end = self.place.trim_end_matches("[]").trim_end_matches("{}");
        end.rsplit('.').next().unwrap_or(end)
    }

    /// As the table shows it.
    pub(crate) fn shown(&self) -> String {
        let place = if self.place.is_empty() { "(all)" } else { &self.place };
        match &self.what {
            What::Missing => format!("{place}: not ours"),
            What::Further => format!("{place}: ours alone"),
            What::Types(theirs, ours) => format!("{place}: {theirs}, ours {ours}"),
            What::Null => format!("{place}: null here"),
        }
    }
}

impl Shape {
    /// The shape of JSON; `maps` are the places of maps by symbol.
    pub(crate) fn of_json(value: &Value, maps: &[&str]) -> Self {
        let mut shape = Self::default();
        shape.json(value, String::new(), maps);
        shape
    }

    fn json(&mut self, value: &Value, place: String, maps: &[&str]) {
        match value {
            Value::Array(items) => {
                for item in items {
                    self.json(item, format!("{place}[]"), maps);
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    self.json(value, below(&place, key, maps), maps);
                }
            }
            _ => {}
        }
        self.note(place, json_type(value));
    }

    fn note(&mut self, place: String, kind: &'static str) {
        self.0.entry(place).or_default().insert(kind);
    }

    /// How many keys it has.
    pub(crate) fn keys(&self) -> usize {
        self.0.keys().filter(|place| !place.is_empty() && !place.ends_with(['}', ']'])).count()
    }

    /// Whether something other than null has stood there.
    fn is_filled(&self, place: &str) -> bool {
        self.0.get(place).is_some_and(|types| types.iter().any(|kind| *kind != "null"))
    }

    /// Where `ours` differs from this sample. What is below a place that is null or absent on one
    /// side is not told again.
    pub(crate) fn differences(&self, ours: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (place, types) in &self.0 {
            let what = match ours.0.get(place) {
                None if ours.is_filled(above(place)) => Some(What::Missing),
                None => None,
                Some(mine) => self.typed(place, types, mine),
            };
            found.extend(what.map(|what| Difference { place: place.clone(), what }));
        }
        // What is in a list that is empty in the sample, the sample cannot tell.
        let ours_alone = ours.0.keys().filter(|place| {
            let untold = place.ends_with(['}', ']']);
            !untold && !self.0.contains_key(*place) && self.is_filled(above(place))
        });
        let further = |place: &String| Difference { place: place.clone(), what: What::Further };
        found.extend(ours_alone.map(further));
        found
    }

    fn typed(
        &self,
        place: &str,
        theirs: &BTreeSet<&'static str>,
        ours: &BTreeSet<&'static str>,
    ) -> Option<What> {
        let real = |types: &BTreeSet<&'static str>| {
            types.iter().copied().filter(|kind| *kind != "null").collect::<Vec<_>>()
        };
        let (theirs, ours) = (real(theirs), real(ours));
        if self.is_filled(place) && ours.is_empty() {
            return Some(What::Null);
        }
        (!theirs.is_empty() && !ours.iter().all(|kind| theirs.contains(kind)))
            .then(|| What::Types(theirs.join("|"), ours.join("|")))
    }
}

fn below(place: &str, key: &str, maps: &[&str]) -> String {
    match place {
        _ if maps.contains(&place) => format!("{place}{{}}"),
        "" => key.to_owned(),
        _ => format!("{place}.{key}"),
    }
}

fn above(place: &str) -> &str {
    if let Some(list) = place.strip_suffix("[]").or_else(|| place.strip_suffix("{}")) {
        return list;
    }
    place.rfind('.').map_or("", |dot| &place[..dot])
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// MessagePack: read by hand, for what is compared are the types on the wire.
pub(crate) mod msgpack {
    use super::{Shape, below};
    use rmp::Marker;
    use rmp::decode::{self, bytes::Bytes};

    /// Each message of a frame, which is a list of maps, by its first value, the type.
    pub(crate) fn messages(frame: &[u8]) -> Vec<(String, Shape)> {
        let mut bytes = Bytes::new(frame);
        let count = decode::read_array_len(&mut bytes).unwrap();
        (0..count).map(|_| message(&mut bytes)).collect()
    }

    fn message(bytes: &mut Bytes<'_>) -> (String, Shape) {
        let mut ahead = Bytes::new(bytes.remaining_slice());
        decode::read_map_len(&mut ahead).unwrap();
        assert_eq!(text(&mut ahead), "T", "the type leads");
        let kind = text(&mut ahead);
        let mut shape = Shape::default();
        walk(bytes, String::new(), &mut shape);
        (kind, shape)
    }

    fn text(bytes: &mut Bytes<'_>) -> String {
        let (text, rest) = decode::read_str_from_slice(bytes.remaining_slice()).unwrap();
        let (text, rest) = (text.to_owned(), rest.len());
        skip(bytes, bytes.remaining_slice().len() - rest);
        text
    }

    fn skip(bytes: &mut Bytes<'_>, count: usize) {
        use rmp::decode::RmpRead;
        bytes.read_exact_buf(&mut vec![0; count]).unwrap();
    }

    fn walk(bytes: &mut Bytes<'_>, place: String, into: &mut Shape) {
        let marker = decode::read_marker(&mut Bytes::new(bytes.remaining_slice())).unwrap();
        let kind = match marker {
            Marker::Null | Marker::True | Marker::False => {
                skip(bytes, 1);
                if marker == Marker::Null { "null" } else { "bool" }
            }
            Marker::F32 | Marker::F64 => {
                skip(bytes, if marker == Marker::F32 { 5 } else { 9 });
                "float"
            }
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                text(bytes);
                "string"
            }
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
                for _ in 0..decode::read_array_len(bytes).unwrap() {
                    walk(bytes, format!("{place}[]"), into);
                }
                "array"
            }
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
                for _ in 0..decode::read_map_len(bytes).unwrap() {
                    let key = text(bytes);
                    walk(bytes, below(&place, &key, &[]), into);
                }
                "object"
            }
            Marker::FixExt4 | Marker::FixExt8 | Marker::Ext8 => {
                let meta = decode::read_ext_meta(bytes).unwrap();
                skip(bytes, meta.size as usize);
                assert_eq!(meta.typeid, -1, "times alone are extensions");
                "time"
            }
            _ => {
                decode::read_int::<i64, _>(bytes).unwrap();
                "integer"
            }
        };
        into.note(place, kind);
    }
}

#[test]
fn differences_are_missing_and_further_keys_other_types_and_nulls() {
    use serde_json::json;
    let theirs = json!({"a": 1, "b": "x", "c": [{"d": null}], "e": "1", "m": {"SPY": [1]}});
    let ours = json!({"a": "1", "c": [{"d": 5, "f": true}], "e": null, "m": {"QQQ": [2]}});
    let shape = |value: &Value| Shape::of_json(value, &["m"]);
    let found = shape(&theirs).differences(&shape(&ours));
    let shown: Vec<String> = found.iter().map(Difference::shown).collect();
    assert_eq!(
        shown,
        ["a: number, ours string", "b: not ours", "e: null here", "c[].f: ours alone"]
    );
    assert_eq!(found[3].key(), "f");
    assert!(shape(&theirs).differences(&shape(&theirs)).is_empty());
    assert_eq!(shape(&theirs).keys(), 6);
}

#[test]
fn messagepack_has_whole_numbers_floats_and_times() {
    let mut frame = vec![0x91, 0x83];
    for (key, value) in [
        (&b"\xa1T"[..], &b"\xa1q"[..]),
        (b"\xa2bp", b"\xcb\x40\x59\x00\x00\x00\x00\x00\x00"),
        (b"\xa1t", b"\xd6\xff\x00\x00\x00\x01"),
    ] {
        frame.extend_from_slice(key);
        frame.extend_from_slice(value);
    }
    let messages = msgpack::messages(&frame);
    assert_eq!(messages[0].0, "q");
    let types = |place: &str| messages[0].1.0[place].iter().copied().collect::<Vec<_>>();
    assert_eq!(
        (types("T"), types("bp"), types("t")),
        (vec!["string"], vec!["float"], vec!["time"])
    );
}
