//! The door: the web configuration in force, asked at every connection for TLS and at every request for who may pass.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use parking_lot::RwLock;

use super::users::authenticate;
use super::web_config::WebConfig;
use crate::config::Problem;

/// The web configuration in force, and the file it came from.
pub struct Door {
    file: Option<PathBuf>,
    web: RwLock<Arc<WebConfig>>,
}

impl Door {
    /// Reads the file, or takes the defaults where there is none.
    pub fn open(file: Option<PathBuf>) -> Result<Arc<Door>, Problem> {
        let web = file.as_deref().map(WebConfig::load).transpose()?.unwrap_or_default();
        Ok(Arc::new(Door { file, web: RwLock::new(Arc::new(web)) }))
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
