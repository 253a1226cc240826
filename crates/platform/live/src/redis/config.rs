//! Where Redis is, and how long to wait for it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use redis::{ConnectionInfo, IntoConnectionInfo as _};

#[derive(Clone, Debug)]
pub struct RedisConfig {
    pub url: RedisUrl,
    /// Whether the address is that of a Redis Cluster, whose keys are spread over several servers.
    pub cluster: bool,
    /// Certificates in PEM that may vouch for the server, instead of those that browsers trust.
    pub ca_certificates: Option<Vec<u8>>,
    /// Begins the name of every key and channel. Communities that share a Redis have different ones.
    pub prefix: String,
    /// For making a session, everything included.
    pub connect_timeout: Duration,
    /// For the answer to a command; after it Redis counts as gone.
    pub command_timeout: Duration,
    /// How often the subscription is checked.
    pub ping_every: Duration,
    /// How long a node counts after it was last heard of. Renewed three times in that time.
    pub lease: Duration,
    /// How long an interest is kept without being renewed, which happens three times in that time.
    pub interest_expiry: Duration,
}

impl RedisConfig {
    pub fn new(url: RedisUrl) -> Self {
        Self {
            url,
            cluster: false,
            ca_certificates: None,
            prefix: "village".to_owned(),
            connect_timeout: Duration::from_secs(3),
            command_timeout: Duration::from_secs(2),
            ping_every: Duration::from_secs(2),
            lease: Duration::from_secs(15),
            interest_expiry: Duration::from_secs(600),
        }
    }
}

/// `redis://[USER][:PASSWORD]@HOST[:PORT][/DATABASE]`, or `rediss://` with TLS. Several servers of one cluster are
/// separated by commas.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(String);

/// Says what is wrong without repeating the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRedis(pub(super) String);

impl RedisUrl {
    pub(super) fn servers(&self) -> Result<Vec<ConnectionInfo>, InvalidRedis> {
        self.0.split(',').map(server).collect()
    }
}

fn server(url: &str) -> Result<ConnectionInfo, InvalidRedis> {
    let url = url.trim();
    if !url.starts_with("redis://") && !url.starts_with("rediss://") {
        return Err(InvalidRedis(
            "the Redis URL must start with `redis://` or `rediss://` (a comma in a password is written %2C)".to_owned(),
        ));
    }
    if url.contains('#') {
        return Err(InvalidRedis("the Redis URL must have no `#`; write one in a password as %23".to_owned()));
    }
    url.into_connection_info().map_err(|error| InvalidRedis(format!("the Redis URL is not right: {error}")))
}

impl FromStr for RedisUrl {
    type Err = InvalidRedis;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Self(text.to_owned());
        url.servers().map(|_| url)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.split("://").next().unwrap_or("redis");
        write!(f, "{scheme}://…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_an_address_is_refused_and_not_repeated() {
        for wrong in [
            "",
            "redis.example",
            "http://:hunter2@x",
            "redis://:hunter2@",
            "redis://:hunter2@x/zero",
            "rediss://:hunter2@x#insecure",
            "redis://x,http://:hunter2@y",
            "redis+unix:///tmp/x?pass=hunter2",
        ] {
            let error = wrong.parse::<RedisUrl>().unwrap_err().to_string();
            assert!(error.contains("Redis URL") && !error.contains("hunter2"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let url: RedisUrl = "rediss://ana:hunter2@redis.example:6380/3".parse().unwrap();
        assert_eq!(format!("{:?}", RedisConfig::new(url.clone()).url), "rediss://…");
        let server = &url.servers().unwrap()[0];
        assert_eq!(server.redis_settings().password(), Some("hunter2"));
        assert_eq!("redis://a:1,redis://b:2".parse::<RedisUrl>().unwrap().servers().unwrap().len(), 2);
    }
}
