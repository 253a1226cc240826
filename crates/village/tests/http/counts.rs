//! One rule of visibility for a number and its list: every number of the API that counts something says as much as the
//! list of it has for the same person, whoever was blocked, suspended or deleted, or has left.
//!
//! The numbers come from `openapi.json` and `asyncapi.json`: one that is added without a row here fails the test.

use std::collections::BTreeSet;

use serde_json::Value;
use village_testkit::Person;

use crate::counts_community::{Act, Community, Dice};
use crate::support::{Village, on_both_engines};

/// What an integer of the API says.
enum Number {
    /// As much as this operation lists for the same person.
    Of(&'static str),
    /// No count of anything that is listed.
    Other,
}

fn meaning(schema: &str, property: &str) -> Option<Number> {
    use Number::{Of, Other};
    Some(match (schema, property) {
        ("Post" | "LikeState", "like_count") => Of("GET /posts/{id}/likes"),
        ("Post", "comment_count") => Of("GET /posts/{id}/comments"),
        ("Channel", "member_count") => Of("GET /channels/{id}/members"),
        ("User", "followers_count") => Of("GET /users/{id}/followers"),
        ("User", "following_count") => Of("GET /users/{id}/following"),

        ("Conversation" | "LinkPreview", "member_count") => Of("GET /conversations/{id}/members"),
        ("Conversation", "pinned_count") => Of("GET /conversations/{id}/pins"),
        ("Conversation" | "ReadState" | "server_read" | "AckResult", "unread_count") => {
            Of("GET /conversations/{id}/messages")
        }
        ("Unread", "unread_count") => Of("GET /conversations"),
        ("Message", "withheld_images") => Of("GET /conversations/{id}/images"),
        ("Reaction", "count") => Of("GET /conversations/{id}/messages/{message_id}/reactions"),
        ("NotificationState" | "server_notification" | "server_notification_removed", "unread_count")
        | ("AckResult" | "server_heartbeat", "unread_notifications")
        | ("Notification", "actor_count") => Of("GET /notifications"),

        // How many more people an invitation of one's own lets in.
        ("Invitation", "uses_left") | ("NewInvitation", "uses" | "expires_in_days") => Other,
        ("Problem", "status") | ("SyncedConversation" | "server_rows" | "server_gap", "from" | "upto") => Other,
        ("Image" | "ImageSize", "width" | "height") | ("NewMedia", "length") => Other,
        ("Channel" | "User", "version") | ("Message", "number") | (_, "last_number") => Other,
        // How new the text of a draft is.
        ("DraftMark", "revision" | "after") => Other,
        (_, "seq" | "expires_in" | "expires_in_seconds" | "retention_seconds" | "heartbeat_seconds") => Other,
        (_, "retry_after" | "within_ms") => Other,
        (_, property) if property.ends_with("_seq") => Other,
        _ => return None,
    })
}

/// The integers in a schema, by the name of the schema that they stand in.
fn integers(name: &str, schema: &Value, found: &mut BTreeSet<(String, String)>) {
    let is_integer = |schema: &Value| match &schema["type"] {
        Value::String(kind) => kind == "integer" || kind == "number",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "integer" || kind == "number"),
        _ => false,
    };
    match schema {
        Value::Object(fields) => {
            for (property, inner) in schema["properties"].as_object().into_iter().flatten() {
                if is_integer(inner) {
                    found.insert((name.to_owned(), property.clone()));
                }
            }
            fields.values().for_each(|inner| integers(name, inner, found));
        }
        Value::Array(all) => all.iter().for_each(|inner| integers(name, inner, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_number_of_the_api_has_a_list_or_is_no_count() {
    let openapi = serde_json::to_value(village::assembly::openapi().await.unwrap()).unwrap();
    let asyncapi = serde_json::to_value(village::asyncapi::document().unwrap()).unwrap();
    let mut found = BTreeSet::new();
    for part in
        [&openapi["components"]["schemas"], &asyncapi["components"]["schemas"], &asyncapi["components"]["messages"]]
    {
        for (name, schema) in part.as_object().unwrap() {
            integers(name.trim_start_matches("Page_"), schema, &mut found);
        }
    }
    assert!(found.len() > 40, "this test looks in the wrong place");
    for (schema, property) in &found {
        let meaning = meaning(schema, property);
        let meaning =
            meaning.unwrap_or_else(|| panic!("{schema}.{property}: add a row that says which list it counts"));
        if let Number::Of(operation) = meaning {
            let (method, path) = operation.split_once(' ').unwrap();
            let operation = &openapi["paths"][path][method.to_lowercase()];
            assert!(operation.is_object(), "{schema}.{property}: there is no {method} {path}");
        }
    }
}

/// A number, what it counts, and how much its list has.
pub struct Compared {
    pub what: String,
    pub number: i64,
    pub listed: usize,
}

/// The whole list, page by page; `None` where the person may not read it.
pub async fn all(person: &Person, path: &str) -> Option<Vec<Value>> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    let start = if path.contains('?') { '&' } else { '?' };
    loop {
        let (status, page) = person.get(&format!("{path}{start}limit=4{cursor}")).await;
        if status == 404 {
            return None;
        }
        assert_eq!(status, 200, "{path}: {page}");
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Some(items),
        }
    }
}

/// The number `property` of `thing` beside the list at `path`.
pub async fn compare(person: &Person, thing: &Value, property: &str, path: &str, compared: &mut Vec<Compared>) {
    if let Some(list) = all(person, path).await {
        let number = thing[property].as_i64().unwrap_or_else(|| panic!("no {property} in {thing}"));
        let what = format!("{property}, of {path}, for {}", person.handle);
        compared.push(Compared { what, number, listed: list.len() });
    }
}

/// Nothing that a number says and a list does not, for anybody.
async fn check(community: &Community<'_>, after: &str) {
    let mut compared = Vec::new();
    for person in community.readers() {
        for other in &community.people {
            let (status, user) = person.get(&format!("/users/{}", other.id)).await;
            if status == 200 {
                for (count, list) in [("followers_count", "followers"), ("following_count", "following")] {
                    compare(person, &user, count, &format!("/users/{}/{list}", other.id), &mut compared).await;
                }
            }
        }
        for channel in all(person, "/channels").await.unwrap() {
            let path = format!("/channels/{}", channel["id"].as_str().unwrap());
            compare(person, &channel, "member_count", &format!("{path}/members"), &mut compared).await;
            assert_eq!(person.get(&path).await.1["member_count"], channel["member_count"]);
            for post in all(person, &format!("{path}/posts")).await.unwrap_or_default() {
                of_post(person, &post, &mut compared).await;
            }
        }
        for post in all(person, "/feed").await.unwrap() {
            let one = person.get(&format!("/posts/{}", post["id"].as_str().unwrap())).await.1;
            assert_eq!((&one["like_count"], &one["comment_count"]), (&post["like_count"], &post["comment_count"]));
            if post["channel"].is_null() {
                of_post(person, &post, &mut compared).await;
            }
        }
    }
    // At least the two lists of oneself.
    assert!(compared.len() >= 2 * community.readers().count(), "hardly anything was compared");
    for Compared { what, number, listed } in compared {
        assert_eq!(number, listed as i64, "after {after}: {what}");
    }
}

async fn of_post(person: &Person, post: &Value, compared: &mut Vec<Compared>) {
    let path = format!("/posts/{}", post["id"].as_str().unwrap());
    compare(person, post, "like_count", &format!("{path}/likes"), compared).await;
    compare(person, post, "comment_count", &format!("{path}/comments"), compared).await;
}

#[tokio::test]
async fn numbers_agree_with_their_lists_for_every_relation() {
    on_both_engines(async |village: &Village| {
        let mut community = Community::gather(village).await;
        check(&community, "everybody did everything").await;
        // Person 0 owns the channels and wrote the posts; 1 to 5 did all there is to do.
        for act in [
            Act::Block(0, 1),
            Act::Block(2, 0),
            Act::Block(3, 4),
            Act::Suspend(5),
            Act::DeleteComment(3),
            Act::Unlike(4),
            Act::Leave(4),
            Act::Unfollow(3, 0),
            Act::Suspend(1),
            Act::Reinstate(5),
            Act::Unblock(0, 1),
            Act::Reinstate(1),
            Act::Unblock(2, 0),
        ] {
            community.act(act).await;
            check(&community, &format!("{act:?}")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn numbers_agree_with_their_lists_after_whatever_people_do() {
    let seed = std::env::var("VILLAGE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64);
    eprintln!("VILLAGE_TEST_SEED={seed} repeats this");
    on_both_engines(async |village: &Village| {
        let mut community = Community::gather(village).await;
        let mut dice = Dice(seed);
        for round in 0..6 {
            for _ in 0..10 {
                let act = Act::any(&mut dice);
                community.act(act).await;
            }
            check(&community, &format!("round {round} of seed {seed}")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_hidden_person_did_changes_no_entity_tag_of_who_does_not_see_them() {
    on_both_engines(async |village: &Village| {
        let mut community = Community::gather(village).await;
        community.act(Act::Block(1, 2)).await;
        let path = format!("/posts/{}", community.posts[0]);
        let read = async |reader: usize| {
            let answer = community.people[reader].send(village_testkit::Method::GET, &path, &[], None).await;
            answer.header("etag").to_owned()
        };
        let (before, of_others) = (read(1).await, read(3).await);
        assert_eq!(community.people[2].delete(&format!("{path}/like")).await.0, 200);
        assert_eq!(read(1).await, before);
        assert_ne!(read(3).await, of_others);
    })
    .await;
}
