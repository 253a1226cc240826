//! What `openapi.json` says of requests and refusals is whole, and objects are objects.

use serde_json::{Map, Value, json};
use village_testkit::{Method, Socket};

use crate::support::{Village, on_both_engines};

const PROBLEM: &str = "application/problem+json";
const ANY_ID: &str = "01936f7a-5c1e-7b3a-9d42-0c8f6b1e2a77";

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    name: String,
    about: &'a Value,
}

impl Operation<'_> {
    fn responses(&self) -> &Map<String, Value> {
        self.about["responses"].as_object().unwrap()
    }

    fn parameters(&self) -> &[Value] {
        self.about["parameters"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    fn body(&self) -> Option<&Value> {
        self.about.pointer("/requestBody/content/application~1json/schema")
    }
}

fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, about)| Operation {
            method,
            path,
            name: format!("{method} {path}"),
            about,
        })
    })
}

async fn document() -> Value {
    serde_json::to_value(village::assembly::openapi().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_problem_has_its_own_content_type_everywhere_and_nothing_else_has_it() {
    for operation in operations(&document().await) {
        for (status, response) in operation.responses() {
            for (content_type, content) in response["content"].as_object().into_iter().flatten() {
                let is_problem = content["schema"]["$ref"] == "#/components/schemas/Problem";
                let refused = status.starts_with(['4', '5']);
                let name = &operation.name;
                assert_eq!(is_problem, refused, "{name} {status}: refusals are problems and nothing else is");
                assert_eq!(content_type == PROBLEM, is_problem, "{name} {status} is {content_type}");
            }
        }
    }
}

#[tokio::test]
async fn every_operation_tells_what_extractors_and_layers_answer() {
    for operation in operations(&document().await) {
        let name = &operation.name;
        let public = operation.about["security"].as_array().is_some_and(|all| all.contains(&json!({})));
        let takes = |what: &str| operation.parameters().iter().any(|parameter| parameter["name"] == what);
        let in_path = operation.path.contains('{');
        let body = operation.body().is_some();
        for (happens, status) in [
            (!public, "401"),
            (body || takes("cursor"), "400"),
            (in_path, "404"),
            (takes("Idempotency-Key"), "409"),
            (takes("If-Match"), "412"),
            (body, "413"),
            (body, "415"),
            (body || takes("limit"), "422"),
            (true, "429"),
            (true, "503"),
        ] {
            assert!(!happens || operation.responses().contains_key(status), "{name} does not tell of {status}");
        }
        for (status, response) in operation.responses() {
            for header in response["headers"].as_object().into_iter().flatten() {
                assert!(header.1["$ref"].is_string() || header.1["schema"].is_object(), "{name} {status} {header:?}");
            }
        }
        let waits = |status: &str| operation.responses()[status].pointer("/headers/Retry-After").is_some();
        assert!(waits("429") && waits("503"), "{name} does not tell how long to wait");
    }
}

#[tokio::test]
async fn whatever_a_request_holds_has_its_limit_in_the_document() {
    let document = document().await;
    let mut unlimited = Vec::new();
    for operation in operations(&document) {
        for parameter in operation.parameters() {
            let place = format!("{} {}", operation.name, parameter["name"]);
            limits(&document, &parameter["schema"], &place, &mut unlimited);
            assert_ne!(parameter["schema"]["type"], json!(["string", "null"]), "{place}: null is text there");
        }
        if let Some(body) = operation.body() {
            limits(&document, body, &operation.name, &mut unlimited);
        }
    }
    assert!(unlimited.is_empty(), "{unlimited:#?}");
}

/// Adds to `unlimited` what in `schema` may be as long or large as it likes.
fn limits(document: &Value, schema: &Value, place: &str, unlimited: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return limits(document, document.pointer(&reference[1..]).unwrap(), place, unlimited);
    }
    for choice in ["oneOf", "allOf", "anyOf"].iter().flat_map(|key| schema[key].as_array().into_iter().flatten()) {
        limits(document, choice, place, unlimited);
    }
    let is =
        |name: &str| schema["type"] == name || schema["type"].as_array().is_some_and(|all| all.contains(&json!(name)));
    let known_format = schema["format"] == "uuid" || schema["format"] == "date-time";
    let entity_tag = place.ends_with("\"If-None-Match\"");
    let limited = !is("string") || schema["enum"].is_array() || known_format || entity_tag;
    if !limited && schema["maxLength"].is_null() && !schema["pattern"].as_str().is_some_and(|it| it.contains("{1,")) {
        unlimited.push(format!("{place}: a text without maxLength"));
    }
    let sized = schema["format"] == "int64" || schema["maximum"].is_number();
    if is("integer") && !(schema["minimum"].is_number() && sized) {
        unlimited.push(format!("{place}: a number without bounds"));
    }
    if is("array") {
        if schema["maxItems"].is_null() {
            unlimited.push(format!("{place}: a list without maxItems"));
        }
        limits(document, &schema["items"], &format!("{place}[]"), unlimited);
    }
    if is("object") {
        if schema["additionalProperties"] != false && schema["maxProperties"].is_null() {
            unlimited.push(format!("{place}: an object that may hold anything"));
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            limits(document, field, &format!("{place}.{name}"), unlimited);
        }
        if schema["additionalProperties"].is_object() {
            limits(document, &schema["additionalProperties"], &format!("{place}.*"), unlimited);
        }
    }
}

#[tokio::test]
async fn no_operation_takes_a_list_or_a_word_for_its_object() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let document = village.openapi().await;
        let mut asked = 0;
        for operation in operations(&document) {
            if operation.body().is_none() {
                continue;
            }
            let path = operation.path.split('/').map(|part| if part.starts_with('{') { ANY_ID } else { part });
            let path = path.collect::<Vec<_>>().join("/");
            let method: Method = operation.method.to_uppercase().parse().unwrap();
            for body in [
                json!([]),
                json!([null, null]),
                json!(["ana@example.org", "three small yellow boots"]),
                json!("x"),
                json!(7),
            ] {
                let answer = ana.send(method.clone(), &path, &[], Some(&body)).await;
                assert_eq!(
                    (answer.status, answer.code()),
                    (422, "invalid_request"),
                    "{} {body}: {answer:?}",
                    operation.name
                );
                asked += 1;
            }
        }
        assert!(asked > 100, "only {asked} were asked");
    })
    .await;
}

