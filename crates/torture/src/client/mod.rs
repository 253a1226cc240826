//! One device of one person: connects to a node, does what it draws, follows the protocol, and writes down all of it.

mod act;
mod link;
mod rest;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::history::{Call, Event};
use crate::plan::streams;
use crate::seen::Seen;
use crate::view::{Step, View};
use crate::workload::Choice;
use crate::world::{PATIENCE, Person, Stage, World};
use link::{Link, Received};

/// What the protocol asks a client to wait at a hole before it resumes.
const HOLE_PATIENCE: Duration = Duration::from_millis(300);
/// Operations under way at once.
const MAX_OPEN: usize = 6;
/// Sends without an answer that are remembered, to be tried again.
const MAX_UNSURE: usize = 32;

pub struct Client {
    number: u32,
    person: Person,
    world: Arc<World>,
    random: ChaCha12Rng,
    /// Access token; fetched anew when a node does not believe it.
    token: Option<String>,
    views: BTreeMap<String, View>,
    membership_seq: i64,
    messages_sent: u32,
    /// Sends without an answer.
    unsure: VecDeque<Call>,
    /// Some that were acknowledged.
    sent: VecDeque<Call>,
    blocked: Option<String>,
}

/// What is under way on one connection.
struct Session {
    link: Link,
    socket: u32,
    node: usize,
    open: HashMap<String, Open>,
    /// Conversations known to have a hole, and when to ask.
    holes: BTreeMap<String, i64>,
    ask_at: Option<Instant>,
    next: Choice,
    act_at: Instant,
}

struct Open {
    op: u64,
    call: Call,
    since: Instant,
}

/// Why a session is over.
enum End {
    /// Connect again, after this long.
    Again(Duration),
    Over,
}

impl Client {
    pub fn new(number: u32, person: Person, world: Arc<World>) -> Self {
        let random = world.plan.random(streams::CLIENTS + u64::from(number));
        Self {
            number,
            person,
            world,
            random,
            token: None,
            views: BTreeMap::new(),
            membership_seq: 0,
            messages_sent: 0,
            unsure: VecDeque::new(),
            sent: VecDeque::new(),
            blocked: None,
        }
    }

    pub async fn run(mut self) {
        let mut stage = self.world.stage.subscribe();
        while *stage.borrow() != Stage::Over {
            let node = self.random.random_range(0..self.world.bases.len());
            let end = match self.connect(node).await {
                Some(mut session) => {
                    let end = self.converse(&mut session, &mut stage).await;
                    self.leave(session);
                    end
                }
                None => End::Again(Duration::from_millis(100)),
            };
            if let End::Again(pause) = end {
                let pause = if *stage.borrow() == Stage::Work { pause } else { pause.min(Duration::from_millis(200)) };
                tokio::time::sleep(pause).await;
            }
        }
        self.say_what_it_has().await;
    }

    /// Everything from the token to the first answer; what was missed comes after it.
    async fn connect(&mut self, node: usize) -> Option<Session> {
        self.log_in(node).await?;
        if self.views.is_empty() {
            self.find_conversations(node).await?;
        }
        let base = self.world.bases[node].clone();
        let mut link = tokio::time::timeout(PATIENCE, Link::open(&base)).await.ok()??;
        let socket = self.world.next_socket();
        let (client, person) = (self.number, self.person.id.clone());
        self.world.recorder.record(Event::Connect { socket, client, person, node });
        let positions: BTreeMap<&str, i64> = self.views.iter().map(|(id, view)| (id.as_str(), view.position)).collect();
        let resumed = positions.len();
        let hello = json!({
            "type": "hello", "ref": "hello", "token": self.token,
            "resume": { "conversations": positions, "membership_seq": self.membership_seq },
        });
        let answer = async {
            link.send(&hello).await.ok()?;
            loop {
                match link.receive().await {
                    Received::Frame(frame) if frame["ref"] == "hello" => return Some(frame),
                    Received::Frame(_) => {}
                    Received::Closed(code) => {
                        // The token has run out, or this node cannot say: another one will be asked for.
                        if code == Some(4001) {
                            return None;
                        }
                        return Some(Value::Null);
                    }
                }
            }
        };
        let Ok(answer) = tokio::time::timeout(PATIENCE, answer).await else {
            self.world.recorder.record(Event::Closed { socket, code: None });
            return None;
        };
        if answer.is_none() {
            self.token = None;
        }
        if answer.is_none_or(|answer| answer["type"] != "ack") {
            self.world.recorder.record(Event::Closed { socket, code: None });
            return None;
        }
        self.world.recorder.record(Event::Welcome { socket, resumed });
        for (conversation, view) in &self.views {
            self.world.reached(client, conversation, view);
        }
        let next = self.world.plan.habits.draw(&mut self.random);
        Some(Session {
            link,
            socket,
            node,
            open: HashMap::new(),
            holes: BTreeMap::new(),
            ask_at: None,
            next,
            act_at: Instant::now() + next.pause,
        })
    }

