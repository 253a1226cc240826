//! A person who is invited to a channel is told of it and finds it, until they have answered; nobody else is.

use serde_json::{Value, json};
use village_testkit::{Person, Socket, text};

use crate::support::{Village, eventually, on_both_engines};

/// A private channel of `owner`.
async fn channel(owner: &Person, slug: &str) -> Value {
    let channel = json!({ "slug": slug, "name": "Night shift", "visibility": "private" });
    let (status, channel) = owner.post("/channels", &channel).await;
    assert_eq!(status, 201, "{channel}");
    channel
}

fn path(channel: &Value, what: &str) -> String {
    format!("/channels/{}/{what}", channel["id"].as_str().unwrap())
}

async fn invite(owner: &Person, channel: &Value, person: &Person) -> u16 {
    owner.put(&path(channel, &format!("invitations/{}", person.id)), &Value::Null).await.0
}

async fn withdraw(owner: &Person, channel: &Value, person: &Person) -> u16 {
    owner.delete(&path(channel, &format!("invitations/{}", person.id))).await.0
}

async fn invitations(person: &Person) -> Vec<Value> {
    let (status, page) = person.get("/channels/invitations").await;
    assert_eq!((status, &page["next"]), (200, &Value::Null), "{page}");
    page["items"].as_array().unwrap().clone()
}

/// The list and its number are two reads: what is told between them is read again.
async fn notified(person: &Person) -> Vec<Value> {
    loop {
        let before = person.get("/notifications/state").await.1;
        let (status, page) = person.get("/notifications?limit=100").await;
        assert_eq!(status, 200, "{page}");
        if person.get("/notifications/state").await.1 != before {
            continue;
        }
        let items = page["items"].as_array().unwrap();
        let items: Vec<Value> = items.iter().filter(|item| item["kind"] == "channel_invited").cloned().collect();
        let unread = items.iter().filter(|item| item["read"] == false).count();
        assert_eq!(before["unread_count"], unread, "these people are told of nothing else");
        return items;
    }
}

async fn reasons(person: &Person) -> Vec<Value> {
    let (_, page) = person.get("/notifications/decisions?limit=100").await;
    page["items"].as_array().unwrap().iter().map(|decision| decision["reason"].clone()).collect()
}

/// The next change of a notification, or of its being gone.
async fn told(socket: &mut Socket) -> Value {
    socket
        .next("a change of a notification", |frame| {
            matches!(frame["type"].as_str(), Some("notification" | "notification_removed"))
        })
        .await
}

#[tokio::test]
async fn an_invitation_is_told_at_once_and_leaves_with_every_answer() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let ben = village.join("ben").await;
        let (mut phone, welcome) = Socket::open(&ben).await;
        let before = welcome["notification_seq"].as_i64().unwrap();
        let night = channel(&ana, "night-shift").await;
        for round in 0..3 {
            assert_eq!(invite(&ana, &night, &ben).await, 204);
            let new = told(&mut phone).await;
            let notification = &new["notification"];
            assert_eq!((&notification["kind"], &new["unread_count"]), (&json!("channel_invited"), &json!(1)), "{new}");
            assert_eq!(notification["actors"][0]["handle"], "ana");
            assert_eq!(notification["channel"]["name"], "Night shift");
            assert_eq!(notification["channel"]["slug"], night["slug"]);
            // Invited twice is one invitation.
            assert_eq!(invite(&ana, &night, &ben).await, 204);
            let listed = invitations(&ben).await;
            assert_eq!(listed.len(), 1);
            assert_eq!(
                (&listed[0]["invited_by"]["handle"], &listed[0]["channel"]["membership"]),
                (&json!("ana"), &json!("invited"))
            );
            assert!(listed[0]["invited_at"].is_string());
            assert_eq!(notified(&ben).await.len(), 1);
            // In the last round it is read before it is answered.
            if round == 2 {
                let seq = &new["notification_seq"];
                assert_eq!(ben.put("/notifications/read", &json!({ "seq": seq })).await.1["unread_count"], 0);
                assert_eq!(told(&mut phone).await["type"], "notification");
            }
            let status = match round {
                0 => withdraw(&ana, &night, &ben).await,
                1 => ben.delete(&path(&night, "membership")).await.0,
                _ => ben.put(&path(&night, "membership"), &Value::Null).await.0,
            };
            assert_eq!(status, if round == 2 { 200 } else { 204 });
            let gone = told(&mut phone).await;
            assert_eq!((&gone["type"], &gone["unread_count"]), (&json!("notification_removed"), &json!(0)), "{gone}");
            assert_eq!(text(&gone, "/notification_id"), text(&new, "/notification/id"));
            assert!(invitations(&ben).await.is_empty() && notified(&ben).await.is_empty());
            let known = ben.get(&path(&night, "")[..path(&night, "").len() - 1]).await.0;
            assert_eq!(known, if round == 2 { 200 } else { 404 }, "declined and withdrawn look alike");
        }
        assert_eq!(reasons(&ben).await, vec![json!("invited_you"); 3]);
        // A device that was away hears the same.
        let mut tablet = Socket::connect(village.base()).await;
        let hello = json!({
            "type": "hello", "token": ben.token(), "resume": { "conversations": {}, "notification_seq": before }
        });
        tablet.request(hello).await.unwrap();
        for _ in 0..3 {
            assert_eq!(told(&mut tablet).await["type"], "notification_removed");
        }
    })
    .await;
}

