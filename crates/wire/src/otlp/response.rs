//! The answer to an export: empty where all was taken, else how many points were not, and why.

use crate::protobuf::Message;

/// The answer in protobuf.
pub fn response(rejected: u64, message: &str) -> Vec<u8> {
    let mut response = Message::default();
    if rejected > 0 || !message.is_empty() {
        response.message(1, |partial| {
            partial.uint(1, rejected);
            partial.text(2, message);
        });
    }
    response.into_bytes()
}

/// The answer in JSON.
pub fn response_json(rejected: u64, message: &str) -> String {
    if rejected == 0 && message.is_empty() {
        return "{}".to_owned();
    }
    // Integers of 64 bits are texts in this mapping.
    let partial = serde_json::json!({ "rejectedDataPoints": rejected.to_string(), "errorMessage": message });
    serde_json::json!({ "partialSuccess": partial }).to_string()
}
