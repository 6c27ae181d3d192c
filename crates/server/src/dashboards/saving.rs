//! What somebody who saves knows of what is there, and why a dashboard is not saved.

use axum::http::{HeaderMap, header};
use thiserror::Error;

use super::problem::Problem;
use crate::api::envelope::{ApiError, ErrorType};
use crate::api::tags;
use crate::api::unwritten::Unwritten;

/// What is to be there still, so that nobody's changes are lost: the revision that one began from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Whatever there is: it is replaced.
    Any,
    /// Nothing of that name: `If-None-Match: *`.
    Nothing,
    /// Anything at all: `If-Match: *`.
    Something,
    /// One of these: `If-Match: "revision"`.
    OneOf(Vec<String>),
}

impl Base {
    /// What the headers of a request say.
    pub fn of(headers: &HeaderMap) -> Base {
        let any = |list: &[String]| list.iter().any(|one| one == "*");
        match (tags::named(headers, header::IF_MATCH), tags::named(headers, header::IF_NONE_MATCH)) {
            (Some(list), _) if any(&list) => Base::Something,
            (Some(list), _) => Base::OneOf(list),
            (None, Some(list)) if any(&list) => Base::Nothing,
            (None, _) => Base::Any,
        }
    }

    /// Holds it against what is there.
    pub fn check(&self, id: &str, now: Option<&str>) -> Result<(), Refused> {
        let id = || id.to_owned();
        match (self, now) {
            (Base::Any, _) | (Base::Nothing, None) | (Base::Something, Some(_)) => Ok(()),
            (Base::OneOf(known), Some(now)) if known.iter().any(|one| one == now) => Ok(()),
            (Base::Nothing, Some(_)) => Err(Refused::Taken(id())),
            (Base::OneOf(_), Some(_)) => Err(Refused::Changed(id())),
            (Base::Something | Base::OneOf(_), None) => Err(Refused::Gone(id())),
        }
    }
}

/// Why a dashboard is not saved, or not taken away.
#[derive(Debug, Error)]
pub enum Refused {
    /// Somebody else was faster.
    #[error(
        "dashboard {0} was changed since it was read: read it again and repeat your changes, or save without If-Match to replace it"
    )]
    Changed(String),
    /// Somebody took it away.
    #[error("dashboard {0} was taken away since it was read: save without If-Match to keep it anew")]
    Gone(String),
    /// A new one was wanted.
    #[error(
        "there is a dashboard {0} already: save under another name, or without If-None-Match to replace it"
    )]
    Taken(String),
    /// The configuration says so.
    #[error(
        "{0} is in a folder whose files are not changed from here: save it under another name, or set editable: true for the folder in the configuration"
    )]
    ReadOnly(String),
    /// Its file is, or is reached through, a link to somewhere else.
    #[error(
        "{0} is a link that leads out of its folder, where nothing is changed from here: save it under another name, or put the file itself into the folder"
    )]
    Outside(String),
    /// It would be a file that cannot be read again.
    #[error("it would be a file that cannot be read again, so nothing was changed: {0}")]
    Unreadable(Problem),
    /// A limit.
    #[error("{0} dashboards are kept already: take one away first")]
    Full(usize),
    /// The disk, or who may write on it.
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Refused {
        Refused::Unwritten(Unwritten::new("the dashboard could not be written", &error))
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> ApiError {
        let kind = match refused {
            Refused::Changed(_) | Refused::Gone(_) | Refused::Taken(_) => ErrorType::Conflict,
            Refused::ReadOnly(_) | Refused::Outside(_) => ErrorType::Forbidden,
            Refused::Unreadable(_) => ErrorType::BadData,
            Refused::Full(_) => ErrorType::Full,
            Refused::Unwritten(unwritten) => return unwritten.into(),
        };
        ApiError::new(kind, refused.to_string())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_was_known_is_held_against_what_is_there() {
        let check = |headers: &[(header::HeaderName, &'static str)], now: Option<&str>, want: &str| {
            let pairs = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            let outcome = Base::of(&pairs.collect()).check("shop", now);
            let said = outcome.err().map(|refused| refused.to_string()).unwrap_or_default();
            assert!(
                if want.is_empty() { said.is_empty() } else { said.contains(want) },
                "{headers:?}: {said}"
            );
        };
        let (known, unknown) = (header::IF_MATCH, header::IF_NONE_MATCH);
        check(&[], Some("a"), "");
        check(&[], None, "");
        check(&[(known.clone(), "\"a\"")], Some("a"), "");
        check(&[(known.clone(), "\"b\", W/\"a\"")], Some("a"), "");
        check(&[(known.clone(), "\"b\"")], Some("a"), "was changed");
        check(&[(known.clone(), "\"a\"")], None, "was taken away");
        check(&[(known.clone(), "*")], Some("a"), "");
        check(&[(known, "*")], None, "was taken away");
        check(&[(unknown.clone(), "*")], None, "");
        check(&[(unknown.clone(), "*")], Some("a"), "there is a dashboard shop already");
        check(&[(unknown, "\"a\"")], Some("a"), "");
    }
}
