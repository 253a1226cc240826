//! Fills the tables of one database with a community.

use std::time::Instant;

use super::ids::{CHANNEL, CONVERSATION, MESSAGE, SESSION, moment, person, thing};
use super::network::Network;
use super::posts::{Posts, post_id};
use super::random::{Random, mixed};
use super::store::{Store, Value};
use super::talk::talks;
use super::{Shape, words};

use Value::{Bytes, Flag, Id, Null, Number, Text, Time};

/// Everybody has the password whose hash this is.
pub async fn fill(store: &mut Store, shape: Shape, password_hash: &str) -> anyhow::Result<()> {
    let progress = Progress(Instant::now());
    let network = Network::of(shape);
    let posts = Posts::of(shape, &network);
    progress.say("planned", shape.people.into());
    people(store, shape, password_hash, &network, &progress).await?;
    let following =
        network.following.pairs().map(|(one, other)| [Id(person(one)), Id(person(other)), followed_at(shape, one)]);
    progress.say("follows", store.insert("users_following", "user_id, followee_id, followed_at", following).await?);
    let followers =
        network.followers.pairs().map(|(one, other)| [Id(person(one)), Id(person(other)), followed_at(shape, other)]);
    progress.say("followers", store.insert("users_followers", "user_id, follower_id, followed_at", followers).await?);
    channels(store, shape, &network, &progress).await?;
    written(store, shape, &posts, &progress).await?;
    conversations(store, shape, &network, &progress).await?;
    Ok(())
}

struct Progress(Instant);

impl Progress {
    fn say(&self, what: &str, count: u64) {
        println!("    {:>4} s: {count} {what}", self.0.elapsed().as_secs());
    }
}

fn joined_at(shape: Shape, number: u32) -> Value {
    Time(moment(number, shape.people) - 86_400_000_000)
}

fn followed_at(shape: Shape, follower: u32) -> Value {
    Time(moment(follower, shape.people))
}

async fn people(
    store: &mut Store,
    shape: Shape,
    password_hash: &str,
    network: &Network,
    progress: &Progress,
) -> anyhow::Result<()> {
    let everybody = 0..shape.people;
    let accounts = everybody.clone().map(|number| {
        let email = format!("person{number}@example.org");
        let (hash, at) = (password_hash.to_owned(), joined_at(shape, number));
        let role = if number == 0 { "owner" } else { "member" };
        [
            Id(person(number)),
            Text(email.clone()),
            Text(email),
            Text(hash),
            Text(role.to_owned()),
            at,
            followed_at(shape, number),
        ]
    });
    let columns = "user_id, email, email_folded, password_hash, role, created_at, last_login_at";
    progress.say("accounts", store.insert("auth_accounts", columns, accounts).await?);
    let profiles = everybody.clone().map(|number| {
        let mut random = Random::new(mixed(u64::from(number)));
        let (handle, name) = (format!("person{number}"), format!("Ana Maria {number}"));
        let (bio, size) = (random.below(3) > 0, 20 + random.below(200));
        let bio = if bio { words::text(&mut random, size) } else { String::new() };
        let search = format!(" {handle} ana maria {number}");
        [Id(person(number)), Text(handle), Text(name), Text(search), Text(bio), Number(1), joined_at(shape, number)]
    });
    let columns = "user_id, handle, display_name, search_text, bio, version, created_at";
    progress.say("profiles", store.insert("users_profiles", columns, profiles).await?);
    let counts = everybody.map(|number| {
        let (followers, following) = (network.followers.get(number).len(), network.following.get(number).len());
        [Id(person(number)), Number(followers as i64), Number(following as i64)]
    });
    store.insert("users_counts", "user_id, followers, following", counts).await?;
    // Measured is a server that has nothing of an earlier version to bring up to date: both rounds are over. The
    // versions are that of `village_kernel::text::FOLDING`, and the first of the reactions.
    let passes = [("users_names", 2), ("posts_channels", 2), ("messaging_words", 2), ("messaging_reactions", 1)];
    let passes = passes
        .into_iter()
        .map(|(name, version)| [Text(name.to_owned()), Number(version), Number(3), Text(String::new()), Time(0)]);
    // The server that made the schema has begun them.
    store.execute("delete from db_passes").await?;
    store.insert("db_passes", "name, version, round, position, due_at", passes).await?;
    let sessions = with_tokens(shape).map(|number| {
        let at = || Time(moment(number, shape.people));
        let ends_at = Time(4_102_444_800_000_000);
        [Id(session(shape, number)), Id(person(number)), at(), at(), at(), ends_at, Text("bench".to_owned())]
    });
    let columns = "session_id, user_id, rotated_at, created_at, last_used_at, expires_at, user_agent";
    progress.say("sessions", store.insert("auth_sessions", columns, sessions).await?);
    Ok(())
}

