//! Who is connected to this node, and how far each of their conversations has been delivered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use village_kernel::{ConversationId, Instant, UserId, Viewer};
use village_live::{Interest, SharedLive};
use village_ports::AccessTokens;

use crate::MessagingSettings;
use crate::hub::fresh::Fresh;
use crate::socket::Socket;
use crate::socket::frames::CloseCode;
use crate::store::windows::MemberWindow;

/// Heartbeats in a row without a sign of life after which a connection is given up.
const MAX_SILENT_BEATS: u32 = 3;
/// Hints remembered while a person's conversations are being loaded.
const MAX_UNCLAIMED: usize = 4_096;

pub(crate) struct Registry {
    /// Told whose hints this node wants: those of the people and rooms below.
    live: SharedLive,
    people: HashMap<UserId, Person>,
    rooms: HashMap<ConversationId, Room>,
    sockets: usize,
    max_sockets: usize,
    /// People whose conversations are being read at this moment, and hints that came for none that is known.
    loading: usize,
    unclaimed: HashMap<ConversationId, i64>,
    /// How often somebody came into any room, or went.
    moves: u64,
}

#[derive(Default)]
struct Person {
    sockets: Vec<Arc<Socket>>,
    rooms: Vec<ConversationId>,
    is_loaded: bool,
    /// Something changed while they were being loaded.
    is_stale: bool,
    membership_seq: i64,
    notification_seq: i64,
}

/// A conversation of which at least one member is connected here.
struct Room {
    /// Every change up to this seq has been handed to the sockets.
    delivered: i64,
    people: Vec<UserId>,
    /// The highest change that a delivery was asked for since the last one began; [`LOOK`] for whatever there is.
    asked: i64,
    moves: Moves,
    windows: Option<KnownWindows>,
    fresh: Fresh,
}

/// When somebody last came in and went: a delivery that began before did not reach whoever came in, and what it read may
/// be shown no more to whoever went. Counted over all rooms, so that a room has none that one before it had of the same
/// conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    entered: u64,
    left: u64,
}

/// What the members here may see, as read when somebody came in or a membership changed.
struct KnownWindows {
    windows: Arc<[MemberWindow]>,
    /// The room's when they were read.
    moves: Moves,
    read_at: tokio::time::Instant,
}

/// What a delivery is asked for when somebody may have been passed by: whatever the database has.
pub(crate) const LOOK: i64 = i64::MAX;

/// Windows are read again after this. Each change of a membership is a row of the conversation, upon which they are
/// read again at once; this is for a node that slept until the row had ended with the conversation's retention, which
/// takes an hour at least.
const WINDOWS_KEPT: Duration = Duration::from_secs(60);

/// The person has, or the node holds, as many sockets as allowed.
pub(crate) struct TooMany;

impl Registry {
    pub fn new(max_sockets: usize, live: SharedLive) -> Self {
        Self {
            live,
            people: HashMap::new(),
            rooms: HashMap::new(),
            sockets: 0,
            max_sockets,
            loading: 0,
            unclaimed: HashMap::new(),
            moves: 0,
        }
    }

    /// Adds a socket. True when the person's conversations are known already.
    pub fn add(&mut self, socket: &Arc<Socket>, settings: &MessagingSettings) -> Result<bool, TooMany> {
        if self.sockets >= self.max_sockets {
            return Err(TooMany);
        }
        let person = self.people.entry(socket.user).or_default();
        if person.sockets.len() >= settings.max_sockets_per_person {
            return Err(TooMany);
        }
        if person.sockets.is_empty() {
            self.live.attend(Interest::Person(socket.user.0));
        }
        person.sockets.push(socket.clone());
        let is_loaded = person.is_loaded;
        self.sockets += 1;
        self.report();
        Ok(is_loaded)
    }

    pub fn remove(&mut self, socket: &Arc<Socket>) {
        let Some(person) = self.people.get_mut(&socket.user) else { return };
        let before = person.sockets.len();
        person.sockets.retain(|known| !Arc::ptr_eq(known, socket));
        self.sockets -= before - person.sockets.len();
        if person.sockets.is_empty()
            && let Some(person) = self.people.remove(&socket.user)
        {
            self.live.leave(Interest::Person(socket.user.0));
            for room in person.rooms {
                self.take_out(socket.user, room);
            }
        }
        self.report();
    }

    fn report(&self) {
        metrics::gauge!("village_messaging_open_sockets").set(self.sockets as f64);
    }

    pub fn open_sockets(&self) -> usize {
        self.sockets
    }

    pub fn sockets(&self) -> Vec<Arc<Socket>> {
        self.people.values().flat_map(|person| person.sockets.iter().cloned()).collect()
    }

