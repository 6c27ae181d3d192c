//! reqwest's client, measured as others are.

use std::task::{Context, Poll};

use http::Response;
use reqwest::{Body, ResponseBuilderExt};
use tower_service::Service;

use super::call::{Call, RequestBytes};
use super::{Answer, CallFuture, ExternalApi, MeasuredClient};
use crate::http::body::CountedBody;
use crate::metrics::guarded;

impl<S> Service<reqwest::Request> for MeasuredClient<S>
where
    S: Service<reqwest::Request, Response = reqwest::Response>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: reqwest::Request) -> CallFuture<S::Future> {
        let call = guarded(|| self.api.begin_reqwest(&mut request));
        CallFuture { inner: self.inner.call(request), call }
    }
}

impl ExternalApi {
    /// Sends a request of reqwest's, measured.
    pub async fn execute(
        &self,
        client: &reqwest::Client,
        mut request: reqwest::Request,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let call = guarded(|| self.begin_reqwest(&mut request));
        CallFuture { inner: client.execute(request), call }.await
    }

    fn begin_reqwest(&self, request: &mut reqwest::Request) -> Call {
        // What reqwest takes for an address and `http` does not has no host to speak of.
        let uri = request.url().as_str().parse().unwrap_or_default();
        let method = request.method().clone();
        let call = self.begin(&method, &uri, request.headers_mut());
        call.sending(sent_bytes(request))
    }
}

/// How large a body is. One that comes in pieces is counted as it is sent; others stay as they are, for they can be sent
/// again when the other side asks for it.
fn sent_bytes(request: &mut reqwest::Request) -> RequestBytes {
    let Some(body) = request.body_mut() else {
        return RequestBytes::announced(Some(0));
    };
    match body.as_bytes() {
        Some(bytes) => RequestBytes::announced(Some(bytes.len() as u64)),
        None => {
            let (counted, read) = CountedBody::new(std::mem::take(body));
            *body = Body::wrap(counted);
            RequestBytes { announced: None, counted: Some(read) }
        }
    }
}

impl Answer for reqwest::Response {
    type Followed = reqwest::Response;

    fn follow(self, call: Option<Call>) -> reqwest::Response {
        let Some(call) = call else { return self };
        // Where the answer came from, after all redirects, is all that is not in the head.
        let url = self.url().clone();
        let (mut head, body) = call.follow(Response::<Body>::from(self)).into_parts();
        if let Ok(with_url) = Response::builder().url(url).body(()) {
            head.extensions.extend(with_url.into_parts().0.extensions);
        }
        Response::from_parts(head, Body::wrap(body)).into()
    }
}
