//! The numbers say what the list shows, whatever stands between people.

mod world;

use village_kernel::{Limit, UserId, Viewer};
use village_notifications::{Outcome, Reason};
use village_ports::{NotificationChange, NotificationFeed};
use village_testkit::{Fresh, on_both_engines};

use crate::world::World;

/// The bell, the marks of many, and the answer to marking nothing read say how many the list shows unread; each item
/// counts whom it can name.
async fn assert_agrees(world: &World<'_>, person: &Viewer, unread: i64) {
    let list = world.list(person).await;
    assert_eq!(list.iter().filter(|item| !item.read).count() as i64, unread, "the list");
    assert_eq!(world.mark(person).await.1, unread, "the bell");
    let marks = world.notifications.marks(&[person.user]).await.unwrap();
    assert_eq!(marks[0].1.unread_count, unread, "the marks");
    assert_eq!(world.notifications.mark_read(person, 0).await.unwrap().unread_count, unread, "marking read");
    for item in list {
        assert_eq!(item.actors.len() as i64, item.actor_count.min(3), "{:?}", item.kind);
    }
}

#[tokio::test]
async fn the_bell_counts_what_the_list_shows_now() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        world.known().audience.insert(ana.user);
        let (anas, bens) = (world.post_of(&ana), world.post_of(&ben));
        let talk = world.conversation(&[&ana, &ben]);
        world.hear(&world.published(bens, &ben)).await;
        world.hear(&world.commented(anas, &ben, &ana).1).await;
        world.hear(&world.liked(anas, &ben, &ana)).await;
        world.hear(&world.liked(anas, &eve, &ana)).await;
        world.hear(&world.followed(&ben, &ana)).await;
        world.hear(&world.message(talk, &ben, 1)).await;
        let channel = world.channel();
        world.hear(&world.invited(channel, &ben, &ana)).await;
        assert_agrees(&world, &ana, 6).await;

        world.block(&ana, &ben).await;
        assert_agrees(&world, &ana, 1).await;
        world.unblock(&ana, &ben).await;
        world.block(&ben, &ana).await;
        assert_agrees(&world, &ana, 1).await;
        world.unblock(&ben, &ana).await;
        assert_agrees(&world, &ana, 6).await;
        // The owner of the channel says that it waits no more; that is heard of later.
        world.known().invitations.clear();
        assert_agrees(&world, &ana, 5).await;

        world.known().hidden.insert((bens, ana.user));
        assert_agrees(&world, &ana, 4).await;
        world.known().posts.remove(&anas);
        assert_agrees(&world, &ana, 2).await;
        world.known().members.insert(talk, vec![ben.user]);
        assert_agrees(&world, &ana, 1).await;
        // A member who comes back sees what is said from then on.
        world.known().members.insert(talk, vec![ana.user, ben.user]);
        world.known().joined_seqs.insert((talk, ana.user), 7);
        assert_agrees(&world, &ana, 1).await;
        world.suspend(&ben).await;
        assert_agrees(&world, &ana, 0).await;
        world.assert_exact(&ana).await;
        // A device that showed them hears that they are gone, and of every change.
        let updates = world.notifications.since(&ana, 0, 10).await.unwrap();
        assert_eq!(updates.iter().map(|update| update.seq).collect::<Vec<_>>(), [1, 2, 4, 5, 6, 7]);
        assert!(updates.iter().all(|update| matches!(update.change, NotificationChange::Removed(_))));
    })
    .await;
}

#[tokio::test]
async fn an_item_counts_and_names_whom_its_person_is_shown() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, people) = (world.person().await, world.people(7).await);
        let post = world.post_of(&ana);
        let mut comments = Vec::new();
        for person in &people {
            let (comment, event) = world.commented(post, person, &ana);
            comments.push(comment);
            world.hear(&event).await;
        }
        let shown = async || {
            let item = world.list(&ana).await.pop().expect("an item");
            let names: Vec<UserId> = item.actors.iter().map(|actor| actor.id).collect();
            (names, item.actor_count, item.comment_id)
        };
        let newest = |places: &[usize]| places.iter().map(|place| people[*place].user).collect::<Vec<_>>();
        assert_eq!(shown().await, (newest(&[6, 5, 4]), 7, Some(comments[6])));
        // One of those who are only counted, one who blocked her, then all who were named.
        world.block(&ana, &people[0]).await;
        assert_eq!(shown().await, (newest(&[6, 5, 4]), 6, Some(comments[6])));
        world.block(&people[5], &ana).await;
        assert_eq!(shown().await, (newest(&[6, 4, 3]), 5, Some(comments[6])));
        world.suspend(&people[6]).await;
        assert_eq!(shown().await, (newest(&[4, 3, 2]), 4, Some(comments[4])));
        world.block(&people[4], &ana).await;
        assert_eq!(shown().await, (newest(&[3, 2, 1]), 3, Some(comments[3])));
        for hidden in &people[1..4] {
            assert_agrees(&world, &ana, 1).await;
            world.block(&ana, hidden).await;
        }
        assert_agrees(&world, &ana, 0).await;
        for back in &people[..4] {
            world.unblock(&ana, back).await;
        }
        assert_eq!(shown().await, (newest(&[3, 2, 1]), 4, Some(comments[3])));
    })
    .await;
}

