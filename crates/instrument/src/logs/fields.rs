//! The fields of an event or span, as JSON values.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};

use super::redact::{REDACTED, is_secret, redact_url};
use crate::json::push_text;

/// A value longer than this is cut.
const VALUE_BYTES_MAX: usize = 8 * 1024;

/// Fields that hold URLs.
const URLS: [&str; 7] = ["url", "uri", "path", "query", "url.full", "url.query", "http.target"];

/// Fields by name, each a JSON value; a later one of the same name takes the place of the earlier.
#[derive(Clone, Default)]
pub(super) struct Fields {
    pub(super) values: Vec<(&'static str, String)>,
}

impl Fields {
    pub(super) fn put(&mut self, name: &'static str, value: String) {
        match self.values.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name, value)),
        }
    }
}

/// Fills fields, and leaves out what is secret.
pub(super) struct Visitor<'a> {
    pub(super) fields: &'a mut Fields,
    /// Further names of secrets.
    pub(super) secrets: &'a [String],
}

impl Visitor<'_> {
    fn text(&mut self, field: &Field, value: &str) {
        // What `log` adds about itself is in the line already.
        if field.name().starts_with("log.") {
            return;
        }
        let value = &value[..value.floor_char_boundary(VALUE_BYTES_MAX)];
        let mut json = String::with_capacity(value.len() + 2);
        if is_secret(field.name(), self.secrets) {
            push_text(&mut json, REDACTED);
        } else if URLS.contains(&field.name()) {
            let value = if field.name().ends_with("query") {
                redact_url(&format!("?{value}"), self.secrets)[1..].to_owned()
            } else {
                redact_url(value, self.secrets).into_owned()
            };
            push_text(&mut json, &value);
        } else {
            push_text(&mut json, value);
        }
        self.fields.put(field.name(), json);
    }

    fn plain(&mut self, field: &Field, value: String) {
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
        self.plain(field, value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value.to_string());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no infinities.
        let value = if value.is_finite() { value.to_string() } else { format!("\"{value}\"") };
        self.plain(field, value);
    }
}
