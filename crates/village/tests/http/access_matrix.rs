//! Who may do what: every operation of `openapi.json` × (no token, stranger, blocked, member, owner).
//!
//! The list of operations comes from the server, so an endpoint that is added without a row here fails the test.

use serde_json::{Value, json};
use village_testkit::{Answer, Person};

use crate::support::{Village, on_both_engines, session_of};

/// What an operation acts on: a private channel of the owner with a post, a comment, a conversation with the member.
struct Scene {
    owner: Person,
    member: Person,
    /// Member of the channel too, but blocked by the owner.
    blocked: Person,
    stranger: Person,
    bystander: Person,
    conversation: String,
    invitation: String,
    round: usize,
}

/// Made anew for each operation, because some of them remove it.
struct Things {
    channel: String,
    /// A group of the owner with all but the stranger.
    group: String,
    /// The code of a link into it.
    link: String,
    post: String,
    comment: String,
    message: String,
    media: String,
    session: String,
}

type Statuses = &'static [u16];

/// Statuses for stranger, blocked, member, owner. Without a token everything but `public` is 401.
enum Rule {
    /// No token needed: the same answer for all.
    Public(Statuses),
    SignedIn([Statuses; 4]),
}

const OK: Statuses = &[200];
const CREATED: Statuses = &[201];
const DONE: Statuses = &[204];
const HIDDEN: Statuses = &[404];
const REFUSED: Statuses = &[403];

