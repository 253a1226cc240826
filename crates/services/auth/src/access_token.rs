//! Access tokens: JWTs as RFC 9068 profiles them, signed with Ed25519 (RFC 8037).

use std::sync::Once;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use village_kernel::{Instant, Role, SessionId, SigningKeyId, UserId, Viewer};
use village_ports::{TokenError, VerifiedToken};

use crate::AuthError;

const AUDIENCE: &str = "village";
const TYPE: &str = "at+jwt";

/// Tokens are shorter than a kilobyte; what is much longer is not looked at.
const MAX_BYTES: usize = 4096;

/// By how much the clocks of two nodes may differ: one a minute behind and one a minute ahead. Only for "issued in
/// the future": expiry is exact.
pub(crate) const LEEWAY: Duration = Duration::from_secs(120);

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    role: Role,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
}

/// jsonwebtoken panics without a provider; whatever signs or verifies calls this first.
pub(crate) fn install_crypto_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that another part of the program has installed one, which is as good.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    });
}

/// Signs a token for `viewer` that is good from `now` for `ttl`.
pub(crate) fn sign(
    key: &EncodingKey,
    kid: SigningKeyId,
    issuer: &str,
    viewer: &Viewer,
    now: Instant,
    ttl: Duration,
) -> Result<String, AuthError> {
    install_crypto_provider();
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(kid.to_string());
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: viewer.user,
        sid: viewer.session,
        role: viewer.role,
        iat: now.as_secs(),
        nbf: None,
        exp: now.plus(ttl).as_secs(),
    };
    jsonwebtoken::encode(&header, &claims, key).map_err(|_| AuthError::Crypto("a token could not be signed"))
}

/// Which key the token says it was signed with. Nothing of it is believed yet.
pub(crate) fn key_id_of(token: &str) -> Result<SigningKeyId, TokenError> {
    install_crypto_provider();
    if token.len() > MAX_BYTES {
        return Err(TokenError::Invalid);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
    let typed = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE));
    if header.alg != Algorithm::EdDSA || !typed || header.crit.is_some() {
        return Err(TokenError::Invalid);
    }
    header.kid.and_then(|kid| kid.parse().ok()).ok_or(TokenError::Invalid)
}

/// Verifies the signature with `key` and every claim.
pub(crate) fn verify(token: &str, key: &DecodingKey, issuer: &str, now: Instant) -> Result<VerifiedToken, TokenError> {
    install_crypto_provider();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Times are compared below, with the clock that was passed in.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(|_| TokenError::Invalid)?.claims;
    let (seconds, leeway) = (now.as_secs(), LEEWAY.as_secs() as i64);
    let not_before = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if not_before > seconds + leeway || claims.exp <= claims.iat {
        return Err(TokenError::Invalid);
    }
    let expires_at = Instant::from_micros(claims.exp.saturating_mul(1_000_000));
    if expires_at <= now {
        return Err(TokenError::Expired);
    }
    let viewer = Viewer { user: claims.sub, session: claims.sid, role: claims.role };
    Ok(VerifiedToken { viewer, expires_at })
}
