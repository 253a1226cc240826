//! Who hears what, who is present, and for how long.

use std::collections::HashSet;
use std::time::Duration;

use village_live::{Hint, Interest, Live, Topic};
use village_testkit::{FaultProxy, RedisServer, eventually};

use crate::{Node, PATIENCE, id, marker, message};

#[tokio::test]
async fn a_hint_reaches_only_the_nodes_that_attend_to_it() {
    let server = RedisServer::start().await;
    let mut sender = Node::start(&server.url()).await;
    let mut concerned = Node::start(&server.url()).await;
    let mut idle = Node::start(&server.url()).await;
    concerned.attend([Interest::Conversation(id(1)), Interest::Person(id(2)), Interest::Watch(id(3))]).await;
    // The same ids, as something else.
    idle.attend([Interest::Conversation(id(2)), Interest::Person(id(1)), Interest::Present(id(3))]).await;

    let targeted = [
        message(1, 7),
        Hint::new(Topic::ReadMark, id(1)).other(id(2)).mark(7),
        Hint::new(Topic::Typing, id(1)).other(id(2)),
        Hint::new(Topic::Membership, id(2)).mark(3),
        Hint::new(Topic::Notification, id(2)).mark(4),
        Hint::new(Topic::Presence, id(3)).mark(1),
    ];
    for hint in targeted {
        sender.publish_locally(hint);
    }
    for hint in targeted {
        concerned.expect(hint).await;
    }
    // Had anything been sent to it, it would have come before what is for all; and its own comes back to nobody.
    sender.publish_locally(marker(1));
    concerned.expect(marker(1)).await;
    idle.expect(marker(1)).await;
    idle.publish_locally(marker(2));
    concerned.expect(marker(2)).await;
    sender.expect(marker(2)).await;

    // Whoever leaves hears no more.
    concerned.live.leave(Interest::Conversation(id(1)));
    let forgotten = async || (server.command(&["EXISTS", &key("conversation", 1)]).await == ":0").then_some(());
    eventually("the entry is gone", PATIENCE, forgotten).await;
    sender.publish_locally(message(1, 8));
    sender.publish_locally(marker(3));
    concerned.expect(marker(3)).await;
    idle.expect(marker(3)).await;
}

fn key(kind: &str, n: u128) -> String {
    format!("village:{kind}:{}", id(n).simple())
}

#[tokio::test]
async fn presence_is_known_across_nodes_and_ends_with_them() {
    let server = RedisServer::start().await;
    let asking = Node::start(&server.url()).await;
    let (one, other) = (Node::start(&server.url()).await, Node::start(&server.url()).await);
    let people = [id(1), id(2), id(3)];
    let present = async || asking.live.present(&people).await;
    assert_eq!(present().await, Some(HashSet::new()));
    one.attend([Interest::Present(id(1)), Interest::Person(id(3))]).await;
    other.attend([Interest::Present(id(1)), Interest::Present(id(2))]).await;
    assert_eq!(present().await, Some(HashSet::from([id(1), id(2)])), "three is connected, and not shown");

    other.leave().await;
    assert_eq!(present().await, Some(HashSet::from([id(1)])), "who stops takes its people along");
    asking.live.attend(Interest::Present(id(3)));
    assert!(present().await.unwrap().contains(&id(3)), "who is here is known here at once");
}

#[tokio::test]
async fn a_dead_node_counts_for_nothing_once_its_lease_ends() {
    let server = RedisServer::start().await;
    let proxy = FaultProxy::start(server.address()).await;
    let asking = Node::start(&server.url()).await;
    let dying = Node::with(&format!("redis://{}", proxy.address()), |config| {
        config.lease = Duration::from_secs(2);
        // It notices nothing.
        config.ping_every = Duration::from_secs(600);
        config.command_timeout = Duration::from_secs(600);
    })
    .await;
    dying.attend([Interest::Present(id(1)), Interest::Conversation(id(2))]).await;
    assert_eq!(asking.live.present(&[id(1)]).await, Some(HashSet::from([id(1)])));
    proxy.stall();
    let gone = async || (asking.live.present(&[id(1)]).await == Some(HashSet::new())).then_some(());
    eventually("its people are gone", PATIENCE, gone).await;
    assert_eq!(server.command(&["EXISTS", &key("present", 1)]).await, ":1", "the entry itself expires later");
    let expiry: i64 = server.command(&["PTTL", &key("conversation", 2)]).await[1..].parse().unwrap();
    assert!(expiry > 0, "{expiry}");
}

#[tokio::test]
async fn interests_are_renewed_before_they_expire() {
    let server = RedisServer::start().await;
    let sender = Node::start(&server.url()).await;
    let mut node = Node::with(&server.url(), |config| config.interest_expiry = Duration::from_secs(3)).await;
    // More than are announced together.
    node.attend((1..=1_200).map(|n| Interest::Conversation(id(n)))).await;
    node.live.leave(Interest::Conversation(id(1_200)));
    let started = std::time::Instant::now();
    let outlived = async || (started.elapsed() > Duration::from_secs(4)).then_some(());
    eventually("the first expiry is over", PATIENCE, outlived).await;
    for n in [1, 600, 1_199] {
        sender.live.publish(message(n, 1));
        node.expect(message(n, 1)).await;
    }
    assert_eq!(server.command(&["EXISTS", &key("conversation", 1_200)]).await, ":0", "what was left is not renewed");
}

#[tokio::test]
async fn who_leaves_leaves_nothing_behind_and_says_its_last_word() {
    let server = RedisServer::start().await;
    let mut stays = Node::start(&server.url()).await;
    let leaves = Node::start(&server.url()).await;
    leaves.attend((1..=700).map(|n| Interest::Person(id(n)))).await;
    leaves.live.publish(marker(1));
    leaves.leave().await;
    stays.expect(marker(1)).await;
    assert_eq!(server.command(&["DBSIZE"]).await, ":1", "only the list with the node that stays");
    assert_eq!(server.command(&["ZCARD", "village:nodes"]).await, ":1");
}

#[tokio::test]
async fn communities_that_share_a_redis_do_not_hear_each_other() {
    let server = RedisServer::start().await;
    let ours = Node::start(&server.url()).await;
    let mut theirs = Node::with(&server.url(), |config| config.prefix = "elsewhere".to_owned()).await;
    theirs.attend([Interest::Conversation(id(1)), Interest::Present(id(1))]).await;
    ours.live.publish(message(1, 1));
    ours.live.publish(marker(1));
    assert_eq!(ours.live.present(&[id(1)]).await, Some(HashSet::new()));
    let friend = Node::with(&server.url(), |config| config.prefix = "elsewhere".to_owned()).await;
    friend.live.publish(marker(2));
    theirs.expect(marker(2)).await;
}
