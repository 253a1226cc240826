//! What came later than it may, and what excuses it.

use super::*;

/// Ana and Ben have another conversation as well. They are at these nodes.
fn a_talk_beside(nodes: [usize; 3]) -> Story {
    let mut story = Story::on(nodes);
    let people = vec!["ana".to_owned(), "ben".to_owned()];
    story.note(Event::Opened { conversation: "d".into(), kind: Kind::Direct, people });
    story.rows(1, 0, 0, &[]);
    story
}

const TOGETHER: [usize; 3] = [0, 0, 0];
const APART: [usize; 3] = [0, 1, 2];

/// Ben has a message of Ana's only when a heartbeat has told of it, though later ones have come.
fn a_late_message(nodes: [usize; 3], before: impl Fn(&mut Story)) -> Checker {
    let mut story = a_talk_beside(nodes);
    before(&mut story);
    story.send("m1", 1);
    story.talk_beside(10);
    story.heartbeat(1);
    story.live(1, "m1", 1, 0);
    story.checker
}

fn strike(fault: Fault, node: usize) -> impl Fn(&mut Story) {
    move |story| {
        story.note(Event::Fault { fault, node, phase: Phase::Begin });
        story.note(Event::Fault { fault, node, phase: Phase::End });
    }
}

const FAULTS: [Fault; 6] =
    [Fault::Kill, Fault::Drain, Fault::CutDatabase, Fault::StallDatabase, Fault::CutRedis, Fault::StallRedis];

#[test]
fn a_message_that_comes_only_after_a_heartbeat_is_late() {
    for nodes in [TOGETHER, APART] {
        assert_found_now(&a_late_message(nodes, |_| {}), Rule::Late);
    }
}

/// So many messages of Ana's, to each of which Ben is answered five times before a heartbeat. Of those that count he has
/// as many as said before it; with the heartbeat they come in any case.
fn between_heartbeats(count: i64, comes_at_once: impl Fn(i64) -> bool) -> Checker {
    let mut story = a_talk_beside(APART);
    for seq in 1..=count {
        let client_id = format!("m{seq}");
        story.send(&client_id, seq);
        if comes_at_once(seq) {
            story.live(1, &client_id, seq, seq - 1);
        }
        for _ in 0..5 {
            story.done(1, Call::Read { conversation: "d".into(), seq: 0 }, json!({ "read_seq": 0, "unread_count": 0 }));
        }
        story.heartbeat(1);
        if !comes_at_once(seq) {
            story.live(1, &client_id, seq, seq - 1);
        }
    }
    story.checker
}

#[test]
fn without_any_hint_all_messages_wait_for_a_heartbeat() {
    assert_found_now(&between_heartbeats(60, |_| false), Rule::Late);
}

#[test]
fn some_messages_may_wait_on_a_busy_node() {
    let checker = between_heartbeats(120, |seq| seq % 2 == 0);
    assert_eq!(checker.total(), 0, "{:?}", checker.violations());
    assert_eq!((checker.counts.timely.sampled, checker.counts.timely.sampled_late), (120, 60));
}

#[test]
fn answers_that_ask_no_database_say_nothing() {
    let mut story = a_talk_beside(APART);
    story.send("m1", 1);
    for _ in 0..9 {
        story.done(1, Call::Ping, json!({}));
        story.done(1, Call::Typing { conversation: "d".into() }, json!({}));
    }
    story.heartbeat(1);
    assert_eq!(story.checker.counts.timely.sampled, 0);
}

#[test]
fn a_message_that_one_delivery_of_others_overtook_is_not_late() {
    let mut story = a_talk_beside(TOGETHER);
    story.send("m1", 1);
    story.talk_beside_at_once(30);
    story.heartbeat(1);
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn after_a_fault_of_either_node_a_message_may_wait_for_the_heartbeat() {
    for fault in FAULTS {
        let at_the_receiver = a_late_message(APART, strike(fault, 1));
        assert_eq!(at_the_receiver.total(), 0, "{fault:?}: {:?}", at_the_receiver.violations());
        // What was acknowledged was committed, so the sender's database excuses nothing.
        let spares_the_sender = matches!(fault, Fault::CutDatabase | Fault::StallDatabase);
        let at_the_sender = a_late_message(APART, strike(fault, 0));
        assert_eq!(at_the_sender.total() > 0, spares_the_sender, "{fault:?}: {:?}", at_the_sender.violations());
    }
}

#[test]
fn a_fault_of_another_node_excuses_nothing() {
    for fault in FAULTS {
        assert_found_now(&a_late_message(APART, strike(fault, 2)), Rule::Late);
    }
}

#[test]
fn within_a_node_only_its_database_excuses() {
    for fault in FAULTS {
        let is_excused = matches!(fault, Fault::CutDatabase | Fault::StallDatabase);
        assert_eq!(a_late_message(TOGETHER, strike(fault, 0)).total() == 0, is_excused, "{fault:?}");
    }
}

#[test]
fn two_heartbeats_repair_what_a_fault_did() {
    for (beats, rule) in [(1, None), (2, Some(Rule::Late))] {
        for node in [0, 1] {
            let checker = a_late_message(APART, |story| {
                strike(Fault::CutRedis, node)(story);
                for _ in 0..beats {
                    (0..2).for_each(|socket| story.beat(socket));
                }
            });
            assert_eq!(checker.found().keys().next().copied(), rule, "{:?}", checker.violations());
        }
    }
}

#[test]
fn a_fault_after_the_acknowledgement_excuses_too() {
    let mut story = a_talk_beside(APART);
    story.send("m1", 1);
    strike(Fault::Kill, 0)(&mut story);
    story.talk_beside(10);
    story.heartbeat(1);
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn of_several_tries_nobody_knows_which_one_sent_it() {
    let mut story = a_talk_beside(APART);
    let op = story.invoke_send(0, "m1");
    story.note(Event::Maybe { op, why: "killed".into() });
    story.send("m1", 1);
    story.talk_beside(10);
    story.heartbeat(1);
    assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
}

#[test]
fn without_redis_a_message_waits_for_one_heartbeat_and_not_for_two() {
    let mut story = a_talk_beside(APART);
    story.note(Event::Fault { fault: Fault::CutRedis, node: 0, phase: Phase::Begin });
    story.send("m1", 1);
    story.beat(1);
    assert_eq!(story.checker.total(), 0);
    story.talk_beside(7);
    story.heartbeat(1);
    assert_found_now(&story.checker, Rule::Late);
}

#[test]
fn heartbeats_that_lay_in_the_connection_repair_nothing() {
    let checker = a_late_message(APART, |story| {
        strike(Fault::CutRedis, 1)(story);
        (0..2).for_each(|_| story.heartbeat(1));
    });
    assert_eq!(checker.total(), 0, "{:?}", checker.violations());
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
fn the_report_says_how_often_it_was_judged() {
    let timely = |before: fn(&mut Story)| {
        let mut story = a_talk_beside(APART);
        before(&mut story);
        story.send("m1", 1);
        story.live(1, "m1", 1, 0);
        story.talk_beside(10);
        story.heartbeat(1);
        assert_eq!(story.checker.total(), 0, "{:?}", story.checker.violations());
        let timely = story.checker.counts.timely;
        (timely.messages, timely.elsewhere, timely.one_by_one)
    };
    // It and five of the talk were followed by enough to be judged together, and two of these by themselves as well: of
    // the talk only the first was overtaken by five others before anything else was heard.
    assert_eq!(timely(|_| {}), (6, 6, 2));
    assert_eq!(timely(|story| strike(Fault::StallRedis, 0)(story)), (0, 0, 0));
}
