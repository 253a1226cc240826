//! From the database to the sockets.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use village_db::{IdList, Reader};
use village_kernel::{ConversationId, UserId, Viewer};

use crate::delivered::FEW;
use crate::hub::jobs::Job;
use crate::hub::registry::{LOOK, Moves};
use crate::message::MessageKind;
use crate::socket::frames::ServerFrame;
use crate::socket::{Outgoing, encode};
use crate::store::marks::MembershipChange;
use crate::store::parts::{self, Left};
use crate::store::personal::{self, Mark};
use crate::store::windows::MemberWindow;
use crate::{MemberState, Messaging, MessagingError, store};

/// Rows read at once.
const PAGE: i64 = 200;
/// Further behind than this, everybody is told to read over REST.
const MAX_BEHIND: i64 = 1_000;
/// Conversations a person hears of from the first beat on; others once they stir and a heartbeat finds them.
const MAX_ROOMS: i64 = 2_000;

impl Messaging {
    /// Reads what a person takes part in, after the socket was registered.
    pub(crate) async fn load_person(
        self: &Arc<Self>,
        user: UserId,
        notification_seq: i64,
    ) -> Result<(), MessagingError> {
        self.hub.registry().begin_loading();
        let loaded: village_db::Result<_> = async {
            let mut reader = self.db.reader().await?;
            let membership_seq = store::marks::membership_seq(&mut reader, user).await?;
            let rooms = store::marks::rooms(&mut reader, user, MAX_ROOMS).await?;
            Ok((membership_seq, rooms))
        }
        .await;
        let mut registry = self.hub.registry();
        let is_stale = registry.is_stale(user);
        let behind = loaded.map(|(membership_seq, rooms)| registry.load(user, membership_seq, notification_seq, rooms));
        registry.end_loading();
        drop(registry);
        for conversation in behind? {
            self.schedule(Job::Deliver(conversation));
        }
        if is_stale {
            self.schedule(Job::Memberships(user));
        }
        self.schedule_when_settled(vec![Job::CatchUp(user)]);
        Ok(())
    }

    /// Looks again at what [`Self::load_person`] read: hints of what changed since may have gone to other nodes only.
    pub(super) async fn catch_up(self: &Arc<Self>, user: UserId) -> Result<(), MessagingError> {
        let mut reader = self.db.reader().await?;
        let membership_seq = store::marks::membership_seq(&mut reader, user).await?;
        let rooms = store::marks::rooms(&mut reader, user, MAX_ROOMS).await?;
        drop(reader);
        let notification_seq = self.notifications.mark(user).await?.seq;
        let mut registry = self.hub.registry();
        if !registry.is_here(user) {
            return Ok(());
        }
        let mut jobs = Vec::new();
        if membership_seq > registry.membership_seq(user) {
            jobs.push(Job::Memberships(user));
        }
        if notification_seq > registry.notification_seq(user) {
            jobs.push(Job::Notifications(user));
        }
        let behind = rooms.into_iter().filter(|(conversation, last_seq)| registry.concerns(*conversation, *last_seq));
        jobs.extend(behind.map(|(conversation, _)| Job::Deliver(conversation)));
        drop(registry);
        jobs.into_iter().for_each(|job| self.schedule(job));
        Ok(())
    }

