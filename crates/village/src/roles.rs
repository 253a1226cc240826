//! The roles a process can play, and the one table of path prefixes that the routers, the haproxy file and the
//! load balancer's rules are made from.

use std::fmt;

use clap::ValueEnum;

/// A service that a process runs. Without `--service`, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// Sign-up, login, sessions, signing keys
    Auth,
    /// Profiles, follows, blocks
    Users,
    /// Channels, posts, comments, likes, feed, images
    Posts,
    /// Conversations and the live socket
    Messaging,
    /// Who is told of what
    Notifications,
    /// The web client, /docs and /openapi.json
    Web,
}

impl Role {
    pub const ALL: [Role; 6] = [Role::Auth, Role::Users, Role::Posts, Role::Messaging, Role::Notifications, Role::Web];

    pub fn name(self) -> &'static str {
        match self {
            Role::Auth => "auth",
            Role::Users => "users",
            Role::Posts => "posts",
            Role::Messaging => "messaging",
            Role::Notifications => "notifications",
            Role::Web => "web",
        }
    }

    /// First path segments that belong to this role: `/x` itself and everything below `/x/`. The web role
    /// has the rest.
    pub fn prefixes(self) -> &'static [&'static str] {
        match self {
            Role::Auth => &["/auth", "/.well-known"],
            Role::Users => &["/users"],
            Role::Posts => &["/posts", "/channels", "/feed", "/media", "/blobs"],
            Role::Messaging => &["/messaging", "/conversations"],
            Role::Notifications => &["/notifications"],
            Role::Web => &[],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Paths that every role answers itself, whatever else it serves.
pub const EVERYWHERE: [&str; 2] = ["/healthz", "/readyz"];

/// Served on the admin listener only; a load balancer never forwards them.
pub const ADMIN_ONLY: [&str; 1] = ["/metrics"];

/// First segments of the client's own routes; none is ever a prefix of the API.
pub const CLIENT_ROUTES: [&str; 12] =
    ["/home", "/c", "/p", "/chat", "/alerts", "/settings", "/join", "/login", "/signup", "/people", "/reset", "/@"];

/// The role that answers `path`.
pub fn role_of(path: &str) -> Role {
    let below = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    Role::ALL.into_iter().find(|role| role.prefixes().iter().any(|prefix| below(prefix))).unwrap_or(Role::Web)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_claims_itself_and_what_is_below_it_only() {
        assert_eq!(role_of("/posts"), Role::Posts);
        assert_eq!(role_of("/posts/1/comments"), Role::Posts);
        assert_eq!(role_of("/postscript"), Role::Web);
        assert_eq!(role_of("/.well-known/jwks.json"), Role::Auth);
        assert_eq!(role_of("/blobs/media/x.jpg"), Role::Posts);
        assert_eq!(role_of("/"), Role::Web);
    }

    #[test]
    fn no_prefix_belongs_to_two_roles_or_to_the_client() {
        let mut all: Vec<&str> = Role::ALL.iter().flat_map(|role| role.prefixes()).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for route in CLIENT_ROUTES {
            assert_eq!(role_of(route), Role::Web, "{route} is the client's");
        }
    }
}
