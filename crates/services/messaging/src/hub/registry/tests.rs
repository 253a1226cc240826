use village_kernel::{Role, SessionId};

use super::*;
use crate::socket::Access;

fn connect(registry: &mut Registry, now: Instant) -> UserId {
    let user = UserId::new(now);
    let viewer = Viewer { user, session: SessionId::new(now), role: Role::Member };
    let settings = MessagingSettings::new("http://127.0.0.1:8080");
    let socket = Arc::new(Socket::new(Access { viewer, expires_at: now.plus_secs(600) }, &settings));
    assert!(registry.add(&socket, &settings).is_ok());
    user
}

/// Two people with a socket each, and a conversation that neither has entered.
fn two_connected() -> (Registry, ConversationId, UserId, UserId) {
    let now = Instant::from_micros(0);
    let mut registry = Registry::new(10, Arc::new(village_live::InProcessLive::default()));
    let conversation = ConversationId::new(now);
    let (ana, ben) = (connect(&mut registry, now), connect(&mut registry, now));
    (registry, conversation, ana, ben)
}

#[test]
fn whoever_enters_a_conversation_that_others_here_hear_of_is_not_passed_by() {
    let (mut registry, conversation, ana, ben) = two_connected();
    assert!(!registry.enter(ana, conversation, 0), "she is the first");
    let (_, _, moves) = registry.room(conversation).unwrap();
    registry.delivered(conversation, 3, moves, &[]);

    // Ben's view ends before what Ana was handed, so delivery starts there again.
    assert!(registry.enter(ben, conversation, 0), "to be delivered again");
    assert_eq!(registry.room(conversation).unwrap().0, 0);

    // A delivery that began before he came in does not count for him.
    registry.delivered(conversation, 3, moves, &[]);
    let (delivered, people, moves) = registry.room(conversation).unwrap();
    assert_eq!((delivered, people), (0, vec![ana, ben]));
    registry.delivered(conversation, 3, moves, &[]);
    assert_eq!(registry.room(conversation).unwrap().0, 3);
    assert!(!registry.enter(ben, conversation, 0), "he is in already");
    assert_eq!(registry.room(conversation).unwrap().0, 3);
}

/// A window from the first message on.
fn window(user_id: UserId) -> MemberWindow {
    MemberWindow { user_id, joined_seq: 0, left_seq: None, shows_images: true }
}

#[test]
fn a_delivery_to_a_room_that_was_closed_says_nothing_of_the_one_that_was_opened_since() {
    let (mut registry, conversation, ana, ben) = two_connected();
    registry.enter(ana, conversation, 0);
    let (_, _, moves) = registry.room(conversation).unwrap();

    // A delivery to Ana is under way when she goes and Ben comes.
    registry.leave(ana, conversation);
    assert!(!registry.enter(ben, conversation, 0), "nobody is there");
    registry.windows_read(conversation, moves, [window(ana)].into());
    registry.delivered(conversation, 3, moves, &[]);

    let (delivered, people, moves) = registry.room(conversation).unwrap();
    assert_eq!((delivered, people), (0, vec![ben]), "he was handed nothing");
    assert!(registry.windows(conversation, moves).is_none(), "they are those of Ana alone");
}

#[test]
fn windows_that_were_read_before_somebody_went_are_not_those_of_whoever_stays() {
    let (mut registry, conversation, ana, ben) = two_connected();
    registry.enter(ana, conversation, 0);
    registry.enter(ben, conversation, 0);
    let (_, _, moves) = registry.room(conversation).unwrap();
    registry.leave(ben, conversation);
    registry.windows_read(conversation, moves, [window(ana), window(ben)].into());

    // She was reached, so it counts; but with those windows he would go on to be shown what is said.
    registry.delivered(conversation, 3, moves, &[]);
    let (delivered, _, moves) = registry.room(conversation).unwrap();
    assert_eq!(delivered, 3);
    assert!(registry.windows(conversation, moves).is_none());
    registry.windows_read(conversation, moves, [window(ana)].into());
    assert_eq!(registry.windows(conversation, moves).unwrap().len(), 1);
}

#[test]
fn a_delivery_is_asked_for_what_hints_say_and_for_whatever_there_is_once_somebody_came() {
    let (mut registry, conversation, ana, _) = two_connected();
    registry.enter(ana, conversation, 3);
    assert_eq!(registry.take_asked(conversation), LOOK, "she may have been passed by");

    assert!(!registry.concerns(conversation, 3), "it was handed out");
    assert!(registry.concerns(conversation, 5) && registry.concerns(conversation, 4));
    assert_eq!(registry.take_asked(conversation), 5);
    assert_eq!(registry.take_asked(conversation), 0, "the delivery that began sees to it");
    registry.look(conversation);
    assert_eq!(registry.take_asked(conversation), LOOK);
}
