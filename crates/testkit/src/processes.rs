//! The real binary as child processes: started, killed, stopped and started again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a process may take to be ready: a debug build on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a process may take to end after SIGTERM, its drain time included.
const STOP_TIMEOUT: Duration = Duration::from_secs(40);

/// Asks again and again until there is an answer; panics with `what` when there is none in time. For what happens
/// soon but not at once: no test sleeps and hopes.
pub async fn eventually<T>(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < within, "did not happen within {} s: {what}", within.as_secs());
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// A port of 127.0.0.1 that was free a moment ago and that the kernel gives to nobody by itself: it is below the
/// ephemeral ports (32768 and up on Linux). Test processes begin far from each other, so that two that look at the
/// same time find different ones.
pub fn free_port() -> u16 {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    const APART: u32 = 101;
    for _ in 0..COUNT {
        let asked = ASKED.fetch_add(1, Ordering::Relaxed);
        let offset = std::process::id().wrapping_mul(APART).wrapping_add(asked) % COUNT;
        let port = u16::try_from(FIRST + offset).expect("32,000 fits");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("127.0.0.1 has no free port between {FIRST} and {}", FIRST + COUNT);
}

/// How to start a process.
#[derive(Clone, Debug)]
pub struct Launch {
    binary: PathBuf,
    arguments: Vec<String>,
    env: BTreeMap<String, String>,
    data: Option<PathBuf>,
}

impl Launch {
    /// `binary` is `env!("CARGO_BIN_EXE_village")` in the tests of its crate. Runs every role until told otherwise.
    pub fn new(binary: impl AsRef<Path>) -> Self {
        Self {
            binary: binary.as_ref().to_owned(),
            arguments: vec!["serve".to_owned()],
            env: BTreeMap::new(),
            data: None,
        }
    }

    /// Only this role, and others added the same way.
    pub fn role(mut self, name: &str) -> Self {
        self.arguments.extend(["--service".to_owned(), name.to_owned()]);
        self
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// A setting, as in `VILLAGE_REGISTRATION`. Those of the test's own environment are not passed on.
    pub fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.env.insert(name.to_owned(), value.to_string());
        self
    }

    /// A folder that outlives the process or is shared by several; otherwise each gets a temporary one.
    pub fn data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    /// Starts it and waits until it is ready. Panics with its log when it does not get there.
    pub async fn start(self) -> VillageProcess {
        let chosen = self.env.contains_key("VILLAGE_LISTEN");
        for _ in 0..3 {
            let mut process = self.clone().prepare();
            process.spawn();
            match process.wait_until_ready().await {
                Ok(()) => return process,
                // Another test took the port between our finding and using it.
                Err(_) if !chosen && process.log().contains("in use") => {}
                Err(problem) => panic!("{problem}\n{}", process.log()),
            }
        }
        panic!("no free port was still free when the server wanted it");
    }

    fn prepare(mut self) -> VillageProcess {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let data = self.data.clone().unwrap_or_else(|| temporary.path().join("data"));
        let address = |env: &mut BTreeMap<String, String>, name: &str| {
            env.entry(name.to_owned()).or_insert_with(|| format!("127.0.0.1:{}", free_port())).clone()
        };
        let listen = address(&mut self.env, "VILLAGE_LISTEN");
        let admin = address(&mut self.env, "VILLAGE_ADMIN_LISTEN");
        self.env.entry("VILLAGE_DATA_DIR".to_owned()).or_insert_with(|| data.display().to_string());
        VillageProcess {
            launch: self,
            listen,
            admin,
            data,
            log: temporary.path().join("log"),
            child: None,
            _temporary: Arc::new(temporary),
        }
    }
}

/// A process of Village. Killed when dropped; its log is printed when the test fails.
pub struct VillageProcess {
    launch: Launch,
    listen: String,
    admin: String,
    data: PathBuf,
    log: PathBuf,
    child: Option<Child>,
    _temporary: Arc<TempDir>,
}

impl VillageProcess {
    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// `127.0.0.1:PORT`, as a load balancer wants it.
    pub fn address(&self) -> &str {
        &self.listen
    }

    /// The base of the admin listener: `/metrics`, `/readyz` with reasons.
    pub fn admin_base(&self) -> String {
        format!("http://{}", self.admin)
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Everything it wrote so far, from its first start on.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The code of the invitation that a new server prints for its owner.
    pub fn first_invitation(&self) -> String {
        let log = self.log();
        let code = log.split_once("/join/").map(|(_, rest)| rest.chars().take_while(|c| !c.is_whitespace()).collect());
        code.unwrap_or_else(|| panic!("the server printed no invitation:\n{log}"))
    }

    /// SIGKILL: no warning, no clean-up.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the process can be killed");
            child.wait().expect("the killed process ends");
        }
    }

    /// SIGTERM without waiting for the end.
    pub fn ask_to_stop(&self) {
        let pid = self.pid().expect("the process runs");
        // A shell's own `kill`: the standard library sends SIGKILL only.
        let sent = Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status();
        assert!(sent.is_ok_and(|status| status.success()), "process {pid} could not be asked to stop");
    }

    /// Waits for the end that [`Self::ask_to_stop`] asked for.
    pub async fn stopped(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the process runs");
        let started = Instant::now();
        loop {
            match child.try_wait().expect("our child can be waited for") {
                Some(status) => return status,
                None if started.elapsed() > STOP_TIMEOUT => {
                    let _ = child.kill();
                    panic!("still running {} s after SIGTERM:\n{}", STOP_TIMEOUT.as_secs(), self.log());
                }
                None => tokio::time::sleep(Duration::from_millis(25)).await,
            }
        }
    }

    /// SIGTERM, then its exit status.
    pub async fn stop(&mut self) -> ExitStatus {
        self.ask_to_stop();
        self.stopped().await
    }

    /// Starts it again on the same ports and data; kills it first when it runs.
    pub async fn restart(&mut self) {
        if let Err(problem) = self.try_restart().await {
            panic!("{problem}\n{}", self.log());
        }
    }

    /// As [`Self::restart`], for a process that may well not come up: its database is out of reach, say.
    pub async fn try_restart(&mut self) -> Result<(), String> {
        self.kill();
        self.spawn();
        self.wait_until_ready().await
    }

    /// Runs another command of the binary with the same settings to its end: standard output, or a panic.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = self.bare_command().args(arguments).output().expect("the binary starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`village {}` failed: {errors}", arguments.join(" "));
        String::from_utf8(output.stdout).expect("output is text")
    }

    fn bare_command(&self) -> Command {
        let mut command = Command::new(&self.launch.binary);
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| name.to_string_lossy().starts_with("VILLAGE_")) {
            command.env_remove(name);
        }
        command.envs(&self.launch.env).current_dir(self._temporary.path()).stdin(Stdio::null());
        command
    }

    fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(&self.log).expect("the log can be written");
        let child = self
            .bare_command()
            .args(&self.launch.arguments)
            .stdout(log.try_clone().expect("the log can be shared"))
            .stderr(log)
            .spawn();
        let binary = self.launch.binary.display();
        self.child = Some(child.unwrap_or_else(|error| panic!("{binary} could not be started: {error}")));
    }

    async fn wait_until_ready(&mut self) -> Result<(), String> {
        let ready = format!("{}/readyz", self.base());
        let client = reqwest::Client::new();
        let started = Instant::now();
        loop {
            if client.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            let child = self.child.as_mut().expect("it was just started");
            if let Some(status) = child.try_wait().expect("our child can be waited for") {
                self.child = None;
                return Err(format!("the server ended ({status}) before it was ready"));
            }
            if started.elapsed() > START_TIMEOUT {
                self.kill();
                return Err(format!("the server was not ready within {} s", START_TIMEOUT.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

impl Drop for VillageProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("── log of {} ──\n{}", self.listen, self.log());
        }
        self.kill();
    }
}
