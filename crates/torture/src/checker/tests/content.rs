//! Words, reactions, mentions and pins.

use super::*;

#[test]
fn everybody_reads_the_same_words() {
    let mut story = two_messages();
    let mut other = message("m2", 2, 2);
    other["body"] = "m2 good-bye".into();
    story.rows(1, 3, 3, &[other]);
    assert_found_now(&story.checker, Rule::Content);
}

const HEART: &str = "❤️";

fn with_hearts(mut message: Value, count: i64, own: bool) -> Value {
    message["reactions"] = match count {
        0 => json!([]),
        _ => json!([{ "emoji": HEART, "count": count, "me": own }]),
    };
    message
}

fn react(on: bool) -> Call {
    let (conversation, message, emoji) = ("c".to_owned(), id_of("m2"), HEART.to_owned());
    Call::React { conversation, message, emoji, on }
}

/// Ben has given a heart to `m2`, as change 4, and both were told.
fn a_heart() -> Story {
    let mut story = two_messages();
    story.done(1, react(true), json!({ "message": with_hearts(message("m2", 2, 4), 1, true) }));
    story.live_change(0, with_hearts(message("m2", 2, 4), 1, false), 3);
    story.live_change(1, with_hearts(message("m2", 2, 4), 1, true), 3);
    story
}

fn message_as_of(seq: i64, changed_seq: i64) -> Value {
    // A reaction leaves the words as they are.
    let mut message = message("m2", seq, changed_seq);
    message["body"] = "m2 hello".into();
    message
}

fn given(on: bool, changed_seq: i64) -> Stored {
    let (conversation, seq, emoji, person) = ("c".to_owned(), 2, HEART.to_owned(), "ben".to_owned());
    Stored::Reaction { conversation, seq, changed_seq, emoji, person, on }
}

/// The end of that, with what each has in view.
fn and_its_end(mut story: Story, hearts: [&str; 2], rows: &[Stored]) -> Vec<Rule> {
    story.store("m1", 1, 3);
    story.store("m2", 2, 4);
    story.stored.extend_from_slice(rows);
    for (client, hearts) in hearts.into_iter().enumerate() {
        let (conversation, person) = ("c".to_owned(), PEOPLE[client].to_owned());
        let messages = vec![(1, 3, id_of("m1")), (2, 4, id_of("m2"))];
        let reactions = if hearts.is_empty() { vec![] } else { vec![(2, hearts.to_owned())] };
        let (client, position, read_seq) = (client as u32, 4, 4);
        story.note(Event::View { client, person, conversation, position, read_seq, messages, reactions });
    }
    let edit = Call::Edit { conversation: "c".into(), message: id_of("m2"), body: words_of("m2", 2, 4) };
    let op = story.invoke(0, edit);
    story.note(Event::Maybe { op, why: "killed".into() });
    story.end(4, 2).found().keys().copied().collect()
}

#[test]
fn reactions_are_those_that_were_given() {
    assert_eq!(and_its_end(a_heart(), ["❤️1", "❤️1+"], &[given(true, 4)]), []);
}

#[test]
fn a_right_seq_with_wrong_reactions_is_found() {
    for (count, own) in [(0, false), (2, false), (1, true)] {
        let mut story = a_heart();
        story.rows(0, 3, 4, &[with_hearts(message("m2", 2, 4), count, own)]);
        assert_eq!(and_its_end(story, ["❤️1", "❤️1+"], &[given(true, 4)]), [Rule::Content], "{count} {own}");
    }
    // One's own.
    let mut story = a_heart();
    story.rows(1, 3, 4, &[with_hearts(message("m2", 2, 4), 1, false)]);
    assert_eq!(and_its_end(story, ["❤️1", "❤️1+"], &[given(true, 4)]), [Rule::Content]);
}

#[test]
fn what_somebody_blocked_has_given_may_be_missing_to_the_blocker_only() {
    for (blocks, rules) in [(true, &[][..]), (false, &[Rule::Content])] {
        let mut story = a_heart();
        story.done(0, Call::Block { other: if blocks { "ben" } else { "zoe" }.into(), on: true }, json!({}));
        story.rows(0, 3, 4, &[with_hearts(message("m2", 2, 4), 0, false)]);
        assert_eq!(and_its_end(story, ["", "❤️1+"], &[given(true, 4)]), rules);
    }
    // He sees his own.
    let mut story = a_heart();
    story.done(0, Call::Block { other: "ben".into(), on: true }, json!({}));
    assert_eq!(and_its_end(story, ["❤️1", ""], &[given(true, 4)]), [Rule::Content]);
}

