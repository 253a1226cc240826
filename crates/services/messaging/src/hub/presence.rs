//! Who wants to see whom come and go on this node, and telling them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use village_kernel::UserId;
use village_live::{Hint, Interest, SharedLive, Topic};

use crate::delivered::FEW;
use crate::hub::jobs::Job;
use crate::socket::frames::ServerFrame;
use crate::socket::{Outgoing, Socket};
use crate::store::marks::NO_BLOCKS;
use crate::store::personal;
use crate::{Messaging, MessagingError, store};

pub(crate) struct Watchers {
    live: SharedLive,
    watched: HashMap<UserId, Watched>,
    /// Whom each socket watches, by its address.
    lists: HashMap<usize, Vec<UserId>>,
    /// People connected here who may be shown as present.
    shown_here: HashSet<UserId>,
}

#[derive(Default)]
struct Watched {
    /// What was last said of the person.
    is_present: bool,
    /// Sockets, and what each has been told.
    sockets: Vec<(Arc<Socket>, bool)>,
}

impl Watchers {
    pub fn new(live: SharedLive) -> Self {
        Self { live, watched: HashMap::new(), lists: HashMap::new(), shown_here: HashSet::new() }
    }

    /// Replaces whom the socket watches.
    pub fn watch(&mut self, socket: &Arc<Socket>, people: &[UserId]) {
        let before = self.lists.remove(&address(socket)).unwrap_or_default();
        for user in before.iter().filter(|user| !people.contains(user)) {
            self.unwatch(socket, *user);
        }
        for user in people.iter().filter(|user| !before.contains(user)) {
            let watched = self.watched.entry(*user).or_default();
            if watched.sockets.is_empty() {
                self.live.attend(Interest::Watch(user.0));
            }
            watched.sockets.push((socket.clone(), false));
        }
        if !people.is_empty() {
            self.lists.insert(address(socket), people.to_vec());
        }
    }

    /// The socket is about to be told that these people are here, and that others whom it watches are not.
    pub fn shown(&mut self, socket: &Arc<Socket>, here: &[UserId]) {
        for user in self.lists.get(&address(socket)).into_iter().flatten() {
            let Some(watched) = self.watched.get_mut(user) else { continue };
            watched.is_present |= here.contains(user);
            for (known, told) in &mut watched.sockets {
                if Arc::ptr_eq(known, socket) {
                    *told = here.contains(user);
                }
            }
        }
    }

    pub fn forget(&mut self, socket: &Arc<Socket>) {
        self.watch(socket, &[]);
    }

    fn unwatch(&mut self, socket: &Arc<Socket>, user: UserId) {
        let Some(watched) = self.watched.get_mut(&user) else { return };
        watched.sockets.retain(|(known, _)| !Arc::ptr_eq(known, socket));
        if watched.sockets.is_empty() {
            self.watched.remove(&user);
            self.live.leave(Interest::Watch(user.0));
        }
    }

    /// Remembers what is said of a person; false when nobody here cares.
    fn note(&mut self, user: UserId, is_present: bool) -> bool {
        match self.watched.get_mut(&user) {
            Some(watched) => {
                watched.is_present = is_present;
                true
            }
            None => false,
        }
    }

    fn watchers_of(&self, user: UserId) -> Vec<UserId> {
        let sockets = self.watched.get(&user).map_or(&[][..], |watched| &watched.sockets);
        sockets.iter().map(|(socket, _)| socket.user).collect()
    }

    /// Tells each socket what it does not know: to whom the person is not shown, they are not here.
    fn tell(&mut self, user_id: UserId, seen_by: &HashSet<UserId>) {
        let Some(watched) = self.watched.get_mut(&user_id) else { return };
        for (socket, told) in &mut watched.sockets {
            let present = watched.is_present && seen_by.contains(&socket.user);
            if *told != present {
                *told = present;
                socket.push(Outgoing::text(&ServerFrame::Presence { user_id, present }));
            }
        }
    }

