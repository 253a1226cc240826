//! A view that has come to a seq is whole and of that seq.

use super::*;

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
fn a_final_view_that_differs_from_the_database_is_found() {
    let mut story = two_messages();
    story.store("m1", 1, 3);
    story.store("m2", 2, 2);
    story.view(0, 3, &[("m1", 1, 1), ("m2", 2, 2)]);
    story.view(1, 3, &[("m1", 1, 3)]);
    assert_found(story.end(3, 2), &[Rule::Hole, Rule::Stale]);
}
