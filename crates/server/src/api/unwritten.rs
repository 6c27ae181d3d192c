//! Why something was not written to the disk, for whoever asked for it: what, and what helps. Where it would be on the disk is for
//! the log alone.

use std::io::{self, ErrorKind};

use thiserror::Error;

use super::envelope::{ApiError, ErrorType};

/// A change that the disk refused.
#[derive(Debug, Error)]
#[error("{what}, and nothing was changed: {cause}. {advice}")]
pub struct Unwritten {
    what: &'static str,
    cause: String,
    advice: &'static str,
    is_full: bool,
}

impl Unwritten {
    /// Of an error whose contexts say where; `what` begins the sentence: "the snapshot could not be kept".
    pub fn new(what: &'static str, error: &anyhow::Error) -> Unwritten {
        tracing::warn!(error = format!("{error:#}"), "{what}");
        let of_system = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
        let kind = of_system.map(io::Error::kind);
        let is_full = matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded));
        let advice = match kind {
            _ if is_full => "Make room on the disk",
            Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
                "Let the user the server runs as write there"
            }
            _ => "The log of the server says where",
        };
        Unwritten { what, cause: error.root_cause().to_string(), advice, is_full }
    }
}

impl From<Unwritten> for ApiError {
    fn from(unwritten: Unwritten) -> ApiError {
        let kind = if unwritten.is_full { ErrorType::Full } else { ErrorType::Unavailable };
        ApiError::new(kind, unwritten.to_string())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn no_path_is_told_and_what_helps_is() {
        let check = |number: i32, status: u16, want: &str| {
            let error =
                Err::<(), _>(io::Error::from_raw_os_error(number)).context("writing /srv/secret/a.json");
            let unwritten = Unwritten::new("the snapshot could not be kept", &error.expect_err("it failed"));
            let told = ApiError::from(unwritten);
            assert_eq!(told.status().as_u16(), status);
            assert_eq!(told.message(), want);
        };
        let begun = |rest: &str| format!("the snapshot could not be kept, and nothing was changed: {rest}");
        check(28, 507, &begun("No space left on device (os error 28). Make room on the disk"));
        check(
            13,
            503,
            &begun("Permission denied (os error 13). Let the user the server runs as write there"),
        );
        check(5, 503, &begun("Input/output error (os error 5). The log of the server says where"));
    }
}
