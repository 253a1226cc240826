//! `?limit=&cursor=`

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use village_kernel::{Cursor, Limit};

use crate::{Problem, Query};

/// Which page of a list. For documentation use `params(PageQuery)`.
#[derive(Clone, Debug, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items on the page, 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100, default = 20, value_type = Option<u32>, required = false)]
    pub limit: Limit,
    /// `next` of the page before; absent for the first page.
    #[param(value_type = Option<String>, required = false, max_length = 512, pattern = "^[A-Za-z0-9_-]*$")]
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The key the page starts after; 400 `invalid_cursor` when it is not one this server made for this list.
    pub fn after<K: Serialize + DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        self.cursor.as_deref().map(|text| Cursor::decode(text).map(|cursor| cursor.0)).transpose().map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_cursor",
                "The cursor is not one this list gave out. Leave it away to start from the beginning.",
            )
        })
    }
}

#[derive(Deserialize)]
struct Raw {
    limit: Option<String>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(raw) = Query::<Raw>::from_request_parts(parts, state).await?;
        let limit = match raw.limit {
            None => Limit::default(),
            Some(text) => Some(text)
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|text| text.parse().ok())
                .and_then(Limit::new)
                .ok_or_else(|| Problem::invalid_field("limit", "out_of_range", "must be a number from 1 to 100"))?,
        };
        Ok(Self { limit, cursor: raw.cursor.filter(|cursor| !cursor.is_empty()) })
    }
}
