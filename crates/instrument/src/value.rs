//! Values of log fields and span attributes: what may be said beside a message.

use std::borrow::Cow;
use std::fmt::Write;

use crate::json::push_text;
#[cfg(feature = "otlp")]
use crate::protobuf::Message;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Text(Cow<'static, str>),
    /// Headers come in lists.
    #[cfg(feature = "otlp")]
    Texts(Vec<String>),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Float(f64),
    /// Whether something is so.
    Truth(bool),
}

impl Value {
    /// As JSON.
    pub(crate) fn push_json(&self, out: &mut String) {
        match self {
            Value::Text(text) => push_text(out, text),
            #[cfg(feature = "otlp")]
            Value::Texts(texts) => push_text(out, &texts.join(", ")),
            // JSON has no infinities.
            Value::Float(number) if !number.is_finite() => push_text(out, &number.to_string()),
            Value::Float(number) => {
                let _ = write!(out, "{number}");
            }
            Value::Integer(number) => {
                let _ = write!(out, "{number}");
            }
            Value::Truth(truth) => {
                let _ = write!(out, "{truth}");
            }
        }
    }

    /// How many bytes its texts have.
    #[cfg(feature = "otlp")]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Texts(texts) => texts.iter().map(String::len).sum(),
            Value::Integer(_) | Value::Float(_) | Value::Truth(_) => 0,
        }
    }

    /// As OTLP's `AnyValue`.
    #[cfg(feature = "otlp")]
    pub(crate) fn write(&self, message: &mut Message) {
        match self {
            Value::Text(text) => message.bytes(1, text.as_bytes()),
            Value::Truth(truth) => message.number(2, u64::from(*truth)),
            Value::Integer(number) => message.number(3, *number as u64),
            Value::Float(number) => message.double(4, *number),
            Value::Texts(texts) => message.message(5, |list| {
                for text in texts {
                    list.message(1, |value| value.bytes(1, text.as_bytes()));
                }
            }),
        }
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Value {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Cow::Owned(text))
    }
}
