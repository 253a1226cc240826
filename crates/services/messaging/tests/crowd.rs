//! Rooms so full that deliveries wait for each other.

mod support;

use futures::future::join_all;
use serde_json::json;
use support::{Client, Device, Node, World, settings};
use village_testkit::{Fresh, on_both_engines};

const PEOPLE: usize = 80;
const WRITERS: usize = 4;
const EACH: usize = 10;

/// A group whose people are all connected to one node.
struct Crowd {
    node: Node,
    people: Vec<Device>,
    group: String,
    clients: Vec<Client>,
}

impl Crowd {
    async fn gather(fresh: &Fresh) -> Self {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let people: Vec<Device> = join_all((0..PEOPLE).map(|_| world.person())).await;
        let group = world.group(&fresh.db, &people.iter().collect::<Vec<_>>()).await;
        let clients = join_all(people.iter().map(|device| node.connect(device))).await;
        Self { node, people, group, clients }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_close_together_comes_whole_in_order_and_once() {
    on_both_engines(async |fresh: &Fresh| {
        let Crowd { node, people, group, mut clients } = Crowd::gather(fresh).await;
        let writing = people[..WRITERS].iter().enumerate().map(|(writer, device)| {
            let (node, group) = (&node, &group);
            async move {
                for number in 0..EACH {
                    node.send(device, group, &format!("{writer}-{number}"), "hello").await;
                }
            }
        });
        join_all(writing).await;
        let last = node.shown(&people[0], &group).await["last_seq"].as_i64().unwrap();
        for client in &mut clients {
            let mut before = None;
            loop {
                let frame = client.next_of("message").await;
                assert!(before.is_none_or(|before| frame["prev_seq"] == json!(before)), "after {before:?}: {frame}");
                before = frame["seq"].as_i64();
                if before == Some(last) {
                    break;
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_while_a_message_waits_to_be_handed_out_comes_with_it() {
    on_both_engines(async |fresh: &Fresh| {
        let Crowd { node, people, group, mut clients } = Crowd::gather(fresh).await;
        let ana = &people[0];
        let first = node.send(ana, &group, "first", "hello").await;
        // The node has just written the one and has to read the other, in either order.
        for round in 0..10 {
            let round = round.to_string();
            let (message, (status, edited)) =
                tokio::join!(node.send(ana, &group, &round, "and"), node.edit(ana, &group, &first, &round));
            assert_eq!(status, 200, "{edited}");
            let last = message["seq"].as_i64().max(edited["changed_seq"].as_i64());
            while clients[1].next_of("message").await["seq"].as_i64() < last {}
        }
    })
    .await;
}
