//! The judge. It sees a history line by line and says what must not have happened.
//!
//! - [`ops`]: what was asked and answered.
//! - [`truth`]: what is known of each conversation, from whoever saw it: one order for all, one message for each send.
//! - [`watch`]: what each client has, made again from its frames: no hole, nothing old.
//! - [`outsider`]: who certainly takes no part, and what reaches them all the same; marks that nobody made.
//! - [`late`]: what came later than it may, with the [`weather`] of the nodes it passed.
//! - [`marks`] and [`reactions`]: what was told of either, kept until the database can be asked.
//! - [`finale`]: the database, against all of that; [`events`] is its part about the bus.
//!
//! An operation without an answer is a maybe: it may have been done or not, and may be done yet. What a rule says of a
//! message holds only while no maybe could have changed it.

mod counts;
mod events;
mod finale;
mod late;
mod marks;
mod ops;
mod outsider;
mod reactions;
mod rule;
mod stored;
mod truth;
mod watch;
mod weather;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub use counts::{Counts, Timely};
use late::{Arrivals, Recent, Sample};
use marks::Told;
use ops::{Op, State};
use outsider::Stirs;
pub use rule::{Rule, Violation};
use stored::Finale;
use truth::Conversation;
use watch::{Client, Socket};
use weather::Weather;

use crate::history::{Event, Line};
use crate::seen::Seen;

/// One more of a kind than this says nothing new; they are counted all the same.
const KEPT_OF_A_RULE: usize = 50;

#[derive(Default)]
pub struct Checker {
    pub counts: Counts,
    line: u64,
    conversations: HashMap<String, Conversation>,
    ops: HashMap<u64, Op>,
    clients: HashMap<u32, Client>,
    sockets: HashMap<u32, Socket>,
    weather: Weather,
    recent: Recent,
    arrivals: Arrivals,
    sample: Sample,
    stirs: Stirs,
    told: Vec<Told>,
    /// By the handle that names them.
    people: HashMap<String, String>,
    finale: Finale,
    kept: Vec<Violation>,
    found: BTreeMap<Rule, u64>,
    /// What was said already, so that one loss is not found again with every frame.
    said: HashSet<(Rule, String)>,
    /// The furthest acknowledged read mark of each member.
    reads: HashMap<(String, String), i64>,
    /// Whom each person has ever blocked: what these have given may not be shown to them.
    blocked: HashMap<String, BTreeSet<String>>,
    ended: bool,
}

impl Checker {
    pub fn observe(&mut self, line: &Line) {
        self.line = line.n;
        self.counts.observe(&line.event);
        match &line.event {
            Event::Run { redis, .. } => self.weather.hints_pass_redis = *redis,
            Event::Node { .. } => {}
            Event::Person { person, name } => {
                self.people.insert(name.clone(), person.clone());
            }
            Event::Opened { conversation, people, .. } => {
                let known = self.conversations.entry(conversation.clone()).or_default();
                known.founders = people.iter().cloned().collect();
                known.invited.extend(people.iter().cloned());
            }
            Event::Connect { socket, client, person, node } => {
                self.clients.entry(*client).or_insert_with(|| Client::new(person));
                self.sockets.insert(*socket, Socket::new(*client, person, *node, line.n));
            }
            Event::Welcome { socket, .. } => self.on_welcome(*socket),
            Event::Closed { socket, .. } => {
                self.end_chain(*socket, None);
                self.sockets.remove(socket);
            }
            Event::Invoke { op, client, person, node, socket, call } => {
                let (line, person, state) = (line.n, person.clone(), State::Open);
                let (client, node, socket, call) = (*client, *node, *socket, call.clone());
                self.on_invoke(*op, Op { line, client, person, node, socket, call, state });
            }
            Event::Ok { op, result } => self.on_ok(*op, result),
            Event::Refused { op, .. } => self.on_refused(*op),
            Event::Maybe { op, .. } => {
                if let Some(op) = self.ops.get_mut(op) {
                    op.state = State::Maybe;
                }
            }
            Event::Frame { socket, frame } => self.on_frame(*socket, frame),
            Event::History { client, person, conversation, op, replaces, messages } => {
                let messages: Vec<Seen> = messages.iter().filter_map(Seen::parse).collect();
                self.on_history(*client, person, conversation, *op, *replaces, &messages);
            }
            Event::Forget { client, conversation } => {
                if let Some(client) = self.clients.get_mut(client) {
                    client.views.remove(conversation);
                }
            }
            Event::Fault { fault, node, phase } => self.weather.observe(line.n, *fault, *node, *phase),
            Event::Settled => self.finale.settled = true,
            view @ Event::View { .. } => self.finale.view(view),
            Event::Inbox { client, person, conversations, unread_count } => {
                self.finale.inbox(*client, person, conversations, *unread_count);
            }
            Event::Unread { person, mark } => self.finale.unread(person, mark.clone()),
            Event::Stored(stored) => self.finale.store(stored),
            Event::End => {
                self.ended = true;
                self.judge_finale();
            }
        }
    }

