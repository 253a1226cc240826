//! Invitations to channels: each is announced once, and once that it waits no more; they are listed for whom they are
//! for, and for nobody across a block.

use std::time::Duration;

use village_events::{ChannelInvitationEnded, ChannelInvited, Event};
use village_kernel::{ChannelId, Cursor, Instant, Viewer};
use village_ports::{ChannelAccess, ChannelInvitations, Visibility};
use village_posts::{ChannelInvitation, Membership};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, limit, not_found};

/// What the outbox says of invitations: `true` for one, `false` for its end.
async fn announced(world: &World, channel: ChannelId, by: &Viewer, person: &Viewer) -> Vec<bool> {
    let mut announced = Vec::new();
    for event in world.take_events().await {
        if event.event_type == ChannelInvited::TYPE {
            let ChannelInvited { channel_id, user_id, invited_by } = event.parse().unwrap();
            assert_eq!((channel_id, user_id, invited_by), (channel, person.user, by.user));
            announced.push(true);
        } else if event.event_type == ChannelInvitationEnded::TYPE {
            let ChannelInvitationEnded { channel_id, user_id, invited_by } = event.parse().unwrap();
            assert_eq!((channel_id, user_id, invited_by), (channel, person.user, by.user));
            announced.push(false);
        }
    }
    announced
}

async fn invitations(world: &World, viewer: &Viewer) -> Vec<ChannelInvitation> {
    world.posts.list_channel_invitations(viewer, None, limit(100)).await.unwrap().items
}

#[tokio::test]
async fn an_invitation_and_its_end_are_each_announced_once_and_nothing_else_is() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, guest) = (world.person().await, world.person().await);
        let channel = world.channel(&owner, "private", Visibility::Private).await;
        let (posts, id) = (&world.posts, channel.id.to_string());
        let said = async || announced(&world, channel.id, &owner, &guest).await;
        posts.withdraw_channel_invitation(&owner, &id, guest.user).await.unwrap();
        assert!(said().await.is_empty(), "there was none");
        for _ in 0..2 {
            posts.invite_to_channel(&owner, &id, guest.user).await.unwrap();
        }
        assert_eq!(said().await, [true]);
        for _ in 0..2 {
            posts.withdraw_channel_invitation(&owner, &id, guest.user).await.unwrap();
        }
        assert_eq!(said().await, [false]);
        // Declined.
        posts.invite_to_channel(&owner, &id, guest.user).await.unwrap();
        posts.leave_channel(&guest, &id).await.unwrap();
        assert_eq!(said().await, [true, false]);
        assert!(not_found(posts.leave_channel(&guest, &id).await));
        // Used.
        posts.invite_to_channel(&owner, &id, guest.user).await.unwrap();
        posts.join_channel(&guest, &id).await.unwrap();
        posts.join_channel(&guest, &id).await.unwrap();
        assert_eq!(said().await, [true, false]);
        // A member needs none, and leaving is no answer to any.
        posts.invite_to_channel(&owner, &id, guest.user).await.unwrap();
        posts.leave_channel(&guest, &id).await.unwrap();
        assert!(said().await.is_empty());
        // Nobody is announced across a block.
        world.block(&guest, &owner).await;
        assert!(not_found(posts.invite_to_channel(&owner, &id, guest.user).await));
        assert!(said().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn invitations_are_listed_newest_first_page_by_page_for_whom_they_are_for() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (guest, stranger) = (world.person().await, world.person().await);
        let mut expected = Vec::new();
        for number in 0..5 {
            let owner = world.person().await;
            let visibility = if number == 2 { Visibility::Open } else { Visibility::Private };
            let channel = world.channel(&owner, &format!("channel-{number}"), visibility).await;
            // Two at the same instant.
            if number != 3 {
                world.clock.advance(Duration::from_secs(60));
            }
            world.posts.invite_to_channel(&owner, &channel.slug, guest.user).await.unwrap();
            expected.push((channel.id, owner.user));
        }
        let mut seen = Vec::new();
        let mut before: Option<(Instant, ChannelId)> = None;
        loop {
            let page = world.posts.list_channel_invitations(&guest, before, limit(2)).await.unwrap();
            assert!(page.items.len() <= 2);
            seen.extend(page.items);
            match page.next {
                Some(next) => before = Some(Cursor::decode(&next).unwrap().0),
                None => break,
            }
        }
        assert!(seen.is_sorted_by(|one, next| one.invited_at >= next.invited_at));
        assert!(seen.iter().all(|one| one.channel.membership == Some(Membership::Invited)));
        let mut listed: Vec<_> = seen.iter().map(|one| (one.channel.id, one.invited_by.id)).collect();
        assert_eq!(listed[0], expected[4]);
        listed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(listed, expected, "each once");
        for nobody in [&stranger, &Viewer { user: expected[0].1, ..stranger }] {
            assert!(invitations(&world, nobody).await.is_empty());
        }
        // What was answered is gone, also that to an open channel.
        for (position, invitation) in seen.iter().enumerate() {
            let id = invitation.channel.id.to_string();
            if position % 2 == 0 {
                world.posts.join_channel(&guest, &id).await.unwrap();
            } else {
                world.posts.leave_channel(&guest, &id).await.unwrap();
            }
            assert_eq!(invitations(&world, &guest).await.len(), seen.len() - position - 1);
        }
    })
    .await;
}

#[tokio::test]
async fn an_invitation_from_somebody_whom_one_does_not_see_is_as_if_it_were_withdrawn() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, guest) = (world.person().await, world.person().await);
        let private = world.channel(&owner, "private", Visibility::Private).await;
        let open = world.channel(&owner, "open", Visibility::Open).await;
        for channel in [&private, &open] {
            world.posts.invite_to_channel(&owner, &channel.slug, guest.user).await.unwrap();
        }
        let pairs = [(guest.user, private.id), (guest.user, open.id)];
        let is_there = async |expected: bool| {
            let count = if expected { 2 } else { 0 };
            assert_eq!(invitations(&world, &guest).await.len(), count);
            assert_eq!(world.posts.shown_among(&pairs).await.unwrap().len(), count);
            let known = world.posts.summaries(&guest, &[private.id, open.id]).await.unwrap();
            assert_eq!(known.contains_key(&private.id), expected);
            let listed = world.posts.list_channels(&guest, "", false, None, limit(5)).await.unwrap().items;
            let membership = expected.then_some(Membership::Invited);
            let open_one = listed.iter().find(|channel| channel.id == open.id).unwrap();
            assert_eq!((listed.len(), open_one.membership), (if expected { 2 } else { 1 }, membership));
        };
        is_there(true).await;
        for (blocker, blocked) in [(&owner, &guest), (&guest, &owner)] {
            world.block(blocker, blocked).await;
            is_there(false).await;
            assert!(not_found(world.posts.join_channel(&guest, &private.slug).await));
            assert!(not_found(world.posts.leave_channel(&guest, &private.slug).await));
            world.unblock(blocker, blocked).await;
            is_there(true).await;
        }
        world.suspend(&owner).await;
        is_there(false).await;
        world.reinstate(&owner).await;
        is_there(true).await;
        world.posts.join_channel(&guest, &private.slug).await.unwrap();
        assert_eq!(world.posts.shown_among(&pairs).await.unwrap().len(), 1, "a member's does not wait");
    })
    .await;
}
