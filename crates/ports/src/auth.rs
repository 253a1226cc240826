//! Owned by auth: who is calling.

use async_trait::async_trait;
use village_kernel::{Instant, Viewer};

/// What a valid access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    pub viewer: Viewer,
    pub expires_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Malformed, wrongly signed, or for another server.
    #[error("the access token is not valid")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
    /// The session was revoked or the account suspended.
    #[error("the session has ended")]
    Revoked,
    /// The keys could not be read.
    #[error("tokens cannot be checked at the moment")]
    Unavailable,
}

/// Verifies access tokens locally; verdicts are cached, revocations are honoured on cache hits too.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    async fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError>;

    /// Whether the viewer's session has been revoked, or the account suspended, since the token was verified.
    /// Answers from memory; what another node revoked is known here within a few seconds.
    fn is_revoked(&self, viewer: &Viewer) -> bool;
}
