//! What other services may ask: the ports [`PostAccess`], [`ChannelAccess`], [`ChannelInvitations`] and
//! [`SuspendedTraces`].

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{ChannelId, CommentId, PostId, UserId, Viewer};
use village_ports::{
    ChannelAccess, ChannelInvitations, ChannelSummary, PostAccess, PostAct, PostExcerpt, SuspendedTraces,
};

use crate::store::audience::Audience;
use crate::{Channel, Posts, access, store};

const EXCERPT: usize = 120;

#[async_trait]
impl PostAccess for Posts {
    async fn visible(&self, viewer: &Viewer, ids: &[PostId]) -> village_db::Result<HashMap<PostId, PostExcerpt>> {
        let mut reader = self.db.reader().await?;
        let sights = access::visible_among(&mut reader, viewer, ids).await?;
        drop(reader);
        let visible: Vec<PostId> = sights.iter().map(|sight| sight.post_id).collect();
        let contents = self.contents(&visible).await?;
        let excerpts = sights.into_iter().filter_map(|sight| {
            let content = contents.get(&sight.post_id)?;
            let excerpt = PostExcerpt {
                id: sight.post_id,
                author_id: sight.author_id,
                excerpt: content.body.chars().take(EXCERPT).collect(),
                channel: sight.channel(),
            };
            Some((sight.post_id, excerpt))
        });
        Ok(excerpts.collect())
    }

    async fn readers_among(&self, post: PostId, readers: &[UserId]) -> village_db::Result<Vec<UserId>> {
        let mut reader = self.db.reader().await?;
        access::readers_among(&mut reader, post, readers).await
    }

    async fn visible_pairs(&self, pairs: &[(UserId, PostId)]) -> village_db::Result<HashSet<(UserId, PostId)>> {
        access::visible_pairs(&mut self.db.reader().await?, pairs).await
    }

    async fn stands(&self, tx: &mut Tx, act: PostAct) -> village_db::Result<bool> {
        match act {
            PostAct::Published(post) => {
                Ok(store::posts::find_header(tx, post).await?.is_some_and(|header| header.deleted_at.is_none()))
            }
            PostAct::Commented(post, comment) => store::comments::stands(tx, post, comment).await,
            PostAct::Liked(post, person) => store::likes::stands(tx, post, person).await,
        }
    }

    async fn newest_comment(&self, tx: &mut Tx, post: PostId, author: UserId) -> village_db::Result<Option<CommentId>> {
        store::comments::newest_of(tx, post, author).await
    }

    async fn audience(&self, post: PostId, after: Option<UserId>, limit: u32) -> village_db::Result<Vec<UserId>> {
        self.audience_if(post, |header| header.deleted_at.is_none(), after, limit).await
    }

    async fn audience_of_deleted(
        &self,
        post: PostId,
        after: Option<UserId>,
        limit: u32,
    ) -> village_db::Result<Vec<UserId>> {
        self.audience_if(post, |header| header.deleted_at.is_some(), after, limit).await
    }
}

impl Posts {
    async fn audience_if(
        &self,
        post: PostId,
        is_meant: fn(&store::posts::Header) -> bool,
        after: Option<UserId>,
        limit: u32,
    ) -> village_db::Result<Vec<UserId>> {
        let mut reader = self.db.reader().await?;
        let header = store::posts::find_header(&mut reader, post).await?;
        let Some(header) = header.filter(is_meant) else { return Ok(Vec::new()) };
        let audience = Audience::of(header.author_id, header.channel_id.zip(header.visibility));
        audience.page(&mut reader, after, limit).await
    }
}

#[async_trait]
impl ChannelAccess for Posts {
    async fn summaries(
        &self,
        viewer: &Viewer,
        ids: &[ChannelId],
    ) -> village_db::Result<HashMap<ChannelId, ChannelSummary>> {
        let known = store::channels::known_among(&mut self.db.reader().await?, viewer, ids).await?;
        let summary = |channel: Channel| ChannelSummary {
            id: channel.id,
            slug: channel.slug,
            name: channel.name,
            visibility: channel.visibility,
        };
        Ok(known.into_iter().map(|channel| (channel.id, summary(channel))).collect())
    }

    async fn hold_membership(&self, tx: &mut Tx, channel: ChannelId, user: UserId) -> village_db::Result<bool> {
        store::channels::hold_membership(tx, channel, user).await
    }
}

#[async_trait]
impl ChannelInvitations for Posts {
    async fn waits(&self, tx: &mut Tx, channel: ChannelId, invitee: UserId) -> village_db::Result<bool> {
        store::invitations::waits(tx, channel, invitee).await
    }

    async fn shown_among(
        &self,
        pairs: &[(UserId, ChannelId)],
    ) -> village_db::Result<HashMap<(UserId, ChannelId), ChannelSummary>> {
        store::invitations::shown_among(&mut self.db.reader().await?, pairs).await
    }
}

#[async_trait]
impl SuspendedTraces for Posts {
    async fn suspended(&self, tx: &mut Tx, user: UserId) -> village_db::Result<()> {
        store::shown::trace(tx, user).await
    }
}
