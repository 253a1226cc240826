//! Every setting, declared once: its key, default, and what it does. `village config` prints this list.

mod reader;
mod security;

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub use reader::{Entry, Reader, SettingsError};
pub use security::SecurityContact;
use village_db::{DatabaseConfig, DatabaseUrl};
use village_kernel::secret::MasterKey;
use village_live::RedisUrl;
use village_telemetry::LogFormat;

/// Who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Open,
    Invite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    Auto,
    Never,
}

/// A word of a fixed list, as settings hold them.
macro_rules! words {
    ($type:ty { $($word:literal => $value:expr),+ $(,)? }) => {
        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($value),)+
                    _ => Err(format!("must be one of: {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(Registration { "invite" => Registration::Invite, "open" => Registration::Open });
words!(Migrate { "auto" => Migrate::Auto, "never" => Migrate::Never });

/// The 256-bit master key as 64 hexadecimal digits.
#[derive(Clone, Debug)]
pub struct HexKey(pub MasterKey);

impl FromStr for HexKey {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be 64 hexadecimal digits (make one with `openssl rand -hex 32`)".to_owned();
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (position, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * position..2 * position + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(MasterKey::from_bytes(bytes)))
    }
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    pub admin_listen: SocketAddr,
    /// Without a trailing slash.
    pub public_url: String,
    pub community_name: String,
    pub trusted_proxy_hops: usize,
    pub master_key: Option<MasterKey>,
    pub database: DatabaseConfig,
    pub redis: Option<Redis>,
    pub migrate: Migrate,
    pub registration: Registration,
    pub log_format: LogFormat,
    pub log_filter: String,
    pub blob_dir: PathBuf,
    pub max_connections: usize,
    pub max_connections_per_address: NonZeroUsize,
    pub head_timeout: Duration,
    pub keep_alive: Duration,
    pub security: Option<SecurityContact>,
    pub request_timeout: Duration,
    pub drain: Duration,
    pub limits: Limits,
    pub password_hash_memory_kib: u32,
    pub large_audience: Option<u32>,
    pub heartbeat: Duration,
    pub frames_per_second: NonZeroU32,
    /// For tests: how wrong this process's clock is.
    pub clock_offset_ms: i64,
    #[cfg(feature = "sabotage")]
    pub sabotage: Option<String>,
}

/// Where hints between processes pass.
#[derive(Clone, Debug)]
pub struct Redis {
    pub url: RedisUrl,
    pub cluster: bool,
    pub ca_file: Option<PathBuf>,
    pub prefix: String,
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub reads_per_minute: NonZeroU32,
    pub writes_per_minute: NonZeroU32,
    pub anonymous_per_minute: NonZeroU32,
    pub logins_per_minute: NonZeroU32,
}

impl Settings {
    /// Reads every setting; the reader also collects what `village config` prints.
    pub fn read(from: &mut Reader) -> Result<Self, SettingsError> {
        let data_dir: PathBuf = from.setting(
            "data_dir",
            "village-data",
            "Folder for everything the embedded server keeps: database, images, keys. Made at first start.",
        )?;
        let listen: SocketAddr = from.setting(
            "listen",
            "127.0.0.1:8080",
            "Address and port to serve on. 0.0.0.0:8080 listens on every network interface.",
        )?;
        let admin_listen: SocketAddr = from.setting(
            "admin_listen",
            "127.0.0.1:9464",
            "Address and port of /metrics, /healthz and /readyz for operators. Never put it on a public network.",
        )?;
        let public_url: String = from.setting_with(
            "public_url",
            &format!("http://{listen}"),
            "The address people type, as the browser sees it. It is in invitations and image addresses.",
            |url: &String| match url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) {
                Some(host) if !host.is_empty() && !host.trim_end_matches('/').contains(['/', '?', '#']) => Ok(()),
                _ => Err("must be http:// or https:// and a host, without a path".to_owned()),
            },
        )?;
        let database_url: DatabaseUrl = from.setting(
            "database.url",
            &format!("sqlite:{}", data_dir.join("village.db").display()),
            "`sqlite:PATH` for one process, `postgres://USER:PASSWORD@HOST/DATABASE` for one or many.",
        )?;
        let mut database = DatabaseConfig::new(database_url);
        database.max_connections = from.setting(
            "database.max_connections",
            &database.max_connections.to_string(),
            "Connections to the database at most (on SQLite: readers).",
        )?;
        database.sqlite_full_sync = from.setting(
            "database.sqlite_full_sync",
            "true",
            "SQLite: whether an acknowledged write survives a power cut, not only a killed process. true or false.",
        )?;
        let redis_url: Option<RedisUrl> = from.optional(
            "redis.url",
            "none: one process needs no Redis, several use PostgreSQL",
            "Carries live hints between processes and knows who is present: `redis://[USER]:PASSWORD@HOST:PORT`, or \
             `rediss://` with TLS. Several servers of one cluster are separated by commas.",
        )?;
        let redis_cluster: bool =
            from.setting("redis.cluster", "false", "Whether `redis.url` is that of a Redis Cluster. true or false.")?;
        let redis_ca_file: Option<PathBuf> = from.optional(
            "redis.ca_file",
            "the authorities that browsers trust",
            "PEM file of the authorities that may vouch for a Redis behind `rediss://`.",
        )?;
        let redis_prefix: String = from.setting_with(
            "redis.prefix",
            "village",
            "Begins the names of all keys and channels in Redis. Communities that share a Redis need different ones.",
            |prefix: &String| match prefix.len() {
                1..=64 if prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte)) => Ok(()),
                _ => Err("must be 1 to 64 letters, digits, or one of - _ :".to_owned()),
            },
        )?;
        let redis =
            redis_url.map(|url| Redis { url, cluster: redis_cluster, ca_file: redis_ca_file, prefix: redis_prefix });
        let per_minute = |from: &mut Reader, key, default, help| from.setting::<NonZeroU32>(key, default, help);
        Ok(Self {
            community_name: from.setting("community_name", "Village", "What the community is called.")?,
            trusted_proxy_hops: from.setting(
                "trusted_proxy_hops",
                "0",
                "How many proxies in front add to X-Forwarded-For. 0 believes no such header.",
            )?,
            master_key: from
                .optional::<HexKey>(
                    "master_key",
                    "in a file of the data folder, mode 0600, made at first start",
                    "Secret from which all others are derived: 64 hexadecimal digits. Needed when several processes \
                     run. Prefer the environment to a file.",
                )?
                .map(|key| key.0),
            database,
            redis,
            migrate: from.setting(
                "migrate",
                "auto",
                "`auto` brings the database up to date at start; `never` leaves that to `village migrate`.",
            )?,
            registration: from.setting(
                "registration",
                "invite",
                "Who may sign up: `invite` (with an invitation) or `open` (anyone who reaches the server).",
            )?,
            log_format: from.setting("log.format", "human", "`human` or `json`.")?,
            log_filter: from.setting(
                "log.filter",
                "info,sqlx=warn",
                "What to log: error, warn, info, debug, or per module as in `info,village_bus=debug`.",
            )?,
            blob_dir: from.setting(
                "blobs.dir",
                &data_dir.join("blobs").display().to_string(),
                "Folder for images. Processes with the posts role share it.",
            )?,
            max_connections: from.setting(
                "max_connections",
                "12000",
                "Open connections at most, sockets included. Each needs a file descriptor (`ulimit -n`).",
            )?,
            max_connections_per_address: from.setting(
                "max_connections_per_address",
                "256",
                "Open connections of one address (an IPv6 one by its /64) at most; behind trusted proxies its requests \
                 and sockets. Everybody in a school or behind a mobile network may share one.",
            )?,
            head_timeout: seconds(
                from,
                "head_timeout_seconds",
                "10",
                "How long a new connection may take to send a request, and each request to send its head.",
            )?,
            keep_alive: seconds(
                from,
                "keep_alive_seconds",
                "320",
                "How long a connection may be idle between two requests. Keep it above what the load balancer in front \
                 keeps its own (at most 300 s, say), or it answers 502 now and then.",
            )?,
            security: security::read(from)?,
            request_timeout: seconds(from, "request_timeout_seconds", "30", "How long a request may take.")?,
            drain: seconds(
                from,
                "drain_seconds",
                "20",
                "At SIGTERM: how long requests and sockets have to finish and move elsewhere.",
            )?,
            limits: Limits {
                reads_per_minute: per_minute(from, "limits.reads_per_minute", "1200", "Reads of one person.")?,
                writes_per_minute: per_minute(from, "limits.writes_per_minute", "300", "Writes of one person.")?,
                anonymous_per_minute: per_minute(
                    from,
                    "limits.anonymous_per_minute",
                    "300",
                    "Requests of one address that is not signed in.",
                )?,
                logins_per_minute: per_minute(
                    from,
                    "limits.logins_per_minute",
                    "30",
                    "Attempts to log in, sign up or use an invitation from one address.",
                )?,
            },
            password_hash_memory_kib: from.setting_with(
                "password_hash_memory_kib",
                "19456",
                "Memory of one argon2id hash (OWASP: 19456, with 2 passes). Less makes stolen hashes easier to crack.",
                |kib: &u32| if (8..=1_048_576).contains(kib) { Ok(()) } else { Err("must be 8 to 1048576".to_owned()) },
            )?,
            large_audience: from.optional(
                "feed.large_audience",
                "1000 on SQLite, 10000 on PostgreSQL",
                "People in an audience above which posts are merged into feeds when read instead of copied when published.",
            )?,
            heartbeat: seconds(
                from,
                "messaging.heartbeat_seconds",
                "20",
                "How often a socket hears where its conversations stand; a lost hint is found within this time.",
            )?,
            #[cfg(feature = "sabotage")]
            sabotage: from.optional("sabotage", "nothing is broken", "How this process is broken on purpose.")?,
            clock_offset_ms: from.setting_with(
                "clock_offset_ms",
                "0",
                "For tests only: milliseconds by which this process's clock is wrong, -60000 to 60000. Keep it 0.",
                |offset: &i64| match offset.unsigned_abs() {
                    0..=60_000 => Ok(()),
                    _ => Err("must be -60000 to 60000".to_owned()),
                },
            )?,
            frames_per_second: from.setting(
                "messaging.frames_per_second",
                "20",
                "Frames one socket may send in a second over time; three times as many at once.",
            )?,
            data_dir,
            listen,
            admin_listen,
            public_url: public_url.trim_end_matches('/').to_owned(),
        })
    }

    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

