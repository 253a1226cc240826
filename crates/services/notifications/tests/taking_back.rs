//! Undoing an act undoes its notification, in whatever order and however often it is heard of.

mod world;

use std::time::Duration;

use futures::future::join_all;
use village_events::CloudEvent;
use village_kernel::Viewer;
use village_notifications::{Notification, Outcome, Reason};
use village_ports::{Attention, NotificationChange, NotificationFeed};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, hear};

type Act<'a> = &'a dyn Fn() -> CloudEvent;

/// Who is named, and how many took part.
fn cast(item: &Notification) -> (Vec<village_kernel::UserId>, i64) {
    (item.actors.iter().map(|actor| actor.id).collect(), item.actor_count)
}

fn ids(people: &[&Viewer]) -> Vec<village_kernel::UserId> {
    people.iter().map(|person| person.user).collect()
}

#[tokio::test]
async fn an_item_with_nothing_else_goes_and_its_devices_hear_of_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        let post = world.post_of(&ana);
        let talk = world.conversation(&[&ana, &ben]);
        let channel = world.channel();
        let acts: [(Act, Act); 5] = [
            (&|| world.liked(post, &ben, &ana), &|| world.unlike(post, &ben, &ana)),
            (&|| world.commented(post, &ben, &ana).1, &|| {
                let comment = world.known().comments.last().unwrap().2;
                world.delete_comment(post, comment, &ben, &ana)
            }),
            (&|| world.followed(&ben, &ana), &|| world.unfollow(&ben, &ana)),
            (&|| world.message(talk, &ben, 1), &|| world.delete_message(talk, 1)),
            (&|| world.invited(channel, &ben, &ana), &|| world.end_invitation(channel, &ben, &ana)),
        ];
        let mut seq = 0;
        for (act, undo) in acts {
            world.hear(&act()).await;
            let id = world.list(&ana).await[0].id;
            let undone = undo();
            world.hear(&undone).await;
            seq += 2;
            assert!(world.list(&ana).await.is_empty());
            assert_eq!(world.mark(&ana).await, (seq, 0));
            let update = world.notifications.since(&ana, seq - 1, 10).await.unwrap().pop().unwrap();
            assert_eq!((update.seq, update.change), (seq, NotificationChange::Removed(id)));
            world.hear(&undone).await;
            assert_eq!(world.mark(&ana).await, (seq, 0), "again changes nothing");
            world.assert_exact(&ana).await;
        }
        let updates = world.notifications.since(&ana, 0, 10).await.unwrap();
        assert_eq!(updates.iter().map(|update| update.seq).collect::<Vec<_>>(), [2, 4, 6, 8, 10]);
    })
    .await;
}

