//! Who is calling.

use axum::extract::FromRequestParts;
use http::request::Parts;
use village_kernel::Viewer;

use crate::Problem;
use crate::identify::Identity;

/// The signed-in caller; 401 when there is none.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Viewer);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Identity>() {
            Some(Identity::Viewer(viewer)) => Ok(Self(*viewer)),
            Some(Identity::Refused(problem)) => Err(problem.clone()),
            Some(Identity::Anonymous) | None => {
                Err(Problem::unauthenticated("Sign in first: send `Authorization: Bearer <access token>`."))
            }
        }
    }
}