#[tokio::test]
async fn no_nested_object_is_taken_as_a_list() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let conversation = ana.post("/conversations", &json!({ "user_id": ben.id })).await.1;
        let messages = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
        for (path, body, field) in [
            ("/posts", json!({ "body": "x", "media": [[ANY_ID, "alt"]] }), "media[0]"),
            (&*messages, json!({ "client_id": "1", "images": [[ANY_ID, "alt"]] }), "images[0]"),
            (&*messages, json!({ "client_id": "1", "forward_of": [ANY_ID, ANY_ID] }), "forward_of"),
            ("/conversations/delivered", json!({ "conversations": [[ANY_ID, 1]] }), "conversations"),
            ("/conversations/sync", json!({ "conversations": [] }), "conversations"),
            ("/channels", json!({ "slug": "ab", "name": "x", "visibility": { "open": null } }), "visibility"),
        ] {
            let (status, problem) = ana.post(path, &body).await;
            assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!(field)), "{path} {body}: {problem}");
        }
        assert_eq!(ana.get(&messages).await.1["items"], json!([]), "nothing was sent");
    })
    .await;
}

#[tokio::test]
async fn a_frame_is_an_object_and_what_is_not_is_answered_with_an_error() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (mut socket, _) = Socket::open(&ana).await;
        for frame in [
            json!(["ping", "1"]),
            json!([]),
            json!({ "type": "send", "ref": "1", "conversation_id": ANY_ID, "client_id": "c", "images": [[ANY_ID, ""]] }),
            json!({ "type": "resume", "ref": "1", "conversations": [[ANY_ID, 1]] }),
        ] {
            socket.send(&frame).await;
            let error = socket.next_of("error").await;
            assert_eq!(error["code"], "invalid_frame", "{frame}: {error}");
        }
        let mut early = Socket::connect(village.base()).await;
        early.send(&json!(["hello", "1", ana.token()])).await;
        assert_eq!(early.closed().await, Some(4002), "before hello");
        assert!(socket.request(json!({ "type": "ping" })).await.is_ok(), "the socket is still good");
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_no_json_text_are_refused_whatever_they_claim_to_be() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let utf16: Vec<u8> = "{\"body\":\"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [&[0xff, 0xfe][..], &utf16[..]].concat();
        for (what, bytes) in [
            ("UTF-16", utf16),
            ("UTF-16 with a byte order mark", with_mark),
            ("bytes that are not UTF-8", b"{\"body\":\"\xc3\x28\"}".to_vec()),
            ("half a surrogate pair", b"{\"body\":\"\\ud800\"}".to_vec()),
            ("a pair the wrong way round", b"{\"body\":\"\\udc00\\ud800\"}".to_vec()),
            ("a number beyond a double", b"{\"body\":1e999}".to_vec()),
            ("a raw line break in a text", b"{\"body\":\"a\nb\"}".to_vec()),
            ("NaN", b"{\"body\":NaN}".to_vec()),
            ("a comment", b"{/**/\"body\":\"x\"}".to_vec()),
        ] {
            let answer = ana.send_bytes(Method::POST, "/posts", &[], Some(("application/json", bytes))).await;
            assert_eq!((answer.status, answer.code()), (400, "invalid_json"), "{what}: {answer:?}");
        }
        for body in [json!({ "body": 1e308 }), json!({ "body": u64::MAX }), json!({ "body": "x", "media": "[]" })] {
            let answer = ana.send(Method::POST, "/posts", &[], Some(&body)).await;
            assert_eq!((answer.status, answer.code()), (422, "invalid_request"), "{body}: {answer:?}");
        }
        assert_eq!(ana.get("/feed").await.1["items"], json!([]), "nothing was posted");
    })
    .await;
}

