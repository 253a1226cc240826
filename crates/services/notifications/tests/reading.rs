//! What is listed, what is read, and what is kept.

mod world;

use std::time::Duration;

use futures::future::join_all;
use village_db::transaction;
use village_kernel::Limit;
use village_live::{Received, Topic};
use village_notifications::{Outcome, Reason};
use village_ports::{NotificationChange, NotificationFeed, NotificationUpdate};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, hear};

fn shown(update: &NotificationUpdate) -> &serde_json::Value {
    match &update.change {
        NotificationChange::Shown(notification) => notification,
        NotificationChange::Removed(id) => panic!("{id} is gone"),
    }
}

#[tokio::test]
async fn read_marks_never_move_back_nor_past_the_newest() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(3).await);
        assert_eq!(world.notifications.mark_read(&ana, 9).await.unwrap().unread_count, 0);
        for person in &people {
            world.hear(&world.liked(world.post_of(&ana), person, &ana)).await;
        }
        // What changes the count is a change of its own, of the newest item that is read.
        for (read, seq, unread) in [(2, 4, 1), (1, 4, 1), (0, 4, 1), (i64::MAX, 5, 0), (i64::MAX, 5, 0), (2, 5, 0)] {
            let before = world.mark(&ana).await.0;
            let state = world.notifications.mark_read(&ana, read).await.unwrap();
            assert_eq!((state.seq, state.unread_count), (seq, unread), "{read}");
            let told = world.notifications.since(&ana, before, 10).await.unwrap();
            assert_eq!(told.len() as i64, seq - before, "{read}");
            assert!(told.iter().all(|update| update.seq == seq && shown(update)["read"] == true), "{read}");
        }
        world.hear(&world.liked(world.post_of(&ana), &people[0], &ana)).await;
        assert_eq!(world.mark(&ana).await, (6, 1), "what comes after is unread");
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn reading_while_events_arrive_keeps_the_count_exact() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(24).await);
        let mut work = Vec::new();
        for (number, person) in people.iter().enumerate() {
            let event = world.liked(world.post_of(&ana), person, &ana);
            let notifications = world.notifications.clone();
            work.push(tokio::spawn(async move {
                hear(&notifications, &event).await.unwrap();
                if number % 3 == 0 {
                    notifications.mark_read(&ana, number as i64).await.unwrap();
                }
            }));
        }
        for outcome in join_all(work).await {
            outcome.unwrap();
        }
        assert!(world.mark(&ana).await.0 >= 24, "one change for each, and for what was read");
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn what_may_not_be_seen_any_more_is_left_out_and_pages_are_filled_up() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, cleo, sus) =
            (world.person().await, world.person().await, world.person().await, world.person().await);
        let posts: Vec<_> = (0..6).map(|_| world.post_of(&ana)).collect();
        for post in &posts {
            world.hear(&world.liked(*post, &ben, &ana)).await;
        }
        world.hear(&world.liked(posts[0], &cleo, &ana)).await;
        world.hear(&world.followed(&sus, &ana)).await;
        world.known().hidden.insert((posts[5], ana.user));
        world.suspend(&sus).await;
        let posts_of = |items: &[village_notifications::Notification]| {
            items.iter().map(|item| item.post.as_ref().map(|post| post.id)).collect::<Vec<_>>()
        };
        let first = world.notifications.list(&ana, None, Limit::new(2).unwrap()).await.unwrap();
        assert_eq!(posts_of(&first.items), [Some(posts[0]), Some(posts[4])]);
        let cursor = village_kernel::Cursor::<i64>::decode(&first.next.unwrap()).unwrap().0;
        let second = world.notifications.list(&ana, Some(cursor), Limit::new(10).unwrap()).await.unwrap();
        assert_eq!(posts_of(&second.items), [Some(posts[3]), Some(posts[2]), Some(posts[1])]);
        assert_eq!(second.next, None);

        world.block(&ana, &ben).await;
        let list = world.list(&ana).await;
        assert_eq!(posts_of(&list), [Some(posts[0])], "an item stays while one of its people may be shown");
        assert_eq!((list[0].actor_count, list[0].actors.len(), list[0].actors[0].id), (1, 1, cleo.user));
    })
    .await;
}

#[tokio::test]
async fn pages_of_notifications_and_decisions_hold_each_once_without_a_question_per_item() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(7).await);
        for person in &people {
            world.hear(&world.liked(world.post_of(&ana), person, &ana)).await;
        }
        let (mut seqs, mut before) = (Vec::new(), None);
        loop {
            let page = world.notifications.list(&ana, before, Limit::new(3).unwrap()).await.unwrap();
            seqs.extend(page.items.iter().map(|item| item.seq));
            let Some(next) = page.next else { break };
            before = Some(village_kernel::Cursor::<i64>::decode(&next).unwrap().0);
        }
        assert_eq!(seqs, [7, 6, 5, 4, 3, 2, 1]);
        let (mut events, mut before) = (Vec::new(), None);
        loop {
            let page = world.notifications.decisions(&ana, before, Limit::new(3).unwrap()).await.unwrap();
            events.extend(page.items.iter().map(|item| item.event_id));
            let Some(next) = page.next else { break };
            before = Some(village_kernel::Cursor::decode(&next).unwrap().0);
        }
        assert_eq!(events.len(), 7);
        assert!(events.windows(2).all(|pair| pair[0] > pair[1]));
        world.known().questions = 0;
        world.list(&ana).await;
        assert_eq!(world.known().questions, 2);
    })
    .await;
}

