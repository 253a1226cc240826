//! Whatever members do to a conversation, and in whatever order: a client that applies live frames, one that resumes
//! from any point, and one that catches up over REST end with what the history shows.

mod support;

use std::collections::HashMap;
use std::time::Duration;

use http::Method;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use support::{Client, Device, Node, View, World, settings};
use village_messaging::MessagingSettings;
use village_testkit::{Fresh, fresh_postgres, fresh_sqlite};

/// What a member does; `message` and `who` are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Send { who: usize },
    Reply { who: usize, message: usize },
    Image { who: usize },
    Edit { message: usize },
    Delete { message: usize },
    React { who: usize, message: usize, emoji: usize, on: bool },
    Pin { message: usize, on: bool },
    Join { who: usize },
    Leave { who: usize },
    Expire { upto: usize },
}

const EMOJI: [&str; 3] = ["👍", "❤️", "🎉"];
const PEOPLE: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    let (who, message) = (0..PEOPLE, 0..100_usize);
    prop_oneof![
        5 => who.clone().prop_map(|who| Step::Send { who }),
        1 => (who.clone(), message.clone()).prop_map(|(who, message)| Step::Reply { who, message }),
        1 => who.clone().prop_map(|who| Step::Image { who }),
        4 => message.clone().prop_map(|message| Step::Edit { message }),
        2 => message.clone().prop_map(|message| Step::Delete { message }),
        5 => (who.clone(), message.clone(), 0..EMOJI.len(), any::<bool>())
            .prop_map(|(who, message, emoji, on)| Step::React { who, message, emoji, on }),
        2 => (message.clone(), any::<bool>()).prop_map(|(message, on)| Step::Pin { message, on }),
        1 => (1..PEOPLE).prop_map(|who| Step::Join { who }),
        1 => (1..PEOPLE).prop_map(|who| Step::Leave { who }),
        1 => (0..6_usize).prop_map(|upto| Step::Expire { upto }),
    ]
}

/// One group, its people, and what each live client has seen.
struct Scene<'a> {
    fresh: &'a Fresh,
    world: &'a World,
    node: &'a Node,
    people: Vec<Device>,
    group: String,
    clients: Vec<Client>,
    views: Vec<View>,
    sent: Vec<(usize, Value)>,
}

