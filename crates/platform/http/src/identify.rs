//! The middleware that finds out who is calling and from where, and holds them to their rate limit.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use village_kernel::Viewer;
use village_ports::{AccessTokens, TokenError};

use crate::{ClientIp, Problem, RateLimits};

/// What the `Authorization` header amounts to.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    Anonymous,
    Viewer(Viewer),
    Refused(Problem),
}

/// What the middleware needs.
#[derive(Clone)]
pub struct Identify {
    pub tokens: Arc<dyn AccessTokens>,
    pub limits: Arc<RateLimits>,
    /// How many proxies in front of us add to `X-Forwarded-For`; 0 means the header is not believed.
    pub trusted_proxy_hops: usize,
}

pub async fn identify(State(context): State<Identify>, mut request: Request, next: Next) -> Response {
    let ip = ClientIp::of(request.headers(), request.extensions(), context.trusted_proxy_hops);
    let identity = identity_of(request.headers(), &*context.tokens).await;
    let verdict = match &identity {
        Identity::Viewer(viewer) => context.limits.check_user(viewer.user, request.method()),
        Identity::Anonymous | Identity::Refused(_) => context.limits.check_address(ip, request.method()),
    };
    let remaining = match verdict {
        Ok(remaining) => remaining,
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(ip);
    request.extensions_mut().insert(identity);
    let mut response = next.run(request).await;
    context.limits.announce(remaining, response.headers_mut());
    response
}

async fn identity_of(headers: &HeaderMap, tokens: &dyn AccessTokens) -> Identity {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Identity::Anonymous };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let Some(token) = token else {
        return Identity::Refused(Problem::unauthenticated(
            "The Authorization header must be `Bearer <access token>`.",
        ));
    };
    match tokens.verify(token).await {
        Ok(verified) => Identity::Viewer(verified.viewer),
        Err(TokenError::Unavailable) => Identity::Refused(Problem::unavailable()),
        Err(TokenError::Expired) => {
            Identity::Refused(Problem::unauthenticated("The access token has expired. Refresh it."))
        }
        Err(TokenError::Revoked) => {
            Identity::Refused(Problem::unauthenticated("This session has ended. Log in again."))
        }
        Err(TokenError::Invalid) => Identity::Refused(Problem::unauthenticated("The access token is not valid.")),
    }
}
