//! The door: the web configuration in force, asked at every connection for TLS and at every request for who may pass.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use parking_lot::RwLock;

use super::users::authenticate;
use super::web_config::{Seen, WebConfig};
use crate::config::Problem;

/// How often the files are looked at: a certificate that was renewed is shown after so long at most.
const WATCH_INTERVAL: Duration = Duration::from_secs(5);

/// The web configuration in force, the file it came from, and the path that stands before every path.
pub struct Door {
    file: Option<PathBuf>,
    prefix: String,
    web: RwLock<Arc<WebConfig>>,
}

impl Door {
    /// Reads the file, or takes the defaults where there is none.
    pub fn open(file: Option<PathBuf>, prefix: String) -> Result<Arc<Door>, Problem> {
        let web = file.as_deref().map(WebConfig::load).transpose()?.unwrap_or_default();
        Ok(Arc::new(Door { file, prefix, web: RwLock::new(Arc::new(web)) }))
    }

    /// The configuration as it is now.
    pub fn web(&self) -> Arc<WebConfig> {
        self.web.read().clone()
    }

    /// Reads the file again; returns what is in it, to be put in force by `replace` once everything else is good too.
    pub fn reread(&self) -> Result<WebConfig, Problem> {
        Ok(self.file.as_deref().map(WebConfig::load).transpose()?.unwrap_or_default())
    }

    /// Puts another configuration in force for new connections and requests.
    pub fn replace(&self, web: WebConfig) {
        *self.web.write() = Arc::new(web);
    }

    /// Puts what is written into the file, or into a certificate it names, in force without being asked; what is bad is
    /// told once, and the old stays. Where there is a file, it never ends.
    pub async fn watch(self: Arc<Door>) {
        if self.file.is_none() {
            return;
        }
        let mut bad: Option<Vec<Seen>> = None;
        loop {
            tokio::time::sleep(WATCH_INTERVAL).await;
            let door = self.clone();
            // Files may lie on a disk that does not answer, and passwords take their time to check.
            let look = tokio::task::spawn_blocking(move || door.look(bad));
            bad = look.await.unwrap_or_default();
        }
    }

    /// Looks at the files once; `bad` and the answer are how they were when they could not be taken.
    fn look(&self, bad: Option<Vec<Seen>>) -> Option<Vec<Seen>> {
        let known = self.web().files.clone();
        let now: Vec<Seen> = known.iter().map(Seen::again).collect();
        if now == known {
            return None;
        }
        if bad.as_ref() == Some(&now) {
            return bad;
        }
        match self.reread() {
            Ok(web) => {
                self.replace(web);
                tracing::info!("the web configuration or a certificate was written; the new one is in force");
                None
            }
            Err(error) => {
                tracing::error!(reason = %error, "the web configuration was written and is bad; the old one stays in force");
                Some(now)
            }
        }
    }

    /// Takes the prefix off a request's path, where a proxy left it there.
    pub fn strip_prefix<B>(&self, request: &mut hyper::Request<B>) {
        let path_and_query = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let rest = path_and_query
            .strip_prefix(&self.prefix)
            .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        let Some(rest) = rest.filter(|_| !self.prefix.is_empty()) else { return };
        let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        if let Ok(uri) = rest.parse() {
            *request.uri_mut() = uri;
        }
    }

    /// The path that stands before every path; empty where there is none.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The scheme under which the server is reached.
    pub fn scheme(&self) -> &'static str {
        if self.web().tls.is_some() { "https" } else { "http" }
    }

    /// A router behind this door.
    pub fn guard(self: &Arc<Door>, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), pass))
    }
}

async fn pass(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let web = door.web();
    let mut response = authenticate(web.users.clone(), request, next).await;
    for (name, value) in &web.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_where_it_stands() {
        let door = Door::open(None, "/metrics/flightdeck".to_owned()).expect("opens");
        let check = |path: &str, want: &str| {
            let mut request = hyper::Request::get(path).body(()).expect("a request");
            door.strip_prefix(&mut request);
            assert_eq!(request.uri(), want, "{path}");
        };
        check("/metrics/flightdeck/api/v1/query?query=up", "/api/v1/query?query=up");
        check("/metrics/flightdeck", "/");
        check("/metrics/flightdeck?a=b", "/?a=b");
        check("/metrics", "/metrics");
        check("/metrics/flightdeckx", "/metrics/flightdeckx");
    }
}