impl Scene<'_> {
    /// Every member may try everything: what is refused changes nothing, which the comparison in the end shows.
    async fn take(&mut self, step: &Step) {
        let pick = |message: usize| (!self.sent.is_empty()).then(|| self.sent[message % self.sent.len()].clone());
        let (node, group) = (self.node, self.group.clone());
        match step {
            Step::Send { who } => {
                let answer = node.post_message(&self.people[*who], &group, json!({"body": "said"})).await;
                self.keep(*who, answer);
            }
            Step::Reply { who, message } => {
                let Some((_, message)) = pick(*message) else { return };
                let body = json!({"body": "answer", "reply_to": message["id"]});
                let answer = node.post_message(&self.people[*who], &group, body).await;
                self.keep(*who, answer);
            }
            Step::Image { who } => {
                let image = self.world.images.add(self.people[*who].user());
                let body = json!({"images": [{"media_id": image, "alt": "one"}]});
                let answer = node.post_message(&self.people[*who], &group, body).await;
                self.keep(*who, answer);
            }
            Step::Edit { message } => {
                let Some((who, message)) = pick(*message) else { return };
                let body = format!("edited {}", uuid::Uuid::now_v7());
                node.edit(&self.people[who], &group, &message, &body).await;
            }
            Step::Delete { message } => {
                let Some((who, message)) = pick(*message) else { return };
                node.erase(&self.people[who], &group, &message).await;
            }
            Step::React { who, message, emoji, on } => {
                let Some((_, message)) = pick(*message) else { return };
                match on {
                    true => node.react(&self.people[*who], &group, &message, EMOJI[*emoji]).await,
                    false => node.unreact(&self.people[*who], &group, &message, EMOJI[*emoji]).await,
                };
            }
            Step::Pin { message, on } => {
                let Some((_, message)) = pick(*message) else { return };
                node.pin(&self.people[0], &group, &message, *on).await;
            }
            Step::Join { who } => {
                let body = json!({"user_ids": [self.people[*who].user()]});
                let path = format!("/conversations/{group}/members");
                let (status, answer) = node.call(&self.people[0], Method::POST, &path, Some(body)).await;
                assert_eq!(status, 200, "{answer}");
            }
            Step::Leave { who } => {
                let path = format!("/conversations/{group}/members/{}", self.people[*who].user());
                node.call(&self.people[*who], Method::DELETE, &path, None).await;
            }
            Step::Expire { upto } => {
                let last = node.last_seq(&self.people[0], &group).await;
                // What expires never comes back.
                let upto = (last / 2).min(*upto as i64);
                self.world.expire(&self.fresh.db, &group, upto).await;
            }
        }
    }

    fn keep(&mut self, who: usize, (status, message): (u16, Value)) {
        if status == 201 {
            self.sent.push((who, message));
        }
    }

    /// What the server shows the person now, by seq; `None` for who never took part.
    async fn shown(&self, who: usize) -> Option<(Value, HashMap<i64, Value>)> {
        let (status, conversation) = self.node.get(&self.people[who], &format!("/conversations/{}", self.group)).await;
        if status == 404 {
            return None;
        }
        let history = self.node.history(&self.people[who], &self.group).await;
        Some((conversation, history.into_iter().map(|message| (message["seq"].as_i64().unwrap(), message)).collect()))
    }

    async fn compare(&mut self) {
        for who in 0..PEOPLE {
            let Some((conversation, shown)) = self.shown(who).await else { continue };
            let last = conversation["last_seq"].as_i64().unwrap();
            let first = conversation["joined_seq"].as_i64().unwrap();
            let has_left = conversation["state"] == "left";
            self.live(who, last).await;
            let live = std::mem::take(&mut self.views[who]);
            self.same("live", who, &live, &shown, (first, last), has_left);
            for from in [0, first, last / 3, last / 2, last - 1, last] {
                let (person, group) = (&self.people[who], &self.group);
                // As far as `from` the client saw what there was: all that did not change since.
                let known = shown.iter().filter(|(_, message)| message["changed_seq"].as_i64().unwrap() <= from);
                let known: HashMap<i64, Value> = known.map(|(seq, message)| (*seq, message.clone())).collect();
                let mut resumed = View { seq: from, messages: known.clone() };
                let mut client = Client::open(self.node.address).await;
                client.hello(person, json!({"conversations": {group.clone(): from}})).await;
                while resumed.seq < last {
                    let frame = client.next().await;
                    if frame["conversation_id"] == json!(group) {
                        assert!(resumed.take(&frame), "{frame}");
                    }
                }
                let body = json!({"conversations": {group.clone(): from}});
                let (_, synced) = self.node.call(person, Method::POST, "/conversations/sync", Some(body)).await;
                let one = &synced["conversations"][0];
                let rows = json!({"type": "rows", "from": from, "upto": one["upto"], "messages": one["messages"]});
                let mut caught_up = View { seq: from, messages: known };
                assert!(caught_up.take(&rows));
                assert_eq!(caught_up.messages, resumed.messages, "{who} from {from}");
                if from < last {
                    self.same("resumed", who, &resumed, &shown, (first, last), has_left);
                }
            }
            self.views[who] = live;
        }
    }

    /// Applies what comes until the view has reached `last`, resuming where there is a hole.
    async fn live(&mut self, who: usize, last: i64) {
        let (client, view) = (&mut self.clients[who], &mut self.views[who]);
        while view.seq < last {
            let frame = client.next().await;
            if frame["type"] == "conversation" && frame["conversation"]["id"] == json!(self.group) {
                let conversation = &frame["conversation"];
                let joined = conversation["joined_seq"].as_i64().unwrap();
                // Whoever comes back begins anew: what was said meanwhile is not theirs.
                view.messages.retain(|seq, _| *seq >= joined);
                view.seq = view.seq.max(joined - 1);
            }
            // Marks beyond what was seen: in a heartbeat, or of a conversation that was left.
            let mark = match frame["type"].as_str() {
                Some("heartbeat") => &frame["conversations"][&self.group],
                Some("conversation") if frame["conversation"]["id"] == json!(self.group) => {
                    &frame["conversation"]["last_seq"]
                }
                _ => &Value::Null,
            };
            if mark.as_i64().is_some_and(|mark| mark > view.seq) {
                client.send(json!({"type": "resume", "conversations": {self.group.clone(): view.seq}})).await;
            }
            let is_ours = frame["conversation_id"] == json!(self.group);
            if is_ours && (frame["type"] == "gap" || !view.take(&frame)) {
                client.send(json!({"type": "resume", "conversations": {self.group.clone(): view.seq}})).await;
            }
        }
        // A gap may stand behind what reached the end: what was changed after a person had left, before it was
        // delivered. The answer to it is to read the history anew.
        let ping = client.send(json!({"type": "ping"})).await;
        let mut has_gap = false;
        loop {
            let frame = client.next().await;
            if frame["ref"] == json!(ping) {
                break;
            }
            has_gap |= frame["type"] == "gap" && frame["conversation_id"] == json!(self.group);
        }
        if has_gap {
            let history = self.node.history(&self.people[who], &self.group).await;
            view.messages.extend(history.into_iter().map(|message| (message["seq"].as_i64().unwrap(), message)));
        }
    }

    /// What has ended is hidden by clients themselves. Whoever has left is not told any more of what was taken away
    /// since: deletions, reactions and pins; what was said then they all agree on.
    fn same(
        &self,
        how: &str,
        who: usize,
        view: &View,
        shown: &HashMap<i64, Value>,
        (first, last): (i64, i64),
        has_left: bool,
    ) {
        let plain = |message: &Value| {
            let mut message = message.clone();
            if has_left {
                for field in ["changed_seq", "reactions", "pinned_at"] {
                    message[field] = Value::Null;
                }
            }
            message
        };
        for (seq, message) in shown {
            let seen = view.messages.get(seq).unwrap_or_else(|| panic!("{how}: {who} misses {message}"));
            if has_left && !message["deleted_at"].is_null() {
                continue;
            }
            assert_eq!(plain(seen), plain(message), "{how}: {who}");
        }
        let is_theirs = |seq: &i64| (first..=last).contains(seq) || shown.contains_key(seq);
        assert!(view.messages.keys().all(is_theirs), "{how}: {who} sees too much");
    }
}

