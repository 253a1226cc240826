//! What people do, each as the doubles know it and as its event.

use village_events::{
    ChannelInvitationEnded, ChannelInvited, CloudEvent, CommentAdded, CommentDeleted, Event, Followed, MessageDeleted,
    MessageEdited, MessageSent, PostDeleted, PostLiked, PostPublished, PostUnliked, Unfollowed,
};
use village_kernel::{ChannelId, Clock, CommentId, ConversationId, EventId, MessageId, PostId, UserId, Viewer};
use village_ports::{PostAct, StandingMessage};

use super::World;
use super::doubles::Said;

impl World<'_> {
    pub fn delete_post(&self, post: PostId, author: &Viewer) -> CloudEvent {
        self.known().posts.remove(&post);
        self.event(&PostDeleted { post_id: post, author_id: author.user, channel_id: None })
    }

    pub fn unlike(&self, post: PostId, liker: &Viewer, author: &Viewer) -> CloudEvent {
        self.known().taken_back.insert(PostAct::Liked(post, liker.user));
        self.event(&PostUnliked { post_id: post, liker_id: liker.user, post_author_id: author.user })
    }

    pub fn like_again(&self, post: PostId, liker: &Viewer) {
        self.known().taken_back.remove(&PostAct::Liked(post, liker.user));
    }

    pub fn delete_comment(&self, post: PostId, comment_id: CommentId, by: &Viewer, author: &Viewer) -> CloudEvent {
        self.known().taken_back.insert(PostAct::Commented(post, comment_id));
        let (author_id, post_author_id) = (by.user, author.user);
        self.event(&CommentDeleted { comment_id, post_id: post, author_id, post_author_id })
    }

    pub fn unfollow(&self, follower: &Viewer, followee: &Viewer) -> CloudEvent {
        self.known().unfollowed.insert((follower.user, followee.user));
        self.event(&Unfollowed { follower_id: follower.user, followee_id: followee.user })
    }

    fn said(&self, conversation: ConversationId, seq: i64) -> Said {
        let known = self.known();
        let is_it = |said: &&Said| said.conversation == conversation && said.standing.created_seq == seq;
        known.messages.iter().find(is_it).cloned().expect("it was sent")
    }

    pub fn delete_message(&self, conversation: ConversationId, seq: i64) -> CloudEvent {
        let said = self.said(conversation, seq);
        let is_it = |other: &&mut Said| other.message == said.message;
        self.known().messages.iter_mut().filter(is_it).for_each(|said| said.is_deleted = true);
        let (message_id, sender_id) = (said.message, said.sender);
        self.event(&MessageDeleted { conversation_id: conversation, message_id, created_seq: seq, sender_id })
    }

    /// The message at `created_seq` mentions these now, by the change `seq`.
    pub fn edit(&self, conversation: ConversationId, created_seq: i64, seq: i64, mentions: &[&Viewer]) -> CloudEvent {
        let said = self.said(conversation, created_seq);
        let now: Vec<UserId> = mentions.iter().map(|person| person.user).collect();
        let before = said.standing.mentions;
        let is_it = |other: &&mut Said| other.message == said.message;
        self.known().messages.iter_mut().filter(is_it).for_each(|said| said.standing.mentions = now.clone());
        self.event(&MessageEdited {
            conversation_id: conversation,
            message_id: said.message,
            created_seq,
            seq,
            sender_id: said.sender,
            newly_mentioned: now.iter().copied().filter(|person| !before.contains(person)).collect(),
            no_longer_mentioned: before.iter().copied().filter(|person| !now.contains(person)).collect(),
        })
    }

    pub fn post_of(&self, author: &Viewer) -> PostId {
        let post = PostId::new(self.fresh.clock.now());
        self.known().posts.insert(post, author.user);
        post
    }

    pub fn channel(&self) -> ChannelId {
        ChannelId::new(self.fresh.clock.now())
    }

    pub fn conversation(&self, members: &[&Viewer]) -> ConversationId {
        let conversation = ConversationId::new(self.fresh.clock.now());
        self.known().members.insert(conversation, members.iter().map(|member| member.user).collect());
        conversation
    }

    pub fn event<E: Event>(&self, event: &E) -> CloudEvent {
        let now = self.fresh.clock.now();
        CloudEvent::new(EventId::new(now), now, None, event)
    }

    pub fn published(&self, post: PostId, author: &Viewer) -> CloudEvent {
        self.event(&PostPublished { post_id: post, author_id: author.user, channel_id: None })
    }

    pub fn liked(&self, post: PostId, liker: &Viewer, author: &Viewer) -> CloudEvent {
        self.event(&PostLiked { post_id: post, liker_id: liker.user, post_author_id: author.user })
    }

    pub fn commented(&self, post: PostId, commenter: &Viewer, author: &Viewer) -> (CommentId, CloudEvent) {
        let comment_id = CommentId::new(self.fresh.clock.now());
        self.known().comments.push((post, commenter.user, comment_id));
        let event = CommentAdded { comment_id, post_id: post, author_id: commenter.user, post_author_id: author.user };
        (comment_id, self.event(&event))
    }

    pub fn invited(&self, channel: ChannelId, by: &Viewer, invitee: &Viewer) -> CloudEvent {
        self.known().invitations.insert((invitee.user, channel));
        self.event(&ChannelInvited { channel_id: channel, user_id: invitee.user, invited_by: by.user })
    }

    pub fn end_invitation(&self, channel: ChannelId, by: &Viewer, invitee: &Viewer) -> CloudEvent {
        self.known().invitations.remove(&(invitee.user, channel));
        self.event(&ChannelInvitationEnded { channel_id: channel, user_id: invitee.user, invited_by: by.user })
    }

    pub fn followed(&self, follower: &Viewer, followee: &Viewer) -> CloudEvent {
        self.event(&Followed { follower_id: follower.user, followee_id: followee.user })
    }

    pub fn message(&self, conversation: ConversationId, sender: &Viewer, seq: i64) -> CloudEvent {
        let message_id = MessageId::new(self.fresh.clock.now());
        let created_at = self.fresh.clock.now();
        let standing = StandingMessage { created_seq: seq, created_at, mentions: Vec::new() };
        let (message, sender_id) = (message_id, sender.user);
        self.known().messages.push(Said { conversation, message, sender: sender_id, standing, is_deleted: false });
        self.event(&MessageSent {
            conversation_id: conversation,
            message_id,
            seq,
            sender_id: sender.user,
            mentions: Vec::new(),
        })
    }
}
