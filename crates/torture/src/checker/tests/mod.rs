//! Histories written by hand: one that is right, and for each rule one that is not.

use serde_json::{Value, json};

mod content;
mod event;
mod late;
mod lost;
mod order;
mod outsider;
mod resumes;
mod unread;
mod views;

use super::{Checker, Rule};
use crate::history::{Call, Event, Fault, Kind, Line, Mark, Phase, Stored, Waiting};

/// A history in which Ana and Ben talk, each on one device, while Zoe has a socket and is nobody's friend.
struct Story {
    /// Where each of them is.
    nodes: [usize; 3],
    checker: Checker,
    lines: u64,
    ops: u64,
    stored: Vec<Stored>,
}

const PEOPLE: [&str; 3] = ["ana", "ben", "zoe"];

impl Story {
    fn new() -> Self {
        Self::on([0, 0, 0])
    }

    fn on(nodes: [usize; 3]) -> Self {
        let mut story = Self { nodes, checker: Checker::default(), lines: 0, ops: 0, stored: Vec::new() };
        let (seed, engine, nodes, redis, sabotage) = (1, "PostgreSQL".to_owned(), 3, true, None);
        story.note(Event::Run { seed, engine, nodes, redis, sabotage });
        for name in PEOPLE {
            story.note(Event::Person { person: name.to_owned(), name: format!("{name}s_handle") });
        }
        let people = vec!["ana".to_owned(), "ben".to_owned()];
        story.note(Event::Opened { conversation: "c".into(), kind: Kind::Direct, people });
        for socket in 0..3 {
            story.connect(socket);
        }
        story
    }

    fn note(&mut self, event: Event) {
        self.lines += 1;
        // As it comes out of the file.
        let line = serde_json::to_string(&Line { n: self.lines, ms: 0, event }).unwrap();
        self.checker.observe(&serde_json::from_str(&line).unwrap());
    }

    /// Socket, client and person go by the same number.
    fn connect(&mut self, socket: u32) {
        let person = PEOPLE[socket as usize % 3].to_owned();
        let client = socket % 3;
        self.note(Event::Connect { socket, client, person, node: self.nodes[client as usize] });
        self.note(Event::Welcome { socket, resumed: 0 });
    }

    fn invoke(&mut self, client: u32, call: Call) -> u64 {
        self.ops += 1;
        let person = PEOPLE[client as usize].to_owned();
        let (op, node, socket) = (self.ops, self.nodes[client as usize], Some(client));
        self.note(Event::Invoke { op, client, person, node, socket, call });
        op
    }

    /// Asked, and answered with this.
    fn done(&mut self, client: u32, call: Call, result: Value) {
        let op = self.invoke(client, call);
        self.note(Event::Ok { op, result });
    }

    fn frame(&mut self, socket: u32, frame: Value) {
        self.note(Event::Frame { socket, frame });
    }

    fn invoke_send(&mut self, client: u32, client_id: &str) -> u64 {
        let (client_id, body) = (client_id.to_owned(), format!("{client_id} hello"));
        self.invoke(client, Call::Send { conversation: "c".into(), client_id, body, forward_of: None })
    }

    /// Sent by Ana and acknowledged at `seq`.
    fn send(&mut self, client_id: &str, seq: i64) {
        let op = self.invoke_send(0, client_id);
        self.note(Event::Ok { op, result: json!({ "message": message(client_id, seq, seq) }) });
    }

    fn edit(&mut self, client_id: &str, seq: i64, changed_seq: i64) {
        let message = id_of(client_id);
        let body = words_of(client_id, seq, changed_seq);
        let op = self.invoke(0, Call::Edit { conversation: "c".into(), message, body });
        self.note(Event::Ok { op, result: json!({ "message": self::message(client_id, seq, changed_seq) }) });
    }

    fn live(&mut self, socket: u32, client_id: &str, seq: i64, prev_seq: i64) {
        self.live_change(socket, message(client_id, seq, seq), prev_seq);
    }

    fn live_change(&mut self, socket: u32, message: Value, prev_seq: i64) {
        let frame = json!({ "type": "message", "conversation_id": "c", "seq": message["changed_seq"],
                            "prev_seq": prev_seq, "message": message });
        self.note(Event::Frame { socket, frame });
    }