fn rule(operation: &str) -> Option<Rule> {
    use Rule::{Public, SignedIn};
    let everyone = |statuses| SignedIn([statuses; 4]);
    Some(match operation {
        "GET /.well-known/jwks.json" | "GET /auth/registration" | "GET /auth/invitations/{code}" => Public(OK),
        "POST /auth/signup" | "POST /auth/login" | "POST /auth/password/reset" => Public(&[422]),
        "POST /auth/refresh" => Public(&[401]),
        "POST /auth/logout" => Public(DONE),
        "POST /auth/invitations" => everyone(CREATED),
        "GET /auth/me" | "GET /auth/sessions" => everyone(OK),
        "DELETE /auth/sessions/{id}" => SignedIn([HIDDEN, HIDDEN, HIDDEN, DONE]),
        "POST /auth/password" => everyone(REFUSED),

        "GET /users" | "GET /users/blocks" | "PATCH /users/me" => everyone(OK),
        "GET /users/{id}" | "GET /users/{id}/followers" | "GET /users/{id}/following" => SignedIn([OK, HIDDEN, OK, OK]),
        "POST /users/follow" => SignedIn([OK, HIDDEN, OK, &[422]]),
        "DELETE /users/{id}/follow" => SignedIn([OK, HIDDEN, OK, &[200, 422]]),
        "PUT /users/{id}/block" | "DELETE /users/{id}/block" => everyone(OK),

        "POST /media" => everyone(CREATED),
        "GET /media/{id}" => SignedIn([HIDDEN, HIDDEN, HIDDEN, OK]),
        // Nothing has been uploaded yet.
        "POST /media/{id}/complete" => SignedIn([HIDDEN, HIDDEN, HIDDEN, &[409]]),

        "POST /channels" => everyone(CREATED),
        "GET /channels" | "GET /channels/invitations" | "GET /feed" => everyone(OK),
        "GET /channels/{id}" | "GET /channels/{id}/members" | "GET /channels/{id}/posts" => {
            SignedIn([HIDDEN, OK, OK, OK])
        }
        "PATCH /channels/{id}" => SignedIn([HIDDEN, REFUSED, REFUSED, OK]),
        "PUT /channels/{id}/membership" => SignedIn([HIDDEN, OK, OK, OK]),
        "DELETE /channels/{id}/membership" => SignedIn([HIDDEN, DONE, DONE, &[409]]),
        "PUT /channels/{id}/invitations/{user_id}" | "DELETE /channels/{id}/invitations/{user_id}" => {
            SignedIn([HIDDEN, REFUSED, REFUSED, DONE])
        }

        "POST /posts" => SignedIn([HIDDEN, CREATED, CREATED, CREATED]),
        "GET /posts" => SignedIn([OK, &[200, 404], OK, OK]),
        "GET /posts/{id}" | "GET /posts/{id}/comments" | "GET /posts/{id}/likes" => SignedIn([HIDDEN, HIDDEN, OK, OK]),
        "PUT /posts/{id}/like" | "DELETE /posts/{id}/like" => SignedIn([HIDDEN, HIDDEN, OK, OK]),
        "POST /posts/{id}/comments" => SignedIn([HIDDEN, HIDDEN, CREATED, CREATED]),
        "DELETE /posts/{id}" | "DELETE /posts/{id}/comments/{comment_id}" => SignedIn([HIDDEN, HIDDEN, REFUSED, DONE]),

        // A socket, opened by an upgrade; its first frame carries the token, which the socket's own tests cover.
        "GET /messaging" => Public(&[426]),
        "POST /conversations" => SignedIn([&[201], HIDDEN, OK, &[404, 422]]),
        "GET /conversations"
        | "GET /conversations/unread"
        | "GET /conversations/search"
        | "POST /conversations/sync"
        | "GET /messaging/presence" => everyone(OK),
        "GET /conversations/{id}"
        | "GET /conversations/{id}/messages"
        | "GET /conversations/{id}/images"
        | "PUT /conversations/{id}/read" => SignedIn([HIDDEN, HIDDEN, OK, OK]),
        "POST /conversations/{id}/messages" => SignedIn([HIDDEN, HIDDEN, CREATED, CREATED]),
        "POST /conversations/{id}/accept" | "POST /conversations/{id}/decline" => {
            SignedIn([HIDDEN, HIDDEN, &[409], &[409]])
        }
        "PUT /conversations/{id}/draft" | "PUT /conversations/{id}/settings" => SignedIn([HIDDEN, HIDDEN, OK, OK]),
        "POST /conversations/delivered" => everyone(DONE),
        "GET /messaging/settings" | "PATCH /messaging/settings" => everyone(OK),
        "POST /conversations/groups" => everyone(CREATED),
        "PUT /conversations/channels/{channel_id}" => SignedIn([HIDDEN, CREATED, CREATED, CREATED]),
        "POST /conversations/{id}/link" => SignedIn([HIDDEN, REFUSED, REFUSED, CREATED]),
        "DELETE /conversations/{id}/link" => SignedIn([HIDDEN, REFUSED, REFUSED, DONE]),
        // The code is what entitles.
        "POST /conversations/links/preview" | "POST /conversations/links/join" => everyone(OK),
        "GET /conversations/{id}/members" => SignedIn([HIDDEN, OK, OK, OK]),
        "PATCH /conversations/{id}"
        | "POST /conversations/{id}/members"
        | "PUT /conversations/{id}/members/{user_id}" => SignedIn([HIDDEN, REFUSED, REFUSED, OK]),
        "DELETE /conversations/{id}/members/{user_id}" => SignedIn([HIDDEN, REFUSED, REFUSED, DONE]),
        // The message is the owner's.
        "GET /conversations/{id}/messages/{message_id}"
        | "GET /conversations/{id}/messages/{message_id}/edits"
        | "GET /conversations/{id}/messages/{message_id}/reactions"
        | "PUT /conversations/{id}/messages/{message_id}/reactions/{emoji}"
        | "DELETE /conversations/{id}/messages/{message_id}/reactions/{emoji}" => SignedIn([HIDDEN, HIDDEN, OK, OK]),
        "PUT /conversations/{id}/messages/{message_id}/pin"
        | "DELETE /conversations/{id}/messages/{message_id}/pin"
        | "GET /conversations/{id}/pins" => SignedIn([HIDDEN, HIDDEN, OK, OK]),
        "PATCH /conversations/{id}/messages/{message_id}" | "DELETE /conversations/{id}/messages/{message_id}" => {
            SignedIn([HIDDEN, HIDDEN, REFUSED, OK])
        }

        "GET /notifications"
        | "GET /notifications/state"
        | "PUT /notifications/read"
        | "GET /notifications/preferences"
        | "PUT /notifications/preferences"
        | "GET /notifications/decisions" => everyone(OK),
        _ => return None,
    })
}