#[tokio::test]
async fn what_changed_since_is_the_same_json_as_the_list_and_is_announced() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(3).await);
        let mut hints = fresh.live.subscribe(&Topic::ALL);
        for person in &people {
            world.hear(&world.liked(world.post_of(&ana), person, &ana)).await;
        }
        for seq in 1..=3 {
            let Some(Received::Hint(hint)) = hints.next().await else { panic!("no hint") };
            assert_eq!((hint.topic, hint.key, hint.mark), (Topic::Notification, ana.user.0, seq));
        }
        let mut list: Vec<_> = world.list(&ana).await.iter().map(|item| serde_json::to_value(item).unwrap()).collect();
        list.reverse();
        let since = world.notifications.since(&ana, 1, 10).await.unwrap();
        assert_eq!(since.iter().map(|update| update.seq).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(since.iter().map(|update| shown(update).clone()).collect::<Vec<_>>(), list[1..]);
        assert_eq!(world.notifications.since(&ana, 0, 2).await.unwrap().len(), 2);
        assert!(world.notifications.since(&people[0], 0, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_person_keeps_500_notifications_and_the_ledger_30_days() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, cleo) = (world.person().await, world.person().await, world.person().await);
        let posts: Vec<_> = (0..503).map(|_| world.post_of(&ana)).collect();
        for (position, post) in posts.iter().enumerate() {
            world.hear(&world.liked(*post, &ben, &ana)).await;
            // Of two people, rows say who they are; of one, the item does.
            if [0, 502].contains(&position) {
                world.hear(&world.liked(*post, &cleo, &ana)).await;
            }
        }
        let (items, decisions, actors) = world.snapshot().await;
        assert_eq!((items.len(), decisions, actors), (500, 505, 2), "the actors of the first went with it");
        assert_eq!(items[0].2, 5, "the oldest went");
        assert_eq!(world.mark(&ana).await, (505, 500));
        world.assert_exact(&ana).await;

        fresh.clock.advance(Duration::from_secs(29 * 24 * 3600));
        world.hear(&world.liked(world.post_of(&ana), &ben, &ana)).await;
        assert_eq!(world.notifications.sweep().await.unwrap(), 0);
        fresh.clock.advance(Duration::from_secs(24 * 3600 + 1));
        assert_eq!(world.notifications.sweep().await.unwrap(), 505);
        assert_eq!(world.decisions(&ana).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_that_is_read_takes_its_notification_with_it_and_no_other() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        let (conversation, other) = (world.conversation(&[&ana, &ben]), world.conversation(&[&ana, &ben]));
        let read = async |conversation| {
            transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> {
                world.notifications.conversation_read(tx, ana.user, conversation).await
            })
            .unwrap();
        };
        read(conversation).await;
        assert_eq!(world.mark(&ana).await, (0, 0), "nothing to read is no change");
        world.hear(&world.message(conversation, &ben, 1)).await;
        world.hear(&world.message(other, &ben, 1)).await;
        world.hear(&world.followed(&ben, &ana)).await;
        let mut hints = fresh.live.subscribe(&Topic::ALL);
        read(conversation).await;
        assert_eq!(world.mark(&ana).await, (4, 2));
        let Some(Received::Hint(hint)) = hints.next().await else { panic!("a hint") };
        assert_eq!((hint.topic, hint.mark), (Topic::Notification, 4));
        let reads: Vec<bool> = world.list(&ana).await.iter().map(|one| one.read).collect();
        assert_eq!(reads, [false, false, true], "each stays in its place");
        // Other devices hear of it as the newest change.
        let updates = world.notifications.since(&ana, 3, 100).await.unwrap();
        assert_eq!((updates.len(), updates[0].seq), (1, 4));
        assert_eq!(shown(&updates[0])["read"], true);
        read(conversation).await;
        assert_eq!(world.mark(&ana).await, (4, 2), "again");
        world.assert_exact(&ana).await;

        // The next message makes a new one in place of the read one.
        world.hear(&world.message(conversation, &ben, 2)).await;
        assert_eq!(world.mark(&ana).await, (5, 3));
        assert_eq!(world.list(&ana).await.len(), 3);
        // What was read between being asked whom to tell and telling them is not told.
        read(other).await;
        world.known().read_meanwhile.insert((other, ana.user));
        world.hear(&world.message(other, &ben, 2)).await;
        assert_eq!(world.last_decision(&ana).await, (Outcome::Skipped, Reason::AlreadyRead));
        assert_eq!(world.mark(&ana).await, (6, 2));
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn whoever_answers_has_read_what_they_were_told_unless_there_is_more() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = world.conversation(&[&ana, &ben]);
        world.hear(&world.message(conversation, &ben, 1)).await;
        // Ben wrote again before her answer was heard of.
        world.known().unread.insert((conversation, ana.user));
        let answer = world.message(conversation, &ana, 2);
        world.hear(&answer).await;
        assert_eq!(world.mark(&ana).await, (1, 1));
        world.known().unread.clear();
        world.hear(&answer).await;
        assert_eq!(world.mark(&ana).await, (2, 0));
        world.assert_exact(&ana).await;
    })
    .await;
}