#[tokio::test]
async fn only_the_invited_person_hears_of_an_invitation_and_only_who_wants_to() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let [ben, eve, cleo] = [village.join("ben").await, village.join("eve").await, village.join("cleo").await];
        let night = channel(&ana, "night-shift").await;
        let mut wanted = eve.get("/notifications/preferences").await.1;
        assert_eq!(wanted["channel_invited"], true, "on unless one says otherwise");
        wanted["channel_invited"] = json!(false);
        assert_eq!(eve.put("/notifications/preferences", &wanted).await, (200, wanted.clone()));
        for person in [&eve, &ben] {
            assert_eq!(invite(&ana, &night, person).await, 204);
        }
        eventually("Ben is told", async || notified(&ben).await.len() == 1).await;
        eventually("it is decided for Eve", async || reasons(&eve).await == ["preference_off"]).await;
        assert!(notified(&eve).await.is_empty());
        assert_eq!(invitations(&eve).await.len(), 1, "it waits all the same");
        for nobody in [&cleo, &ana] {
            assert!(invitations(nobody).await.is_empty() && notified(nobody).await.is_empty());
        }
        // Only the owner invites, and only to what they own; a member is not invited.
        assert_eq!(invite(&ben, &night, &cleo).await, 403);
        assert_eq!(invite(&cleo, &night, &ben).await, 404);
        assert_eq!(ben.put(&path(&night, "membership"), &Value::Null).await.0, 200);
        eventually("what was answered is gone", async || notified(&ben).await.is_empty()).await;
        assert_eq!(invite(&ana, &night, &ben).await, 204);
        assert!(invitations(&ben).await.is_empty());
        assert_eq!(reasons(&ben).await, ["invited_you"], "and is told nothing");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_across_a_block_or_of_a_suspended_owner_is_as_if_it_were_withdrawn() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let (mia, ben) = (village.join("mia").await, village.join("ben").await);
        let night = channel(&mia, "night-shift").await;
        assert_eq!(invite(&mia, &night, &ben).await, 204);
        eventually("Ben is told", async || notified(&ben).await.len() == 1).await;
        let (mut phone, _) = Socket::open(&ben).await;
        let membership = path(&night, "membership");
        let is_there = async |expected: usize| {
            assert_eq!((invitations(&ben).await.len(), notified(&ben).await.len()), (expected, expected));
            let (_, page) = ben.get("/channels").await;
            assert_eq!(page["items"].as_array().unwrap().len(), expected);
            // A client that was away is told no name.
            let mut tablet = Socket::connect(village.base()).await;
            let resume = json!({ "conversations": {}, "notification_seq": 0 });
            tablet.request(json!({ "type": "hello", "token": ben.token(), "resume": resume })).await.unwrap();
            let kind = if expected == 1 { "notification" } else { "notification_removed" };
            assert_eq!(told(&mut tablet).await["type"], kind);
        };
        for (blocker, blocked) in [(&mia, &ben), (&ben, &mia)] {
            let block = format!("/users/{}/block", blocked.id);
            assert_eq!(blocker.put(&block, &Value::Null).await.0, 200);
            is_there(0).await;
            assert_eq!(ben.put(&membership, &Value::Null).await.0, 404);
            assert_eq!(ben.delete(&membership).await.0, 404);
            // Nobody is invited across it, as nobody who does not exist is.
            let other = channel(&mia, "another").await;
            assert_eq!(invite(&mia, &other, &ben).await, 404);
            assert_eq!(blocker.delete(&block).await.0, 200);
            is_there(1).await;
        }
        village.suspend(&mia).await;
        is_there(0).await;
        assert_eq!(ben.put(&membership, &Value::Null).await.0, 404);
        village.reinstate(&mia).await;
        is_there(1).await;
        // Withdrawn while a block stands: nothing comes back with its end.
        let mia = mia.log_in().await;
        assert_eq!(mia.put(&format!("/users/{}/block", ben.id), &Value::Null).await.0, 200);
        assert_eq!(withdraw(&mia, &night, &ben).await, 204);
        assert_eq!(told(&mut phone).await["type"], "notification_removed");
        assert_eq!(mia.delete(&format!("/users/{}/block", ben.id)).await.0, 200);
        assert!(invitations(&ben).await.is_empty() && notified(&ben).await.is_empty());
        assert_eq!(reasons(&ben).await, ["invited_you"]);
        drop(ana);
    })
    .await;
}
