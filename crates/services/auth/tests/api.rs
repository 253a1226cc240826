//! The operations as they are documented.

mod support;

use std::collections::BTreeSet;

use support::*;
use village_testkit::fresh_sqlite;

#[tokio::test]
async fn every_operation_is_documented_and_the_public_ones_are_marked() {
    let fresh = fresh_sqlite().await;
    let (_, api) = process(&fresh).auth.router().split_for_parts();
    let api = serde_json::to_value(&api).unwrap();
    let mut operations = BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert_eq!(operation["tags"][0], "auth", "{path}");
            assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{path}");
            let public = operation["security"].as_array().is_some_and(|security| security[0] == serde_json::json!({}));
            operations.insert(format!("{method} {path}{}", if public { " public" } else { "" }));
        }
    }
    let expected = [
        "delete /auth/sessions/{id}",
        "get /.well-known/jwks.json public",
        "get /auth/invitations/{code} public",
        "get /auth/me",
        "get /auth/registration public",
        "get /auth/sessions",
        "post /auth/invitations",
        "post /auth/login public",
        "post /auth/logout public",
        "post /auth/password",
        "post /auth/password/reset public",
        "post /auth/refresh public",
        "post /auth/signup public",
    ];
    assert_eq!(operations.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let schemas = api["components"]["schemas"].as_object().unwrap();
    for name in
        ["Me", "Session", "Registration", "Invitation", "InvitationCheck", "SessionInfo", "Problem", "Page_SessionInfo"]
    {
        assert!(schemas.contains_key(name), "{name} among {:?}", schemas.keys().collect::<Vec<_>>());
    }
}
