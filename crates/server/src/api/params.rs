//! Parameters of API requests, from the query string and from a posted form alike.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, Limited};
use model::Timestamp;

use super::envelope::ApiError;
use super::times::{parse_duration_millis, parse_time};

/// How many bytes a posted form may have: the query text is limited elsewhere, `match[]` may repeat.
pub const FORM_BYTES_MAX: usize = 4 << 20;

/// How long a posted form may take to arrive.
const FORM_TIMEOUT: Duration = Duration::from_secs(30);

/// The parameters in the order they came; the form's before the query string's, as Go has them.
pub struct Params {
    pairs: Vec<(String, String)>,
    /// The headers of the request.
    pub headers: HeaderMap,
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Params, ApiError> {
        let headers = request.headers().clone();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let mut pairs = Vec::new();
        let form = headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
        if form {
            let body = Limited::new(request.into_body(), FORM_BYTES_MAX).collect();
            let body = tokio::time::timeout(FORM_TIMEOUT, body)
                .await
                .map_err(|_| ApiError::bad("the form did not arrive in time"))?
                .map_err(|error| {
                    ApiError::bad(format!(
                        "reading the form: {error}; at most {FORM_BYTES_MAX} bytes are read"
                    ))
                })?;
            decode_form(&body.to_bytes(), &mut pairs)?;
        }
        decode_form(query.as_bytes(), &mut pairs)?;
        Ok(Params { pairs, headers })
    }
}

impl Params {
    /// Those of a query string alone, for handlers whose body is something else.
    pub fn of_query(query: &str) -> Result<Params, ApiError> {
        let mut pairs = Vec::new();
        decode_form(query.as_bytes(), &mut pairs)?;
        Ok(Params { pairs, headers: HeaderMap::new() })
    }

    /// The first value of a parameter; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let first = self.pairs.iter().find(|(key, _)| key == name);
        first.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A point in time.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        let bad = |error| ApiError::bad_parameter(name, format!("invalid time value for '{name}': {error}"));
        self.get(name).map(|text| parse_time(text).map_err(bad)).transpose()
    }

    /// A point in time that must be given.
    pub fn required_time(&self, name: &str) -> Result<Timestamp, ApiError> {
        parse_time(self.get(name).unwrap_or("")).map_err(|error| ApiError::bad_parameter(name, error))
    }

    /// A duration in milliseconds.
    pub fn millis(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let parse = |text| parse_duration_millis(text).map_err(|error| ApiError::bad_parameter(name, error));
        self.get(name).map(parse).transpose()
    }

    /// A duration that must not be negative.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, ApiError> {
        match self.millis(name)? {
            None => Ok(None),
            Some(millis) => match u64::try_from(millis) {
                Ok(millis) => Ok(Some(Duration::from_millis(millis))),
                Err(_) => Err(ApiError::bad_parameter(name, "must not be negative")),
            },
        }
    }

    /// A limit; 0 and absence mean that there is none.
    pub fn limit(&self, name: &str) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse::<i64>() {
            Ok(0) => Ok(None),
            Ok(limit) if limit < 0 => Err(ApiError::bad_parameter(name, "limit must be non-negative")),
            Ok(limit) => Ok(Some(usize::try_from(limit).unwrap_or(usize::MAX))),
            Err(_) => Err(ApiError::bad_parameter(name, "limit must be a non-negative number")),
        }
    }

    /// A limit where a negative one, or none, means that there is no limit, and 0 means nothing.
    pub fn exact_limit(&self, name: &str) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let limit = text.parse::<i64>().map_err(|_| ApiError::bad(format!("{name} must be a number")))?;
        Ok(usize::try_from(limit).ok())
    }

    /// Something that is true or false, in the forms Go reads.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some("true" | "1" | "t" | "T" | "TRUE" | "True") => Ok(Some(true)),
            Some("false" | "0" | "f" | "F" | "FALSE" | "False") => Ok(Some(false)),
            Some(_) => Err(ApiError::bad_parameter(name, "must be true or false")),
        }
    }
}

fn decode_form(form: &[u8], pairs: &mut Vec<(String, String)>) -> Result<(), ApiError> {
    for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = (&pair[..equals], pair.get(equals + 1..).unwrap_or_default());
        pairs.push((percent_decode(name)?, percent_decode(value)?));
    }
    Ok(())
}

/// The text that a part of a form stands for.
pub fn percent_decode(text: &[u8]) -> Result<String, ApiError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digits = text.get(at..at + 2).and_then(|digits| std::str::from_utf8(digits).ok());
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                decoded.push(byte.ok_or_else(|| ApiError::bad("a parameter has a broken % escape"))?);
                at += 2;
            }
            other => decoded.push(other),
        }
    }
    String::from_utf8(decoded).map_err(|_| ApiError::bad("a parameter is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_decode() {
        let check = |form: &str, want: &[(&str, &str)]| {
            let mut pairs = Vec::new();
            decode_form(form.as_bytes(), &mut pairs).unwrap_or_else(|error| panic!("{form}: {error:?}"));
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(pairs, want, "{form}");
        };
        check("query=up%7Bjob%3D%22a%22%7D+%2B+1&time=1", &[("query", "up{job=\"a\"} + 1"), ("time", "1")]);
        check(
            "match[]=a&match%5B%5D=b&flag&&x=",
            &[("match[]", "a"), ("match[]", "b"), ("flag", ""), ("x", "")],
        );
        for bad in ["a=%", "a=%zz", "a=%ff"] {
            assert!(decode_form(bad.as_bytes(), &mut Vec::new()).is_err(), "{bad}");
        }
    }
}
