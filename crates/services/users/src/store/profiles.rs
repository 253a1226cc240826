//! Profiles.

use village_db::{Connection, IdList, Result, Tx, execute, fetch_all, fetch_one, fetch_optional};
use village_kernel::{Instant, MediaId, UserId, Viewer};

use super::{known_to, looks, shown_count, with_blocks};
use crate::handle::PersonRef;
use crate::look;
use crate::name::{Bio, DisplayName, search_text};
use crate::user::Relationship;

/// What is shown beside what a person wrote.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Card {
    pub user_id: UserId,
    pub handle: String,
    pub display_name: String,
    pub avatar_media_id: Option<MediaId>,
}

/// A whole profile with the counts that the viewer is shown, and how its person and the viewer stand.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ProfileRow {
    pub user_id: UserId,
    pub handle: String,
    pub display_name: String,
    pub bio: String,
    pub avatar_media_id: Option<MediaId>,
    pub version: i64,
    pub created_at: Instant,
    pub followers_count: i64,
    pub following_count: i64,
    #[sqlx(flatten)]
    pub relationship: Relationship,
}

/// What a person changes about themself; absent fields stay.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    pub display_name: Option<DisplayName>,
    pub bio: Option<Bio>,
}

/// `false` when somebody has the handle.
pub async fn insert(
    tx: &mut Tx,
    user: UserId,
    handle: &str,
    display_name: &DisplayName,
    created_at: Instant,
) -> Result<bool> {
    let search_text = search_text(handle, display_name.as_str());
    let profile = "insert into users_profiles
                       (user_id, handle, display_name, search_text, bio, version, created_at)
                   values ($1, $2, $3, $4, '', 1, $5)
                   on conflict (handle) do nothing";
    if execute!(tx, profile, user, handle, display_name.as_str(), search_text, created_at)? == 0 {
        return Ok(false);
    }
    looks::put(tx, user, &look::looks(handle, display_name.as_str())).await?;
    execute!(tx, "insert into users_counts (user_id, followers, following) values ($1, 0, 0)", user)?;
    Ok(true)
}

/// Makes the next version; until the transaction ends other changes of this profile wait. `None` when the profile
/// is not there, or not in the version expected; otherwise its handle.
pub async fn update(
    tx: &mut Tx,
    user: UserId,
    change: &ProfileChange,
    expected: Option<i64>,
) -> Result<Option<String>> {
    let display_name = change.display_name.as_ref().map(DisplayName::as_str);
    let sql = "update users_profiles
               set display_name = coalesce($2, display_name),
                   bio = coalesce($3, bio),
                   version = version + 1
               where user_id = $1
                 and version = coalesce($4, version)
               returning handle";
    let bio = change.bio.as_ref().map(Bio::as_str);
    let updated: Option<(String,)> = fetch_optional!(tx, sql, user, display_name, bio, expected)?;
    let Some((handle,)) = updated else { return Ok(None) };
    if let Some(display_name) = display_name {
        let sql = "update users_profiles set search_text = $2 where user_id = $1";
        execute!(tx, sql, user, search_text(&handle, display_name))?;
    }
    Ok(Some(handle))
}

/// After [`update`], which holds the row. Returns the avatar that was there.
pub async fn replace_avatar(tx: &mut Tx, user: UserId, avatar: Option<MediaId>) -> Result<Option<MediaId>> {
    let (before,): (Option<MediaId>,) =
        fetch_one!(tx, "select avatar_media_id from users_profiles where user_id = $1", user)?;
    execute!(tx, "update users_profiles set avatar_media_id = $2 where user_id = $1", user, avatar)?;
    Ok(before)
}

/// The profile, unless the viewer may not know of its person.
pub async fn find(conn: &mut impl Connection, viewer: &Viewer, person: &PersonRef) -> Result<Option<ProfileRow>> {
    macro_rules! profile_where {
        ($key:literal) => {
            concat!(
                with_blocks!(),
                "select p.user_id, p.handle, p.display_name, p.bio, p.avatar_media_id, p.version, p.created_at,
                        ",
                shown_count!("c.followers", "users_followers", "follower_id"),
                " as followers_count, ",
                shown_count!("c.following", "users_following", "followee_id"),
                " as following_count,
                        p.user_id = $1 as is_self,
                        exists (select 1 from users_following f
                                where f.user_id = $1 and f.followee_id = p.user_id) as following,
                        exists (select 1 from users_following f
                                where f.user_id = p.user_id and f.followee_id = $1) as followed_by,
                        exists (select 1 from users_blocks b
                                where b.blocker_id = $1 and b.blocked_id = p.user_id) as blocking
                 from users_profiles p
                 join users_counts c on c.user_id = p.user_id
                 where ",
                $key,
                " = $2 and ",
                known_to!("$1")
            )
        };
    }
    match person {
        PersonRef::Id(id) => fetch_optional!(conn, profile_where!("p.user_id"), viewer.user, id),
        PersonRef::Handle(handle) => fetch_optional!(conn, profile_where!("p.handle"), viewer.user, handle.as_str()),
    }
}

/// Those among `ids` that exist.
pub async fn cards(conn: &mut impl Connection, ids: &[UserId]) -> Result<Vec<Card>> {
    let sql = conn.any_of(
        "select user_id, handle, display_name, avatar_media_id
         from users_profiles
         where user_id = any_of($1)",
    );
    fetch_all!(conn, sql, ids.iter().copied().collect::<IdList>())
}