    /// Hands everything new in a conversation to the members connected here, in order. Runs once at a time for each
    /// conversation.
    pub(super) async fn deliver(&self, conversation: ConversationId) -> Result<(), MessagingError> {
        let mut asked = self.hub.registry().take_asked(conversation);
        loop {
            let Some((delivered, people, moves)) = self.hub.registry().room(conversation) else { return Ok(()) };
            if asked < LOOK
                && let Some(newest) = self.deliver_fresh(conversation, delivered, moves).await?
            {
                if newest >= asked {
                    return Ok(());
                }
                // While this waited for its turn it was asked for more than this node has written.
                asked = LOOK;
                continue;
            }
            let mut reader = self.db.reader().await?;
            let rows = store::messages::changed_after(&mut reader, conversation, delivered, PAGE).await?;
            let is_last_page = (rows.len() as i64) < PAGE;
            // Whoever comes or goes leaves a row.
            let known = match rows.is_empty() || rows.iter().any(|row| row.kind == MessageKind::Event) {
                true => None,
                false => self.hub.registry().windows(conversation, moves),
            };
            let windows: Arc<[MemberWindow]> = match known {
                Some(windows) => windows,
                None => {
                    let people = people.iter().copied().collect();
                    let windows = store::windows::among(&mut reader, conversation, &people).await?;
                    let windows: Arc<[MemberWindow]> = windows.into();
                    self.hub.registry().windows_read(conversation, moves, windows.clone());
                    windows
                }
            };
            #[cfg(feature = "sabotage")]
            let windows = self.sabotaged_windows(windows);
            let Some(newest) = rows.last().map(|row| row.changed_seq) else {
                // What changed may have ended since, which leaves nothing to show.
                let last = store::messages::last_seq(&mut reader, conversation).await?;
                let rows = store::messages::changed_after(&mut reader, conversation, delivered, 1).await?;
                if last > delivered && rows.is_empty() {
                    for (window, socket) in &self.receivers(&windows) {
                        let upto = window.left_seq.unwrap_or(last).min(last);
                        socket.push(Outgoing::Passed(conversation, delivered, upto));
                    }
                    self.delivered(conversation, last, moves, &windows);
                }
                if rows.is_empty() {
                    return Ok(());
                }
                continue;
            };
            let gap_upto = if is_last_page {
                None
            } else {
                let last = store::messages::last_seq(&mut reader, conversation).await?;
                (last - delivered > MAX_BEHIND).then_some(last)
            };
            if let Some(upto) = gap_upto {
                for (window, socket) in &self.receivers(&windows) {
                    let upto = window.left_seq.unwrap_or(upto).min(upto);
                    socket.push(Outgoing::Gap(conversation, upto));
                }
                self.delivered(conversation, upto, moves, &windows);
                return Ok(());
            }
            let stored = parts::load(&mut reader, rows, &people, &Left::new()).await?;
            drop(reader);
            let messages = self.whole(stored).await?;

            self.hand_out(conversation, delivered, messages, &windows);
            self.delivered(conversation, newest, moves, &windows);
            if is_last_page {
                return Ok(());
            }
        }
    }

    /// Hands out what this node has just written, when that is what comes next and it is known who may see it. Up to which
    /// change that is.
    async fn deliver_fresh(
        &self,
        conversation: ConversationId,
        delivered: i64,
        moves: Moves,
    ) -> Result<Option<i64>, MessagingError> {
        let (fresh, windows) = {
            let mut registry = self.hub.registry();
            let Some(fresh) = registry.fresh(conversation) else { return Ok(None) };
            (fresh.take_after(delivered), registry.windows(conversation, moves))
        };
        let (Some(newest), Some(windows)) = (fresh.last().map(|message| message.row.changed_seq), windows) else {
            return Ok(None);
        };
        #[cfg(feature = "sabotage")]
        let windows = self.sabotaged_windows(windows);
        let messages = self.whole(fresh).await?;
        self.hand_out(conversation, delivered, messages, &windows);
        self.delivered(conversation, newest, moves, &windows);
        Ok(Some(newest))
    }

    fn delivered(&self, conversation: ConversationId, seq: i64, moves: Moves, windows: &[MemberWindow]) {
        let has_left = |window: &&MemberWindow| window.left_seq.is_some_and(|left_seq| left_seq <= seq);
        let gone: Vec<UserId> = windows.iter().filter(has_left).map(|window| window.user_id).collect();
        self.hub.registry().delivered(conversation, seq, moves, &gone);
    }