#[tokio::test]
async fn what_was_taken_back_before_it_is_heard_of_is_not_told_and_finds_its_decision() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        world.known().audience.insert(ana.user);
        let (post, bens) = (world.post_of(&ana), world.post_of(&ben));
        let talk = world.conversation(&[&ana, &ben]);
        let liked = world.liked(post, &ben, &ana);
        let (comment, commented) = world.commented(post, &ben, &ana);
        let followed = world.followed(&ben, &ana);
        let sent = world.message(talk, &ben, 1);
        let published = world.published(bens, &ben);
        let channel = world.channel();
        let invited = world.invited(channel, &ben, &ana);
        let undone = [
            world.unlike(post, &ben, &ana),
            world.delete_comment(post, comment, &ben, &ana),
            world.unfollow(&ben, &ana),
            world.delete_message(talk, 1),
            world.delete_post(bens, &ben),
            world.end_invitation(channel, &ben, &ana),
        ];
        for event in undone.iter().chain([&liked, &commented, &followed, &sent, &published, &invited]).chain(&undone) {
            world.hear(event).await;
        }
        assert!(world.list(&ana).await.is_empty());
        assert_eq!(world.mark(&ana).await, (0, 0));
        assert!(world.known().enqueued.is_empty(), "no channel is given it either");
        let reasons: Vec<_> = world.decisions(&ana).await.iter().map(|one| (one.outcome, one.reason)).collect();
        assert!(reasons.iter().all(|one| *one == (Outcome::Skipped, Reason::NotVisible)), "{reasons:?}");
        // Given again, the like is announced no more, and the event that comes again finds its decision.
        world.like_again(post, &ben);
        world.hear(&liked).await;
        assert_eq!(world.mark(&ana).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn an_item_with_others_loses_the_actor_stays_in_its_place_and_as_read_as_it_was() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(5).await);
        let post = world.post_of(&ana);
        for person in &people {
            world.hear(&world.liked(post, person, &ana)).await;
            fresh.clock.advance(Duration::from_secs(60));
        }
        world.hear(&world.followed(&people[0], &ana)).await;
        let before = world.list(&ana).await;
        world.hear(&world.unlike(post, &people[4], &ana)).await;
        let list = world.list(&ana).await;
        assert_eq!(cast(&list[1]), (ids(&[&people[3], &people[2], &people[1]]), 4));
        assert_eq!((list[1].seq, list[1].read), (before[1].seq, false), "its place stays");
        assert_eq!(list[1].updated_at, before[1].updated_at.plus_secs(-60));
        assert_eq!(world.mark(&ana).await, (7, 2));
        let update = world.notifications.since(&ana, 6, 10).await.unwrap().pop().unwrap();
        let json = serde_json::to_value(&list[1]).unwrap();
        assert_eq!((update.seq, update.change), (7, NotificationChange::Shown(json)));

        // After it was read it is not unread again.
        let read = world.notifications.mark_read(&ana, 7).await.unwrap();
        assert_eq!((read.seq, read.unread_count), (8, 0));
        for (left, person) in [(3, &people[1]), (2, &people[0]), (1, &people[2])] {
            world.hear(&world.unlike(post, person, &ana)).await;
            let list = world.list(&ana).await;
            assert_eq!((list[1].actor_count, list[1].read), (left, true));
        }
        assert_eq!(world.mark(&ana).await, (11, 0));
        world.hear(&world.unlike(post, &people[3], &ana)).await;
        assert_eq!(world.list(&ana).await.len(), 1);
        assert_eq!(world.mark(&ana).await, (12, 0));
        world.assert_exact(&ana).await;
        // What is told afterwards is an item of its own again.
        world.hear(&world.liked(post, &ana, &ana)).await;
        world.like_again(post, &people[4]);
        world.hear(&world.liked(post, &people[4], &ana)).await;
        assert_eq!(world.mark(&ana).await, (13, 1));
    })
    .await;
}

#[tokio::test]
async fn each_comment_is_taken_back_by_itself_whatever_the_order() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ben, eve) = (world.person().await, world.person().await);
        // Ben, Eve and Ben again; then Ben takes back his last one.
        let orders: [[usize; 4]; 5] = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1], [0, 3, 2, 1], [2, 0, 1, 3]];
        let mut seen = Vec::new();
        for order in orders {
            let ana = world.person().await;
            let post = world.post_of(&ana);
            let mut events = Vec::new();
            let mut comments = Vec::new();
            for who in [&ben, &eve, &ben] {
                let (comment, event) = world.commented(post, who, &ana);
                comments.push(comment);
                events.push(event);
                fresh.clock.advance(Duration::from_secs(1));
            }
            let heard_first: Vec<usize> = order.iter().copied().take_while(|place| *place < 3).collect();
            for place in &heard_first {
                world.hear(&events[*place]).await;
            }
            events.push(world.delete_comment(post, comments[2], &ben, &ana));
            for place in &order[heard_first.len()..] {
                world.hear(&events[*place]).await;
            }
            let list = world.list(&ana).await;
            assert_eq!(list.len(), 1, "{order:?}");
            assert_eq!(list[0].comment_id, Some(comments[1]), "{order:?}");
            seen.push(cast(&list[0]));
            assert_eq!(world.mark(&ana).await.1, 1);
            world.hear(&world.delete_comment(post, comments[0], &ben, &ana)).await;
            let list = world.list(&ana).await;
            assert_eq!((cast(&list[0]), list[0].comment_id), ((ids(&[&eve]), 1), Some(comments[1])), "{order:?}");
            world.hear(&world.delete_comment(post, comments[1], &eve, &ana)).await;
            assert!(world.list(&ana).await.is_empty(), "{order:?}");
            world.assert_exact(&ana).await;
        }
        assert_eq!(seen, vec![(ids(&[&eve, &ben]), 2); 5]);
    })
    .await;
}