#[tokio::test]
async fn counting_for_many_people_takes_as_many_questions_as_for_one() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ben, people) = (world.person().await, world.people(40).await);
        let mut talks = Vec::new();
        for person in &people {
            world.hear(&world.liked(world.post_of(person), &ben, person)).await;
            let talk = world.conversation(&[person, &ben]);
            world.hear(&world.message(talk, &ben, 1)).await;
            world.hear(&world.invited(world.channel(), &ben, person)).await;
            talks.push(talk);
        }
        world.block(&people[0], &ben).await;
        world.known().members.remove(&talks[1]);
        let idle = world.person().await;
        let ids: Vec<UserId> = people.iter().chain([&idle]).map(|person| person.user).collect();
        world.known().questions = 0;
        let marks = world.notifications.marks(&ids).await.unwrap();
        assert_eq!(world.known().questions, 3, "of posts, of conversations and of invitations");
        let counts: Vec<i64> = ids
            .iter()
            .map(|id| marks.iter().find(|(user, _)| user == id).expect("everybody has a mark").1.unread_count)
            .collect();
        assert_eq!((counts[0], counts[1], counts[40]), (0, 2, 0));
        assert!(counts[2..40].iter().all(|count| *count == 3));
        // With nothing unread nobody is asked.
        world.known().questions = 0;
        world.mark(&idle).await;
        world.notifications.mark_read(&people[2], i64::MAX).await.unwrap();
        assert_eq!(world.mark(&people[2]).await.1, 0);
        assert_eq!(world.known().questions, 0);
    })
    .await;
}

#[tokio::test]
async fn between_two_people_with_a_block_nobody_is_told_of_anything_and_no_ledger_says_so() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let (ana, ben, eve) = (world.person().await, world.person().await, world.person().await);
        let talk = world.conversation(&[&ana, &ben, &eve]);
        world.known().audience.extend([ana.user, ben.user, eve.user]);
        let first = world.message(talk, &eve, 1);
        world.hear(&first).await;
        world.block(&ana, &ben).await;
        let (anas, bens) = (world.post_of(&ana), world.post_of(&ben));
        let mut events = Vec::new();
        for (one, other, others_post, seq) in [(&ana, &ben, bens, 2), (&ben, &ana, anas, 4)] {
            let own = world.post_of(one);
            events.push(world.published(own, one));
            events.push(world.commented(others_post, one, other).1);
            events.push(world.liked(others_post, one, other));
            events.push(world.followed(one, other));
            events.push(world.invited(world.channel(), one, other));
            events.push(world.message(talk, one, seq));
            events.push(world.edit(talk, seq, seq + 1, &[other, &eve]));
        }
        let (_, before, _) = world.snapshot().await;
        for event in &events {
            world.hear(event).await;
        }
        // Ben's and Ana's of each other: none. Their own acts, Eve's message and what Eve is told are there as ever.
        for person in [&ana, &ben] {
            assert_eq!(world.mark(person).await, (2, 0), "of Eve's message, which whoever answers has read");
            let reasons: Vec<_> = world.decisions(person).await.iter().map(|one| (one.outcome, one.reason)).collect();
            let expected = [(Outcome::Skipped, Reason::OwnAction), (Outcome::Notified, Reason::InConversation)];
            assert_eq!(reasons, expected, "the post of their own, and the message");
        }
        // The decisions are kept all the same: nothing is told after the block is gone.
        let (_, after, _) = world.snapshot().await;
        assert!(after >= before + 14);
        world.unblock(&ana, &ben).await;
        for event in &events {
            world.hear(event).await;
        }
        assert_eq!((world.mark(&ana).await, world.mark(&ben).await), ((2, 0), (2, 0)));
        assert_eq!(world.snapshot().await.1, after);
        // Pages are full although some entries are not shown.
        let page = world.notifications.decisions(&ana, None, Limit::new(1).unwrap()).await.unwrap();
        assert_eq!((page.items.len(), page.next.is_some()), (1, true));
    })
    .await;
}