    /// Somebody has read on, as the change `membership_seq` of their memberships: their own devices hear of it as such,
    /// the others if they may.
    pub(super) async fn deliver_read_mark(
        self: &Arc<Self>,
        conversation_id: ConversationId,
        user_id: UserId,
        membership_seq: i64,
    ) -> Result<(), MessagingError> {
        let mut reader = self.db.reader().await?;
        let Some(mark) = personal::mark(&mut reader, conversation_id, user_id).await? else { return Ok(()) };
        let others = self.others_to_tell(&mut reader, conversation_id, user_id, &mark).await?;
        drop(reader);
        let seq = mark.read_seq;
        let frame = ServerFrame::Read {
            conversation_id,
            user_id,
            seq,
            unread_count: None,
            last_seq: None,
            last_number: None,
            membership_seq: None,
        };
        self.push_to(&others, &Outgoing::text(&frame));

        let mut registry = self.hub.registry();
        let Some(known) = registry.known_memberships(user_id) else { return Ok(()) };
        // Anything else that changed, before it or in the same row since, is told by `conversation` frames instead.
        if membership_seq == known + 1 && mark.membership_seq == membership_seq {
            let frame = ServerFrame::Read {
                conversation_id,
                user_id,
                seq,
                unread_count: Some(mark.unread_count),
                last_seq: Some(mark.last_seq),
                last_number: Some(mark.message_count),
                membership_seq: Some(membership_seq),
            };
            let frame = Outgoing::text(&frame);
            registry.sockets_of(user_id).iter().for_each(|socket| socket.push(frame.clone()));
            registry.membership_delivered(user_id, known + 1);
        } else if membership_seq > known {
            drop(registry);
            self.schedule(Job::Memberships(user_id));
        }
        Ok(())
    }

    pub(super) async fn deliver_delivered_mark(
        &self,
        conversation_id: ConversationId,
        user_id: UserId,
    ) -> Result<(), MessagingError> {
        let mut reader = self.db.reader().await?;
        let Some(mark) = personal::mark(&mut reader, conversation_id, user_id).await? else { return Ok(()) };
        let others = self.others_to_tell(&mut reader, conversation_id, user_id, &mark).await?;
        drop(reader);
        let seq = mark.delivered_seq;
        self.push_to(&others, &Outgoing::text(&ServerFrame::Delivered { conversation_id, user_id, seq }));
        Ok(())
    }

    /// Who of those connected here is shown what `user` has read and received.
    async fn others_to_tell(
        &self,
        reader: &mut Reader,
        conversation: ConversationId,
        user: UserId,
        mark: &Mark,
    ) -> Result<Vec<UserId>, MessagingError> {
        if !mark.is_shown || mark.member_count > FEW {
            return Ok(Vec::new());
        }
        let Some((_, people, _)) = self.hub.registry().room(conversation) else { return Ok(Vec::new()) };
        let others: IdList = people.into_iter().filter(|person| *person != user).collect();
        Ok(personal::who_sees_marks(reader, conversation, user, &others).await?)
    }

    fn push_to(&self, people: &[UserId], frame: &Outgoing) {
        let registry = self.hub.registry();
        for socket in people.iter().flat_map(|person| registry.sockets_of(*person)) {
            socket.push(frame.clone());
        }
    }

    pub(super) async fn deliver_typing(
        &self,
        conversation_id: ConversationId,
        user_id: UserId,
    ) -> Result<(), MessagingError> {
        let Some((_, people, _)) = self.hub.registry().room(conversation_id) else { return Ok(()) };
        let people = people.into_iter().collect();
        let mut reader = self.db.reader().await?;
        let receivers = store::presence::see_typing(&mut reader, conversation_id, user_id, &people).await?;
        drop(reader);
        let frame = Outgoing::text(&ServerFrame::Typing { conversation_id, user_id });
        let registry = self.hub.registry();
        for receiver in receivers {
            registry.sockets_of(receiver).iter().for_each(|socket| socket.push(frame.clone()));
        }
        Ok(())
    }