    fn show_here(&mut self, user: UserId, show: bool) {
        if show {
            self.shown_here.insert(user);
            self.live.attend(Interest::Present(user.0));
        } else if self.shown_here.remove(&user) {
            self.live.leave(Interest::Present(user.0));
        }
    }
}

fn address(socket: &Arc<Socket>) -> usize {
    Arc::as_ptr(socket).addr()
}

impl Messaging {
    /// Takes a socket that has ended out of everything.
    pub(crate) fn disconnected(self: &Arc<Self>, socket: &Arc<Socket>) {
        let user = socket.user;
        self.hub.registry().remove(socket);
        self.hub.watchers().forget(socket);
        if self.hub.registry().is_here(user) || !self.hub.watchers().shown_here.contains(&user) {
            return;
        }
        // Whoever is back in a moment has not been away. At the end of the process there is nobody to tell.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let messaging = self.clone();
        runtime.spawn(async move {
            tokio::time::sleep(messaging.settings.presence_grace).await;
            messaging.depart(user).await;
        });
    }

    async fn depart(&self, user: UserId) {
        {
            let registry = self.hub.registry();
            if registry.is_here(user) {
                return;
            }
            self.hub.watchers().show_here(user, false);
        }
        let elsewhere = self.live.present(&[user.0]).await.unwrap_or_default();
        if !elsewhere.contains(&user.0) {
            self.live.publish(Hint::new(Topic::Presence, user).mark(0));
        }
    }

    /// Shows the person as present, or does not, as they wish.
    pub(super) async fn appear(&self, user: UserId) -> Result<(), MessagingError> {
        let wishes = personal::privacy(&mut self.db.reader().await?, user).await?;
        let show = {
            let registry = self.hub.registry();
            let show = wishes.presence && registry.is_here(user);
            self.hub.watchers().show_here(user, show);
            show
        };
        self.live.publish(Hint::new(Topic::Presence, user).mark(i64::from(show)));
        Ok(())
    }

    pub(super) fn on_presence(self: &Arc<Self>, user: UserId, is_present: bool) {
        let mut watchers = self.hub.watchers();
        if !is_present && watchers.shown_here.contains(&user) {
            // Gone from another node, but not from here.
            drop(watchers);
            return self.live.publish(Hint::new(Topic::Presence, user).mark(1));
        }
        if watchers.note(user, is_present) {
            drop(watchers);
            self.schedule(Job::Presence(user));
        }
    }

    /// Who may see the person is asked anew each time: they may have hidden, left or blocked.
    pub(super) async fn deliver_presence(&self, user: UserId) -> Result<(), MessagingError> {
        let watchers = self.hub.watchers().watchers_of(user);
        if watchers.is_empty() {
            return Ok(());
        }
        let ids = watchers.into_iter().collect();
        let seen = store::presence::seen_among(&mut self.db.reader().await?, user, &ids, FEW).await?;
        self.hub.watchers().tell(user, &seen.into_iter().collect());
        Ok(())
    }

    /// Tells a person's devices how their list of blocks stands. Nobody else hears of it.
    pub(super) async fn deliver_blocks(&self, user: UserId) -> Result<(), MessagingError> {
        let blocks = self.blocks_mark(user).await?;
        let frame = Outgoing::text(&ServerFrame::Blocks { blocks: &blocks });
        self.hub.registry().sockets_of(user).iter().for_each(|socket| socket.push(frame.clone()));
        Ok(())
    }

    pub(crate) async fn blocks_mark(&self, user: UserId) -> Result<String, MessagingError> {
        let people = [user].into_iter().collect();
        let marks = store::marks::blocks(&mut self.db.reader().await?, &people).await?;
        Ok(marks.into_iter().next().map_or_else(|| NO_BLOCKS.to_owned(), |(_, mark)| mark))
    }
}
