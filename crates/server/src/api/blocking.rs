//! Work that waits for a disk or takes long has a thread of its own, so that other requests go on meanwhile.

use super::envelope::{ApiError, ErrorType};

/// Does work on a thread that may block.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ApiError::new(ErrorType::Internal, format!("the request broke off: {error}")))
}