    fn rows(&mut self, socket: u32, from: i64, upto: i64, messages: &[Value]) {
        let frame = json!({ "type": "rows", "conversation_id": "c", "from": from, "upto": upto, "messages": messages });
        self.note(Event::Frame { socket, frame });
    }

    /// So many messages of the other conversation, which Ben gets at once.
    fn talk_beside(&mut self, count: i64) {
        for seq in 1..=count {
            let client_id = format!("m9{seq}");
            let mut message = message(&client_id, seq, seq);
            message["conversation_id"] = "d".into();
            let body = words_of(&client_id, seq, seq);
            let op = self.invoke(0, Call::Send { conversation: "d".into(), client_id, body, forward_of: None });
            self.note(Event::Ok { op, result: json!({ "message": message.clone() }) });
            let frame = json!({ "type": "message", "conversation_id": "d", "seq": seq, "prev_seq": seq - 1,
                                "message": message });
            self.note(Event::Frame { socket: 1, frame });
        }
    }

    /// All are sent before the first of them comes.
    fn talk_beside_at_once(&mut self, count: i64) {
        let conversation = || "d".to_owned();
        for seq in 1..=count {
            let client_id = format!("m9{seq}");
            let body = words_of(&client_id, seq, seq);
            self.invoke(0, Call::Send { conversation: conversation(), client_id, body, forward_of: None });
        }
        for seq in 1..=count {
            let mut message = message(&format!("m9{seq}"), seq, seq);
            message["conversation_id"] = "d".into();
            let frame = json!({ "type": "message", "conversation_id": "d", "seq": seq, "prev_seq": seq - 1,
                                "message": message });
            self.note(Event::Frame { socket: 1, frame });
        }
    }

    /// After something was asked and answered, so that the heartbeat is of now.
    fn beat(&mut self, socket: u32) {
        let client = socket % 3;
        self.ops += 1;
        let (op, person, node) = (self.ops, PEOPLE[client as usize].to_owned(), self.nodes[client as usize]);
        let call = Call::Block { other: "nobody".into(), on: false };
        self.note(Event::Invoke { op, client, person, node, socket: Some(socket), call });
        self.note(Event::Ok { op, result: json!({}) });
        self.heartbeat(socket);
    }

    fn heartbeat(&mut self, socket: u32) {
        self.note(Event::Frame { socket, frame: json!({ "type": "heartbeat", "conversations": {} }) });
    }

    /// Deleted by Ana, and acknowledged.
    fn erase(&mut self, client_id: &str, seq: i64, changed_seq: i64) {
        let mut left = message(client_id, seq, changed_seq);
        (left["body"], left["deleted_at"]) = ("".into(), "2026-01-01T00:00:00Z".into());
        let call = Call::Delete { conversation: "c".into(), message: id_of(client_id) };
        self.done(0, call, json!({ "message": left }));
    }

    fn store_erased(&mut self, client_id: &str, seq: i64, changed_seq: i64) {
        self.store(client_id, seq, changed_seq);
        for row in &mut self.stored {
            if let Stored::Message { id, body, is_deleted, .. } = row
                && *id == id_of(client_id)
            {
                (*body, *is_deleted) = (String::new(), true);
            }
        }
    }

    fn store(&mut self, client_id: &str, seq: i64, changed_seq: i64) {
        self.store_numbered(client_id, seq, changed_seq, seq);
    }

    fn store_numbered(&mut self, client_id: &str, seq: i64, changed_seq: i64, number: i64) {
        let (conversation, id) = ("c".to_owned(), id_of(client_id));
        self.stored.push(Stored::Message {
            conversation: conversation.clone(),
            seq,
            changed_seq,
            id: id.clone(),
            number,
            is_text: true,
            person: "ana".into(),
            client_id: client_id.to_owned(),
            body: words_of(client_id, seq, changed_seq),
            is_deleted: false,
            is_forwarded: false,
            is_pinned: false,
            mentions: Vec::new(),
        });
        self.stored.push(Stored::Change { conversation: conversation.clone(), changed_seq: seq, id: id.clone() });
        if changed_seq != seq {
            self.stored.push(Stored::Change { conversation, changed_seq, id: id.clone() });
        }
        let event = format!("event of {id}");
        let subscriber = "notifications.tell_of_message".to_owned();
        self.stored.push(Stored::Queued { event: event.clone(), subscriber });
        self.stored.push(Stored::Sent { event, message: id });
    }

