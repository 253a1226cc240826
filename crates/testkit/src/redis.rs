//! A real Redis of the test's own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::processes::{eventually, free_port};

/// How a server is started; everything is off at first.
#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    pub password: Option<String>,
    /// A cluster of one server: it refuses commands on keys that a larger cluster could keep apart.
    pub cluster: bool,
    /// TLS only, with a certificate for 127.0.0.1 that [`RedisServer::authority`] vouches for.
    pub tls: bool,
}

/// Debian's `redis-server` on 127.0.0.1, its data in a temporary folder. Killed when dropped.
pub struct RedisServer {
    options: RedisOptions,
    port: u16,
    child: Option<Child>,
    authority: String,
    folder: TempDir,
}

impl RedisServer {
    pub async fn start() -> Self {
        Self::with(RedisOptions::default()).await
    }

    /// Starts it and waits until it answers.
    pub async fn with(options: RedisOptions) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = if options.tls { certify(folder.path()) } else { String::new() };
        let mut server = Self { options, port: free_port(), child: None, authority, folder };
        server.restart().await;
        if server.options.cluster {
            let slots = server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
            assert_eq!(slots, "+OK");
            let formed = async || server.command(&["CLUSTER", "INFO"]).await.contains("cluster_state:ok").then_some(());
            eventually("the cluster is formed", Duration::from_secs(20), formed).await;
        }
        server
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// With the password when there is one.
    pub fn url(&self) -> String {
        let scheme = if self.options.tls { "rediss" } else { "redis" };
        let password = self.options.password.as_ref().map_or(String::new(), |password| format!(":{password}@"));
        format!("{scheme}://{password}{}", self.address())
    }

    /// The PEM of whoever vouches for the certificate.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the server can be killed");
            child.wait().expect("the killed server ends");
        }
    }

    /// Accepts connections, because the kernel does, and never answers.
    pub fn stall(&self) {
        self.signal("STOP");
    }

    /// After [`Self::stall`].
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// On the same port, with nothing in it; kills it first when it runs.
    pub async fn restart(&mut self) {
        self.kill();
        let log = File::options().create(true).append(true).open(self.log_file()).expect("the log can be written");
        let port = self.port.to_string();
        let (plain, secured) = if self.options.tls { ("0", port.as_str()) } else { (port.as_str(), "0") };
        let mut command = Command::new(program());
        command.args(["--bind", "127.0.0.1", "--port", plain, "--tls-port", secured]);
        command.args(["--save", "", "--appendonly", "no", "--dir"]).arg(self.folder.path());
        if let Some(password) = &self.options.password {
            command.args(["--requirepass", password]);
        }
        if self.options.cluster {
            command.args(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
            // By default 10,000 more than the port, which may be taken.
            command.args(["--cluster-port", &free_port().to_string()]);
        }
        if self.options.tls {
            command.arg("--tls-cert-file").arg(self.folder.path().join(CERTIFICATE));
            command.arg("--tls-key-file").arg(self.folder.path().join(KEY));
            command.args(["--tls-auth-clients", "no"]);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("the log can be shared")).stderr(log);
        let child = command.spawn();
        self.child = Some(child.unwrap_or_else(|error| {
            panic!("redis-server could not be started ({error}): `cargo xtask test` installs it, or `apt-get install redis-server`")
        }));
        let answers = async || {
            let child = self.child.as_mut().expect("it was just started");
            if let Ok(Some(status)) = child.try_wait() {
                panic!("redis-server ended ({status}):\n{}", self.log());
            }
            match self.options.tls {
                true => TcpStream::connect(self.address()).await.ok().map(drop),
                false => (self.try_command(&["PING"]).await.ok()? == "+PONG").then_some(()),
            }
        };
        eventually("redis-server answers", Duration::from_secs(20), answers).await;
    }

    /// Runs a command and returns the answer: a line as it is on the wire (`+OK`, `:3`, `-ERR …`), a text as it is, and
    /// the elements of an array one a line. Not over TLS.
    pub async fn command(&self, words: &[&str]) -> String {
        self.try_command(words).await.expect("Redis answers")
    }

    async fn try_command(&self, words: &[&str]) -> std::io::Result<String> {
        let mut stream = BufReader::new(TcpStream::connect(self.address()).await?);
        if let Some(password) = &self.options.password {
            say(&mut stream, &["AUTH", password]).await?;
            hear(&mut stream).await?;
        }
        say(&mut stream, words).await?;
        hear(&mut stream).await
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn signal(&self, name: &str) {
        let pid = self.child.as_ref().expect("the server runs").id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the server could not be signalled");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("── log of redis-server ──\n{}", self.log());
        }
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Writes a certificate for 127.0.0.1 and its key, and returns the certificate of the authority.
fn certify(folder: &Path) -> String {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let key = || KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("an authority");
    let own_key = key();
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
    let server = server.signed_by(&own_key, &authority).expect("a certificate");
    fs::write(folder.join(CERTIFICATE), server.pem()).expect("the certificate can be written");
    fs::write(folder.join(KEY), own_key.serialize_pem()).expect("the key can be written");
    authority.pem()
}

/// In `PATH`, or where the variable says.
fn program() -> PathBuf {
    std::env::var_os("VILLAGE_TEST_REDIS_SERVER").map_or_else(|| PathBuf::from("redis-server"), PathBuf::from)
}

async fn say(stream: &mut BufReader<TcpStream>, words: &[&str]) -> std::io::Result<()> {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.write_all(text.as_bytes()).await
}

async fn hear(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let line = line.trim_end();
    let size = || line[1..].parse::<usize>().unwrap_or(0);
    match line.as_bytes().first() {
        Some(b'$') => {
            let mut bytes = vec![0; size() + 2];
            stream.read_exact(&mut bytes).await?;
            Ok(String::from_utf8_lossy(&bytes[..size()]).into_owned())
        }
        Some(b'*') => {
            let mut elements = Vec::new();
            for _ in 0..size() {
                elements.push(Box::pin(hear(stream)).await?);
            }
            Ok(elements.join("\n"))
        }
        _ => Ok(line.to_owned()),
    }
}
