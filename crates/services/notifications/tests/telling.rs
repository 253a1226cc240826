//! Who is told of what, how often, and what the ledger says of it.

mod world;

use std::time::Duration;

use futures::future::join_all;
use village_kernel::Clock;
use village_notifications::{Kind, Outcome, Preferences, Reason};
use village_ports::{Attention, NotificationFeed};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, hear};

#[tokio::test]
async fn each_event_tells_those_it_concerns() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        world.known().audience.insert(ana.user);
        let (bens, anas) = (world.post_of(&ben), world.post_of(&ana));
        let conversation = world.conversation(&[&ana, &ben]);
        let published = world.published(bens, &ben);
        let (comment, commented) = world.commented(anas, &ben, &ana);
        let channel = world.channel();
        let events = [
            (published, Kind::PostPublished, Reason::InAudience),
            (commented, Kind::CommentAdded, Reason::YourPost),
            (world.liked(anas, &ben, &ana), Kind::PostLiked, Reason::YourPost),
            (world.followed(&ben, &ana), Kind::Followed, Reason::FollowedYou),
            (world.message(conversation, &ben, 1), Kind::MessageSent, Reason::InConversation),
            (world.invited(channel, &ben, &ana), Kind::ChannelInvited, Reason::InvitedYou),
        ];
        for (number, (event, kind, reason)) in events.iter().enumerate() {
            world.hear(event).await;
            let newest = &world.list(&ana).await[0];
            assert_eq!((newest.kind, newest.seq, newest.read), (*kind, number as i64 + 1, false));
            assert_eq!((newest.actors[0].id, newest.actor_count), (ben.user, 1));
            assert_eq!(world.last_decision(&ana).await, (Outcome::Notified, *reason));
        }
        let list = world.list(&ana).await;
        assert_eq!(list[0].channel.as_ref().unwrap().id, channel);
        assert_eq!((list[1].conversation_id, &list[1].channel), (Some(conversation), &None));
        assert!(list[2].post.is_none());
        assert_eq!(list[3].post.as_ref().unwrap().id, anas);
        assert_eq!(list[4].comment_id, Some(comment));
        assert_eq!(list[5].post.as_ref().unwrap().id, bens);
        assert!(world.list(&ben).await.is_empty(), "who does something is not told of it");
        assert_eq!(world.mark(&ana).await, (6, 6));
        assert_eq!(world.known().enqueued.len(), 6);
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing_and_reaches_no_channel_twice() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let people = world.people(4).await;
        let ana = &people[0];
        let post = world.post_of(ana);
        world.known().audience.extend(people.iter().map(|person| person.user));
        let conversation = world.conversation(&[ana, &people[1]]);
        let mut events = vec![world.published(post, ana), world.message(conversation, ana, 1)];
        for person in &people {
            events.push(world.liked(post, person, ana));
            events.push(world.commented(post, person, ana).1);
        }
        for event in &events {
            world.hear(event).await;
        }
        let before = world.snapshot().await;
        let (mark, told) = (world.mark(ana).await, world.known().enqueued.len());
        let again = events.iter().rev().chain(&events).map(|event| hear(&world.notifications, event));
        for outcome in join_all(again).await {
            outcome.unwrap();
        }
        assert_eq!(world.snapshot().await, before);
        assert_eq!((world.mark(ana).await, world.known().enqueued.len()), (mark, told));

        // What the person did in between does not reopen it either.
        let read = world.notifications.mark_read(ana, mark.0).await.unwrap();
        for event in &events {
            world.hear(event).await;
        }
        assert_eq!(world.mark(ana).await, (read.seq, 0));
    })
    .await;
}

