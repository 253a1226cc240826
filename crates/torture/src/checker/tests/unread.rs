//! Read marks and what is unread.

use super::*;

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

fn read(seq: i64) -> Call {
    Call::Read { conversation: "c".into(), seq }
}

/// What is said of what Ben has not read, and whether it can have been so.
fn is_possible(say: impl Fn(&mut Story)) -> bool {
    let mut story = and_their_end(two_messages());
    say(&mut story);
    let checker = story.end(3, 2);
    assert!(checker.found().keys().all(|rule| *rule == Rule::Unread), "{:?}", checker.violations());
    checker.total() == 0
}

#[test]
fn an_answer_to_a_read_counts_what_came_after() {
    for (seq, count) in [(1, 1), (2, 0), (3, 0)] {
        let answered = |count: i64| {
            is_possible(|story| {
                story.done(1, read(seq), json!({ "read_seq": seq, "unread_count": count }));
            })
        };
        assert!(answered(count), "{seq}");
        assert!(!answered(count + 1) && !answered(count - 1), "{seq}");
    }
}

#[test]
fn what_is_sent_meanwhile_may_be_counted_or_not() {
    for (count, rules) in [(0, &[][..]), (1, &[]), (2, &[Rule::Unread])] {
        let mut story = Story::new();
        story.send("m1", 1);
        let asked = story.invoke(1, read(1));
        story.send("m2", 2);
        story.note(Event::Ok { op: asked, result: json!({ "read_seq": 1, "unread_count": count }) });
        // Sent only after the answer.
        story.send("m3", 3);
        for (client_id, seq) in [("m1", 1), ("m2", 2), ("m3", 3)] {
            story.store(client_id, seq, seq);
        }
        assert_found(story.end(3, 3), rules);
    }
}

#[test]
fn a_read_frame_of_ones_own_counts_what_came_after() {
    let told = |count: i64| {
        is_possible(|story| {
            story.done(1, read(1), json!({ "read_seq": 1, "unread_count": 1 }));
            story.frame(
                1,
                json!({ "type": "read", "conversation_id": "c", "user_id": "ben", "seq": 1,
                                   "unread_count": count, "membership_seq": 4 }),
            );
        })
    };
    assert!(told(1));
    assert!(!told(0) && !told(2));
}

/// Sent words are read; that the same place is read once more later says nothing of when that was.
#[test]
fn a_message_of_ones_own_is_a_mark_before_it_is_set_there() {
    let frame = json!({ "type": "read", "conversation_id": "c", "user_id": "ana", "seq": 1, "unread_count": 0,
                        "membership_seq": 2 });
    // Wherever the frame has been on its way meanwhile.
    for is_late in [false, true] {
        let mut story = Story::new();
        story.send("m1", 1);
        if !is_late {
            story.frame(0, frame.clone());
        }
        story.send("m2", 2);
        story.live(1, "m2", 2, 1);
        story.done(0, read(1), json!({ "read_seq": 2, "unread_count": 0 }));
        if is_late {
            story.frame(0, frame.clone());
        }
        story.store("m1", 1, 1);
        story.store("m2", 2, 2);
        assert_found(story.end(2, 2), &[]);
    }
}

#[test]
fn a_conversation_counts_what_lies_between_its_mark_and_its_end() {
    let told = |last_seq: i64, count: i64| {
        is_possible(|story| {
            story.done(1, read(1), json!({ "read_seq": 1, "unread_count": 1 }));
            let shown = json!({ "id": "c", "state": "active", "last_seq": last_seq, "joined_seq": 1, "read_seq": 1,
                                "unread_count": count });
            story.frame(1, json!({ "type": "conversation", "membership_seq": 1, "conversation": shown }));
        })
    };
    assert!(told(1, 0) && told(2, 1) && told(3, 1));
    assert!(!told(1, 1) && !told(2, 0) && !told(3, 2));
}

