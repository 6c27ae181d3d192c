//! The fields of an event or span, without what is secret.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};

use crate::redact::{Paths, REDACTED, is_secret, redact_text, redact_url_as};
use crate::value::Value;

/// A value longer than this is cut.
const VALUE_BYTES_MAX: usize = 8 * 1024;

/// Fields that hold URLs.
const URLS: [&str; 9] =
    ["url", "uri", "path", "query", "url.full", "url.path", "url.query", "http.url", "http.target"];

/// Fields by name; a later one of the same name takes the place of the earlier.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    pub(crate) values: Vec<(&'static str, Value)>,
}

impl Fields {
    pub(crate) fn put(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name, value)),
        }
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.values.iter().position(|(other, _)| *other == name)?;
        Some(self.values.remove(at).1)
    }
}

/// Fills fields, and leaves out what is secret.
pub(crate) struct Visitor<'a> {
    pub(crate) fields: &'a mut Fields,
    /// Further names of secrets.
    pub(crate) secrets: &'a [String],
    pub(crate) paths: Paths,
}

impl Visitor<'_> {
    fn text(&mut self, field: &Field, value: &str) {
        // What `log` adds about itself is in the line already.
        if field.name().starts_with("log.") {
            return;
        }
        let value = &value[..value.floor_char_boundary(VALUE_BYTES_MAX)];
        let value = if is_secret(field.name(), self.secrets) {
            Value::from(REDACTED)
        } else if !URLS.contains(&field.name()) {
            Value::from(redact_text(value, self.secrets, self.paths).into_owned())
        } else if field.name().ends_with("query") {
            Value::from(redact_url_as(&format!("?{value}"), self.secrets, self.paths)[1..].to_owned())
        } else {
            Value::from(redact_url_as(value, self.secrets, self.paths).into_owned())
        };
        self.fields.put(field.name(), value);
    }

    fn plain(&mut self, field: &Field, value: Value) {
        if is_secret(field.name(), self.secrets) {
            self.text(field, "");
        } else {
            self.fields.put(field.name(), value);
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A `Debug` that fails has said what it could.
        let _ = write!(text, "{value:?}");
        self.text(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause.filter(|_| text.len() < VALUE_BYTES_MAX) {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.text(field, &text);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, Value::Truth(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, Value::Integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let number = i64::try_from(value).map_or_else(|_| Value::from(value.to_string()), Value::Integer);
        self.plain(field, number);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.plain(field, Value::Float(value));
    }
}
