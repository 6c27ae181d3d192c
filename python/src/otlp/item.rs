//! Spans and lines, and the requests they make.

use crate::message::Message;

/// Of a message or an attribute.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// A piece of work that is over.
pub(super) struct Span {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) parent_id: Option<[u8; 8]>,
    pub(super) name: String,
    pub(super) kind: u64,
    pub(super) begin_ns: u64,
    pub(super) end_ns: u64,
    pub(super) attributes: Vec<(String, Value)>,
    /// Why it failed, if it did.
    pub(super) error: Option<String>,
}

impl Span {
    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Span>() + self.name.len() + bytes_of(&self.attributes)
    }
}

impl Line {
    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Line>() + self.message.len() + bytes_of(&self.attributes)
    }
}

fn bytes_of(attributes: &[(String, Value)]) -> usize {
    let text = |value: &Value| if let Value::Text(text) = value { text.len() } else { 0 };
    attributes.iter().map(|(name, value)| size_of::<(String, Value)>() + name.len() + text(value)).sum()
}

/// The beginning of a text that is longer than what one may have.
pub(super) fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    }
    text
}

/// A log line.
pub(super) struct Line {
    pub(super) time_ns: u64,
    pub(super) severity: u64,
    pub(super) level: String,
    pub(super) message: String,
    pub(super) trace: Option<([u8; 16], [u8; 8], bool)>,
    pub(super) attributes: Vec<(String, Value)>,
}

/// The value of an attribute.
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Truth(bool),
}

/// An id from its hexadecimal digits.
pub(super) fn id<const BYTES: usize>(digits: &str) -> Option<[u8; BYTES]> {
    let mut id = [0; BYTES];
    if digits.len() != 2 * BYTES || !digits.is_ascii() {
        return None;
    }
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(id)
}

/// An `ExportTraceServiceRequest`.
pub(super) fn spans(resource: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    request(resource, |scope| {
        spans.iter().for_each(|span| scope.message(2, |message| write_span(message, span)))
    })
}

/// An `ExportLogsServiceRequest`.
pub(super) fn lines(resource: &[(String, String)], lines: &[Line]) -> Vec<u8> {
    request(resource, |scope| {
        lines.iter().for_each(|line| scope.message(2, |message| write_line(message, line)))
    })
}

fn request(resource: &[(String, String)], write: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |of_resource| {
        of_resource.message(1, |message| {
            for (name, value) in resource {
                write_attribute(message, 1, name, &Value::Text(value.clone()));
            }
        });
        of_resource.message(2, |of_scope| {
            of_scope.message(1, |scope| {
                scope.text(1, "flightdeck");
                scope.text(2, env!("CARGO_PKG_VERSION"));
            });
            write(of_scope);
        });
    });
    request.bytes
}

fn write_span(message: &mut Message, span: &Span) {
    message.bytes(1, &span.trace_id);
    message.bytes(2, &span.span_id);
    if let Some(parent) = &span.parent_id {
        message.bytes(4, parent);
    }
    message.text(5, &span.name);
    message.number(6, span.kind);
    message.fixed64(7, span.begin_ns);
    message.fixed64(8, span.end_ns);
    span.attributes.iter().for_each(|(name, value)| write_attribute(message, 9, name, value));
    if let Some(reason) = &span.error {
        message.message(15, |status| {
            status.text(2, reason);
            status.number(3, 2);
        });
    }
    // Only what is sampled gets here.
    message.fixed32(16, 1);
}

fn write_line(message: &mut Message, line: &Line) {
    message.fixed64(1, line.time_ns);
    message.number(2, line.severity);
    message.text(3, &line.level);
    message.message(5, |any| any.text(1, &line.message));
    line.attributes.iter().for_each(|(name, value)| write_attribute(message, 6, name, value));
    if let Some((trace_id, span_id, sampled)) = &line.trace {
        message.fixed32(8, u32::from(*sampled));
        message.bytes(9, trace_id);
        message.bytes(10, span_id);
    }
    message.fixed64(11, line.time_ns);
}

fn write_attribute(message: &mut Message, field: u32, name: &str, value: &Value) {
    message.message(field, |pair| {
        pair.text(1, name);
        pair.message(2, |any| match value {
            Value::Text(text) => any.text(1, text),
            Value::Truth(truth) => any.number(2, u64::from(*truth)),
            Value::Integer(number) => any.number(3, *number as u64),
            Value::Float(number) => any.double(4, *number),
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_digits() {
        assert_eq!(id::<2>("0aff"), Some([10, 255]));
        for wrong in ["0af", "0afff", "0agf", "ä0f"] {
            assert_eq!(id::<2>(wrong), None, "{wrong}");
        }
    }
}