#[test]
fn reactions_may_be_newer_than_the_change_they_came_with_but_not_older() {
    let mut story = two_messages();
    // Shown at 2, before it changed, with what was given as 4.
    story.rows(0, 1, 2, &[with_hearts(message("m2", 2, 2), 1, false)]);
    assert_eq!(and_its_end(story, ["❤️1", "❤️1+"], &[given(true, 4)]), []);

    // Taken back as 4, and shown at 4 all the same.
    let mut story = two_messages();
    story.rows(0, 3, 4, &[with_hearts(message("m2", 2, 4), 1, false)]);
    assert_eq!(and_its_end(story, ["", ""], &[given(true, 3), given(false, 4)]), [Rule::Content]);
}

#[test]
fn a_final_view_has_the_reactions_that_are_stored() {
    assert_eq!(and_its_end(a_heart(), ["", "❤️1+"], &[given(true, 4)]), [Rule::Content]);
    assert_eq!(and_its_end(a_heart(), ["❤️1", "❤️1"], &[given(true, 4)]), [Rule::Content]);
}

#[test]
fn the_answer_to_a_reaction_has_it() {
    for (on, count, own, is_right) in [(true, 1, true, true), (true, 1, false, false), (false, 1, true, false)] {
        let mut story = two_messages();
        story.done(1, react(on), json!({ "message": with_hearts(message_as_of(2, 4), count, own) }));
        assert_eq!(story.checker.total() == 0, is_right, "{on} {own}: {:?}", story.checker.violations());
    }
}

#[test]
fn pins_and_mentions_are_the_same_for_all() {
    for (key, value) in [("pinned_at", json!("2026-01-01T00:00:00Z")), ("mentions", json!(["ben"]))] {
        let mut story = two_messages();
        let mut other = message("m2", 2, 2);
        other[key] = value;
        story.rows(1, 3, 3, &[other]);
        assert_found_now(&story.checker, Rule::Content);
    }
    let mut story = two_messages();
    let pin = Call::Pin { conversation: "c".into(), message: id_of("m2"), on: true };
    story.done(1, pin, json!({ "message": message_as_of(2, 4) }));
    assert_found_now(&story.checker, Rule::Content);
}

/// Ana sends `m1` with these words, and it is stored with these mentions.
fn mentioning(words: &str, mentioned: &[&str]) -> Vec<Rule> {
    let mut story = Story::new();
    let mentions: Vec<String> = mentioned.iter().map(|person| (*person).to_owned()).collect();
    let mut sent = message("m1", 1, 1);
    sent["body"] = words.into();
    sent["mentions"] = json!(mentions);
    let (conversation, client_id, body) = ("c".to_owned(), "m1".to_owned(), words.to_owned());
    story.done(0, Call::Send { conversation, client_id, body, forward_of: None }, json!({ "message": sent }));
    story.store("m1", 1, 1);
    for row in &mut story.stored {
        if let Stored::Message { body, mentions: stored, .. } = row {
            (*body, *stored) = (words.to_owned(), mentions.clone());
        }
    }
    story.end(1, 1).found().keys().copied().collect()
}

#[test]
fn a_message_mentions_the_members_whom_it_names() {
    assert_eq!(mentioning("m1 hello @bens_handle", &["ben"]), []);
    assert_eq!(mentioning("m1 hello @zoes_handle", &[]), []);
    assert_eq!(mentioning("m1 hello @bens_handle", &[]), [Rule::Content]);
    assert_eq!(mentioning("m1 hello", &["ben"]), [Rule::Content]);
    assert_eq!(mentioning("m1 hello @zoes_handle", &["zoe"]), [Rule::Content]);
}

/// Ben copies `m1` as `m2`, and this is stored.
fn copied(words: &str, forwarded: bool) -> Vec<Rule> {
    let mut story = Story::new();
    story.send("m1", 1);
    let mut copy = message("m2", 2, 2);
    (copy["body"], copy["forwarded"], copy["sender_id"]) = (words.into(), true.into(), "ben".into());
    let (conversation, client_id, body) = ("c".to_owned(), "m2".to_owned(), String::new());
    let forward_of = Some(("c".to_owned(), id_of("m1")));
    story.done(1, Call::Send { conversation, client_id, body, forward_of }, json!({ "message": copy }));
    story.store("m1", 1, 1);
    story.store("m2", 2, 2);
    for row in &mut story.stored {
        if let Stored::Message { client_id, person, body, is_forwarded, .. } = row
            && client_id == "m2"
        {
            (*person, *body, *is_forwarded) = ("ben".to_owned(), words.to_owned(), forwarded);
        }
    }
    story.end(2, 2).found().keys().copied().collect()
}

#[test]
fn a_copy_says_what_was_said() {
    assert_eq!(copied("m1 hello", true), []);
    assert_eq!(copied("m1 good-bye", true), [Rule::Content]);
    assert_eq!(copied("m1 hello", false), [Rule::Content]);
}