/// People in whose names measures speak, in the order of numbers.
pub fn with_tokens(shape: Shape) -> impl Iterator<Item = u32> {
    (0..shape.people).filter(move |number| shape.has_whole_timeline(*number))
}

pub fn session(shape: Shape, number: u32) -> uuid::Uuid {
    thing(SESSION, number, shape.people)
}

async fn channels(store: &mut Store, shape: Shape, network: &Network, progress: &Progress) -> anyhow::Result<()> {
    let id = |number: u32| Id(thing(CHANNEL, number, shape.channels()));
    let channels = (0..shape.channels()).map(|number| {
        let mut random = Random::new(mixed(u64::from(number)));
        let visibility = if Network::is_open(number) { "open" } else { "private" };
        let members = network.members.get(number).len() as i64;
        [
            id(number),
            Text(format!("channel-{number}")),
            Text(format!("Channel {number}")),
            Text(words::text(&mut random, 80)),
            Text(visibility.to_owned()),
            Id(person(network.owner(number))),
            Number(members),
            Number(1),
            Time(moment(number, shape.channels())),
        ]
    });
    let columns = "channel_id, slug, name, description, visibility, owner_id, member_count, version, created_at";
    progress.say("channels", store.insert("posts_channels", columns, channels).await?);
    let members = network.members.pairs().map(|(channel, member)| {
        let role = if network.owner(channel) == member { "owner" } else { "member" };
        [id(channel), Id(person(member)), Text(role.to_owned()), Time(moment(channel, shape.channels()))]
    });
    let members = store.insert("posts_channel_members", "channel_id, user_id, role, joined_at", members).await?;
    progress.say("memberships", members);
    Ok(())
}

async fn written(store: &mut Store, shape: Shape, posts: &Posts, progress: &Progress) -> anyhow::Result<()> {
    let rows = posts.posts.iter().enumerate().map(|(number, post)| {
        let number = number as u32;
        let mut random = Random::new(mixed(u64::from(number) << 1));
        let size = 40 + random.below(120) + random.below(120);
        [
            Id(post_id(shape, number)),
            Id(person(post.author)),
            post.channel.map_or(Null, |channel| Id(thing(CHANNEL, channel, shape.channels()))),
            Text(words::text(&mut random, size)),
            Number(post.likes.into()),
            Time(moment(number, shape.posts())),
        ]
    });
    let columns = "post_id, author_id, channel_id, body, like_count, created_at";
    progress.say("posts", store.insert("posts_posts", columns, rows).await?);
    let likes = posts.likes.iter().map(|(post, user)| {
        [Id(post_id(shape, *post)), Id(person(*user)), Flag(true), Time(moment(*post, shape.posts()) + 60_000_000)]
    });
    progress.say("likes", store.insert("posts_likes", "post_id, user_id, liked, liked_at", likes).await?);
    let entries = posts.timelines.iter().enumerate().flat_map(|(reader, timeline)| {
        timeline.iter().rev().map(move |post| [Id(person(reader as u32)), Id(post_id(shape, *post))])
    });
    progress.say("timeline entries", store.insert("posts_timelines", "user_id, post_id", entries).await?);
    let newest = posts.large.iter().map(|(source, recent)| [Id(*source), Id(post_id(shape, recent[0]))]);
    progress.say("large audiences", store.insert("posts_large_sources", "source_id, last_post_id", newest).await?);
    let recent = posts
        .large
        .iter()
        .flat_map(|(source, recent)| recent.iter().map(move |post| [Id(*source), Id(post_id(shape, *post))]));
    store.insert("posts_large_posts", "source_id, post_id", recent).await?;
    Ok(())
}

