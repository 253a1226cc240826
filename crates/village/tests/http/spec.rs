//! The OpenAPI document is whole, current, and agrees with the one table of prefixes.

use std::collections::BTreeSet;

use village::roles::{CLIENT_ROUTES, Role, role_of};

#[tokio::test]
async fn the_checked_in_document_is_current() {
    let generated = serde_json::to_value(village::assembly::openapi().await.unwrap()).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let checked_in = std::fs::read_to_string(path).expect("openapi.json lies in the root");
    let checked_in: serde_json::Value = serde_json::from_str(&checked_in).expect("openapi.json is JSON");
    assert!(generated == checked_in, "openapi.json is stale: run `cargo xtask openapi` and commit it");
}

#[test]
fn the_checked_in_document_of_the_live_connection_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../asyncapi.json");
    let checked_in = std::fs::read_to_string(path).expect("asyncapi.json lies in the root");
    let checked_in: serde_json::Value = serde_json::from_str(&checked_in).expect("asyncapi.json is JSON");
    let generated = village::asyncapi::document().unwrap();
    assert!(generated == checked_in, "asyncapi.json is stale: run `cargo xtask openapi` and commit it");
}

#[tokio::test]
async fn every_operation_lies_under_a_prefix_of_its_service_and_is_described() {
    let openapi = serde_json::to_value(village::assembly::openapi().await.unwrap()).unwrap();
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = BTreeSet::new();
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            let tag = operation["tags"][0].as_str().unwrap_or_else(|| panic!("{name} has no tag"));
            assert_eq!(role_of(path).name(), tag, "{name} is routed to another role than its own");
            assert_ne!(role_of(path), Role::Web, "{name} would be answered by the client");
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no operationId"));
            assert!(ids.insert(id.to_owned()), "{id} names two operations");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name} has no summary");
        }
    }
}

#[test]
fn the_binary_embeds_every_migration_of_the_source_tree() {
    let embedded: Vec<&str> = village::foundation::schema().unwrap().names().collect();
    let on_disk = village_testkit::schema_from_disk();
    assert_eq!(embedded, on_disk.names().collect::<Vec<_>>());
}

#[test]
fn the_clients_own_routes_never_meet_the_api() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/paths.ts");
    let paths = std::fs::read_to_string(path).expect("the client keeps its addresses in one file");
    let quoted = paths.split(['\'', '`']).skip(1).step_by(2).filter(|text| text.starts_with('/'));
    let mut found = BTreeSet::new();
    for address in quoted {
        let segment = address.trim_start_matches('/').split(['/', '$']).next().unwrap_or_default();
        let segment = if segment.starts_with('@') { "/@".to_owned() } else { format!("/{segment}") };
        assert_eq!(role_of(&segment), Role::Web, "{address} belongs to the API");
        found.insert(segment);
    }
    assert!(found.len() > 8, "{found:?}");
    for route in &found {
        assert!(CLIENT_ROUTES.contains(&route.as_str()), "add {route} to the table of the client's routes");
    }
}