#[tokio::test]
async fn the_order_in_which_events_come_does_not_matter() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let likers = world.people(5).await;
        let orders: [[usize; 6]; 3] = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]];
        let mut seen = Vec::new();
        for order in orders {
            let ana = world.person().await;
            let post = world.post_of(&ana);
            let started_at = fresh.clock.now();
            let mut comments = Vec::new();
            let mut events = Vec::new();
            for who in [0, 1, 2, 3, 4, 1] {
                let (comment, event) = world.commented(post, &likers[who], &ana);
                comments.push(comment);
                events.push(event);
                fresh.clock.advance(Duration::from_secs(60));
            }
            for place in order {
                world.hear(&events[place]).await;
            }
            let list = world.list(&ana).await;
            assert_eq!(list.len(), 1);
            let one = &list[0];
            assert_eq!(one.comment_id, comments.last().copied());
            assert_eq!((one.created_at, one.updated_at), (started_at, started_at.plus_secs(300)));
            assert_eq!(world.mark(&ana).await, (6, 1));
            seen.push((one.actors.iter().map(|actor| actor.id).collect::<Vec<_>>(), one.actor_count));
        }
        let newest = vec![likers[1].user, likers[4].user, likers[3].user];
        assert_eq!(seen, vec![(newest, 5); 3]);
    })
    .await;
}

#[tokio::test]
async fn events_at_the_same_time_keep_seq_gapless_and_the_unread_count_exact() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(20).await);
        let posts = [world.post_of(&ana), world.post_of(&ana), world.post_of(&ana)];
        let mut events = Vec::new();
        for (number, person) in people.iter().enumerate() {
            events.push(world.liked(posts[number % 3], person, &ana));
            events.push(world.followed(person, &ana));
        }
        let heard = events.iter().chain(&events).map(|event| {
            let (notifications, event) = (world.notifications.clone(), event.clone());
            tokio::spawn(async move { hear(&notifications, &event).await.unwrap() })
        });
        for outcome in join_all(heard).await {
            outcome.unwrap();
        }
        assert_eq!(world.mark(&ana).await, (40, 4));
        world.assert_exact(&ana).await;
        let list = world.list(&ana).await;
        assert_eq!(list.iter().map(|item| item.actor_count).sum::<i64>(), 40);
        assert_eq!(list[0].seq, 40);
        assert_eq!(world.decisions(&ana).await.len(), 40);
    })
    .await;
}