    async fn converse(&mut self, session: &mut Session, stage: &mut watch::Receiver<Stage>) -> End {
        loop {
            let working = *stage.borrow() == Stage::Work;
            let oldest = session.open.values().map(|open| open.since + PATIENCE).min();
            let far = Instant::now() + Duration::from_secs(3_600);
            tokio::select! {
                received = session.link.receive() => match received {
                    Received::Frame(frame) => {
                        if let Some(end) = self.on_frame(session, frame).await {
                            return end;
                        }
                    }
                    Received::Closed(code) => {
                        if code == Some(4001) {
                            self.token = None;
                        }
                        let pause = self.random.random_range(20..300);
                        return End::Again(Duration::from_millis(pause));
                    }
                },
                () = tokio::time::sleep_until(session.act_at), if working => {
                    let choice = session.next;
                    session.next = self.world.plan.habits.draw(&mut self.random);
                    session.act_at = Instant::now() + session.next.pause;
                    if session.open.len() < MAX_OPEN && let Some(end) = self.act(session, choice).await {
                        return end;
                    }
                }
                () = tokio::time::sleep_until(session.ask_at.unwrap_or(far)), if session.ask_at.is_some() => {
                    if let Some(end) = self.ask_for_holes(session).await {
                        return end;
                    }
                }
                // As good as no answer.
                () = tokio::time::sleep_until(oldest.unwrap_or(far)), if oldest.is_some() => {
                    return End::Again(Duration::ZERO);
                }
                changed = stage.changed() => {
                    if changed.is_err() || *stage.borrow() == Stage::Over {
                        return End::Over;
                    }
                }
            }
        }
    }

    /// What has no answer now will not get one on this connection.
    fn leave(&mut self, session: Session) {
        let (socket, code) = (session.socket, session.link.code());
        self.world.left(self.number);
        for open in session.open.into_values() {
            self.give_up(open, "the connection ended");
        }
        self.world.recorder.record(Event::Closed { socket, code });
    }

    fn give_up(&mut self, open: Open, why: &str) {
        self.world.recorder.record(Event::Maybe { op: open.op, why: why.to_owned() });
        self.keep_unsure(open.call);
    }

    fn keep_unsure(&mut self, call: Call) {
        if matches!(call, Call::Send { .. }) && self.unsure.len() < MAX_UNSURE {
            self.unsure.push_back(call);
        }
    }

