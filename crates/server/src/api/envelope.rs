//! The envelope of every API response: `{"status":"success","data":…}` or an error with a type and a text.

use std::fmt;
use std::io;

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::pieces::Pieces;

/// What kind of error; each has the status code Prometheus gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    /// The request makes no sense.
    BadData,
    /// The query failed while it ran.
    Execution,
    /// The query took too long.
    Timeout,
    /// The caller went away, or somebody cancelled the query.
    Canceled,
    /// A fault of ours.
    Internal,
    /// Not now.
    Unavailable,
    /// There is no such thing.
    NotFound,
    /// It is not to be changed from here.
    Forbidden,
    /// It is not what the caller thinks it is: somebody else changed it.
    Conflict,
    /// There is no room for it: as many are kept as may be, or the disk is full.
    Full,
}

impl ErrorType {
    fn name(self) -> &'static str {
        match self {
            ErrorType::BadData => "bad_data",
            ErrorType::Execution => "execution",
            ErrorType::Timeout => "timeout",
            ErrorType::Canceled => "canceled",
            ErrorType::Internal => "internal",
            ErrorType::Unavailable => "unavailable",
            ErrorType::NotFound => "not_found",
            ErrorType::Forbidden => "forbidden",
            ErrorType::Conflict => "conflict",
            ErrorType::Full => "full",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            ErrorType::BadData => StatusCode::BAD_REQUEST,
            ErrorType::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorType::Timeout | ErrorType::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            // Nginx's code for a client that closed the request; there is no registered one.
            ErrorType::Canceled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            ErrorType::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorType::NotFound => StatusCode::NOT_FOUND,
            ErrorType::Forbidden => StatusCode::FORBIDDEN,
            ErrorType::Conflict => StatusCode::PRECONDITION_FAILED,
            ErrorType::Full => StatusCode::INSUFFICIENT_STORAGE,
        }
    }
}

/// An error on its way to the caller.
#[derive(Debug)]
pub struct ApiError {
    kind: ErrorType,
    message: String,
}

impl ApiError {
    /// An error of a kind.
    pub fn new(kind: ErrorType, message: impl Into<String>) -> ApiError {
        ApiError { kind, message: message.into() }
    }

    /// A parameter that makes no sense.
    pub fn bad(message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorType::BadData, message)
    }

    /// A parameter that makes no sense, by name, in the words clients know.
    pub fn bad_parameter(name: &str, message: impl std::fmt::Display) -> ApiError {
        ApiError::bad(format!("invalid parameter \"{name}\": {message}"))
    }
}

impl ApiError {
    /// The status code of the answer.
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// What went wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl From<io::Error> for ApiError {
    /// Writing an answer fails only because its reader went away.
    fn from(error: io::Error) -> ApiError {
        ApiError::new(ErrorType::Canceled, error.to_string())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    status: &'static str,
    error_type: &'static str,
    error: &'a str,
}

#[derive(Serialize)]
struct Success<T> {
    status: &'static str,
    data: T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    infos: Vec<String>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let failure = Failure { status: "error", error_type: self.kind.name(), error: &self.message };
        json(self.kind.status(), &failure)
    }
}

/// A success without remarks.
pub fn success<T: Serialize>(data: T) -> Response {
    success_with(data, Vec::new(), Vec::new())
}

/// A success with the warnings and infos that came up.
pub fn success_with<T: Serialize>(data: T, warnings: Vec<String>, infos: Vec<String>) -> Response {
    json(StatusCode::OK, &Success { status: "success", data, warnings, infos })
}

/// Writes a success into an answer of any size.
pub fn write_success<T: Serialize>(
    into: &mut impl io::Write,
    data: T,
    warnings: Vec<String>,
    infos: Vec<String>,
) -> Result<(), ApiError> {
    let success = Success { status: "success", data, warnings, infos };
    serde_json::to_writer(into, &success).map_err(|error| io::Error::from(error).into())
}

/// As `write_success`, where `write` writes the data.
pub fn write_success_of(
    pieces: &mut Pieces,
    write: impl FnOnce(&mut Pieces) -> io::Result<()>,
    warnings: &[String],
    infos: &[String],
) -> Result<(), ApiError> {
    pieces.buffer().extend_from_slice(b"{\"status\":\"success\",\"data\":");
    write(pieces)?;
    for (name, texts) in [("warnings", warnings), ("infos", infos)] {
        if !texts.is_empty() {
            let out = pieces.buffer();
            out.extend_from_slice(format!(",\"{name}\":").as_bytes());
            serde_json::to_writer(out, texts).map_err(io::Error::from)?;
        }
    }
    pieces.buffer().push(b'}');
    Ok(())
}

/// The media type of every envelope.
pub const JSON: &str = "application/json";

/// The answer to a path that is no endpoint.
pub fn no_such_endpoint() -> ApiError {
    ApiError::new(ErrorType::NotFound, "there is no such endpoint")
}

/// The answer to a method that a path does not have; which it has, the header Allow tells.
pub async fn method_not_allowed(method: Method) -> Response {
    let mut response = ApiError::bad(format!("method {method} is not allowed here")).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(header::CONTENT_TYPE, JSON)], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "a response could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
