//! The operations, through the router.

mod world;

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::{Router, middleware};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use village_http::{Identify, RateLimitConfig, RateLimits, identify};
use village_kernel::{Instant, Viewer};
use village_ports::{AccessTokens, TokenError, VerifiedToken};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, viewer};

/// A double: the token is the person's id.
struct Names;

#[async_trait]
impl AccessTokens for Names {
    async fn verify(&self, token: &str) -> Result<VerifiedToken, TokenError> {
        let user = token.parse().map_err(|_| TokenError::Invalid)?;
        Ok(VerifiedToken { viewer: viewer(user), expires_at: Instant::from_micros(i64::MAX) })
    }

    fn is_revoked(&self, _: &Viewer) -> bool {
        false
    }
}

fn router(world: &World<'_>) -> Router {
    let context = Identify {
        tokens: Arc::new(Names),
        limits: Arc::new(RateLimits::new(RateLimitConfig::default())),
        trusted_proxy_hops: 0,
    };
    let (router, _) = world.notifications.router().split_for_parts();
    router.layer(middleware::from_fn_with_state(context, identify))
}

async fn call(
    router: &Router,
    caller: &Viewer,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", caller.user))
        .header("content-type", "application/json");
    let body = body.map_or(Body::empty(), |json| Body::from(json.to_string()));
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_person_reads_and_marks_their_own_and_nobody_elses() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let router = router(&world);
        let (ana, ben) = (world.person().await, world.person().await);
        world.hear(&world.followed(&ben, &ana)).await;
        let get = async |caller: &Viewer, path: &str| call(&router, caller, Method::GET, path, None).await.1;
        let page = get(&ana, "/notifications").await;
        assert_eq!((&page["items"][0]["kind"], &page["next"]), (&json!("followed"), &json!(null)));
        assert_eq!(get(&ana, "/notifications/state").await, json!({"unread_count": 1, "seq": 1}));
        assert_eq!(get(&ana, "/notifications/decisions").await["items"][0]["reason"], json!("followed_you"));
        assert_eq!(get(&ben, "/notifications").await, json!({"items": [], "next": null}));
        assert_eq!(get(&ben, "/notifications/state").await, json!({"unread_count": 0, "seq": 0}));

        let read = Some(json!({"seq": 1}));
        let (_, state) = call(&router, &ben, Method::PUT, "/notifications/read", read.clone()).await;
        assert_eq!(state, json!({"unread_count": 0, "seq": 0}));
        assert_eq!(get(&ana, "/notifications/state").await["unread_count"], json!(1));
        let (_, state) = call(&router, &ana, Method::PUT, "/notifications/read", read).await;
        assert_eq!(state, json!({"unread_count": 0, "seq": 2}));

        // As a client from before says it.
        let wanted = json!({
            "post_published": true, "comment_added": true, "post_liked": false, "followed": true, "message_sent": true
        });
        let (status, kept) = call(&router, &ana, Method::PUT, "/notifications/preferences", Some(wanted)).await;
        assert_eq!((status, &kept["channel_invited"]), (StatusCode::OK, &json!(true)));
        let wanted = json!({
            "post_published": true, "comment_added": true, "post_liked": false, "followed": true, "message_sent": true,
            "channel_invited": false
        });
        let (status, kept) = call(&router, &ana, Method::PUT, "/notifications/preferences", Some(wanted.clone())).await;
        assert_eq!((status, &kept), (StatusCode::OK, &wanted));
        assert_eq!(get(&ana, "/notifications/preferences").await, wanted);
        assert_eq!(get(&ben, "/notifications/preferences").await["post_liked"], json!(true));
    })
    .await;
}

#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let router = router(&world);
        let ana = world.person().await;
        for (path, body) in [
            ("/notifications/read", json!({})),
            ("/notifications/read", json!({"seq": -1})),
            ("/notifications/read", json!({"seq": "1"})),
            ("/notifications/read", json!({"seq": 1, "all": true})),
            ("/notifications/preferences", json!({"post_liked": false})),
            ("/notifications/preferences", json!([])),
        ] {
            let (status, problem) = call(&router, &ana, Method::PUT, path, Some(body.clone())).await;
            assert_eq!(
                (status, &problem["code"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_request")),
                "{body}"
            );
        }
        for path in ["/notifications?cursor=x", "/notifications/decisions?cursor=MQ"] {
            let (status, problem) = call(&router, &ana, Method::GET, path, None).await;
            assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_cursor")), "{path}");
        }
    })
    .await;
}