#[tokio::test]
async fn a_whole_number_may_be_written_with_a_point_and_a_refresh_token_has_its_length() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let body = br#"{"uses": 2.0, "expires_in_days": 1e0}"#.to_vec();
        let made = ana.send_bytes(Method::POST, "/auth/invitations", &[], Some(("application/json", body))).await;
        assert_eq!((made.status, &made.body["uses_left"]), (201, &json!(2)), "{made:?}");
        for path in ["/auth/refresh", "/auth/logout"] {
            let (status, problem) = village.nobody().post(path, &json!({ "refresh_token": "x".repeat(129) })).await;
            assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("refresh_token")), "{path}: {problem}");
        }
        for (path, field) in [
            (format!("/channels?query={}", "x".repeat(61)), "query"),
            ("/channels?limit=%2B5".to_owned(), "limit"),
            (format!("/conversations/{ANY_ID}/messages?around=-1"), "around"),
        ] {
            let (status, problem) = ana.get(&path).await;
            assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!(field)), "{path}: {problem}");
        }
        let backwards = json!({ "conversations": { ANY_ID: -1 } });
        assert_eq!(ana.post("/conversations/sync", &backwards).await.0, 422);
        for version in ["\"\"3\"", "-1", "+1", "\"1", "W/\"1\"", ""] {
            let answer = ana.send(Method::PATCH, "/users/me", &[("if-match", version)], Some(&json!({}))).await;
            assert_eq!((answer.status, answer.code()), (422, "invalid_request"), "{version}: {answer:?}");
        }
    })
    .await;
}