    pub fn people(&self) -> Vec<UserId> {
        self.people.keys().copied().collect()
    }

    pub fn is_here(&self, user: UserId) -> bool {
        self.people.contains_key(&user)
    }

    pub fn sockets_of(&self, user: UserId) -> &[Arc<Socket>] {
        self.people.get(&user).map_or(&[], |person| &person.sockets)
    }

    /// On whose behalf things are read for the person: any of the open sockets.
    pub fn viewer(&self, user: UserId) -> Option<Viewer> {
        Some(self.people.get(&user)?.sockets.first()?.access().viewer)
    }

    pub fn begin_loading(&mut self) {
        self.loading += 1;
    }

    pub fn end_loading(&mut self) {
        self.loading -= 1;
        if self.loading == 0 {
            self.unclaimed = HashMap::new();
        }
    }

    /// Enters what was read for a person whose sockets are registered. Returns the conversations that a hint said
    /// to be further than what was read.
    pub fn load(
        &mut self,
        user: UserId,
        membership_seq: i64,
        notification_seq: i64,
        rooms: Vec<(ConversationId, i64)>,
    ) -> Vec<ConversationId> {
        let Some(person) = self.people.get_mut(&user) else { return Vec::new() };
        person.is_loaded = true;
        person.is_stale = false;
        person.membership_seq = person.membership_seq.max(membership_seq);
        person.notification_seq = person.notification_seq.max(notification_seq);
        let mut behind = Vec::new();
        for (conversation, last_seq) in rooms {
            let shared = self.enter(user, conversation, last_seq);
            if shared || self.unclaimed.get(&conversation).is_some_and(|mark| *mark > last_seq) {
                behind.push(conversation);
            }
        }
        behind
    }

    /// Makes `user` hear of `conversation`; its changes up to `delivered` are known by other means. What others here
    /// were handed beyond that is handed out again, and sockets that have it drop it. True when the conversation was
    /// heard of here already, so that a delivery may have passed `user` by: deliver it again.
    pub fn enter(&mut self, user: UserId, conversation: ConversationId, delivered: i64) -> bool {
        let Some(person) = self.people.get_mut(&user) else { return false };
        let shared = self.rooms.contains_key(&conversation);
        if !shared {
            self.live.attend(Interest::Conversation(conversation.0));
        }
        let room = self.rooms.entry(conversation).or_insert_with(|| Room {
            delivered,
            people: Vec::new(),
            asked: LOOK,
            moves: Moves::default(),
            windows: None,
            fresh: Fresh::default(),
        });
        // Also for whoever is in: they may have left and come back, and a delivery may be about to take them out.
        self.moves += 1;
        room.moves.entered = self.moves;
        room.asked = LOOK;
        if room.people.contains(&user) {
            return false;
        }
        room.people.push(user);
        room.delivered = room.delivered.min(delivered);
        person.rooms.push(conversation);
        shared
    }

    pub fn leave(&mut self, user: UserId, conversation: ConversationId) {
        if let Some(person) = self.people.get_mut(&user) {
            person.rooms.retain(|known| *known != conversation);
        }
        self.take_out(user, conversation);
    }

    fn take_out(&mut self, user: UserId, conversation: ConversationId) {
        if let Some(room) = self.rooms.get_mut(&conversation) {
            room.people.retain(|known| *known != user);
            // Their window is among those that are known, and whoever declines leaves no row upon which they would be read
            // again.
            self.moves += 1;
            room.moves.left = self.moves;
            if room.people.is_empty() {
                self.rooms.remove(&conversation);
                self.live.leave(Interest::Conversation(conversation.0));
            }
        }
    }

    pub fn has_room(&self, conversation: ConversationId) -> bool {
        self.rooms.contains_key(&conversation)
    }

    /// Whether a change numbered `mark` has still to be delivered to somebody here. Then the next delivery is asked for it.
    pub fn concerns(&mut self, conversation: ConversationId, mark: i64) -> bool {
        match self.rooms.get_mut(&conversation) {
            Some(room) => {
                let concerns = room.delivered < mark;
                if concerns {
                    room.asked = room.asked.max(mark);
                }
                concerns
            }
            None => {
                if self.loading > 0 && self.unclaimed.len() < MAX_UNCLAIMED {
                    let known = self.unclaimed.entry(conversation).or_insert(mark);
                    *known = (*known).max(mark);
                }
                false
            }
        }
    }

    /// The next delivery is asked for whatever there is.
    pub fn look(&mut self, conversation: ConversationId) {
        if let Some(room) = self.rooms.get_mut(&conversation) {
            room.asked = LOOK;
        }
    }