#[tokio::test]
async fn every_operation_is_open_to_those_it_is_for_and_to_nobody_else() {
    on_both_engines(async |village: &Village| {
        let mut scene = Scene::set(village).await;
        let openapi = village.openapi().await;
        let mut wrong = Vec::new();
        for (path, item) in openapi["paths"].as_object().expect("paths") {
            for method in item.as_object().expect("operations").keys() {
                let operation = format!("{} {path}", method.to_uppercase());
                match rule(&operation) {
                    None => wrong.push(format!("{operation}: add a row to the access matrix")),
                    Some(rule) => scene.check(village, &operation, rule, &mut wrong).await,
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    })
    .await;
}

impl Scene {
    async fn set(village: &Village) -> Self {
        let owner = village.owner().await;
        let [member, blocked, stranger, bystander] = [
            village.join("member").await,
            village.join("blocked").await,
            village.join("stranger").await,
            village.join("bystander").await,
        ];
        // Whoever follows is not asked first.
        assert_eq!(member.post("/users/follow", &json!({ "user_id": owner.id })).await.0, 200);
        let (status, conversation) = owner.post("/conversations", &json!({ "user_id": member.id })).await;
        assert!(status == 201, "{conversation}");
        let (_, invitation) = owner.post("/auth/invitations", &json!({})).await;
        Scene {
            conversation: text(&conversation, "id"),
            invitation: text(&invitation, "code"),
            owner,
            member,
            blocked,
            stranger,
            bystander,
            round: 0,
        }
    }

    async fn things(&mut self, village: &Village, operation: &str) -> Things {
        self.round += 1;
        // The block is taken back while the channel is filled, then stands for the calls.
        self.owner.delete(&format!("/users/{}/block", self.blocked.id)).await;
        let channel = json!({ "slug": format!("family-{}", self.round), "name": "Family", "visibility": "private" });
        let channel = text(&self.owner.post("/channels", &channel).await.1, "id");
        for person in [&self.member, &self.blocked] {
            let (status, _) =
                self.owner.put(&format!("/channels/{channel}/invitations/{}", person.id), &Value::Null).await;
            assert_eq!(status, 204);
            assert_eq!(person.put(&format!("/channels/{channel}/membership"), &Value::Null).await.0, 200);
        }
        let group = match is_about_a_group(operation) {
            true => {
                let members = [&self.member.id, &self.blocked.id, &self.bystander.id];
                let group = json!({ "name": "Family", "member_ids": members });
                text(&self.owner.post("/conversations/groups", &group).await.1, "id")
            }
            false => String::new(),
        };
        let link = match operation.contains("/conversations/links/") {
            true => text(&self.owner.post(&format!("/conversations/{group}/link"), &json!({})).await.1, "code"),
            false => String::new(),
        };
        let post = json!({ "channel_id": channel, "body": "Only for us." });
        let post = text(&self.owner.post("/posts", &post).await.1, "id");
        let comment = self.owner.post(&format!("/posts/{post}/comments"), &json!({ "body": "Me too." })).await.1;
        let message = json!({ "client_id": format!("thing-{}", self.round), "body": "Only for us." });
        let message = self.owner.post(&format!("/conversations/{}/messages", self.conversation), &message).await.1;
        let media = match operation.contains("/media/{id}") {
            true => {
                let upload = json!({ "content_type": "image/png", "length": 100, "purpose": "post" });
                text(&self.owner.post("/media", &upload).await.1, "id")
            }
            false => String::new(),
        };
        assert_eq!(self.owner.put(&format!("/users/{}/block", self.blocked.id), &Value::Null).await.0, 200);
        // Logging in is throttled, so only where a session is needed.
        let session = match operation {
            "DELETE /auth/sessions/{id}" => session_of(&village.another_session_of_the_owner().await).await,
            _ => String::new(),
        };
        Things {
            channel,
            group,
            link,
            post,
            comment: text(&comment, "id"),
            message: text(&message, "id"),
            media,
            session,
        }
    }

    async fn check(&mut self, village: &Village, operation: &str, rule: Rule, wrong: &mut Vec<String>) {
        let things = self.things(village, operation).await;
        let anonymous = village.nobody();
        let mut cells: Vec<(&str, &Person, Statuses)> = Vec::new();
        match rule {
            Rule::Public(statuses) => {
                for (name, person) in [("no token", &anonymous), ("stranger", &self.stranger), ("owner", &self.owner)] {
                    cells.push((name, person, statuses));
                }
            }
            Rule::SignedIn([stranger, blocked, member, owner]) => {
                cells.push(("no token", &anonymous, &[401]));
                cells.push(("stranger", &self.stranger, stranger));
                cells.push(("blocked", &self.blocked, blocked));
                cells.push(("member", &self.member, member));
                cells.push(("owner", &self.owner, owner));
            }
        }
        for (name, person, expected) in cells {
            let (method, path, body) = self.request(operation, name, &things);
            let method = method.parse().expect("a method");
            let Answer { status, body: answer, .. } = person.send(method, &path, &[], body.as_ref()).await;
            if !expected.contains(&status) {
                wrong.push(format!("{operation} as {name}: {status} instead of {expected:?}: {answer}"));
            }
        }
    }

    /// A request that would succeed for somebody entitled to it.
    fn request(&self, operation: &str, caller: &str, things: &Things) -> (String, String, Option<Value>) {
        let (method, path) = operation.split_once(' ').expect("method and path");
        let id = match path.split('/').nth(1) {
            Some("users") if path.ends_with("/block") => &self.bystander.id,
            Some("users") => &self.owner.id,
            Some("channels") => &things.channel,
            Some("posts") => &things.post,
            Some("media") => &things.media,
            Some("conversations") if is_about_a_group(operation) => &things.group,
            Some("conversations") => &self.conversation,
            Some("auth") => &things.session,
            _ => "",
        };
        let mut path = path
            .replace("{id}", id)
            .replace("{user_id}", &self.bystander.id)
            .replace("{channel_id}", &things.channel)
            .replace("{comment_id}", &things.comment)
            .replace("{message_id}", &things.message)
            .replace("{emoji}", "%F0%9F%91%8D")
            .replace("{code}", &self.invitation);
        if operation == "GET /conversations/search" {
            path = "/conversations/search?q=hello".to_owned();
        }
        if operation == "GET /messaging/presence" {
            path = format!("/messaging/presence?user_ids={}", self.owner.id);
        }
        if operation == "GET /posts" {
            path = format!("/posts?author_id={}", self.owner.id);
        }
        let unique = format!("{}-{}", caller.replace(' ', "-"), self.round);
        let body = match operation {
            "POST /auth/invitations" | "POST /media/{id}/complete" | "POST /auth/logout" | "POST /auth/refresh" => {
                json!({})
            }
            "POST /auth/signup" | "POST /auth/login" | "POST /auth/password/reset" => json!({}),
            "POST /auth/password" => {
                json!({ "current_password": "not the password", "new_password": "a-new-kitchen-lamp" })
            }
            "PATCH /users/me" => json!({ "bio": "Hello." }),
            "POST /users/follow" | "POST /conversations" => json!({ "user_id": self.owner.id }),
            "POST /media" => json!({ "content_type": "image/png", "length": 100, "purpose": "post" }),
            "POST /channels" => json!({ "slug": format!("new-{unique}"), "name": "New", "visibility": "open" }),
            "PATCH /channels/{id}" => json!({ "description": "Changed." }),
            "POST /posts" => json!({ "channel_id": things.channel, "body": "Hello." }),
            "POST /posts/{id}/comments" => json!({ "body": "Hello." }),
            "PATCH /conversations/{id}/messages/{message_id}" => json!({ "body": "Changed." }),
            "POST /conversations/sync" => json!({ "conversations": { self.conversation.clone(): 0 } }),
            "POST /conversations/{id}/messages" => json!({ "client_id": unique, "body": "Hello." }),
            "POST /conversations/{id}/link" => json!({}),
            "POST /conversations/links/preview" | "POST /conversations/links/join" => json!({ "code": things.link }),
            "POST /conversations/delivered" => json!({ "conversations": { self.conversation.as_str(): 0 } }),
            "PUT /conversations/{id}/draft" => json!({ "body": "Hel" }),
            "PUT /conversations/{id}/settings" => json!({ "notify": "all" }),
            "PATCH /messaging/settings" => json!({ "presence": true }),
            "POST /conversations/groups" => json!({ "name": "Family", "member_ids": [self.bystander.id] }),
            "PATCH /conversations/{id}" => json!({ "name": caller }),
            "POST /conversations/{id}/members" => json!({ "user_ids": [self.stranger.id] }),
            "PUT /conversations/{id}/members/{user_id}" => json!({ "role": "member" }),
            "PUT /conversations/{id}/read" | "PUT /notifications/read" => json!({ "seq": 0 }),
            "PUT /notifications/preferences" => json!({
                "post_published": true, "comment_added": true, "post_liked": true, "followed": true, "message_sent": true
            }),
            _ => return (method.to_owned(), path, None),
        };
        (method.to_owned(), path, Some(body))
    }
}

/// Whether its conversation is the group of [`Things`]; all others act on the direct conversation of [`Scene`].
fn is_about_a_group(operation: &str) -> bool {
    operation == "PATCH /conversations/{id}"
        || operation.contains("/conversations/{id}/members")
        || operation.contains("/conversations/{id}/link")
        || operation.contains("/conversations/links/")
}

fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no `{field}` in {answer}")).to_owned()
}
