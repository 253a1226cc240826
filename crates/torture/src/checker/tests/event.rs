//! The bus.

use super::*;

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

/// What is wrong when the rows of the queue, or what waits, are changed like that.
fn found_with(change: impl Fn(&mut Vec<Stored>)) -> Vec<Rule> {
    let mut story = and_their_end(two_messages());
    change(&mut story.stored);
    story.end(3, 2).found().keys().copied().collect()
}

#[test]
fn every_event_comes_into_the_queue_of_its_subscriber_once() {
    let queued = |subscriber: &str| Stored::Queued {
        event: format!("event of {}", id_of("m1")),
        subscriber: subscriber.to_owned(),
    };
    let is_first = |row: &Stored| matches!(row, Stored::Queued { event, .. } if event.ends_with("m1"));
    // Taken out of the outbox and dropped.
    assert_eq!(found_with(|rows| rows.retain(|row| !is_first(row))), [Rule::Event]);
    assert_eq!(found_with(|rows| rows.push(queued("notifications.tell_of_message"))), [Rule::Event]);
    // Somebody else may hear of it too, and that is not enough.
    assert_eq!(found_with(|rows| rows.push(queued("somebody.else"))), []);
    let instead = |rows: &mut Vec<Stored>| {
        rows.retain(|row| !is_first(row));
        rows.push(queued("somebody.else"));
    };
    assert_eq!(found_with(instead), [Rule::Event]);
}

#[test]
fn an_event_may_be_tried_again_but_not_lie_about() {
    for (place, rules) in [
        (Waiting::Again, &[][..]),
        (Waiting::Outbox, &[Rule::Event]),
        (Waiting::Queue, &[Rule::Event]),
        (Waiting::Dead, &[Rule::Event]),
    ] {
        let event = format!("event of {}", id_of("m1"));
        let found = found_with(|rows| rows.push(Stored::Waiting { event: event.clone(), place }));
        assert_eq!(found, rules, "{place:?}");
    }
}

#[test]
fn the_report_says_how_many_events_were_handled() {
    let mut story = and_their_end(two_messages());
    let event = format!("event of {}", id_of("m1"));
    story.stored.push(Stored::Waiting { event, place: Waiting::Again });
    assert_eq!(story.end(3, 2).counts.events, (2, 1));
}
