//! Who may ask: users with bcrypt hashes, checked off the async threads and remembered, because bcrypt is slow on purpose.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use collect::config::Secret;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

/// How many passwords are checked at once; guessing must not take all processors.
const CHECKS_MAX: usize = 2;
/// How many good pairs of user and password are remembered.
const REMEMBERED_MAX: usize = 256;
/// Checked when the user is unknown, so that this takes as long as a wrong password does.
const NOBODY: &str = "$2b$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

/// The users of a server.
pub struct Users {
    hashes: BTreeMap<String, Secret>,
    open_paths: Vec<String>,
    checks: Semaphore,
    /// Keyed fingerprints of pairs that were good; two keys make 128 bits.
    good: Mutex<HashSet<(u64, u64)>>,
    keys: (RandomState, RandomState),
}

impl Default for Users {
    fn default() -> Users {
        Users {
            hashes: BTreeMap::new(),
            open_paths: Vec::new(),
            checks: Semaphore::new(CHECKS_MAX),
            good: Mutex::new(HashSet::new()),
            keys: (RandomState::new(), RandomState::new()),
        }
    }
}

impl Users {
    /// Users by name with their hashes, and paths that anybody may ask for. An error names the user.
    pub fn new(hashes: BTreeMap<String, Secret>, open_paths: Vec<String>) -> Result<Users, (String, String)> {
        for (user, hash) in &hashes {
            if hash.reveal().parse::<bcrypt::HashParts>().is_err() {
                return Err((user.clone(), "not a bcrypt hash; make one with htpasswd -nBC 10".to_owned()));
            }
        }
        Ok(Users { hashes, open_paths, ..Users::default() })
    }

    /// Whether the `Authorization` header names a user and the password.
    async fn admit(self: &Arc<Users>, headers: &HeaderMap) -> bool {
        let Some((user, password)) = headers.get(header::AUTHORIZATION).and_then(credentials) else {
            return false;
        };
        let fingerprint =
            (self.keys.0.hash_one((&user, &password)), self.keys.1.hash_one((&user, &password)));
        if self.good.lock().contains(&fingerprint) {
            return true;
        }
        let Ok(_turn) = self.checks.acquire().await else { return false };
        let users = self.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let hash = users.hashes.get(&user).map_or(NOBODY, Secret::reveal);
            let matches = bcrypt::verify(&password, hash).unwrap_or(false);
            matches && users.hashes.contains_key(&user)
        });
        let admitted = checked.await.unwrap_or(false);
        if admitted {
            let mut good = self.good.lock();
            if good.len() >= REMEMBERED_MAX {
                good.clear();
            }
            good.insert(fingerprint);
        }
        admitted
    }
}

/// Lets a request pass when its user is known, or when no users are configured.
pub async fn authenticate(users: Arc<Users>, request: Request, next: Next) -> Response {
    let open = users.hashes.is_empty() || users.open_paths.iter().any(|path| path == request.uri().path());
    if open || users.admit(request.headers()).await {
        return next.run(request).await;
    }
    let challenge = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"))];
    (StatusCode::UNAUTHORIZED, challenge, "Unauthorized\n").into_response()
}

/// The user and the password of a `Basic` header.
fn credentials(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(base64(encoded.trim())?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Standard base64, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for character in text.trim_end_matches('=').bytes() {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_read() {
        let check = |header: &str, want: Option<(&str, &str)>| {
            let read = credentials(&HeaderValue::from_str(header).expect("a header"));
            assert_eq!(
                read.as_ref().map(|(user, password)| (user.as_str(), password.as_str())),
                want,
                "{header}"
            );
        };
        check("Basic YWxhZGRpbjpvcGVuc2VzYW1l", Some(("aladdin", "opensesame")));
        check("basic YTpiOmM=", Some(("a", "b:c")));
        check("Bearer abc", None);
        check("Basic !!!", None);
        check("Basic YQ==", None);
    }

    #[tokio::test]
    async fn only_the_right_password_is_admitted() {
        let hash = bcrypt::hash("opensesame", 4).expect("hashes");
        let users = Users::new(BTreeMap::from([("aladdin".to_owned(), Secret::new(hash))]), Vec::new());
        let users = Arc::new(users.expect("the hash is good"));
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))])
        };
        for _ in 0..2 {
            assert!(users.admit(&headers("Basic YWxhZGRpbjpvcGVuc2VzYW1l")).await);
        }
        assert!(!users.admit(&headers("Basic YWxhZGRpbjp3cm9uZw==")).await);
        assert!(!users.admit(&headers("Basic bm9ib2R5Ong=")).await);
        assert!(!users.admit(&HeaderMap::new()).await);
    }
}