#[tokio::test]
async fn items_of_the_version_before_lose_comments_too() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let post = world.post_of(&ana);
        let mut comments = Vec::new();
        for who in [&ben, &eve, &eve] {
            let (comment, event) = world.commented(post, who, &ana);
            comments.push(comment);
            world.hear(&event).await;
        }
        world.forget_comments().await;
        world.hear(&world.delete_comment(post, comments[2], &eve, &ana)).await;
        let list = world.list(&ana).await;
        assert_eq!((list[0].actor_count, list[0].comment_id), (2, Some(comments[1])));
        world.hear(&world.delete_comment(post, comments[1], &eve, &ana)).await;
        assert_eq!(cast(&world.list(&ana).await[0]), (ids(&[&ben]), 1));
        world.hear(&world.delete_comment(post, comments[0], &ben, &ana)).await;
        assert!(world.list(&ana).await.is_empty());
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn a_like_or_a_follow_that_is_there_again_stays_as_it_was_told() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        let post = world.post_of(&ana);
        world.hear(&world.liked(post, &ben, &ana)).await;
        let unliked = world.unlike(post, &ben, &ana);
        world.like_again(post, &ben);
        world.hear(&unliked).await;
        assert_eq!(world.mark(&ana).await, (1, 1));

        world.hear(&world.followed(&ben, &ana)).await;
        let unfollowed = world.unfollow(&ben, &ana);
        world.known().unfollowed.clear();
        world.hear(&world.followed(&ben, &ana)).await;
        world.hear(&unfollowed).await;
        assert_eq!(world.mark(&ana).await, (3, 2));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_post_leaves_everybody_who_was_told_of_it_and_of_what_was_done_with_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (author, people) = (world.person().await, world.people(503).await);
        world.known().audience.extend(people.iter().map(|person| person.user));
        let (post, other) = (world.post_of(&author), world.post_of(&author));
        world.hear(&world.published(post, &author)).await;
        world.hear(&world.published(other, &author)).await;
        let (late_comment, late) = world.commented(post, &people[1], &author);
        world.hear(&world.liked(post, &people[0], &author)).await;
        world.hear(&world.commented(post, &people[0], &author).1).await;
        world.hear(&world.liked(other, &people[0], &author)).await;
        assert_eq!(world.mark(&author).await, (3, 3));
        let deleted = world.delete_post(post, &author);
        world.hear_each(&[&deleted, &deleted, &late]).await;
        assert_eq!(world.mark(&author).await, (5, 1));
        let marks = world.notifications.marks(&ids(&people.iter().collect::<Vec<_>>())).await.unwrap();
        assert!(marks.iter().all(|(_, mark)| (mark.seq, mark.unread_count) == (3, 1)));
        let (items, ..) = world.snapshot().await;
        assert_eq!(items.len(), 504, "of the other post only");
        // Nobody is told of what is heard only now.
        world.hear(&world.published(post, &author)).await;
        world.hear(&world.delete_comment(post, late_comment, &people[1], &author)).await;
        assert_eq!(world.mark(&people[0]).await, (3, 1));
        world.assert_exact(&author).await;
        world.assert_exact(&people[502]).await;
    })
    .await;
}

