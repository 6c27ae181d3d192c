//! `X-Request-ID`: the id by which people talk about one request.

use super::id::random;

/// A longer id is not taken over.
pub const REQUEST_ID_BYTES_MAX: usize = 128;

/// Whether an id that a client sent can be taken over: short, and of characters that are harmless in logs, headers and
/// shells.
pub fn is_sane(id: &str) -> bool {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
    !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX && id.bytes().all(harmless)
}

/// A new id: a random UUID.
pub fn new_request_id() -> String {
    let (high, low) = (random(), random());
    // The bits that say «version 4» and «this variant».
    let bits =
        (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let mut id = [b'-'; 36];
    let mut nibbles = (0..32).rev().map(|nibble| b"0123456789abcdef"[(bits >> (nibble * 4)) as usize & 0xf]);
    for (at, digit) in id.iter_mut().enumerate() {
        if ![8, 13, 18, 23].contains(&at) {
            *digit = nibbles.next().unwrap_or(b'0');
        }
    }
    String::from_utf8_lossy(&id).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_is_taken_over_when_it_is_harmless() {
        let check = |id: &str, want| assert_eq!(is_sane(id), want, "{id}");
        check("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", true);
        check("Root=1-67891233-abcdef012345678912345678", true);
        check("", false);
        check("a b", false);
        check("a\nb", false);
        check("<script>", false);
        check("${jndi:ldap}", false);
        check(&"a".repeat(REQUEST_ID_BYTES_MAX), true);
        check(&"a".repeat(REQUEST_ID_BYTES_MAX + 1), false);
        check("naïve", false);
    }

    #[test]
    fn new_ids_are_uuids_that_differ() {
        let id = new_request_id();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert!(is_sane(&id));
        assert_ne!(id, new_request_id());
    }
}