#[tokio::test]
async fn likes_are_told_as_one_until_read_or_a_day_old() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(6).await);
        let post = world.post_of(&ana);
        for person in &people[..4] {
            world.hear(&world.liked(post, person, &ana)).await;
        }
        let list = world.list(&ana).await;
        assert_eq!((list.len(), list[0].actor_count, list[0].seq), (1, 4, 4));
        let newest: Vec<_> = list[0].actors.iter().map(|actor| actor.id).collect();
        assert_eq!(newest, [people[3].user, people[2].user, people[1].user]);
        assert_eq!(world.last_decision(&ana).await, (Outcome::Collapsed, Reason::YourPost));

        fresh.clock.advance(Duration::from_secs(24 * 3600));
        world.hear(&world.liked(post, &people[4], &ana)).await;
        assert_eq!(world.list(&ana).await.len(), 2, "a day later it is told anew");

        let state = world.notifications.mark_read(&ana, 5).await.unwrap();
        assert_eq!((state.seq, state.unread_count), (6, 0));
        world.hear(&world.liked(post, &people[5], &ana)).await;
        let list = world.list(&ana).await;
        assert_eq!(list.iter().map(|item| item.read).collect::<Vec<_>>(), [false, true, true]);
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_one_notification_however_long_it_goes_on() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        let conversation = world.conversation(&[&ana, &ben]);
        for seq in 1..=3 {
            world.hear(&world.message(conversation, &ben, seq)).await;
            fresh.clock.advance(Duration::from_secs(48 * 3600));
        }
        let list = world.list(&ana).await;
        assert_eq!((list.len(), list[0].actor_count), (1, 1));
        assert_eq!(world.mark(&ana).await, (3, 1));
        world.notifications.mark_read(&ana, 3).await.unwrap();
        world.hear(&world.message(conversation, &ben, 4)).await;
        let list = world.list(&ana).await;
        assert_eq!((list.len(), list[0].read, list[0].seq), (1, false, 5), "the new one replaces the read one");
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn messages_that_say_nothing_new_change_nothing_but_the_ledger_for_a_minute() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let conversation = world.conversation(&[&ana, &ben, &eve]);
        // In one batch, as when somebody writes quickly: the first is told, the others add nothing.
        let batch: Vec<_> = (1..=3).map(|seq| world.message(conversation, &ben, seq)).collect();
        world.hear_all(&batch).await;
        assert_eq!(world.mark(&ana).await, (1, 1));
        let outcomes = async || world.decisions(&ana).await.iter().map(|one| one.outcome).collect::<Vec<_>>();
        assert_eq!(outcomes().await, [Outcome::Collapsed, Outcome::Collapsed, Outcome::Notified]);
        // Coming again they find their decisions.
        world.hear_all(&batch).await;
        assert_eq!((world.mark(&ana).await, outcomes().await.len()), ((1, 1), 3));

        // Somebody else is news, and so is anybody a minute later.
        world.hear(&world.message(conversation, &eve, 4)).await;
        assert_eq!(world.mark(&ana).await, (2, 1));
        fresh.clock.advance(Duration::from_secs(61));
        let later = fresh.clock.now();
        world.hear(&world.message(conversation, &ben, 5)).await;
        assert_eq!(world.mark(&ana).await, (3, 1));
        let list = world.list(&ana).await;
        assert_eq!((list.len(), list[0].actor_count, list[0].updated_at), (1, 2, later));

        // Once it is read, the next message is told at once.
        world.notifications.mark_read(&ana, 3).await.unwrap();
        world.hear(&world.message(conversation, &ben, 6)).await;
        assert_eq!(world.mark(&ana).await, (5, 1));
        world.assert_exact(&ana).await;
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_messages_is_told_with_a_few_questions() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let people = world.people(21).await;
        let (ana, others) = people.split_first().unwrap();
        let talks: Vec<_> = others.iter().map(|other| (world.conversation(&[ana, other]), other)).collect();
        let batch = |seq| talks.iter().map(|(talk, other)| world.message(*talk, other, seq)).collect::<Vec<_>>();
        world.hear_all(&batch(1)).await;
        assert_eq!(world.mark(ana).await, (20, 20));
        let before = world.known().questions;
        world.hear_all(&batch(2)).await;
        assert_eq!(world.known().questions - before, 1, "what says nothing new asks once for all");
        assert_eq!(world.mark(ana).await, (20, 20));
    })
    .await;
}

