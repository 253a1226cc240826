//! A community in which everybody does to everybody what changes a number.

use serde_json::{Value, json};
use village_testkit::{Person, text};

use crate::counts::all;
use crate::support::Village;

/// Small, and the same for the same seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}

pub const PEOPLE: usize = 6;

/// What person N does, to all posts or channels, or to another person. Some acts are refused, as they would be in life.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Like(usize),
    Unlike(usize),
    Comment(usize),
    /// The newest comment of theirs on each post.
    DeleteComment(usize),
    Join(usize),
    Leave(usize),
    Follow(usize, usize),
    Unfollow(usize, usize),
    Block(usize, usize),
    Unblock(usize, usize),
    /// By the operator.
    Suspend(usize),
    Reinstate(usize),
}

impl Act {
    pub fn any(dice: &mut Dice) -> Self {
        let one = dice.roll(PEOPLE);
        let other = (one + 1 + dice.roll(PEOPLE - 1)) % PEOPLE;
        match dice.roll(12) {
            0 => Self::Like(one),
            1 => Self::Unlike(one),
            2 => Self::Comment(one),
            3 => Self::DeleteComment(one),
            4 => Self::Join(one),
            5 => Self::Leave(one),
            6 => Self::Follow(one, other),
            7 => Self::Unfollow(one, other),
            8 => Self::Block(one, other),
            9 => Self::Unblock(one, other),
            10 => Self::Suspend(one),
            _ => Self::Reinstate(one),
        }
    }
}

pub struct Community<'a> {
    village: &'a Village,
    pub people: Vec<Person>,
    suspended: Vec<bool>,
    /// An open one and a private one, of person 0.
    pub channels: Vec<String>,
    /// Posts of person 0: one in each channel, one to the followers.
    pub posts: Vec<String>,
}

impl<'a> Community<'a> {
    /// Everybody follows everybody, is in both channels, and likes and comments on all posts.
    pub async fn gather(village: &'a Village) -> Self {
        let mut people = vec![village.owner().await];
        for number in 1..PEOPLE {
            people.push(village.join(&format!("person_{number}")).await);
        }
        let owner = &people[0];
        let (mut channels, mut posts) = (Vec::new(), Vec::new());
        for visibility in ["open", "private"] {
            let channel = json!({ "name": "Night shift", "visibility": visibility });
            let (status, channel) = owner.post("/channels", &channel).await;
            assert_eq!(status, 201, "{channel}");
            channels.push(text(&channel, "/id"));
        }
        for channel in channels.iter().map(Some).chain([None]) {
            let post = owner.post("/posts", &json!({ "channel_id": channel, "body": "Awake?" })).await.1;
            posts.push(text(&post, "/id"));
        }
        let mut community = Self { village, suspended: vec![false; PEOPLE], people, channels, posts };
        for one in 0..PEOPLE {
            for other in (0..PEOPLE).filter(|other| *other != one) {
                community.act(Act::Follow(one, other)).await;
            }
        }
        for one in 0..PEOPLE {
            for act in [Act::Join(one), Act::Like(one), Act::Comment(one), Act::Comment(one)] {
                community.act(act).await;
            }
        }
        community
    }

    /// Those who can log in.
    pub fn readers(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().zip(&self.suspended).filter(|(_, suspended)| !**suspended).map(|(person, _)| person)
    }

    pub async fn act(&mut self, act: Act) {
        match act {
            Act::Suspend(one) if !self.suspended[one] => {
                self.village.suspend(&self.people[one]).await;
                self.suspended[one] = true;
            }
            Act::Reinstate(one) if self.suspended[one] => {
                self.village.reinstate(&self.people[one]).await;
                self.people[one] = self.people[one].log_in().await;
                self.suspended[one] = false;
            }
            Act::Suspend(_) | Act::Reinstate(_) => {}
            Act::Like(one)
            | Act::Unlike(one)
            | Act::Comment(one)
            | Act::DeleteComment(one)
            | Act::Join(one)
            | Act::Leave(one)
            | Act::Follow(one, _)
            | Act::Unfollow(one, _)
            | Act::Block(one, _)
            | Act::Unblock(one, _) => {
                if !self.suspended[one] {
                    self.act_of(&self.people[one], act).await;
                }
            }
        }
    }

    async fn act_of(&self, person: &Person, act: Act) {
        let user = |other: usize| &self.people[other].id;
        match act {
            Act::Follow(_, other) => drop(person.post("/users/follow", &json!({ "user_id": user(other) })).await),
            Act::Unfollow(_, other) => drop(person.delete(&format!("/users/{}/follow", user(other))).await),
            Act::Block(_, other) => drop(person.put(&format!("/users/{}/block", user(other)), &Value::Null).await),
            Act::Unblock(_, other) => drop(person.delete(&format!("/users/{}/block", user(other))).await),
            Act::Join(_) => self.join(person).await,
            Act::Leave(_) => {
                for channel in &self.channels {
                    person.delete(&format!("/channels/{channel}/membership")).await;
                }
            }
            _ => {
                for post in &self.posts {
                    self.act_on(person, act, &format!("/posts/{post}")).await;
                }
            }
        }
    }

    /// The answer to one's own act says what the list has.
    async fn join(&self, person: &Person) {
        for channel in &self.channels {
            if !self.suspended[0] {
                let path = format!("/channels/{channel}/invitations/{}", person.id);
                self.people[0].put(&path, &Value::Null).await;
            }
            let (status, joined) = person.put(&format!("/channels/{channel}/membership"), &Value::Null).await;
            if status == 200 {
                let members = all(person, &format!("/channels/{channel}/members")).await.expect("a member reads");
                assert_eq!(joined["member_count"], json!(members.len()), "the answer to a join");
            }
        }
    }

    async fn act_on(&self, person: &Person, act: Act, post: &str) {
        match act {
            Act::Like(_) | Act::Unlike(_) => {
                let path = format!("{post}/like");
                let (status, state) = match act {
                    Act::Like(_) => person.put(&path, &Value::Null).await,
                    _ => person.delete(&path).await,
                };
                if status == 200 {
                    let likes = all(person, &format!("{post}/likes")).await.expect("whoever likes it sees it");
                    assert_eq!(state["like_count"], json!(likes.len()), "the answer to {act:?}");
                }
            }
            Act::Comment(_) => drop(person.post(&format!("{post}/comments"), &json!({ "body": "Yes." })).await),
            Act::DeleteComment(_) => {
                let comments = all(person, &format!("{post}/comments")).await.unwrap_or_default();
                if let Some(own) = comments.iter().rfind(|comment| comment["author"]["id"] == person.id.as_str()) {
                    let path = format!("{post}/comments/{}", own["id"].as_str().unwrap());
                    assert_eq!(person.delete(&path).await.0, 204);
                }
            }
            _ => unreachable!("{act:?} is not about a post"),
        }
    }
}