#[test]
fn the_list_and_the_sum_agree_with_the_database_on_each_device() {
    let mark = |read_seq: i64, unread_count: i64| vec![Mark { conversation: "c".into(), read_seq, unread_count }];
    for (conversations, unread_count, rules) in [
        (mark(3, 0), 0, &[][..]),
        (mark(3, 0), 1, &[Rule::Unread]),
        (mark(3, 1), 0, &[Rule::Unread]),
        (mark(2, 0), 0, &[Rule::Unread]),
        (vec![], 0, &[Rule::Lost]),
    ] {
        let mut story = and_their_end(two_messages());
        story.note(Event::Inbox { client: 1, person: "ben".into(), conversations, unread_count });
        assert_found(story.end(3, 2), rules);
    }
    let mut story = and_their_end(two_messages());
    story.note(Event::Inbox { client: 2, person: "zoe".into(), conversations: mark(3, 0), unread_count: 0 });
    assert_found(story.end(3, 2), &[Rule::Outsider]);
}

#[test]
fn a_device_that_was_not_told_of_a_mark_is_found_in_the_end() {
    let mut story = two_messages();
    story.store("m1", 1, 3);
    story.store("m2", 2, 2);
    story.view(0, 3, &[("m1", 1, 3), ("m2", 2, 2)]);
    let (conversation, person, position, read_seq) = ("c".to_owned(), "ben".to_owned(), 3, 2);
    let messages = vec![(1, 3, id_of("m1")), (2, 2, id_of("m2"))];
    let (client, reactions) = (1, Vec::new());
    story.note(Event::View { client, person, conversation, position, read_seq, messages, reactions });
    assert_found(story.end(3, 2), &[Rule::Unread]);
}

/// Ana's first message was deleted by the third change, before Ben had read it.
fn with_a_deletion(say: impl Fn(&mut Story)) -> Checker {
    let mut story = Story::new();
    story.send("m1", 1);
    story.send("m2", 2);
    story.erase("m1", 1, 3);
    say(&mut story);
    story.store_erased("m1", 1, 3);
    story.store("m2", 2, 2);
    story.end_unread(3, 2, 0, 1)
}

#[test]
fn what_was_deleted_is_unread_no_longer() {
    assert_found(with_a_deletion(|_| ()), &[]);
    let told = |last_seq: i64, count: i64| {
        with_a_deletion(|story| {
            let shown = json!({ "id": "c", "state": "active", "last_seq": last_seq, "joined_seq": 1, "read_seq": 0,
                                "unread_count": count });
            story.frame(1, json!({ "type": "conversation", "membership_seq": 1, "conversation": shown }));
        })
    };
    // Before that change it counts, and after it does not.
    for (last_seq, count) in [(1, 1), (2, 2), (3, 1)] {
        assert_found(told(last_seq, count), &[]);
        assert_found(told(last_seq, count + 1), &[Rule::Unread]);
        assert_found(told(last_seq, count - 1), &[Rule::Unread]);
    }
}

#[test]
fn an_answer_knows_a_deletion_that_was_seen_before_it_was_asked_for() {
    for (count, rules) in [(0, &[Rule::Unread][..]), (1, &[]), (2, &[Rule::Unread])] {
        let answered = |story: &mut Story| {
            story.done(1, read(0), json!({ "read_seq": 0, "unread_count": count }));
        };
        assert_found(with_a_deletion(answered), rules);
    }
    // Asked for meanwhile, it may be counted or not.
    for (count, rules) in [(0, &[Rule::Unread][..]), (1, &[]), (2, &[]), (3, &[Rule::Unread])] {
        let mut story = Story::new();
        story.send("m1", 1);
        story.send("m2", 2);
        let asked = story.invoke(1, read(0));
        story.erase("m1", 1, 3);
        story.note(Event::Ok { op: asked, result: json!({ "read_seq": 0, "unread_count": count }) });
        story.store_erased("m1", 1, 3);
        story.store("m2", 2, 2);
        assert_found(story.end_unread(3, 2, 0, 1), rules);
    }
}
