//! JSON, written. There is little of it, and all of it goes out.

use std::fmt::Write;

/// A JSON text under construction.
#[cfg(feature = "health")]
pub(crate) struct Writer {
    out: String,
    /// Whether the next member or element needs a comma in front.
    follows: bool,
}

#[cfg(feature = "health")]
impl Writer {
    pub(crate) fn new() -> Writer {
        Writer { out: String::with_capacity(256), follows: false }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    pub(crate) fn object(&mut self, write: impl FnOnce(&mut Writer)) {
        self.enclosed('{', '}', write);
    }

    pub(crate) fn array<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Writer, &T)) {
        self.enclosed('[', ']', |json| {
            for item in items {
                json.comma();
                json.follows = false;
                write(json, item);
                json.follows = true;
            }
        });
    }

    pub(crate) fn key(&mut self, name: &str) {
        self.comma();
        push_text(&mut self.out, name);
        self.out.push(':');
        self.follows = false;
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.key(name);
        push_text(&mut self.out, value);
        self.follows = true;
    }

    pub(crate) fn truth(&mut self, name: &str, value: bool) {
        self.key(name);
        self.out.push_str(if value { "true" } else { "false" });
        self.follows = true;
    }

    /// JSON has no infinities: they become null.
    pub(crate) fn number(&mut self, name: &str, value: f64) {
        self.key(name);
        if value.is_finite() {
            let _ = write!(self.out, "{value}");
        } else {
            self.out.push_str("null");
        }
        self.follows = true;
    }

    fn enclosed(&mut self, open: char, close: char, write: impl FnOnce(&mut Writer)) {
        self.out.push(open);
        self.follows = false;
        write(self);
        self.out.push(close);
        self.follows = true;
    }

    fn comma(&mut self) {
        if self.follows {
            self.out.push(',');
        }
    }
}

/// Appends a string with its quotes.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(all(test, feature = "health"))]
mod tests {
    use super::*;

    #[test]
    fn commas_go_between_and_text_is_escaped() {
        let mut json = Writer::new();
        json.object(|json| {
            json.text("a", "x\"\\\n\u{1}ä");
            json.number("b", 1.5);
            json.number("c", f64::NAN);
            json.key("d");
            json.array(&[1, 2], |json, _| json.object(|json| json.truth("e", true)));
            json.key("f");
            json.object(|_| ());
            json.truth("g", false);
        });
        let want = r#"{"a":"x\"\\\n\u0001ä","b":1.5,"c":null,"d":[{"e":true},{"e":true}],"f":{},"g":false}"#;
        assert_eq!(json.finish(), want);
    }
}
