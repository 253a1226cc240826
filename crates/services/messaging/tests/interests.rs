//! What the hub says it wants to hear of, for adapters that route by it.

mod support;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::json;
use support::{Node, World, settings};
use tokio::sync::watch;
use village_live::{Hint, InProcessLive, Interest, Live, Subscription, Topic};
use village_messaging::MessagingSettings;
use village_testkit::{Fresh, eventually, on_both_engines};

const PATIENCE: Duration = Duration::from_secs(20);

/// Other nodes know of this one's interests once it says so; until then nothing that they publish comes here.
#[derive(Default)]
struct Registering {
    inner: InProcessLive,
    attended: Mutex<HashSet<Interest>>,
    unbalanced: AtomicBool,
    known: watch::Sender<bool>,
    /// While it is true, interests that are new are not known, and are kept in `unheard`.
    slow: watch::Sender<bool>,
    unheard: Mutex<HashSet<Interest>>,
}

impl Registering {
    fn slow(&self, slow: bool) {
        if !slow {
            self.unheard.lock().unwrap().clear();
        }
        self.slow.send_replace(slow);
    }
}

impl Live for Registering {
    fn publish(&self, hint: Hint) {
        let is_unheard = hint.topic == Topic::Conversation
            && self.unheard.lock().unwrap().contains(&Interest::Conversation(hint.key));
        if *self.known.borrow() && !is_unheard {
            self.inner.publish(hint);
        }
    }

    fn subscribe(&self, topics: &[Topic]) -> Subscription {
        self.inner.subscribe(topics)
    }

    fn attend(&self, interest: Interest) {
        let is_new = self.attended.lock().unwrap().insert(interest);
        self.unbalanced.fetch_or(!is_new, Ordering::SeqCst);
        if *self.slow.borrow() {
            self.unheard.lock().unwrap().insert(interest);
        }
    }

    fn leave(&self, interest: Interest) {
        let was_there = self.attended.lock().unwrap().remove(&interest);
        self.unbalanced.fetch_or(!was_there, Ordering::SeqCst);
    }

    fn settled(&self) -> Option<BoxFuture<'static, ()>> {
        let (mut known, mut slow) = (self.known.subscribe(), self.slow.subscribe());
        let settled = async move {
            drop(known.wait_for(|known| *known).await);
            drop(slow.wait_for(|slow| !*slow).await);
        };
        Some(settled.boxed())
    }
}

/// No heartbeat comes to help.
fn without_heartbeats() -> MessagingSettings {
    MessagingSettings { heartbeat: Duration::from_secs(3_600), ..settings() }
}

fn conversation(id: &str) -> Interest {
    Interest::Conversation(id.parse().unwrap())
}

/// The people and conversations attended to; who is shown as present is another matter.
fn routed(live: &Registering) -> HashSet<Interest> {
    let attended = live.attended.lock().unwrap();
    attended.iter().filter(|one| matches!(one, Interest::Conversation(_) | Interest::Person(_))).copied().collect()
}

#[tokio::test]
async fn a_node_attends_to_the_people_and_conversations_it_has_sockets_for() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let live = Arc::new(Registering::default());
        live.known.send_replace(true);
        let node = Node::start_with(fresh, &world, without_heartbeats(), live.clone()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let with_ana = node.open(&ana, &ben).await;
        assert_eq!(routed(&live), HashSet::new(), "nobody is here");

        let phone = node.connect(&ben).await;
        let mut laptop = node.connect(&ben).await;
        let bens = HashSet::from([Interest::Person(ben.user().0), conversation(&with_ana)]);
        assert_eq!(routed(&live), bens);
        let anas_phone = node.connect(&ana).await;
        let with_eve = node.open(&eve, &ben).await;
        laptop.next_of("conversation").await;
        let is_all = async |expected: &HashSet<Interest>| (routed(&live) == *expected).then_some(());
        let more = [Interest::Person(ana.user().0), conversation(&with_eve)];
        let all = bens.iter().copied().chain(more).collect();
        eventually("the new conversation is attended to", PATIENCE, async || is_all(&all).await).await;

        drop(phone);
        drop(anas_phone);
        let bens = bens.into_iter().chain([conversation(&with_eve)]).collect();
        eventually("one of two devices is enough", PATIENCE, async || is_all(&bens).await).await;
        drop(laptop);
        eventually("nobody is here", PATIENCE, async || is_all(&HashSet::new()).await).await;
        assert!(!live.unbalanced.load(Ordering::SeqCst), "each is entered once and left once");
    })
    .await;
}

#[tokio::test]
async fn what_passed_by_before_others_knew_is_found_when_they_do() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let live = Arc::new(Registering::default());
        let node = Node::start_with(fresh, &world, without_heartbeats(), live.clone()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let with_ana = node.open(&ana, &ben).await;
        let mut client = node.connect(&ben).await;
        node.send(&ana, &with_ana, "c1", "unheard").await;
        let with_eve = node.open(&eve, &ben).await;
        node.send(&eve, &with_eve, "c2", "unheard, too").await;
        world.feed.add(ben.user());
        assert_eq!(client.ask(json!({ "type": "ping" })).await["type"], "ack");

        live.known.send_replace(true);
        let mut missing = HashSet::from(["unheard".to_owned(), "unheard, too".to_owned()]);
        let (mut told_of_eve, mut notified) = (false, false);
        while !missing.is_empty() || !told_of_eve || !notified {
            let frame = client.next().await;
            match frame["type"].as_str().unwrap() {
                "message" => assert!(missing.remove(frame["message"]["body"].as_str().unwrap()), "once: {frame}"),
                "conversation" => told_of_eve |= frame["conversation"]["id"] == with_eve.as_str(),
                "notification" => notified = true,
                other => panic!("{other}: {frame}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_first_messages_of_a_new_conversation_do_not_wait_for_a_heartbeat() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let live = Arc::new(Registering::default());
        live.known.send_replace(true);
        let node = Node::start_with(fresh, &world, without_heartbeats(), live.clone()).await;
        let (ana, ben) = (world.person().await, world.person().await);
        let mut client = node.connect(&ben).await;
        live.slow(true);
        let with_ana = node.open(&ana, &ben).await;
        client.next_of("conversation").await;
        // Whatever is done for a new conversation at once is over by then.
        for _ in 0..50 {
            client.ask(json!({ "type": "ping" })).await;
        }
        node.send(&ana, &with_ana, "c1", "hello").await;
        live.slow(false);
        assert_eq!(client.next_of("message").await["message"]["body"], "hello");
    })
    .await;
}
