//! A PostgreSQL server for one run of the tests: own cluster in a temporary folder, on a free port of 127.0.0.1. That
//! of the bench stays where it is, because filling it takes minutes.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::packages::is_root;
use crate::steps::{complete, find_program, progress, read};

/// Where the tests look for the server.
pub const URL_VARIABLE: &str = "VILLAGE_TEST_POSTGRES_URL";

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Nothing in it outlives the run, so it need not survive a power cut; it does survive `kill -9` of its clients.
/// Several processes of Village and many tests connect at once.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=400",
    "shared_buffers=128MB",
    "autovacuum_naptime=10s",
];

/// As for people: a commit that was acknowledged survives a power cut.
const DURABLE_SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "shared_buffers=512MB",
    "max_wal_size=2GB",
];

/// Starts the server and stops it when standard input ends, which happens when this program ends in whatever way:
/// Ctrl-C and `kill -9` leave nothing behind. SIGINT is PostgreSQL's fast shutdown.
const GUARD: &str = r#"
"$1" -D "$2/data" -p "$4" >>"$2/log" 2>&1 &
server=$!
( cat >/dev/null; kill -INT $server 2>/dev/null ) <&3 &
wait $server
status=$?
[ $status = 0 ] && [ "$3" = temporary ] && rm -rf "$2" # otherwise the log may still be wanted
exit $status
"#;

/// The running server; it stops when this is dropped.
pub struct Postgres {
    port: u16,
    guard: Child,
    /// As long as it is open the server runs.
    lifeline: Option<ChildStdin>,
    folder: Folder,
}

enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

impl Postgres {
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(SETTINGS)
    }

    /// For measuring: commits are durable, and what is in `folder` stays there. Made when it is missing.
    pub fn start_kept(folder: &Path) -> anyhow::Result<Self> {
        progress("Starting PostgreSQL");
        if !folder.join("data/PG_VERSION").exists() {
            fs::create_dir_all(folder)?;
            make_cluster(folder, DURABLE_SETTINGS)?;
        }
        Self::try_start(Folder::Kept(folder.to_owned()))
    }

    fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        progress("Starting PostgreSQL");
        let start = || {
            let folder = tempfile::Builder::new().prefix("village-postgres-").tempdir()?;
            make_cluster(folder.path(), settings)?;
            Self::try_start(Folder::Temporary(folder))
        };
        // Another program may take the free port before the server does.
        start().or_else(|_| start())
    }

    fn try_start(folder: Folder) -> anyhow::Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut guard = as_server_user(Path::new("/bin/sh"));
        guard.args(["-c", &format!("exec 3<&0\n{GUARD}"), "village-postgres"]);
        guard.arg(program("postgres").context("the program `postgres` is missing")?).arg(folder.path());
        guard.arg(if matches!(folder, Folder::Temporary(_)) { "temporary" } else { "kept" }).arg(port.to_string());
        // A group of its own: Ctrl-C in the terminal is for the tests, which still need their database to end well.
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut guard = guard.spawn().context("PostgreSQL could not be started")?;
        let lifeline = guard.stdin.take();
        let mut postgres = Self { port, guard, lifeline, folder };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    /// Without a database; tests make their own.
    pub fn url(&self) -> String {
        format!("postgres://village@127.0.0.1:{}", self.port)
    }

    /// Until the server ends, which is when somebody stops it.
    pub fn wait(mut self) -> anyhow::Result<()> {
        let status = self.guard.wait()?;
        bail!("PostgreSQL stopped ({status})")
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let is_ready = program("pg_isready").context("the program `pg_isready` is missing")?;
        let started = Instant::now();
        loop {
            let mut ask = Command::new(&is_ready);
            ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ask.status()?.success() {
                return Ok(());
            }
            let ended = self.guard.try_wait()?;
            if ended.is_some() || started.elapsed() > START_TIMEOUT {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.guard.wait();
    }
}

fn make_cluster(folder: &Path, settings: &[&str]) -> anyhow::Result<()> {
    if is_root() {
        complete(Command::new("chown").arg("postgres").arg(folder))?;
    }
    create_cluster(folder)?;
    let settings: String = settings.iter().map(|setting| quoted(setting)).collect();
    append(&folder.join("data/postgresql.conf"), &settings)
}

/// The name of the only role is `village`, and whoever reaches 127.0.0.1 is trusted. The server sorts text by the
/// rules of a language as most real servers do, so that a column without `collate "C"` is found out.
fn create_cluster(folder: &Path) -> anyhow::Result<()> {
    let initdb = program("initdb").context("the program `initdb` is missing")?;
    let mut command = as_server_user(&initdb);
    command.arg("-D").arg(folder.join("data")).current_dir(folder);
    command.args(["--username=village", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
    command.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]);
    read(&mut command).map(drop)
}

/// PostgreSQL refuses to run as root, so root runs it as the user that Debian's package made.
fn as_server_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

/// Debian keeps PostgreSQL's own programs out of `PATH`, one folder for each version; the newest is taken.
pub fn program(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut candidates: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name))))
        .filter(|(_, path)| path.is_file())
        .collect();
    candidates.sort();
    candidates.pop().map(|(_, path)| path).or_else(|| find_program(name))
}

/// `name=value` as a line of postgresql.conf.
fn quoted(setting: &str) -> String {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    format!("{name} = '{value}'\n")
}

/// The file belongs to the server's user, and keeps to do so.
fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut file = fs::OpenOptions::new().append(true).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_answers_and_is_gone_when_dropped() {
        let postgres = Postgres::start().unwrap();
        let (port, folder) = (postgres.port, postgres.folder.path().to_owned());
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(postgres);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!folder.exists());
    }
}