#[tokio::test]
async fn each_reason_not_to_tell_is_kept_in_the_ledger() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        let post = world.post_of(&ana);
        let skipped = |reason| (Outcome::Skipped, reason);

        world.hear(&world.liked(post, &ana, &ana)).await;
        assert_eq!(world.last_decision(&ana).await, skipped(Reason::OwnAction));

        world.known().hidden.insert((post, ana.user));
        world.hear(&world.liked(post, &ben, &ana)).await;
        assert_eq!(world.last_decision(&ana).await, skipped(Reason::NotVisible));
        world.known().hidden.clear();

        let off = Preferences { post_liked: false, ..Preferences::default() };
        world.notifications.set_preferences(&ana, &off).await.unwrap();
        assert_eq!(world.notifications.preferences(&ana).await.unwrap(), off);
        world.hear(&world.liked(post, &ben, &ana)).await;
        assert_eq!(world.last_decision(&ana).await, skipped(Reason::PreferenceOff));
        world.notifications.set_preferences(&ana, &Preferences::default()).await.unwrap();

        let conversation = world.conversation(&[&ana, &ben]);
        world.known().read.insert((conversation, ana.user));
        world.hear(&world.message(conversation, &ben, 1)).await;
        assert_eq!(world.last_decision(&ana).await, skipped(Reason::AlreadyRead));

        world.block(&ana, &ben).await;
        world.hear(&world.followed(&ben, &ana)).await;
        assert_eq!(world.last_decision(&ana).await, skipped(Reason::AlreadyRead), "a block leaves no entry");

        assert!(world.list(&ana).await.is_empty());
        assert_eq!(world.mark(&ana).await, (0, 0));
        assert_eq!(world.decisions(&ana).await.len(), 4);
        assert!(world.decisions(&ben).await.is_empty(), "a ledger is its person's own");
        assert!(world.known().enqueued.is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_kind_can_be_switched_off() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben) = (world.person().await, world.person().await);
        let off = Preferences {
            post_published: false,
            comment_added: false,
            post_liked: false,
            followed: false,
            message_sent: false,
            channel_invited: false,
        };
        world.notifications.set_preferences(&ana, &off).await.unwrap();
        world.known().audience.insert(ana.user);
        let post = world.post_of(&ana);
        let conversation = world.conversation(&[&ana, &ben]);
        for event in [
            world.published(post, &ben),
            world.commented(post, &ben, &ana).1,
            world.liked(post, &ben, &ana),
            world.followed(&ben, &ana),
            world.message(conversation, &ben, 1),
            world.invited(world.channel(), &ben, &ana),
        ] {
            world.hear(&event).await;
            assert_eq!(world.last_decision(&ana).await, (Outcome::Skipped, Reason::PreferenceOff));
        }
        assert_eq!(world.mark(&ana).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_large_audience_is_told_once_each_even_when_the_first_attempt_dies_on_the_way() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (author, people) = (world.person().await, world.people(1_103).await);
        world.known().audience.extend(people.iter().map(|person| person.user));
        world.block(&author, &people[7]).await;
        let post = world.post_of(&author);
        let event = world.published(post, &author);

        world.known().audience_pages_left = Some(2);
        assert!(hear(&world.notifications, &event).await.is_err());
        assert_eq!(world.snapshot().await.1, 1_000, "two chunks were done");
        world.known().audience_pages_left = None;
        world.hear(&event).await;

        let (items, decisions, actors) = world.snapshot().await;
        assert_eq!((items.len(), decisions, actors), (1_102, 1_103, 0), "the only actor is in the item");
        assert!(items.iter().all(|(_, _, seq, actor_count)| (*seq, *actor_count) == (1, 1)));
        let told: usize = world.known().enqueued.iter().map(|(_, people)| people.len()).sum();
        assert_eq!(told, 1_102);
        assert!(world.decisions(&people[7]).await.is_empty(), "nothing tells of the block");
        let ids: Vec<_> = people.iter().map(|person| person.user).collect();
        let marks = world.notifications.marks(&ids).await.unwrap();
        assert_eq!(marks.iter().filter(|(_, mark)| (mark.seq, mark.unread_count) == (1, 1)).count(), 1_102);
    })
    .await;
}

#[tokio::test]
async fn an_event_about_somebody_who_does_not_exist_tells_nobody() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let ana = world.person().await;
        let nobody = world::viewer(village_kernel::UserId::new(fresh.clock.now()));
        world.hear(&world.followed(&ana, &nobody)).await;
        assert_eq!(world.snapshot().await, (Vec::new(), 0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_a_conversation_says_of_its_members_decides_and_is_in_the_ledger() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let people = world.people(6).await;
        let (ben, others) = (&people[0], &people[1..]);
        let conversation = world.conversation(&people.iter().collect::<Vec<_>>());
        let expected = [
            (Attention::Wanted, Outcome::Notified, Reason::InConversation),
            (Attention::AlreadyRead, Outcome::Skipped, Reason::AlreadyRead),
            (Attention::Muted, Outcome::Skipped, Reason::Muted),
            (Attention::OnlyMentions, Outcome::Skipped, Reason::OnlyMentions),
            (Attention::Request, Outcome::Skipped, Reason::Request),
        ];
        for (person, (attention, ..)) in others.iter().zip(expected) {
            world.known().attention.insert((conversation, person.user), attention);
        }
        world.hear(&world.message(conversation, ben, 1)).await;
        for (person, (_, outcome, reason)) in others.iter().zip(expected) {
            assert_eq!(world.last_decision(person).await, (outcome, reason));
            assert_eq!(world.list(person).await.len(), usize::from(outcome == Outcome::Notified));
        }
    })
    .await;
}
