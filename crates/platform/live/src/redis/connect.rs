//! Connections to Redis, none of which waits for ever.

use std::fmt::Display;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _};
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, RedisError, RedisResult, TlsCertificates, Value, cmd,
};
use uuid::Uuid;

use super::config::{InvalidRedis, RedisConfig};
use crate::Interest;

/// Commands sent together.
const PIPELINE: usize = 500;
/// Commands on their way at once in a cluster, where each goes to the server of its key.
const AT_ONCE: usize = 64;

/// Names in Redis.
pub struct Keys {
    prefix: String,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    pub fn nodes(&self) -> String {
        format!("{}:nodes", self.prefix)
    }

    pub fn interest(&self, interest: Interest) -> String {
        let (kind, id) = match interest {
            Interest::Conversation(id) => ("conversation", id),
            Interest::Person(id) => ("person", id),
            Interest::Watch(id) => ("watch", id),
            Interest::Present(id) => ("present", id),
        };
        format!("{}:{kind}:{}", self.prefix, id.simple())
    }

    /// The channel of one session.
    pub fn channel(&self, node: &impl Display) -> String {
        format!("{}:node:{node}", self.prefix)
    }

    pub fn channel_of_all(&self) -> String {
        format!("{}:all", self.prefix)
    }
}

pub struct Connector {
    clients: Vec<Client>,
    cluster: Option<ClusterClient>,
    connect_timeout: Duration,
    command_timeout: Duration,
}

impl Connector {
    pub fn new(config: &RedisConfig) -> Result<Self, InvalidRedis> {
        let servers = config.url.servers()?;
        let wrong = |error: RedisError| InvalidRedis(format!("Redis cannot be used as set: {error}"));
        let authorities = config.ca_certificates.as_ref();
        let authorities = authorities.map(|pem| TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) });
        let client = |server: &ConnectionInfo| match authorities.clone() {
            Some(authorities) => Client::build_with_tls(server.clone(), authorities),
            None => Client::open(server.clone()),
        };
        let clients = servers.iter().map(client).collect::<RedisResult<Vec<_>>>().map_err(wrong)?;
        let cluster = || {
            let builder = ClusterClientBuilder::new(servers.clone())
                .connection_timeout(config.connect_timeout)
                .response_timeout(config.command_timeout)
                .retries(1);
            authorities.clone().into_iter().fold(builder, ClusterClientBuilder::certs).build()
        };
        let cluster = config.cluster.then(cluster).transpose().map_err(wrong)?;
        Ok(Self { clients, cluster, connect_timeout: config.connect_timeout, command_timeout: config.command_timeout })
    }

    /// For commands.
    pub async fn commands(&self) -> RedisResult<Commands> {
        let connection = match &self.cluster {
            Some(cluster) => Connection::Cluster(Box::new(cluster.get_async_connection().await?)),
            None => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(self.connect_timeout))
                    .set_response_timeout(Some(self.command_timeout));
                let [client, ..] = self.clients.as_slice() else { return Err(too_late()) };
                Connection::One(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
        };
        Ok(Commands { connection, timeout: self.command_timeout })
    }

    /// Subscribed to `channels`. Servers of a cluster hand on what is published at any of them.
    pub async fn subscription(&self, channels: &[String]) -> RedisResult<(PubSubSink, PubSubStream)> {
        let mut refused = too_late();
        for client in &self.clients {
            match client.get_async_pubsub().await {
                Ok(subscription) => {
                    let (mut sink, stream) = subscription.split();
                    sink.subscribe(channels).await?;
                    return Ok((sink, stream));
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

#[derive(Clone)]
pub struct Commands {
    connection: Connection,
    timeout: Duration,
}

#[derive(Clone)]
enum Connection {
    One(MultiplexedConnection),
    Cluster(Box<ClusterConnection>),
}

impl Commands {
    /// Runs the commands, each on keys of its own, and returns the answers in order. One that fails fails all.
    pub async fn run(&mut self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let mut answers = Vec::with_capacity(commands.len());
        for commands in commands.chunks(PIPELINE) {
            let answered = tokio::time::timeout(self.timeout, self.run_together(commands)).await;
            answers.extend(answered.map_err(|_| too_late())??);
        }
        Ok(answers)
    }

    async fn run_together(&mut self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        match &mut self.connection {
            Connection::One(connection) => {
                let mut pipeline = redis::pipe();
                for command in commands {
                    pipeline.add_command(command.clone());
                }
                pipeline.query_async(connection).await
            }
            Connection::Cluster(connection) => {
                // A pipeline of a cluster must stay with one server.
                let run = |command: Cmd| {
                    let mut connection = connection.clone();
                    async move { command.query_async(&mut *connection).await }
                };
                let commands: Vec<Cmd> = commands.to_vec();
                futures::stream::iter(commands.into_iter().map(run)).buffered(AT_ONCE).try_collect().await
            }
        }
    }

    pub async fn clock(&mut self) -> RedisResult<ServerClock> {
        let answers = self.run(&[cmd("TIME")]).await?;
        let (seconds, micros): (i64, i64) = redis::from_redis_value(answers.into_iter().next().unwrap_or(Value::Nil))?;
        Ok(ServerClock { millis: seconds * 1_000 + micros / 1_000, read_at: Instant::now() })
    }
}

/// The clock of Redis, which all nodes share, whatever their own ones say.
#[derive(Clone, Copy, Debug)]
pub struct ServerClock {
    millis: i64,
    read_at: Instant,
}

impl ServerClock {
    pub fn now(&self) -> i64 {
        self.in_future(Duration::ZERO)
    }

    pub fn in_future(&self, by: Duration) -> i64 {
        self.millis + i64::try_from((self.read_at.elapsed() + by).as_millis()).unwrap_or(i64::MAX / 2)
    }
}

/// What a session lends to those who ask something.
#[derive(Clone)]
pub struct Link {
    pub commands: Commands,
    pub clock: ServerClock,
    /// The session.
    pub node: Uuid,
    /// The process.
    pub origin: Uuid,
}

pub fn too_late() -> RedisError {
    gone("no answer in time")
}

pub fn gone(why: &'static str) -> RedisError {
    (ErrorKind::Io, why).into()
}
