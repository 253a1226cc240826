//! Histories written by hand: one that is right, and for each rule one that is not.

use serde_json::{Value, json};

use super::{Checker, Rule};
use crate::history::{Call, Event, Fault, Kind, Line, Phase, Stored};

/// A history in which Ana and Ben talk, each on one device, while Zoe has a socket and is nobody's friend.
struct Story {
    checker: Checker,
    lines: u64,
    ops: u64,
    stored: Vec<Stored>,
}

const PEOPLE: [&str; 3] = ["ana", "ben", "zoe"];

impl Story {
    fn new() -> Self {
        let mut story = Self { checker: Checker::default(), lines: 0, ops: 0, stored: Vec::new() };
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
        self.note(Event::Connect { socket, client: socket % 3, person, node: 0 });
        self.note(Event::Welcome { socket, resumed: 0 });
    }

    fn invoke(&mut self, client: u32, call: Call) -> u64 {
        self.ops += 1;
        let person = PEOPLE[client as usize].to_owned();
        self.note(Event::Invoke { op: self.ops, client, person, socket: Some(client), call });
        self.ops
    }

    fn invoke_send(&mut self, client: u32, client_id: &str) -> u64 {
        let (client_id, body) = (client_id.to_owned(), format!("{client_id} hello"));
        self.invoke(client, Call::Send { conversation: "c".into(), client_id, body })
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
            let op = self.invoke(0, Call::Send { conversation: "d".into(), client_id, body });
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
            self.invoke(0, Call::Send { conversation: conversation(), client_id, body });
        }
        for seq in 1..=count {
            let mut message = message(&format!("m9{seq}"), seq, seq);
            message["conversation_id"] = "d".into();
            let frame = json!({ "type": "message", "conversation_id": "d", "seq": seq, "prev_seq": seq - 1,
                                "message": message });
            self.note(Event::Frame { socket: 1, frame });
        }
    }

    fn heartbeat(&mut self, socket: u32) {
        self.note(Event::Frame { socket, frame: json!({ "type": "heartbeat", "conversations": {} }) });
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
            body: words_of(client_id, seq, changed_seq),
            is_deleted: false,
        });
        self.stored.push(Stored::Change { conversation: conversation.clone(), changed_seq: seq, id: id.clone() });
        if changed_seq != seq {
            self.stored.push(Stored::Change { conversation, changed_seq, id: id.clone() });
        }
        self.stored.push(Stored::Sent { event: format!("event of {id}"), message: id });
    }

    /// The database ends at `last_seq` with `count` messages, and both have read all of it.
    fn end(self, last_seq: i64, count: i64) -> Checker {
        self.end_read_to(last_seq, count, last_seq)
    }

    fn end_read_to(mut self, last_seq: i64, count: i64, read_seq: i64) -> Checker {
        self.note(Event::Settled);
        for person in ["ana", "ben"] {
            let (conversation, person) = ("c".to_owned(), person.to_owned());
            let read_number = read_seq.min(count);
            let unread_count = count - read_number;
            self.note(Event::Unread {
                person: person.clone(),
                conversation: conversation.clone(),
                read_seq,
                unread_count,
            });
            let (joined_seq, left_seq) = (1, None);
            self.note(Event::Stored(Stored::Member {
                conversation,
                person,
                joined_seq,
                left_seq,
                read_seq,
                read_number,
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
        self.note(Event::View { client, person, conversation: "c".into(), position, messages });
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

#[test]
fn what_has_no_answer_may_be_there_or_not() {
    for is_there in [true, false] {
        let mut story = two_messages();
        let op = story.invoke_send(0, "m3");
        story.note(Event::Maybe { op, why: "killed".into() });
        if !is_there {
            assert_found(and_their_end(story).end(3, 2), &[]);
            continue;
        }
        for (client_id, seq, changed_seq) in [("m1", 1, 3), ("m2", 2, 2)] {
            story.store(client_id, seq, changed_seq);
        }
        story.store_numbered("m3", 4, 4, 3);
        for client in [0, 1] {
            story.view(client, 4, &[("m1", 1, 3), ("m2", 2, 2), ("m3", 4, 4)]);
        }
        assert_found(story.end(4, 3), &[]);
    }
}

#[test]
fn a_message_that_is_gone_from_the_database_is_lost() {
    let mut story = Story::new();
    story.send("m1", 1);
    assert_found(story.end(0, 0), &[Rule::Lost, Rule::Unread]);
}

#[test]
fn a_message_that_is_not_listed_any_more_is_lost_at_once() {
    let mut story = Story::new();
    story.send("m1", 1);
    let op = story.invoke(1, Call::History { conversation: "c".into() });
    story.note(Event::Ok { op, result: Value::Null });
    let (person, conversation) = ("ben".to_owned(), "c".to_owned());
    story.note(Event::History { client: 1, person, conversation, op, replaces: None, messages: Vec::new() });
    assert_eq!(story.checker.violations()[0].rule, Rule::Lost);
}

#[test]
fn a_list_that_was_asked_for_before_the_acknowledgement_may_lack_it() {
    let mut story = Story::new();
    let op = story.invoke(1, Call::History { conversation: "c".into() });
    story.send("m1", 1);
    story.note(Event::Ok { op, result: Value::Null });
    let (person, conversation) = ("ben".to_owned(), "c".to_owned());
    story.note(Event::History { client: 1, person, conversation, op, replaces: None, messages: Vec::new() });
    assert_eq!(story.checker.total(), 0);
}

#[test]
fn an_edit_that_is_gone_is_lost() {
    let mut story = two_messages();
    story.store("m1", 1, 1);
    story.store("m2", 2, 2);
    let checker = story.end(3, 2);
    assert!(checker.found().contains_key(&Rule::Lost), "{:?}", checker.violations());
}

#[test]
fn one_client_id_is_one_message() {
    let mut story = Story::new();
    story.send("m1", 1);
    let op = story.invoke_send(0, "m1");
    let mut second = message("m1", 2, 2);
    second["id"] = "another".into();
    story.note(Event::Ok { op, result: json!({ "message": second }) });
    assert_found_now(&story.checker, Rule::Duplicate);
}

#[track_caller]
fn assert_found_now(checker: &Checker, rule: Rule) {
    assert!(checker.found().contains_key(&rule), "{:?}", checker.violations());
}

#[test]
fn a_seq_is_one_message_for_all_and_for_good() {
    let mut story = Story::new();
    story.send("m1", 1);
    story.live(1, "m2", 1, 0);
    assert_found_now(&story.checker, Rule::Order);
}

#[test]
fn a_socket_is_never_handed_what_came_before() {
    let mut story = Story::new();
    story.send("m1", 1);
    story.send("m2", 2);
    story.live(1, "m2", 2, 0);
    story.live(1, "m1", 1, 0);
    assert_found_now(&story.checker, Rule::Order);
}

#[test]
fn a_view_that_goes_on_without_a_message_has_a_hole() {
    let mut story = Story::new();
    story.send("m1", 1);
    story.send("m2", 2);
    // As if there were nothing between.
    story.live(1, "m2", 2, 0);
    assert_found_now(&story.checker, Rule::Hole);
}

#[test]
fn a_hole_is_found_when_the_message_becomes_known_only_later() {
    let mut story = Story::new();
    let op = story.invoke_send(0, "m1");
    story.rows(1, 0, 1, &[]);
    story.heartbeat(1);
    assert_eq!(story.checker.total(), 0);
    story.note(Event::Ok { op, result: json!({ "message": message("m1", 1, 1) }) });
    assert_found_now(&story.checker, Rule::Hole);
}

#[test]
fn rows_in_several_frames_are_whole_only_at_their_end() {
    let mut story = two_messages();
    story.connect(4);
    story.note(Event::Forget { client: 1, conversation: "c".into() });
    // The first message stands where it was changed last.
    story.rows(4, 0, 2, &[message("m2", 2, 2)]);
    story.rows(4, 2, 3, &[message("m1", 1, 3)]);
    story.heartbeat(4);
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn a_resume_that_forgets_an_edit_leaves_a_view_stale() {
    let mut story = two_messages();
    story.edit("m2", 2, 4);
    story.rows(1, 3, 4, &[]);
    story.heartbeat(1);
    assert_found_now(&story.checker, Rule::Stale);
}

#[test]
fn a_change_that_may_be_under_way_excuses_a_view() {
    let mut story = two_messages();
    let edit = Call::Edit { conversation: "c".into(), message: id_of("m2"), body: "m2 hello at 5".into() };
    let op = story.invoke(0, edit);
    story.note(Event::Maybe { op, why: "killed".into() });
    // It was done, as 5, and stands there: up to 4 the view rightly lacks it.
    story.note(Event::Forget { client: 1, conversation: "c".into() });
    story.rows(1, 0, 3, &[message("m1", 1, 3)]);
    story.heartbeat(1);
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn what_a_person_who_comes_and_goes_has_changed_is_known_too() {
    let mut story = two_messages();
    story.invoke(1, Call::Remove { conversation: "c".into(), other: "ana".into() });
    // Ana's second edit takes the place of her first before Ben was handed either.
    story.edit("m2", 2, 4);
    story.send("m3", 5);
    story.edit("m2", 2, 6);
    story.live(1, "m3", 5, 3);
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn everybody_reads_the_same_words() {
    let mut story = two_messages();
    let mut other = message("m2", 2, 2);
    other["body"] = "m2 good-bye".into();
    story.rows(1, 3, 3, &[other]);
    assert_found_now(&story.checker, Rule::Content);
}

#[test]
fn nothing_is_shown_to_an_outsider() {
    let mut story = Story::new();
    story.send("m1", 1);
    story.live(2, "m1", 1, 0);
    assert_found_now(&story.checker, Rule::Outsider);

    let mut story = Story::new();
    let op = story.invoke(2, Call::Intrude { conversation: "c".into(), how: "list".into() });
    story.note(Event::Ok { op, result: Value::Null });
    assert_found_now(&story.checker, Rule::Outsider);

    let mut story = Story::new();
    let op = story.invoke(2, Call::Intrude { conversation: "c".into(), how: "list".into() });
    story.note(Event::Refused { op, code: "not_found".into() });
    assert_eq!(story.checker.total(), 0);
}

#[test]
fn whoever_comes_or_goes_sees_what_lies_in_the_window() {
    for (left_seq, rules) in [(Some(2), &[Rule::Outsider][..]), (Some(3), &[]), (None, &[])] {
        let mut story = two_messages();
        let op = story.invoke(0, Call::Add { conversation: "c".into(), other: "zoe".into() });
        story.note(Event::Ok { op, result: Value::Null });
        story.rows(2, 1, 2, &[message("m2", 2, 2)]);
        story.rows(2, 2, 3, &[message("m2", 2, 3)]);
        let (conversation, person, joined_seq) = ("c".to_owned(), "zoe".to_owned(), 2);
        story.stored.push(Stored::Window {
            conversation: conversation.clone(),
            person: person.clone(),
            joined_seq,
            left_seq: None,
        });
        if left_seq.is_some() {
            let (conversation, person) = (conversation.clone(), person.clone());
            story.stored.push(Stored::Window { conversation, person, joined_seq, left_seq });
        }
        let (read_seq, read_number) = (2, 2);
        story.stored.push(Stored::Member { conversation, person, joined_seq, left_seq, read_seq, read_number });
        assert_found(and_their_end(story).end(3, 2), rules);
    }
}

#[test]
fn unread_counts_and_marks_are_right() {
    let mut story = Story::new();
    story.send("m1", 1);
    story.store("m1", 1, 1);
    let op = story.invoke(1, Call::Read { conversation: "c".into(), seq: 1 });
    story.note(Event::Ok { op, result: json!({ "read_seq": 1, "unread_count": 0 }) });
    // Her own message and what he acknowledged are unread again.
    assert_found(story.end_read_to(1, 1, 0), &[Rule::Unread]);
}

#[test]
fn every_message_has_one_event() {
    let mut story = two_messages();
    story = and_their_end(story);
    story.stored.retain(|row| !matches!(row, Stored::Sent { message, .. } if *message == id_of("m1")));
    assert_found(story.end(3, 2), &[Rule::Event]);

    let mut story = and_their_end(two_messages());
    story.stored.push(Stored::Sent { event: "again".into(), message: id_of("m1") });
    assert_found(story.end(3, 2), &[Rule::Event]);

    let mut story = and_their_end(two_messages());
    story.stored.push(Stored::Sent { event: "of nothing".into(), message: "nothing".into() });
    assert_found(story.end(3, 2), &[Rule::Event]);
}

#[test]
fn what_was_refused_is_not_there() {
    let mut story = Story::new();
    let op = story.invoke_send(0, "m1");
    story.note(Event::Refused { op, code: "cannot_send".into() });
    story.store("m1", 1, 1);
    assert_found(story.end(1, 1), &[Rule::Ghost]);
}

#[test]
fn seqs_and_numbers_have_no_holes() {
    let mut story = Story::new();
    story.send("m1", 1);
    story.store("m1", 1, 1);
    assert_found(story.end(2, 1), &[Rule::Hole]);
}

#[test]
fn a_final_view_that_differs_from_the_database_is_found() {
    let mut story = two_messages();
    story.store("m1", 1, 3);
    story.store("m2", 2, 2);
    story.view(0, 3, &[("m1", 1, 1), ("m2", 2, 2)]);
    story.view(1, 3, &[("m1", 1, 3)]);
    assert_found(story.end(3, 2), &[Rule::Hole, Rule::Stale]);
}

/// Ben has a message of Ana's only when a heartbeat has told of it, though five later ones have come.
fn a_late_message(with: impl Fn(&mut Story)) -> Story {
    let mut story = a_talk_beside();
    with(&mut story);
    story.send("m1", 1);
    story.talk_beside(6);
    story.heartbeat(1);
    story.live(1, "m1", 1, 0);
    story
}

/// Ana and Ben have another conversation as well.
fn a_talk_beside() -> Story {
    let mut story = Story::new();
    let people = vec!["ana".to_owned(), "ben".to_owned()];
    story.note(Event::Opened { conversation: "d".into(), kind: Kind::Direct, people });
    story.rows(1, 0, 0, &[]);
    story
}

#[test]
fn a_message_that_comes_only_after_a_heartbeat_is_late() {
    assert_found_now(&a_late_message(|_| {}).checker, Rule::Late);
}

#[test]
fn a_message_that_one_delivery_of_others_overtook_is_not_late() {
    let mut story = a_talk_beside();
    story.send("m1", 1);
    story.talk_beside_at_once(30);
    story.heartbeat(1);
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn after_a_fault_a_message_may_wait_for_the_heartbeat() {
    for fault in [Fault::Kill, Fault::CutRedis] {
        let story = a_late_message(|story| {
            story.note(Event::Fault { fault, node: 0, phase: Phase::Begin });
            story.note(Event::Fault { fault, node: 0, phase: Phase::End });
        });
        assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
    }
}

#[test]
fn without_redis_a_message_waits_for_one_heartbeat_and_not_for_two() {
    let mut story = a_talk_beside();
    story.note(Event::Fault { fault: Fault::CutRedis, node: 0, phase: Phase::Begin });
    story.send("m1", 1);
    story.heartbeat(1);
    assert_eq!(story.checker.total(), 0);
    story.talk_beside(3);
    story.heartbeat(1);
    assert_found_now(&story.checker, Rule::Late);
}

#[test]
fn a_socket_that_was_skipped_is_late_with_good_weather() {
    let mut story = Story::new();
    story.rows(1, 0, 0, &[]);
    story.send("m1", 1);
    story.send("m2", 2);
    story.live(1, "m2", 2, 1);
    assert_found_now(&story.checker, Rule::Late);
}

#[test]
fn a_history_without_its_end_proves_nothing() {
    let mut checker = two_messages().checker;
    assert_eq!(checker.verdict()[0].rule, Rule::Incomplete);
}
