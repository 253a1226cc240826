//! Who takes no part hears nothing.

use super::*;

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
        let (read_seq, read_number, is_active) = (2, 2, true);
        story.stored.push(Stored::Member {
            conversation,
            person,
            joined_seq,
            left_seq,
            read_seq,
            read_number,
            is_active,
        });
        assert_found(and_their_end(story).end(3, 2), rules);
    }
}

fn of_ben(kind: &str, seq: i64) -> Value {
    json!({ "type": kind, "conversation_id": "c", "user_id": "ben", "seq": seq })
}

/// Ben types, reads and has received.
fn ben_stirs(story: &mut Story, seq: i64) {
    let conversation = || "c".to_owned();
    story.done(1, Call::Typing { conversation: conversation() }, json!({}));
    story.done(1, Call::Delivered { conversation: conversation(), seq }, json!({}));
    story.done(1, Call::Read { conversation: conversation(), seq }, json!({ "read_seq": seq, "unread_count": 0 }));
}

fn add_zoe(story: &mut Story) {
    story.done(0, Call::Add { conversation: "c".into(), other: "zoe".into() }, Value::Null);
}

fn remove_zoe(story: &mut Story) {
    story.done(0, Call::Remove { conversation: "c".into(), other: "zoe".into() }, Value::Null);
}

/// Everything that was under way before has arrived.
fn intervals_pass(story: &mut Story) {
    (0..16).for_each(|_| story.beat(2));
}

#[test]
fn whoever_is_out_hears_of_nobody_who_stirs_afterwards() {
    for kind in ["typing", "delivered", "read"] {
        let mut story = two_messages();
        add_zoe(&mut story);
        ben_stirs(&mut story, 2);
        story.frame(2, of_ben(kind, 2));
        remove_zoe(&mut story);
        // It was on its way.
        story.frame(2, of_ben(kind, 2));
        assert_eq!(story.checker.total(), 0, "{kind}: {:?}", story.checker.violations());
        intervals_pass(&mut story);
        ben_stirs(&mut story, 3);
        story.frame(2, of_ben(kind, 3));
        assert_found_now(&story.checker, Rule::Outsider);
    }
}

#[test]
fn whoever_may_have_come_back_may_hear_of_it() {
    let mut story = two_messages();
    add_zoe(&mut story);
    remove_zoe(&mut story);
    let op = story.invoke(0, Call::Add { conversation: "c".into(), other: "zoe".into() });
    story.note(Event::Maybe { op, why: "killed".into() });
    intervals_pass(&mut story);
    ben_stirs(&mut story, 2);
    story.frame(2, of_ben("typing", 0));
    story.frame(2, json!({ "type": "heartbeat", "conversations": { "c": 2 } }));
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn a_mark_that_nobody_made_is_a_ghost() {
    for kind in ["typing", "delivered", "read"] {
        let mut story = two_messages();
        story.frame(0, of_ben(kind, 2));
        assert_found_now(&story.checker, Rule::Ghost);
    }
    // He has read to 2 and is said to have read to 3.
    let mut story = two_messages();
    ben_stirs(&mut story, 2);
    story.frame(0, of_ben("read", 3));
    assert_eq!(story.checker.total(), 0);
    assert!(and_their_end(story).end(3, 2).found().contains_key(&Rule::Ghost));
}

#[test]
fn a_heartbeat_names_only_conversations_in_which_one_takes_part() {
    let named = json!({ "type": "heartbeat", "conversations": { "c": 2 } });
    let mut story = two_messages();
    story.frame(2, named.clone());
    assert_found_now(&story.checker, Rule::Outsider);

    let mut story = two_messages();
    add_zoe(&mut story);
    remove_zoe(&mut story);
    story.frame(2, named.clone());
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
    intervals_pass(&mut story);
    story.frame(2, named);
    assert_found_now(&story.checker, Rule::Outsider);

    let mut story = and_their_end(two_messages());
    story.frame(1, json!({ "type": "heartbeat", "conversations": { "c": 4 } }));
    assert_found(story.end(3, 2), &[Rule::Ghost]);
}

/// Zoe was there from 1 to 2.
fn was_there(story: &mut Story) {
    let (conversation, person) = (|| "c".to_owned(), || "zoe".to_owned());
    for left_seq in [None, Some(2)] {
        let (conversation, person, joined_seq) = (conversation(), person(), 1);
        story.stored.push(Stored::Window { conversation, person, joined_seq, left_seq });
    }
    story.stored.push(Stored::Member {
        conversation: conversation(),
        person: person(),
        joined_seq: 1,
        left_seq: Some(2),
        read_seq: 1,
        read_number: 1,
        is_active: true,
    });
}

#[test]
fn marks_beyond_the_last_window_are_not_for_whoever_left() {
    for (seq, rules) in [(2, &[][..]), (3, &[Rule::Outsider])] {
        let mut story = and_their_end(two_messages());
        add_zoe(&mut story);
        ben_stirs(&mut story, seq);
        story.frame(2, of_ben("read", seq));
        was_there(&mut story);
        assert_found(story.end(3, 2), rules);
    }
}

#[test]
fn whoever_left_is_told_of_a_conversation_as_it_was() {
    for (state, last_seq, unread_count, rules) in [
        ("left", 2, 0, &[][..]),
        ("left", 3, 0, &[Rule::Outsider]),
        ("left", 2, 1, &[Rule::Unread]),
        ("active", 2, 1, &[]),
        ("active", 3, 1, &[Rule::Outsider]),
    ] {
        let mut story = and_their_end(two_messages());
        add_zoe(&mut story);
        let shown = json!({ "id": "c", "state": state, "last_seq": last_seq, "joined_seq": 1, "read_seq": 1,
                            "unread_count": unread_count });
        story.frame(2, json!({ "type": "conversation", "membership_seq": 1, "conversation": shown }));
        was_there(&mut story);
        assert_found(story.end(3, 2), rules);
    }
}

/// The answer shows it as of the seq at which they left, which is that of another change.
#[test]
fn who_has_left_takes_words_back_as_of_then() {
    let zoes = |changed_seq: i64, is_deleted: bool| {
        let mut message = message("m3", 4, changed_seq);
        message["sender_id"] = "zoe".into();
        message["body"] = if is_deleted { "" } else { "m3 hello" }.into();
        message["deleted_at"] = if is_deleted { "2026-01-01T00:00:00Z".into() } else { Value::Null };
        message
    };
    let mut story = two_messages();
    add_zoe(&mut story);
    let (conversation, client_id, body) = ("c".to_owned(), "m3".to_owned(), "m3 hello".to_owned());
    let send = Call::Send { conversation, client_id, body, forward_of: None };
    story.done(2, send, json!({ "message": zoes(4, false) }));
    story.edit("m2", 2, 5);
    remove_zoe(&mut story);
    let delete = Call::Delete { conversation: "c".into(), message: id_of("m3") };
    story.done(2, delete, json!({ "message": zoes(5, true) }));
    for socket in [0, 1] {
        story.live_change(socket, zoes(4, false), 3);
        story.live_change(socket, message("m2", 2, 5), 4);
        story.live_change(socket, zoes(6, true), 5);
    }
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}