    /// Up to which change the delivery that begins now is to go.
    pub fn take_asked(&mut self, conversation: ConversationId) -> i64 {
        self.rooms.get_mut(&conversation).map_or(LOOK, |room| std::mem::take(&mut room.asked))
    }

    pub fn is_in(&self, user: UserId, conversation: ConversationId) -> bool {
        self.rooms.get(&conversation).is_some_and(|room| room.people.contains(&user))
    }

    /// Whether everything up to `seq` was handed to those here.
    pub fn is_delivered(&self, conversation: ConversationId, seq: i64) -> bool {
        self.rooms.get(&conversation).is_none_or(|room| room.delivered >= seq)
    }

    /// How far it is delivered, and to whom here.
    pub fn room(&self, conversation: ConversationId) -> Option<(i64, Vec<UserId>, Moves)> {
        self.rooms.get(&conversation).map(|room| (room.delivered, room.people.clone(), room.moves))
    }

    pub fn people_in(&self, conversation: ConversationId) -> usize {
        self.rooms.get(&conversation).map_or(0, |room| room.people.len())
    }

    /// Of a conversation that somebody here takes part in.
    pub fn fresh(&mut self, conversation: ConversationId) -> Option<&mut Fresh> {
        self.rooms.get_mut(&conversation).map(|room| &mut room.fresh)
    }

    /// The windows of those who were in when `moves` was read, when they are known.
    pub fn windows(&self, conversation: ConversationId, moves: Moves) -> Option<Arc<[MemberWindow]>> {
        let known = self.rooms.get(&conversation)?.windows.as_ref()?;
        (known.moves == moves && known.read_at.elapsed() < WINDOWS_KEPT).then(|| known.windows.clone())
    }

    pub fn windows_read(&mut self, conversation: ConversationId, moves: Moves, windows: Arc<[MemberWindow]>) {
        if let Some(room) = self.rooms.get_mut(&conversation) {
            room.windows = Some(KnownWindows { windows, moves, read_at: tokio::time::Instant::now() });
        }
    }

    /// Gives back the memory of rooms in which nothing has been said for a while.
    pub fn forget_windows(&mut self) {
        for room in self.rooms.values_mut() {
            room.windows.take_if(|known| known.read_at.elapsed() >= WINDOWS_KEPT);
        }
    }

    /// Everything up to `seq` was handed to those who were in when `moves` was read, of whom `gone` have left and
    /// seen the end. Whoever came in since was not among them, so then the room stays as it is.
    pub fn delivered(&mut self, conversation: ConversationId, seq: i64, moves: Moves, gone: &[UserId]) {
        if let Some(room) = self.rooms.get_mut(&conversation)
            && room.moves.entered == moves.entered
        {
            room.delivered = room.delivered.max(seq);
            gone.iter().for_each(|user| self.leave(*user, conversation));
        }
    }

    /// How far the person's devices know their memberships. `None` while these are being loaded: [`Self::is_stale`]
    /// then tells that more has changed since.
    pub fn known_memberships(&mut self, user: UserId) -> Option<i64> {
        let person = self.people.get_mut(&user)?;
        person.is_stale |= !person.is_loaded;
        person.is_loaded.then_some(person.membership_seq)
    }

    pub fn is_stale(&self, user: UserId) -> bool {
        self.people.get(&user).is_some_and(|person| person.is_stale)
    }

    pub fn membership_seq(&self, user: UserId) -> i64 {
        self.people.get(&user).map_or(0, |person| person.membership_seq)
    }

    pub fn membership_delivered(&mut self, user: UserId, seq: i64) {
        if let Some(person) = self.people.get_mut(&user) {
            person.membership_seq = person.membership_seq.max(seq);
        }
    }

    pub fn notification_seq(&self, user: UserId) -> i64 {
        self.people.get(&user).map_or(0, |person| person.notification_seq)
    }

    pub fn notification_delivered(&mut self, user: UserId, seq: i64) {
        if let Some(person) = self.people.get_mut(&user) {
            person.notification_seq = person.notification_seq.max(seq);
        }
    }

    /// Closes sockets whose token has expired or whose session has ended.
    pub fn sweep(&self, tokens: &dyn AccessTokens, now: Instant) {
        for socket in self.people.values().flat_map(|person| &person.sockets) {
            let access = socket.access();
            if access.expires_at <= now || tokens.is_revoked(&access.viewer) {
                socket.close(CloseCode::Unauthenticated);
            }
        }
    }

    /// Gives up connections that have not answered for some beats: their network is gone without a word.
    pub fn drop_silent(&self) {
        for socket in self.people.values().flat_map(|person| &person.sockets) {
            if socket.beat() > MAX_SILENT_BEATS {
                socket.close(CloseCode::Resume);
                socket.cut.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests;