pub fn conversation(shape: Shape, number: u32) -> uuid::Uuid {
    thing(CONVERSATION, number, shape.conversations())
}

async fn conversations(store: &mut Store, shape: Shape, network: &Network, progress: &Progress) -> anyhow::Result<()> {
    let talks = talks(shape, network);
    let at = |number: usize| moment(number as u32, shape.conversations());
    let id = |number: usize| Id(conversation(shape, number as u32));
    let rows = talks.iter().enumerate().map(|(number, talk)| {
        let key = [person(talk.one.min(talk.other)), person(talk.one.max(talk.other))];
        let key = key.iter().flat_map(|id| *id.as_bytes()).collect();
        let last = at(number) + i64::from(talk.messages) * 1_000_000;
        let count = || Number(talk.messages.into());
        [id(number), Text("direct".to_owned()), Bytes(key), count(), count(), Time(at(number)), Time(last), Time(last)]
    });
    let columns = "id, kind, direct_key, last_seq, message_count, created_at, active_at, changed_at";
    progress.say("conversations", store.insert("messaging_conversations", columns, rows).await?);
    let mut marks = vec![0_i64; shape.people as usize];
    let members: Vec<_> = talks
        .iter()
        .enumerate()
        .flat_map(|(number, talk)| [(number, talk, talk.one.min(talk.other)), (number, talk, talk.one.max(talk.other))])
        .map(|(number, talk, user)| {
            marks[user as usize] += 1;
            (number, talk, user, marks[user as usize])
        })
        .collect();
    let rows = members.iter().map(|(number, talk, user, mark)| {
        let read = || Number(talk.messages.into());
        let added_by = if *user == talk.other { Id(person(talk.one)) } else { Null };
        [id(*number), Id(person(*user)), Number(*mark), Number(1), read(), read(), Text("active".to_owned()), added_by]
    });
    let columns = "conversation_id, user_id, membership_seq, joined_seq, read_seq, read_number, state, added_by";
    progress.say("members", store.insert("messaging_members", columns, rows).await?);
    let rows = marks.iter().enumerate().filter(|(_, mark)| **mark > 0);
    let rows = rows.map(|(user, mark)| [Id(person(user as u32)), Number(*mark)]);
    store.insert("messaging_membership_marks", "user_id, seq", rows).await?;

    let mut before = 0;
    let firsts: Vec<u32> = talks
        .iter()
        .map(|talk| {
            before += talk.messages;
            before - talk.messages
        })
        .collect();
    let messages = || {
        let firsts = &firsts;
        talks.iter().enumerate().flat_map(move |(number, talk)| {
            (1..=talk.messages).map(move |seq| {
                let message = firsts[number] + seq - 1;
                let mut random = Random::new(mixed(u64::from(message) << 1 | 1));
                let size = 10 + random.below(90) + random.below(90);
                (number, talk, seq, message, words::text(&mut random, size))
            })
        })
    };
    let rows = messages().map(|(number, talk, seq, message, body)| {
        let sender = if seq % 2 == 1 { talk.one } else { talk.other };
        [
            id(number),
            Number(seq.into()),
            Number(seq.into()),
            Id(thing(MESSAGE, message, shape.messages())),
            Number(seq.into()),
            Id(person(sender)),
            Text(format!("loaded-{message}")),
            Text(body),
            Time(at(number) + i64::from(seq) * 1_000_000),
        ]
    });
    let columns = "conversation_id, created_seq, changed_seq, id, number, sender_id, client_id, body, created_at";
    progress.say("messages", store.insert("messaging_messages", columns, rows).await?);
    let rows = messages().map(|(number, _, seq, _, body)| [id(number), Number(seq.into()), Text(words::folded(&body))]);
    let rows = store.insert("messaging_search", "conversation_id, created_seq, words", rows).await?;
    progress.say("messages that can be searched", rows);
    Ok(())
}
