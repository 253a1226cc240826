//! What was acknowledged is there, and nothing else.

use super::*;

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
fn what_was_refused_is_not_there() {
    let mut story = Story::new();
    let op = story.invoke_send(0, "m1");
    story.note(Event::Refused { op, code: "cannot_send".into() });
    story.store("m1", 1, 1);
    assert_found(story.end(1, 1), &[Rule::Ghost]);
}

#[test]
fn a_history_without_its_end_proves_nothing() {
    let mut checker = two_messages().checker;
    assert_eq!(checker.verdict()[0].rule, Rule::Incomplete);
}
