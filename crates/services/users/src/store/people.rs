//! Lists of people, as one viewer may see them. Each is read by keyset: pass the key of the last one seen.

use uuid::Uuid;
use village_db::{Connection, Result, fetch_all, starts_of_words};
use village_kernel::{Limit, UserId, Viewer};

use super::profiles::Card;
use super::shown_to;
use crate::handle::Handle;

/// Before every id.
fn start(after: Option<UserId>) -> UserId {
    after.unwrap_or(UserId(Uuid::nil()))
}

/// Who follows `person`, in the order of ids.
pub async fn followers(
    conn: &mut impl Connection,
    viewer: &Viewer,
    person: UserId,
    after: Option<UserId>,
    limit: Limit,
) -> Result<Vec<Card>> {
    let sql = concat!(
        "select p.user_id, p.handle, p.display_name, p.avatar_media_id
         from users_followers f
         join users_profiles p on p.user_id = f.follower_id
         where f.user_id = $1
           and f.follower_id > $2
           and ",
        shown_to!("$3"),
        " order by f.follower_id
         limit $4"
    );
    fetch_all!(conn, sql, person, start(after), viewer.user, limit.fetch())
}

/// Whom `person` follows, in the order of ids.
pub async fn following(
    conn: &mut impl Connection,
    viewer: &Viewer,
    person: UserId,
    after: Option<UserId>,
    limit: Limit,
) -> Result<Vec<Card>> {
    let sql = concat!(
        "select p.user_id, p.handle, p.display_name, p.avatar_media_id
         from users_following f
         join users_profiles p on p.user_id = f.followee_id
         where f.user_id = $1
           and f.followee_id > $2
           and ",
        shown_to!("$3"),
        " order by f.followee_id
         limit $4"
    );
    fetch_all!(conn, sql, person, start(after), viewer.user, limit.fetch())
}

/// Whom the viewer has blocked, in the order of ids. Also those who are suspended: what they said in common groups is still
/// there, and folded by this list.
pub async fn blocked(
    conn: &mut impl Connection,
    viewer: &Viewer,
    after: Option<UserId>,
    limit: Limit,
) -> Result<Vec<Card>> {
    let sql = "select p.user_id, p.handle, p.display_name, p.avatar_media_id
               from users_blocks k
               join users_profiles p on p.user_id = k.blocked_id
               where k.blocker_id = $1
                 and k.blocked_id > $2
               order by k.blocked_id
               limit $3";
    fetch_all!(conn, sql, viewer.user, start(after), limit.fetch())
}

/// People of whose handle and name each of the first five of `terms` starts a word; everybody when there is none. In
/// the order of handles.
pub async fn search(
    conn: &mut impl Connection,
    viewer: &Viewer,
    terms: &[String],
    after: Option<&Handle>,
    limit: Limit,
) -> Result<Vec<Card>> {
    let sql = concat!(
        r"select p.user_id, p.handle, p.display_name, p.avatar_media_id
         from users_profiles p
         where p.handle > $1
           and p.search_text like $2 escape '\'
           and p.search_text like $3 escape '\'
           and p.search_text like $4 escape '\'
           and p.search_text like $5 escape '\'
           and p.search_text like $6 escape '\'
           and ",
        shown_to!("$7"),
        " order by p.handle
         limit $8"
    );
    let [one, two, three, four, five] = starts_of_words(terms);
    let after = after.map_or("", Handle::as_str);
    fetch_all!(conn, sql, after, one, two, three, four, five, viewer.user, limit.fetch())
}