fn seconds(from: &mut Reader, key: &'static str, default: &str, help: &'static str) -> Result<Duration, SettingsError> {
    let check = |seconds: &u64| if (1..=3600).contains(seconds) { Ok(()) } else { Err("must be 1 to 3600".to_owned()) };
    from.setting_with(key, default, help, check).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, env: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let env = env.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let mut reader = Reader::new(Some(("test.toml".into(), file.to_owned())), env)?;
        let settings = Settings::read(&mut reader)?;
        reader.finish()?;
        Ok(settings)
    }

    #[test]
    fn nothing_set_is_the_embedded_server() {
        let settings = read("", &[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.public_url, "http://127.0.0.1:8080");
        assert_eq!(settings.registration, Registration::Invite);
        assert_eq!(settings.database.url, DatabaseUrl::Sqlite("village-data/village.db".into()));
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = "listen = \"127.0.0.1:1\"\n[database]\nmax_connections = 3\n";
        let settings = read(file, &[("VILLAGE_LISTEN", "127.0.0.1:2")]).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.database.max_connections, 3);
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_fix() {
        for (file, env, expected) in [
            ("listen = \"8080\"", &[][..], "listen"),
            ("registration = \"maybe\"", &[], "one of: invite, open"),
            ("lisen = \"127.0.0.1:1\"", &[], "lisen"),
            ("[database]\nurl = \"mysql://x\"", &[], "database.url"),
            ("", &[("VILLAGE_LISTN", "x")], "VILLAGE_LISTN"),
            ("", &[("VILLAGE_MASTER_KEY", "short")], "64 hexadecimal digits"),
            ("", &[("VILLAGE_PUBLIC_URL", "https://x.example/path")], "public_url"),
            ("listen = ", &[], "test.toml"),
            ("", &[("VILLAGE_REDIS_URL", "redis.example:6379")], "redis.url"),
            ("[redis]\ncluster = \"perhaps\"", &[], "redis.cluster"),
            ("[redis]\nprefix = \"{all}\"", &[], "redis.prefix"),
            ("clock_offset_ms = 60001", &[], "-60000 to 60000"),
            ("max_connections_per_address = 0", &[], "max_connections_per_address"),
            ("[security]\ncontact = \"ana@village.example\"", &[], "security.contact"),
            ("[security]\npolicy = \"https://village.example/policy\"", &[], "security.contact"),
            ("", &[("VILLAGE_CLOCK_OFFSET_MS", "-9223372036854775808")], "-60000 to 60000"),
        ] {
            let error = read(file, env).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let key = "ab".repeat(32);
        let mut reader = Reader::new(None, [("VILLAGE_MASTER_KEY".to_owned(), key.clone())]).unwrap();
        let settings = Settings::read(&mut reader).unwrap();
        assert!(!format!("{settings:?}").contains("abab"));
        assert!(!reader.entries().iter().any(|entry| entry.shown_value().contains("abab")));

        for (url, shown) in [
            ("rediss://ana:se%40cret@redis.example:6380", "rediss://…@redis.example:6380"),
            ("redis://:secret@a:1,redis://:secret@b:2/0", "redis://…@a:1,redis://…@b:2/0"),
            ("redis://redis.example", "redis://redis.example"),
        ] {
            let mut reader = Reader::new(None, [("VILLAGE_REDIS_URL".to_owned(), url.to_owned())]).unwrap();
            let settings = Settings::read(&mut reader).unwrap();
            assert!(!format!("{settings:?}").contains("cret"), "{settings:?}");
            let entry = reader.entries().iter().find(|entry| entry.key == "redis.url").unwrap();
            assert_eq!(entry.shown_value(), shown);
        }
        let wrong = Reader::new(None, [("VILLAGE_REDIS_URL".to_owned(), "redis://:secret@x/zero".to_owned())]);
        let error = Settings::read(&mut wrong.unwrap()).unwrap_err().to_string();
        assert!(error.contains("redis.url") && !error.contains("secret"), "{error}");
    }
}
