//! The middleware that finds out who is calling and from where, and holds them to their rate limit.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, header};
use village_kernel::Viewer;
use village_ports::{AccessTokens, TokenError};

use crate::{Problem, RateLimits};

/// What the `Authorization` header amounts to.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    Anonymous,
    Viewer(Viewer),
    Refused(Problem),
}

/// The address of the client: what the N-th trusted proxy saw, or the peer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// What rate limits are counted by: the address, or the /64 of an IPv6 one.
    pub fn household(self) -> IpAddr {
        crate::limits::household(self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<ClientIp>().copied().unwrap_or(ClientIp(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
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
    let ip = client_ip(&request, context.trusted_proxy_hops);
    let identity = identity_of(request.headers(), &*context.tokens).await;
    let verdict = match &identity {
        Identity::Viewer(viewer) => context.limits.check_user(viewer.user, request.method()),
        Identity::Anonymous | Identity::Refused(_) => context.limits.check_address(ip, request.method()),
    };
    let remaining = match verdict {
        Ok(remaining) => remaining,
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(ClientIp(ip));
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

/// With `hops` trusted proxies the `hops`-th address from the right of `X-Forwarded-For` is what the outermost of
/// them saw; everything further left was written by the client.
fn client_ip(request: &Request, hops: usize) -> IpAddr {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip());
    if hops == 0 {
        return peer;
    }
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    forwarded.len().checked_sub(hops).and_then(|position| forwarded[position].trim().parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(forwarded: &str, hops: usize) -> String {
        let request = Request::builder().header("x-forwarded-for", forwarded).body(axum::body::Body::empty()).unwrap();
        client_ip(&request, hops).to_string()
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        assert_eq!(ip("6.6.6.6, 9.9.9.9", 1), "9.9.9.9");
        assert_eq!(ip("6.6.6.6, 9.9.9.9, 10.0.0.1", 2), "9.9.9.9");
        assert_eq!(ip("6.6.6.6", 0), "0.0.0.0");
        assert_eq!(ip("6.6.6.6", 2), "0.0.0.0");
        assert_eq!(ip("nonsense", 1), "0.0.0.0");
    }
}
