//! Resumes are counted, and those that brought something apart.

use super::*;

fn resume(story: &mut Story) -> u64 {
    story.invoke(1, Call::Resume { conversations: vec![("c".into(), 1)] })
}

#[test]
fn a_resume_that_brought_nothing_is_counted_as_such() {
    let mut story = two_messages();
    let before = story.checker.counts.resumes_with_news;
    let op = resume(&mut story);
    story.rows(1, 3, 3, &[]);
    story.note(Event::Ok { op, result: json!({}) });
    let counts = &story.checker.counts;
    assert_eq!((counts.resumes, counts.resumes_with_news), (1, before));

    let op = resume(&mut story);
    story.rows(1, 3, 3, &[message("m2", 2, 2)]);
    story.note(Event::Ok { op, result: json!({}) });
    let counts = &story.checker.counts;
    assert_eq!((counts.resumes, counts.resumes_with_news), (2, before + 1));
}

#[test]
fn a_hello_with_positions_is_a_resume() {
    let mut story = two_messages();
    for (socket, messages) in [(4, vec![]), (7, vec![message("m2", 2, 2), message("m1", 1, 3)])] {
        story.note(Event::Connect { socket, client: 1, person: "ben".into(), node: 0 });
        story.note(Event::Welcome { socket, resumed: 1 });
        // In as many frames as there are.
        story.rows(socket, 1, 3, &messages);
        story.rows(socket, 3, 3, &messages);
    }
    let counts = &story.checker.counts;
    assert_eq!((counts.resumes, counts.resumes_with_news), (2, 1));
}