    fn known(&mut self, seen: &Seen) -> Option<&mut truth::Known> {
        self.conversations.get_mut(&seen.conversation)?.messages.get_mut(&seen.id)
    }

    /// Every message that anybody is shown anywhere comes by here. Those who have left see it as it was then, under
    /// the seq at which they left, so of them only its place is believed; but an acknowledged change is believed of
    /// anybody where only a member can make one, and others may be on their way to it.
    fn learn_from(&mut self, person: &str, seen: &Seen) {
        let conversation = self.conversations.entry(seen.conversation.clone()).or_default();
        if conversation.is_steady(person) {
            self.learn(seen);
            return self.note_reactions(person, seen);
        }
        for (rule, what) in conversation.place(seen) {
            self.say(rule, what);
        }
    }

    fn learn(&mut self, seen: &Seen) {
        let conversation = self.conversations.entry(seen.conversation.clone()).or_default();
        let (is_news, wrong) = conversation.learn(seen, self.line);
        for (rule, what) in wrong {
            self.say(rule, what);
        }
        if is_news {
            self.check_everybody(seen);
        }
    }

    fn own_token(&mut self, person: &str, client_id: &str, seen: &Seen) {
        let conversation = self.conversations.entry(seen.conversation.clone()).or_default();
        if let Some(other) = conversation.name(person, client_id, &seen.id) {
            let what = format!("{client_id} of {person} is {other} and {}", seen.id);
            self.say(Rule::Duplicate, what);
        }
    }

    fn say(&mut self, rule: Rule, what: String) {
        if !self.said.insert((rule, what.clone())) {
            return;
        }
        let count = self.found.entry(rule).or_default();
        *count += 1;
        if *count <= KEPT_OF_A_RULE as u64 {
            let operations = self.counts.answered();
            self.kept.push(Violation { rule, line: self.line, operations, what });
        }
    }

    /// What was found so far.
    pub fn violations(&self) -> &[Violation] {
        &self.kept
    }

    /// How many violations of each rule, those included that are not kept.
    pub fn found(&self) -> &BTreeMap<Rule, u64> {
        &self.found
    }

    pub fn total(&self) -> u64 {
        self.found.values().sum()
    }

    /// All of them, once the history is at its end; one that never came to it is a violation too.
    pub fn verdict(&mut self) -> Vec<Violation> {
        if !self.ended || !self.finale.settled {
            self.say(Rule::Incomplete, "the history ends before the run did".to_owned());
        }
        self.kept.clone()
    }

    /// Who takes or took part, as far as anybody asked for it.
    fn may_know_of(&self, person: &str, conversation: &str) -> bool {
        self.conversations
            .get(conversation)
            .is_none_or(|known| known.founders.is_empty() || known.invited.contains(person))
    }

    fn is_steady(&self, conversation: &str, person: &str) -> bool {
        self.conversations.get(conversation).is_some_and(|known| known.is_steady(person))
    }
}

#[cfg(test)]
mod tests;
