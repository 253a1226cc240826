//! One message for each send, one order for all.

use super::*;

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
fn seqs_and_numbers_have_no_holes() {
    let mut story = Story::new();
    story.send("m1", 1);
    story.store("m1", 1, 1);
    assert_found(story.end(2, 1), &[Rule::Hole]);
}
