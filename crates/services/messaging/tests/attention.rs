//! Whom other services are told to tell of a message.

mod support;

use std::time::Duration;

use serde_json::json;
use support::{Device, Node, World, settings};
use village_db::transaction;
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

#[tokio::test]
async fn what_is_left_of_what_somebody_said_and_who_can_still_see_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let node = Node::start(fresh, &world, settings()).await;
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        world.people.call(ben.user(), "ben").await;
        let group = node.group(&ana, &[&ben, &eve]).await;
        node.put(&ben, &format!("/conversations/{group}/settings"), json!({"notify": "mentions"})).await;
        let first = node.send(&ana, &group, "c1", "hello").await;
        let second = node.send(&ana, &group, "c2", "hello, @ben").await;
        let seqs = [first["seq"].as_i64().unwrap(), second["seq"].as_i64().unwrap()];
        let late = world.person().await;
        node.add(&ana, &group, &[&late]).await;
        node.remove(&eve, &group, eve.user()).await;
        let id: ConversationId = group.parse().unwrap();
        let participants = node.messaging.participants();
        let everybody = [ana.user(), ben.user(), eve.user(), late.user()];
        let pairs = everybody.map(|user| (user, id));
        let first_seen = async || {
            let rows = participants.taking_part(&pairs).await.unwrap();
            everybody.map(|user| rows.iter().find(|(member, ..)| *member == user).map(|(.., seq)| *seq))
        };
        let [of_ana, of_ben, of_eve, of_late] = first_seen().await;
        assert!(of_ana <= of_ben && of_ben <= Some(seqs[0]) && of_late > Some(seqs[1]));
        assert_eq!(of_eve, None, "who has left sees nothing new");
        assert_eq!(participants.members(id).await.unwrap().len(), 3);

        let message = |index: usize| SentMessage {
            conversation: id,
            message: [&first, &second][index]["id"].as_str().unwrap().parse().unwrap(),
            seq: seqs[index],
            sender: ana.user(),
        };
        let ask = async || {
            transaction!(&fresh.db, |tx| -> Result<_, village_db::Error> {
                let standing = participants.standing(tx, id, ana.user(), seqs[0], &everybody).await?;
                let mentioned = [
                    participants.mentioned_among(tx, &message(0), &everybody).await?,
                    participants.mentioned_among(tx, &message(1), &everybody).await?,
                ];
                Ok((standing, mentioned))
            })
            .unwrap()
        };
        let (standing, mentioned) = ask().await;
        let said: Vec<_> = standing.messages.iter().map(|one| (one.created_seq, one.mentions.clone())).collect();
        assert_eq!(said, [(seqs[0], Vec::new()), (seqs[1], vec![ben.user()])]);
        assert!(!standing.is_cut);
        assert_eq!(standing.only_mentions.into_iter().collect::<Vec<_>>(), [ben.user()]);
        assert_eq!(mentioned, [Some(Vec::new()), Some(vec![ben.user()])]);

        let path = format!("/conversations/{group}/messages/{}", first["id"].as_str().unwrap());
        assert_eq!(node.delete(&ana, &path).await.0, 200);
        let (standing, mentioned) = ask().await;
        assert_eq!(standing.messages.len(), 1);
        assert_eq!(mentioned, [None, Some(vec![ben.user()])]);
        // What has ended nobody sees any more.
        world.expire(&fresh.db, &group, seqs[1]).await;
        assert_eq!(first_seen().await[..2], [Some(seqs[1] + 1); 2]);
        assert_eq!(first_seen().await[3], of_late);
    })
    .await;
}

fn fresh_time(fresh: &Fresh, seconds: i64) -> serde_json::Value {
    use village_kernel::Clock;
    json!(fresh.clock.now().plus_secs(seconds))
}
