//! The web role: the client at `/`, the documentation at `/docs`, the whole API's `/openapi.json`.

mod client;
mod docs;
mod policy;
pub mod security_txt;

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::OpenApi;

/// Everything that no other role answers.
pub fn router(openapi: Arc<OpenApi>) -> Router {
    docs::router(openapi).merge(client::router())
}
