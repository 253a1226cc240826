//! What all clients of a run share: the people, their conversations, the nodes' addresses, and the history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use village_testkit::PASSWORD;

use crate::history::{Event, Kind};
use crate::plan::{Plan, streams};
use crate::recorder::Recorder;
use crate::view::View;
use crate::workload::handle;

/// Longer than any fault lasts; what is slower than that is a maybe.
pub const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub email: String,
}

#[derive(Clone, Debug)]
pub struct Place {
    pub id: String,
    pub kind: Kind,
    /// Those who took part at the beginning.
    pub people: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Work,
    /// Stay connected, do nothing more, and get what is still missing.
    Rest,
    /// Say what you have, and leave.
    Over,
}

/// The last seq and the read mark of each person in each conversation.
pub type Ends = BTreeMap<(String, String), (i64, i64)>;

pub struct World {
    pub plan: Plan,
    pub recorder: Recorder,
    pub bases: Vec<String>,
    pub people: Vec<Person>,
    pub places: Vec<Place>,
    pub stage: watch::Sender<Stage>,
    pub http: reqwest::Client,
    ops: AtomicU64,
    sockets: AtomicU32,
    positions: Mutex<Positions>,
}

/// Client → conversation → position and read mark, while connected.
type Positions = BTreeMap<u32, BTreeMap<String, (i64, i64)>>;

impl World {
    /// Makes the people and their conversations, in calm.
    pub async fn make(plan: Plan, recorder: Recorder, bases: Vec<String>) -> anyhow::Result<Arc<Self>> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let (stage, _) = watch::channel(Stage::Work);
        let mut world = Self {
            plan,
            recorder,
            bases,
            people: Vec::new(),
            places: Vec::new(),
            stage,
            http,
            ops: AtomicU64::new(0),
            sockets: AtomicU32::new(0),
            positions: Mutex::default(),
        };
        world.settle_people().await?;
        Ok(Arc::new(world))
    }

    async fn settle_people(&mut self) -> anyhow::Result<()> {
        let crowd = self.plan.crowd;
        let mut tokens = Vec::new();
        for number in 0..crowd.people + crowd.outsiders {
            let name = handle(number);
            let email = format!("{name}@example.org");
            let body = json!({ "email": email, "password": PASSWORD, "handle": name, "display_name": name });
            let session = self.must(Method::POST, 0, None, "/auth/signup", &body).await?;
            let id = session["me"]["id"].as_str().context("a session names its person")?.to_owned();
            tokens.push(session["access_token"].as_str().context("a session has a token")?.to_owned());
            self.recorder.record(Event::Person { person: id.clone(), name });
            self.people.push(Person { id, email });
        }
        let mut random = self.plan.random(streams::WORLD);
        let mut pairs = BTreeSet::new();
        let wanted = crowd.directs.min(crowd.people * crowd.people.saturating_sub(1) / 2);
        while pairs.len() < wanted {
            let (one, other) = (random.random_range(0..crowd.people), random.random_range(0..crowd.people));
            if one < other {
                pairs.insert((one, other));
            }
        }
        let mut groups = Vec::new();
        for _ in 0..crowd.groups {
            let size = random.random_range(3..=8.min(crowd.people));
            let mut members = BTreeSet::new();
            while members.len() < size {
                members.insert(random.random_range(0..crowd.people));
            }
            groups.push(members);
        }
        // Friends, so that nobody has to be asked first.
        let mut friends: BTreeSet<(usize, usize)> = pairs.clone();
        for members in &groups {
            let all = members.iter().flat_map(|one| members.iter().map(move |other| (*one, *other)));
            friends.extend(all.filter(|(one, other)| one < other));
        }
        for (one, other) in friends {
            for (follower, followed) in [(one, other), (other, one)] {
                let body = json!({ "user_id": self.people[followed].id });
                self.must(Method::POST, follower, Some(&tokens[follower]), "/users/follow", &body).await?;
            }
        }
        for (one, other) in pairs {
            let body = json!({ "user_id": self.people[other].id });
            let opened = self.must(Method::POST, one, Some(&tokens[one]), "/conversations", &body).await?;
            self.place(&opened, Kind::Direct, [one, other].into())?;
        }
        for (number, members) in groups.into_iter().enumerate() {
            let mut others = members.iter().copied();
            let owner = others.next().context("a group has an owner")?;
            let ids: Vec<&str> = others.map(|other| self.people[other].id.as_str()).collect();
            let body = json!({ "name": format!("Group {number}"), "member_ids": ids });
            let opened = self.must(Method::POST, owner, Some(&tokens[owner]), "/conversations/groups", &body).await?;
            self.place(&opened, Kind::Group, members)?;
        }
        Ok(())
    }

    fn place(&mut self, opened: &Value, kind: Kind, members: BTreeSet<usize>) -> anyhow::Result<()> {
        let id = opened["id"].as_str().context("a conversation has an id")?.to_owned();
        let people: BTreeSet<String> = members.iter().map(|member| self.people[*member].id.clone()).collect();
        self.recorder.record(Event::Opened {
            conversation: id.clone(),
            kind,
            people: people.iter().cloned().collect(),
        });
        self.places.push(Place { id, kind, people });
        Ok(())
    }

    async fn must(
        &self,
        method: Method,
        who: usize,
        token: Option<&str>,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let base = &self.bases[who % self.bases.len()];
        let (status, answer) = self.ask(method, base, token, path, Some(body)).await.context(path.to_owned())?;
        if !(200..300).contains(&status) {
            bail!("{path} answered {status}: {answer}");
        }
        Ok(answer)
    }

    /// One request; an error means that no answer came.
    pub async fn ask(
        &self,
        method: Method,
        base: &str,
        token: Option<&str>,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<(u16, Value)> {
        let mut request = self.http.request(method, format!("{base}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    pub fn next_op(&self) -> u64 {
        self.ops.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn next_socket(&self) -> u32 {
        self.sockets.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn positions(&self) -> MutexGuard<'_, Positions> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn reached(&self, client: u32, conversation: &str, view: &View) {
        let has = (view.position, view.read_seq);
        self.positions().entry(client).or_default().insert(conversation.to_owned(), has);
    }

    pub fn left(&self, client: u32) {
        self.positions().remove(&client);
    }

    /// Who is not where the conversations end, or does not know what is read there.
    pub fn behind(&self, clients: &BTreeMap<u32, String>, ends: &Ends) -> Vec<String> {
        let positions = self.positions();
        let mut behind = Vec::new();
        for (client, person) in clients {
            let has = positions.get(client);
            for ((_, conversation), end) in
                ends.range((person.clone(), String::new())..).take_while(|((who, _), _)| who == person)
            {
                let has = has.and_then(|has| has.get(conversation)).copied();
                if has.is_none_or(|has| has.0 < end.0 || has.1 < end.1) {
                    behind.push(format!("client {client} is at {has:?} of {conversation}, which is at {end:?}"));
                }
            }
        }
        behind
    }
}
