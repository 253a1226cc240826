//! `/docs`, offline: the page and its scripts are in the binary.

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Json, Router, routing::get};
use http::{HeaderValue, header};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

pub fn router(openapi: Arc<OpenApi>) -> Router {
    let page: Router = SwaggerUi::new("/docs").config(Config::from("/openapi.json")).into();
    Router::new()
        .route("/openapi.json", get(move || async move { Json((*openapi).clone()) }))
        .merge(page.layer(middleware::from_fn(policy)))
}

/// The page's own scripts and styles only; it asks no other host.
async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    response
}