    /// The database ends at `last_seq` with `count` messages, and both have read all of it.
    fn end(self, last_seq: i64, count: i64) -> Checker {
        self.end_read_to(last_seq, count, last_seq)
    }

    fn end_read_to(self, last_seq: i64, count: i64, read_seq: i64) -> Checker {
        let mark = (read_seq, count - read_seq.min(count));
        self.end_with(last_seq, count, [mark, mark])
    }

    /// Ana has read all, and to Ben so many messages are unread after his mark.
    fn end_unread(self, last_seq: i64, count: i64, read_seq: i64, unread_count: i64) -> Checker {
        self.end_with(last_seq, count, [(last_seq, 0), (read_seq, unread_count)])
    }

    fn end_with(mut self, last_seq: i64, count: i64, marks: [(i64, i64); 2]) -> Checker {
        self.note(Event::Settled);
        for (person, (read_seq, unread_count)) in ["ana", "ben"].into_iter().zip(marks) {
            let (conversation, person) = ("c".to_owned(), person.to_owned());
            let read_number = read_seq.min(count);
            let mark = Mark { conversation: conversation.clone(), read_seq, unread_count };
            self.note(Event::Unread { person: person.clone(), mark });
            let (joined_seq, left_seq) = (1, None);
            self.note(Event::Stored(Stored::Member {
                conversation,
                person,
                joined_seq,
                left_seq,
                read_seq,
                read_number,
                is_active: true,
            }));
        }
        let message_count = count;
        self.note(Event::Stored(Stored::Conversation { conversation: "c".into(), last_seq, message_count }));
        for row in std::mem::take(&mut self.stored) {
            self.note(Event::Stored(row));
        }
        self.note(Event::End);
        self.checker
    }

    fn view(&mut self, client: u32, position: i64, messages: &[(&str, i64, i64)]) {
        let messages = messages.iter().map(|(name, seq, changed)| (*seq, *changed, id_of(name))).collect();
        let person = PEOPLE[client as usize].to_owned();
        let (conversation, read_seq, reactions) = ("c".to_owned(), position, Vec::new());
        self.note(Event::View { client, person, conversation, position, read_seq, messages, reactions });
    }
}

fn id_of(client_id: &str) -> String {
    format!("id of {client_id}")
}

fn words_of(client_id: &str, seq: i64, changed_seq: i64) -> String {
    if seq == changed_seq { format!("{client_id} hello") } else { format!("{client_id} hello at {changed_seq}") }
}

fn message(client_id: &str, seq: i64, changed_seq: i64) -> Value {
    json!({ "id": id_of(client_id), "conversation_id": "c", "seq": seq, "changed_seq": changed_seq, "number": seq,
            "kind": "text", "sender_id": "ana", "body": words_of(client_id, seq, changed_seq), "deleted_at": null })
}

#[track_caller]
fn assert_found(mut checker: Checker, rules: &[Rule]) {
    let violations = checker.verdict();
    let found: Vec<Rule> = checker.found().keys().copied().collect();
    assert_eq!(found, rules, "{violations:#?}");
}

/// Two messages, seen by both, one of them edited.
fn two_messages() -> Story {
    let mut story = Story::new();
    story.send("m1", 1);
    story.send("m2", 2);
    story.live(1, "m1", 1, 0);
    story.live(1, "m2", 2, 1);
    story.rows(0, 0, 2, &[message("m1", 1, 1), message("m2", 2, 2)]);
    story.edit("m1", 1, 3);
    for socket in [0, 1] {
        story.live_change(socket, message("m1", 1, 3), 2);
    }
    story
}

fn and_their_end(mut story: Story) -> Story {
    story.store("m1", 1, 3);
    story.store("m2", 2, 2);
    for client in [0, 1] {
        story.view(client, 3, &[("m1", 1, 3), ("m2", 2, 2)]);
    }
    story
}

#[test]
fn a_right_history_has_no_violation() {
    assert_found(and_their_end(two_messages()).end(3, 2), &[]);
}

#[track_caller]
fn assert_found_now(checker: &Checker, rule: Rule) {
    assert!(checker.found().contains_key(&rule), "{:?}", checker.violations());
}
