//! `GET /.well-known/jwks.json`: the public keys of access tokens (RFC 7517, RFC 8037).

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header;
use serde::Serialize;
use utoipa::ToSchema;
use village_http::Json;

use crate::{Auth, AuthError};

#[derive(Serialize, ToSchema)]
pub struct Jwks {
    pub keys: Vec<Jwk>,
}

#[derive(Serialize, ToSchema)]
pub struct Jwk {
    #[schema(example = "OKP")]
    pub kty: &'static str,
    #[schema(example = "Ed25519")]
    pub crv: &'static str,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub usage: &'static str,
    #[schema(example = "EdDSA")]
    pub alg: &'static str,
    #[schema(example = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77")]
    pub kid: String,
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    pub x: String,
}

/// Public keys of access tokens
///
/// For whoever verifies tokens outside of this server. A new key is published long before it signs.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "get_jwks", tag = "auth",
    security(()),
    responses((status = 200, description = "The keys that a valid token may be signed with.", body = Jwks)),
)]
pub(crate) async fn jwks(State(auth): State<Arc<Auth>>) -> Result<impl IntoResponse, AuthError> {
    let keys = auth.signing_keys.published().await?.into_iter().map(|(kid, public_key)| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        usage: "sig",
        alg: "EdDSA",
        kid: kid.to_string(),
        x: URL_SAFE_NO_PAD.encode(public_key),
    });
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(Jwks { keys: keys.collect() })))
}