async fn case(fresh: &Fresh, world: &World, node: &Node, steps: &[Step]) {
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        people.push(world.person().await);
    }
    let body = json!({"name": "Family", "member_ids": [people[1].user(), people[2].user()]});
    let (status, group) = node.call(&people[0], Method::POST, "/conversations/groups", Some(body)).await;
    assert_eq!(status, 201, "{group}");
    let group = group["id"].as_str().unwrap().to_owned();
    let mut clients = Vec::new();
    for person in &people {
        let mut client = Client::open(node.address).await;
        client.hello(person, json!({"conversations": {group.clone(): 0}, "membership_seq": 0})).await;
        clients.push(client);
    }
    let views = (0..PEOPLE).map(|_| View::default()).collect();
    let mut scene = Scene { fresh, world, node, people, group, clients, views, sent: Vec::new() };
    for step in steps {
        scene.take(step).await;
    }
    scene.compare().await;
}

#[test]
fn every_client_ends_with_the_same_view() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Clients read nothing while the steps are taken: for three heartbeats that counts as slow, then as gone.
    let limits = MessagingSettings { heartbeat: Duration::from_secs(10), ..settings() };
    for engine in ["sqlite", "postgres"] {
        let fresh =
            runtime.block_on(async { if engine == "sqlite" { fresh_sqlite().await } else { fresh_postgres().await } });
        eprintln!("on {engine}");
        let world = runtime.block_on(World::new(&fresh));
        let node = runtime.block_on(Node::start(&fresh, &world, limits.clone()));
        // One database for all cases: each has a group of its own.
        let config = Config { cases: 16, max_shrink_iters: 64, failure_persistence: None, ..Config::default() };
        let outcome = TestRunner::new(config).run(&vec(step(), 5..50), |steps| {
            runtime.block_on(case(&fresh, &world, &node, &steps));
            Ok(())
        });
        drop(node);
        runtime.block_on(fresh.discard());
        outcome.unwrap();
    }
}