#[tokio::test]
async fn a_conversation_names_whoever_said_something_that_is_still_there() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let talk = world.conversation(&[&ana, &ben, &eve]);
        for (seq, who) in [(1, &ben), (2, &ben), (3, &eve)] {
            world.hear(&world.message(talk, who, seq)).await;
        }
        assert_eq!(world.list(&ana).await[0].actor_count, 2);
        let seq = world.mark(&ana).await.0;
        world.hear(&world.delete_message(talk, 1)).await;
        assert_eq!(world.mark(&ana).await, (seq, 1), "the second message of the same stands");
        world.hear(&world.delete_message(talk, 2)).await;
        assert_eq!(cast(&world.list(&ana).await[0]), (ids(&[&eve]), 1));
        assert_eq!(world.mark(&ana).await, (seq + 1, 1));
        assert_eq!(world.mark(&eve).await.1, 0);
        // After it was read, the last one takes the item with it.
        world.notifications.mark_read(&ana, seq + 1).await.unwrap();
        world.hear(&world.delete_message(talk, 3)).await;
        assert!(world.list(&ana).await.is_empty());
        // What is said later does not stand for what the item was made of.
        world.hear(&world.message(talk, &ben, 4)).await;
        world.known().attention.insert((talk, ana.user), Attention::Muted);
        fresh.clock.advance(Duration::from_secs(61));
        world.hear(&world.message(talk, &ben, 5)).await;
        world.hear(&world.delete_message(talk, 4)).await;
        assert!(world.list(&ana).await.is_empty());
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn an_edit_tells_those_whom_it_mentions_and_one_that_mentions_them_no_more_takes_it_back() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let talk = world.conversation(&[&ana, &ben, &eve]);
        world.known().only_mentions.insert(ana.user);
        world.known().attention.insert((talk, ana.user), Attention::OnlyMentions);
        let sent = world.message(talk, &ben, 1);
        world.hear(&sent).await;
        assert_eq!(world.last_decision(&ana).await, (Outcome::Skipped, Reason::OnlyMentions));
        assert_eq!(world.mark(&eve).await, (1, 1));

        world.known().attention.clear();
        let mentions = world.edit(talk, 1, 2, &[&ana]);
        world.hear_each(&[&mentions, &mentions]).await;
        assert_eq!(world.mark(&ana).await, (1, 1));
        assert_eq!(world.last_decision(&ana).await, (Outcome::Notified, Reason::InConversation));
        assert_eq!(world.mark(&eve).await, (1, 1), "whom it does not concern hears nothing");
        assert!(world.list(&ben).await.is_empty());

        let no_more = world.edit(talk, 1, 3, &[]);
        world.hear_each(&[&no_more, &no_more, &mentions]).await;
        assert!(world.list(&ana).await.is_empty());
        assert_eq!(world.mark(&ana).await, (2, 0));
        assert_eq!(world.mark(&eve).await, (1, 1), "the message stands for whom it was told as such");

        // Heard of in the other order.
        let (mentions, no_more) = (world.edit(talk, 1, 4, &[&ana]), world.edit(talk, 1, 5, &[]));
        world.hear_each(&[&no_more, &mentions]).await;
        assert_eq!(world.mark(&ana).await, (2, 0));
        assert_eq!(world.last_decision(&ana).await, (Outcome::Skipped, Reason::NotVisible));

        // Who came after the message does not see it, whatever it says now.
        world.known().joined_seqs.insert((talk, ana.user), 2);
        world.hear(&world.edit(talk, 1, 6, &[&ana])).await;
        assert_eq!(world.mark(&ana).await, (2, 0));
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_one_item_while_it_waits_whatever_the_order() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ben, channel) = (world.person().await, world.channel());
        // Invited, withdrawn, invited again: the two last may be heard of in any order, the first being told or read.
        for (reads, order) in [(false, [1, 2]), (false, [2, 1]), (true, [1, 2]), (true, [2, 1])] {
            let ana = world.person().await;
            let first = world.invited(channel, &ben, &ana);
            world.hear_each(&[&first, &first]).await;
            assert_eq!(world.mark(&ana).await, (1, 1), "told once");
            if reads {
                world.notifications.mark_read(&ana, 1).await.unwrap();
            }
            let events = [first, world.end_invitation(channel, &ben, &ana), world.invited(channel, &ben, &ana)];
            for place in order {
                world.hear(&events[place]).await;
            }
            let list = world.list(&ana).await;
            assert_eq!(list.len(), 1, "{reads} {order:?}");
            assert_eq!((list[0].read, list[0].actor_count, list[0].actors[0].id), (false, 1, ben.user));
            world.assert_exact(&ana).await;
            // Answered after it was read.
            world.notifications.mark_read(&ana, i64::MAX).await.unwrap();
            world.hear(&world.end_invitation(channel, &ben, &ana)).await;
            assert!(world.list(&ana).await.is_empty());
            world.hear_each(&events.iter().collect::<Vec<_>>()).await;
            assert!(world.list(&ana).await.is_empty(), "heard of again");
            world.assert_exact(&ana).await;
        }
    })
    .await;
}

#[tokio::test]
async fn acts_and_their_undoing_at_the_same_time_leave_nothing() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(12).await);
        let post = world.post_of(&ana);
        let mut work = Vec::new();
        for (number, person) in people.iter().enumerate() {
            let liked = world.liked(post, person, &ana);
            let notifications = world.notifications.clone();
            // One half is heard of before it is taken back, the other at the same time.
            if number % 2 == 0 {
                world.hear(&liked).await;
            } else {
                work.push(tokio::spawn(async move { hear(&notifications, &liked).await.unwrap() }));
            }
            let unliked = world.unlike(post, person, &ana);
            let notifications = world.notifications.clone();
            work.push(tokio::spawn(async move { hear(&notifications, &unliked).await.unwrap() }));
        }
        for outcome in join_all(work).await {
            outcome.unwrap();
        }
        assert!(world.list(&ana).await.is_empty());
        assert_eq!(world.mark(&ana).await.1, 0);
        world.assert_exact(&ana).await;
    })
    .await;
}