    /// Tells a person of conversations entered or left, and then of what was said in them.
    pub(super) async fn deliver_memberships(self: &Arc<Self>, user: UserId) -> Result<(), MessagingError> {
        loop {
            let (known, viewer) = {
                let mut registry = self.hub.registry();
                (registry.known_memberships(user), registry.viewer(user))
            };
            let (Some(known), Some(viewer)) = (known, viewer) else { return Ok(()) };
            let mut reader = self.db.reader().await?;
            let changes = store::marks::memberships_after(&mut reader, user, known, PAGE).await?;
            drop(reader);
            let Some(newest) = changes.last().map(|change| change.membership_seq) else { return Ok(()) };
            let texts = self.conversation_frames(&viewer, &changes).await?;
            let (mut behind, mut attended) = (Vec::new(), Vec::new());
            {
                let mut registry = self.hub.registry();
                for change in &changes {
                    let conversation = change.conversation_id;
                    // Hints that came before the person was in were not for them.
                    let is_new = !registry.is_in(user, conversation);
                    let is_known = registry.has_room(conversation);
                    match change.end() {
                        None => drop(registry.enter(user, conversation, change.first_to_deliver())),
                        Some(left_seq) if registry.is_delivered(conversation, left_seq) => {
                            registry.leave(user, conversation);
                        }
                        // The delivery shows them the end, and then takes them out.
                        Some(_) => {}
                    }
                    if !is_known && registry.has_room(conversation) {
                        attended.push(Job::Deliver(conversation));
                    }
                    if is_new || registry.concerns(conversation, change.last_seq) {
                        behind.push(conversation);
                    }
                }
                for text in &texts {
                    registry.sockets_of(user).iter().for_each(|socket| socket.push(Outgoing::Text(text.clone())));
                }
                registry.membership_delivered(user, newest);
            }
            behind.into_iter().for_each(|conversation| self.schedule(Job::Deliver(conversation)));
            // What is said until other nodes know that this one attends goes past it.
            if !attended.is_empty() {
                self.schedule_when_settled(attended);
            }
            if (changes.len() as i64) < PAGE {
                return Ok(());
            }
        }
    }

    /// One `conversation` frame for each change, oldest first.
    pub(crate) async fn conversation_frames(
        &self,
        viewer: &Viewer,
        changes: &[MembershipChange],
    ) -> Result<Vec<Utf8Bytes>, MessagingError> {
        let shown = self.conversations(viewer, changes.iter().map(|change| change.conversation_id)).await?;
        let frame = |change: &MembershipChange| {
            let conversation = shown.iter().find(|conversation| conversation.id == change.conversation_id)?;
            Some(encode(&ServerFrame::Conversation { membership_seq: change.membership_seq, conversation }))
        };
        Ok(changes.iter().filter_map(frame).collect())
    }

    pub(super) async fn deliver_notifications(&self, user: UserId) -> Result<(), MessagingError> {
        let (known, viewer) = {
            let registry = self.hub.registry();
            (registry.notification_seq(user), registry.viewer(user))
        };
        let Some(viewer) = viewer else { return Ok(()) };
        let updates = self.notifications.since(&viewer, known, PAGE as u32).await?;
        // Read after the updates: where there were more than fit, the rest is left to REST.
        let mark = self.notifications.mark(user).await?;
        let registry = self.hub.registry();
        let mut newest = known;
        for update in &updates {
            newest = newest.max(update.seq);
            let frame = Outgoing::text(&ServerFrame::of_notification(update, mark.unread_count));
            registry.sockets_of(user).iter().for_each(|socket| socket.push(frame.clone()));
        }
        drop(registry);
        let delivered = if (updates.len() as i64) < PAGE { newest } else { mark.seq };
        self.hub.registry().notification_delivered(user, delivered);
        Ok(())
    }
}

impl MembershipChange {
    /// Where what the person is to hear of ends, when it does.
    fn end(&self) -> Option<i64> {
        self.left_seq.or_else(|| (self.state == MemberState::Declined).then_some(0))
    }

    /// Where delivery starts: at the first message the person may see, unless that is long ago.
    fn first_to_deliver(&self) -> i64 {
        if self.last_seq - self.joined_seq < PAGE { self.joined_seq - 1 } else { self.last_seq }
    }
}
