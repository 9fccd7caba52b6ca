//! A JSON reply in the making: objects and arrays with names that only the request knows, around
//! items that the codecs of `wire` write.

use crate::api::Body;
use crate::wire::encoder::Encoder;
use crate::wire::json::Json;
use serde::Serialize;

/// Text of one reply. Whoever opens must close.
pub(crate) struct Sheet(Vec<u8>);

impl Sheet {
    /// Begins with an object.
    pub(crate) fn object() -> Self {
        Self(vec![b'{'])
    }

    /// A member's name; its value follows.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.separate();
        self.write(&name);
        self.0.push(b':');
        self
    }

    /// Opens an object or an array: `{` or `[`.
    pub(crate) fn open(&mut self, bracket: u8) {
        self.separate();
        self.0.push(bracket);
    }

    /// Closes one: `}` or `]`.
    pub(crate) fn close(&mut self, bracket: u8) {
        self.0.push(bracket);
    }

    /// A value that knows how it looks.
    pub(crate) fn value(&mut self, value: &impl Serialize) {
        self.separate();
        self.write(value);
    }

    /// A value that a codec writes.
    pub(crate) fn item(&mut self, write: impl FnOnce(&mut dyn Encoder)) {
        self.separate();
        write(&mut Json::new(&mut self.0));
    }

    /// The reply: 200, with its first object closed.
    pub(crate) fn reply(mut self) -> Body {
        self.0.push(b'}');
        Body { status: 200, json: self.0 }
    }

    /// A comma, where one value follows another.
    fn separate(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }

    fn write(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut self.0, value).expect("writing to a Vec cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_separated_where_they_follow_each_other() {
        let mut sheet = Sheet::object();
        sheet.name("a\"b").open(b'{');
        sheet.name("x").value(&1);
        sheet.name("y").open(b'[');
        sheet.item(|to| to.count(2));
        sheet.item(|to| to.count(3));
        sheet.close(b']');
        sheet.close(b'}');
        sheet.name("next").value(&None::<()>);
        let text = String::from_utf8(sheet.reply().json).unwrap();
        assert_eq!(text, r#"{"a\"b":{"x":1,"y":[2,3]},"next":null}"#);
    }
}
