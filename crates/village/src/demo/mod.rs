//! `--demo`: a small, believable community to look around in.
//!
//! It is made through the server's own API, as people would make it, on a clock that starts a few days ago and
//! ends at the present; so whatever the API refuses, the demo cannot contain.

mod client;
mod clock;
mod pictures;
mod script;

use axum::Router;

use anyhow::Context;
pub use clock::DemoClock;

use client::{Client, Person};
use script::{CHANNELS, FOLLOWS_OF_EACH, PEOPLE, POSTS, TALKS};

/// The password of everyone in the demo. The demo is for a server of your own machine.
pub const PASSWORD: &str = "well-lit-kitchen";
/// Who to log in as.
pub const EMAIL: &str = "ana@village.example";

/// Fills an empty server. `invitation` is the one that makes the owner. The clock ends at the present.
pub async fn fill(router: Router, clock: &DemoClock, invitation: &str) -> anyhow::Result<()> {
    let outcome = Demo { client: Client::new(router), clock, people: Vec::new() }.play(invitation).await;
    clock.to_the_present();
    outcome
}

struct Demo<'a> {
    client: Client,
    clock: &'a DemoClock,
    people: Vec<Person>,
}

impl Demo<'_> {
    async fn play(mut self, invitation: &str) -> anyhow::Result<()> {
        self.clock.hours_ago(80);
        pictures::paint_ahead();
        self.gather(invitation).await.context("making the people")?;
        self.befriend().await.context("following each other")?;
        let channels = self.open_channels().await.context("opening the channels")?;
        // The clock only goes forward, so posts and conversations take turns in the order of their hours.
        let mut posts = POSTS.iter().peekable();
        let mut talks = TALKS.iter().peekable();
        loop {
            let next_post = posts.peek().map(|post| post.hours_ago);
            let next_talk = talks.peek().map(|talk| talk.hours_ago);
            if next_post.is_some() && next_post >= next_talk {
                let Some(post) = posts.next() else { break };
                self.publish(post, &channels).await.with_context(|| format!("publishing {:?}", post.body))?;
            } else {
                let Some(talk) = talks.next() else { break };
                self.talk(talk).await.context("talking")?;
            }
        }
        Ok(())
    }

    async fn gather(&mut self, invitation: &str) -> anyhow::Result<()> {
        let mut code = invitation.to_owned();
        for (number, (handle, name, bio)) in PEOPLE.iter().enumerate() {
            let mut person = self.client.sign_up(handle, name, PASSWORD, &code).await?;
            self.client.patch(&mut person, "/users/me", serde_json::json!({ "bio": bio })).await?;
            let avatar =
                self.client.upload(&mut person, painted(move || pictures::portrait(number)).await?, "avatar").await?;
            self.client.patch(&mut person, "/users/me", serde_json::json!({ "avatar_media_id": avatar })).await?;
            self.people.push(person);
            if number == 0 {
                let body = serde_json::json!({ "uses": PEOPLE.len() - 1, "expires_in_days": 7 });
                let made = self.client.post(&mut self.people[0], "/auth/invitations", body).await?;
                code = client::text(&made, "code")?;
            }
        }
        Ok(())
    }

    async fn befriend(&mut self) -> anyhow::Result<()> {
        let ids: Vec<String> = self.people.iter().map(|person| person.id.clone()).collect();
        for (number, person) in self.people.iter_mut().enumerate() {
            for step in FOLLOWS_OF_EACH {
                let other = &ids[(number + step) % ids.len()];
                self.client.post(person, "/users/follow", serde_json::json!({ "user_id": other })).await?;
            }
        }
        // A post outside channels is seen by followers only, so whoever answers one follows its author.
        for post in POSTS.iter().filter(|post| post.channel.is_none()) {
            let speakers = post.comments.iter().map(|(speaker, _)| speaker);
            for person in post.liked_by.iter().chain(speakers).filter(|person| **person != post.author) {
                let body = serde_json::json!({ "user_id": ids[post.author] });
                self.client.post(&mut self.people[*person], "/users/follow", body).await?;
            }
        }
        // Those who talk follow each other: otherwise what they write would wait among the requests.
        for (one, other) in TALKS.iter().map(|talk| talk.between) {
            for (follower, followee) in [(one, other), (other, one)] {
                let body = serde_json::json!({ "user_id": ids[followee] });
                self.client.post(&mut self.people[follower], "/users/follow", body).await?;
            }
        }
        Ok(())
    }

    async fn open_channels(&mut self) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::new();
        for channel in CHANNELS {
            let body = serde_json::json!({
                "slug": channel.slug, "name": channel.name,
                "description": channel.description, "visibility": channel.visibility,
            });
            let made = self.client.post(&mut self.people[channel.owner], "/channels", body).await?;
            let id = client::text(&made, "id")?;
            for member in channel.members.iter().filter(|member| **member != channel.owner) {
                if channel.visibility == "private" {
                    let path = format!("/channels/{id}/invitations/{}", self.people[*member].id);
                    self.client.put(&mut self.people[channel.owner], &path, None).await?;
                }
                self.client.put(&mut self.people[*member], &format!("/channels/{id}/membership"), None).await?;
            }
            ids.push(id);
        }
        Ok(ids)
    }

    async fn publish(&mut self, post: &script::Post, channels: &[String]) -> anyhow::Result<()> {
        self.clock.hours_ago(post.hours_ago);
        let mut media = Vec::new();
        for picture in post.pictures {
            let jpeg = painted(|| pictures::scene(picture.scene)).await?;
            let id = self.client.upload(&mut self.people[post.author], jpeg, "post").await?;
            media.push(serde_json::json!({ "media_id": id, "alt": picture.alt }));
        }
        let channel = post.channel.map(|number| channels[number].clone());
        let body = serde_json::json!({ "body": post.body, "channel_id": channel, "media": media });
        let made = self.client.post(&mut self.people[post.author], "/posts", body).await?;
        let id = client::text(&made, "id")?;
        for (author, comment) in post.comments {
            self.clock.advance_minutes(7);
            let body = serde_json::json!({ "body": comment });
            self.client.post(&mut self.people[*author], &format!("/posts/{id}/comments"), body).await?;
        }
        for person in post.liked_by {
            self.client.put(&mut self.people[*person], &format!("/posts/{id}/like"), None).await?;
        }
        Ok(())
    }

    async fn talk(&mut self, talk: &script::Talk) -> anyhow::Result<()> {
        self.clock.hours_ago(talk.hours_ago);
        let (one, other) = talk.between;
        let body = serde_json::json!({ "user_id": self.people[other].id });
        let made = self.client.post(&mut self.people[one], "/conversations", body).await?;
        let id = client::text(&made, "id")?;
        for (number, (speaker, line)) in talk.lines.iter().enumerate() {
            self.clock.advance_minutes(2);
            let body = serde_json::json!({ "client_id": format!("demo-{number}"), "body": line });
            self.client.post(&mut self.people[*speaker], &format!("/conversations/{id}/messages"), body).await?;
        }
        Ok(())
    }
}

/// Waits for a picture off the threads that serve requests.
async fn painted(picture: impl FnOnce() -> &'static [u8] + Send + 'static) -> anyhow::Result<Vec<u8>> {
    Ok(tokio::task::spawn_blocking(picture).await?.to_vec())
}