    async fn on_frame(&mut self, session: &mut Session, frame: Value) -> Option<End> {
        let kind = frame["type"].as_str().unwrap_or_default().to_owned();
        if kind == "ack" || kind == "error" {
            let open = frame["ref"].as_str().and_then(|reference| session.open.remove(reference))?;
            self.on_answer(&kind, open, frame);
            return None;
        }
        self.world.recorder.record(Event::Frame { socket: session.socket, frame: frame.clone() });
        let conversation = frame["conversation_id"].as_str().unwrap_or_default();
        let number = |key: &str| frame[key].as_i64().unwrap_or_default();
        match kind.as_str() {
            "message" => {
                let seen = Seen::parse(&frame["message"])?;
                let view = self.views.entry(conversation.to_owned()).or_default();
                if view.message(number("seq"), number("prev_seq"), &seen) == Step::Hole {
                    session.note_hole(conversation, number("seq"));
                }
                view.read_to_own(&self.person.id, [&seen]);
                self.world.reached(self.number, conversation, view);
            }
            "rows" => {
                let messages = Seen::all(&frame["messages"]);
                let view = self.views.entry(conversation.to_owned()).or_default();
                if view.rows(number("from"), number("upto"), &messages) == Step::Hole {
                    session.note_hole(conversation, number("upto"));
                }
                view.read_to_own(&self.person.id, &messages);
                self.world.reached(self.number, conversation, view);
            }
            "gap" => {
                let upto = number("upto");
                match self.read_history(session.node, conversation, Some(upto)).await {
                    Some(()) => session.note_hole(conversation, upto + 1),
                    None => return Some(End::Again(Duration::from_millis(100))),
                }
            }
            "conversation" => {
                self.membership_seq = self.membership_seq.max(number("membership_seq"));
                let shown = &frame["conversation"];
                if let Some(id) = shown["id"].as_str() {
                    if !self.views.contains_key(id) {
                        session.note_hole(id, shown["last_seq"].as_i64().unwrap_or(0));
                    }
                    self.read_to(id, shown["read_seq"].as_i64().unwrap_or(0));
                }
            }
            "read" if frame["user_id"] == self.person.id => {
                self.membership_seq = self.membership_seq.max(number("membership_seq"));
                self.read_to(conversation, number("seq"));
            }
            "heartbeat" => {
                for (id, seq) in frame["conversations"].as_object().into_iter().flatten() {
                    let seq = seq.as_i64().unwrap_or(0);
                    if self.views.get(id).is_none_or(|view| view.position < seq) {
                        self.views.entry(id.clone()).or_default();
                        session.note_hole(id, seq);
                    }
                }
            }
            "reconnect" => {
                let within = number("within_ms").clamp(1, 1_000) as u64;
                return Some(End::Again(Duration::from_millis(self.random.random_range(0..within))));
            }
            _ => {}
        }
        None
    }

    /// All devices of a person know what is read on one.
    fn read_to(&mut self, conversation: &str, seq: i64) {
        let view = self.views.entry(conversation.to_owned()).or_default();
        view.read_to(seq);
        self.world.reached(self.number, conversation, view);
    }

    fn on_answer(&mut self, kind: &str, open: Open, mut frame: Value) {
        let Open { op, call, .. } = open;
        if kind == "ack" {
            let result = frame["result"].take();
            if let (Call::Read { conversation, .. }, Some(seq)) = (&call, result["read_seq"].as_i64()) {
                self.read_to(conversation, seq);
            }
            self.world.recorder.record(Event::Ok { op, result });
            self.keep_sent(call);
            return;
        }
        let code = frame["code"].as_str().unwrap_or_default().to_owned();
        match promises_nothing(&code) {
            true => {
                self.world.recorder.record(Event::Maybe { op, why: code });
                self.keep_unsure(call);
            }
            false => self.world.recorder.record(Event::Refused { op, code }),
        }
    }

    fn keep_sent(&mut self, call: Call) {
        if matches!(call, Call::Send { .. }) {
            if self.sent.len() == MAX_UNSURE {
                self.sent.pop_front();
            }
            self.sent.push_back(call);
        }
    }

    /// Asks again for what is still missing after the patience that the protocol prescribes.
    async fn ask_for_holes(&mut self, session: &mut Session) -> Option<End> {
        session.ask_at = None;
        let holes = std::mem::take(&mut session.holes);
        let missing = |(id, seq): &(String, i64)| self.views.get(id).is_none_or(|view| view.position < *seq);
        let conversations: Vec<(String, i64)> = holes
            .into_iter()
            .filter(missing)
            .map(|(id, _)| {
                let position = self.views.get(&id).map_or(0, |view| view.position);
                (id, position)
            })
            .collect();
        if conversations.is_empty() {
            return None;
        }
        self.call(session, Call::Resume { conversations }).await
    }
}

impl Session {
    fn note_hole(&mut self, conversation: &str, seq: i64) {
        let known = self.holes.entry(conversation.to_owned()).or_default();
        *known = seq.max(*known);
        self.ask_at.get_or_insert_with(|| Instant::now() + HOLE_PATIENCE);
    }
}

/// Errors after which it may have been done all the same: the answer of the database was lost, say.
fn promises_nothing(code: &str) -> bool {
    matches!(code, "unavailable" | "internal" | "internal_error" | "timeout" | "")
}
