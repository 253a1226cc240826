//! Whom other services are told to tell of a message.

mod support;

use std::time::Duration;

use serde_json::json;
use support::{Device, Node, World, settings};
use village_kernel::ConversationId;
use village_ports::{Attention, ConversationAccess, SentMessage};
use village_testkit::{Fresh, on_both_engines};

#[tokio::test]
async fn each_member_but_the_sender_is_told_unless_there_is_a_reason_not_to() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve, tom) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let (zoe, mia, leo) = (world.person().await, world.stranger().await, world.person().await);
        let group = node.group(&ana, &[&ben, &eve, &tom, &zoe, &mia, &leo]).await;
        let wishes = format!("/conversations/{group}/settings");
        let soon = fresh_time(fresh, 600);
        node.put(&eve, &wishes, json!({"muted_until": soon})).await;
        node.put(&tom, &wishes, json!({"notify": "none"})).await;
        node.put(&zoe, &wishes, json!({"notify": "mentions"})).await;
        node.remove(&leo, &group, leo.user()).await;
        let seq = node.send(&ana, &group, "c1", "hello").await["seq"].as_i64().unwrap();
        node.put(&ben, &format!("/conversations/{group}/read"), json!({"seq": seq})).await;
        let id: ConversationId = group.parse().unwrap();
        let participants = node.messaging.participants();
        let told = async |seq: i64, sender: &Device| {
            let history = node.history(sender, &group).await;
            let message = history.iter().find(|message| message["seq"] == seq).unwrap();
            let message = message["id"].as_str().unwrap().parse().unwrap();
            let sent = SentMessage { conversation: id, message, seq, sender: sender.user() };
            participants.to_notify(&[sent]).await.unwrap().pop().unwrap()
        };
        let mut expected = vec![
            (ben.user(), Attention::AlreadyRead),
            (eve.user(), Attention::Muted),
            (tom.user(), Attention::Muted),
            (zoe.user(), Attention::OnlyMentions),
            (mia.user(), Attention::Request),
        ];
        expected.sort_by_key(|(user, _)| *user);
        assert_eq!(told(seq, &ana).await, expected);

        // Later, the next one: muting has ended, what was read was another, and who joins now could not see it.
        fresh.clock.advance(Duration::from_secs(601));
        let seq = node.send(&tom, &group, "c2", "anybody?").await["seq"].as_i64().unwrap();
        let late = world.person().await;
        node.add(&ana, &group, &[&late]).await;
        let mut expected = vec![
            (ana.user(), Attention::Wanted),
            (ben.user(), Attention::Wanted),
            (eve.user(), Attention::Wanted),
            (zoe.user(), Attention::OnlyMentions),
            (mia.user(), Attention::Request),
        ];
        expected.sort_by_key(|(user, _)| *user);
        assert_eq!(told(seq, &tom).await, expected);
        // Deleted before anybody was told: nobody is.
        let history = node.history(&tom, &group).await;
        let message = history.iter().find(|message| message["seq"] == seq).unwrap();
        let path = format!("/conversations/{group}/messages/{}", message["id"].as_str().unwrap());
        assert_eq!(node.delete(&tom, &path).await.0, 200);
        assert_eq!(told(seq, &tom).await, []);
    })
    .await;
}

fn fresh_time(fresh: &Fresh, seconds: i64) -> serde_json::Value {
    use village_kernel::Clock;
    json!(fresh.clock.now().plus_secs(seconds))
}
