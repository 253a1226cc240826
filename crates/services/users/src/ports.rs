//! What other services ask of people.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{MediaId, UserId, Viewer};
use village_ports::{NewProfile, ProfileError, Profiles, SocialGraph, UserSummary};

use crate::Users;
use crate::handle::Handle;
use crate::look::{handle_look, name_looks, passes_for_staff};
use crate::name::{DisplayName, MISLEADING_NAME, STAFF_NAME};
use crate::store::profiles::Card;
use crate::store::{graph, looks, profiles};

#[async_trait]
impl Profiles for Users {
    async fn create(&self, tx: &mut Tx, profile: NewProfile) -> Result<(), ProfileError> {
        let handle = Handle::choose(&profile.handle)
            .map_err(|error| ProfileError::Invalid { field: "handle", message: error.to_string() })?;
        let display_name = DisplayName::parse(&profile.display_name)
            .map_err(|error| ProfileError::Invalid { field: "display_name", message: error.to_string() })?;
        if passes_for_staff(display_name.as_str()) {
            return Err(ProfileError::Invalid { field: "display_name", message: STAFF_NAME.to_owned() });
        }
        if !looks::are_free(tx, profile.user, &[handle_look(handle.as_str())]).await? {
            return Err(ProfileError::HandleTaken);
        }
        if !looks::are_free(tx, profile.user, &name_looks(display_name.as_str())).await? {
            return Err(ProfileError::Invalid { field: "display_name", message: MISLEADING_NAME.to_owned() });
        }
        if profiles::insert(tx, profile.user, handle.as_str(), &display_name, profile.created_at).await? {
            Ok(())
        } else {
            Err(ProfileError::HandleTaken)
        }
    }

    async fn summaries(&self, _: &Viewer, ids: &[UserId]) -> village_db::Result<HashMap<UserId, UserSummary>> {
        let cards = self.cache.cards(ids).await?;
        let summaries = self.summarize(cards.into_values().map(|card| (*card).clone()).collect()).await?;
        Ok(summaries.into_iter().map(|summary| (summary.id, summary)).collect())
    }
}

#[async_trait]
impl SocialGraph for Users {
    async fn blocked_among(&self, user: UserId, others: &[UserId]) -> village_db::Result<HashSet<UserId>> {
        if others.is_empty() {
            return Ok(HashSet::new());
        }
        graph::blocked_among(&mut self.db.reader().await?, user, others).await
    }

    async fn followed_among(&self, user: UserId, others: &[UserId]) -> village_db::Result<HashSet<UserId>> {
        if others.is_empty() {
            return Ok(HashSet::new());
        }
        graph::followed_among(&mut self.db.reader().await?, user, others).await
    }

    async fn follows(&self, tx: &mut Tx, follower: UserId, followee: UserId) -> village_db::Result<bool> {
        Ok(!graph::followed_among(tx, follower, &[followee]).await?.is_empty())
    }

    async fn blocks_between(&self, tx: &mut Tx, one: UserId, other: UserId) -> village_db::Result<bool> {
        graph::blocks_between(tx, one, other).await
    }
}

impl Users {
    /// Adds the avatars, all in one question. The order stays.
    pub(crate) async fn summarize(&self, cards: Vec<Card>) -> village_db::Result<Vec<UserSummary>> {
        let ids: Vec<MediaId> = cards.iter().filter_map(|card| card.avatar_media_id).collect();
        let mut images = if ids.is_empty() { HashMap::new() } else { self.media.images(&ids).await? };
        let summaries = cards.into_iter().map(|card| UserSummary {
            id: card.user_id,
            handle: card.handle,
            display_name: card.display_name,
            avatar: card.avatar_media_id.and_then(|id| images.remove(&id)),
        });
        Ok(summaries.collect())
    }
}
