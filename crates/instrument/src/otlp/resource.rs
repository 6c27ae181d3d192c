//! Who exports: the resource that stands over everything sent.

use crate::protobuf::Message;

/// A service and its attributes, under OpenTelemetry's names.
#[derive(Clone, Debug)]
pub struct Resource {
    attributes: Vec<(String, String)>,
}

impl Resource {
    /// A service of that name.
    pub fn new(service: &str) -> Resource {
        let resource = Resource { attributes: Vec::new() };
        resource
            .with("service.name", service)
            .with("telemetry.sdk.language", "rust")
            .with("telemetry.sdk.name", "flightdeck")
            .with("telemetry.sdk.version", env!("CARGO_PKG_VERSION"))
    }

    /// Adds an attribute; an empty one is left out.
    pub fn with(mut self, name: &str, value: &str) -> Resource {
        if !value.is_empty() {
            self.attributes.retain(|(other, _)| other != name);
            self.attributes.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// As the first field of whatever is exported.
    pub(super) fn write(&self, message: &mut Message) {
        message.message(1, |resource| {
            for (name, value) in &self.attributes {
                write_text(resource, 1, name, value);
            }
        });
    }
}

/// The instrumentation scope: this crate.
pub(super) fn write_scope(message: &mut Message) {
    message.message(1, |scope| {
        scope.bytes(1, b"flightdeck");
        scope.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
    });
}

/// A `KeyValue` whose value is text.
pub(super) fn write_text(message: &mut Message, field: u32, name: &str, value: &str) {
    message.message(field, |pair| {
        pair.bytes(1, name.as_bytes());
        pair.message(2, |any| any.bytes(1, value.as_bytes()));
    });
}
