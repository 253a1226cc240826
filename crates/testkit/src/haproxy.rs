//! A real load balancer in front of several processes.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::processes::eventually;

/// Killed when dropped.
pub struct Haproxy {
    child: Child,
    address: String,
    folder: TempDir,
}

impl Haproxy {
    /// Starts it with the text of a configuration that binds `address` (`127.0.0.1:PORT`), and waits until it
    /// listens. Whether the processes behind it are up is not waited for: ask for what the test needs with
    /// [`eventually`].
    pub async fn start(config: &str, address: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, config).expect("the configuration can be written");

        let check = Command::new(program()).arg("-c").arg("-f").arg(&file).output().expect("haproxy starts");
        let problems = String::from_utf8_lossy(&check.stderr);
        assert!(check.status.success(), "haproxy refuses the configuration:\n{problems}\n{config}");

        let log = fs::File::create(folder.path().join("log")).expect("the log can be written");
        let child = Command::new(program())
            .arg("-f")
            .arg(&file)
            .arg("-db")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log can be shared"))
            .stderr(log)
            .spawn()
            .expect("haproxy starts");
        let mut haproxy = Self { child, address: address.to_owned(), folder };
        let listening = async || {
            // Whoever listens there when haproxy has ended is somebody else.
            if let Ok(Some(status)) = haproxy.child.try_wait() {
                panic!("haproxy ended ({status}):\n{}", haproxy.log());
            }
            tokio::net::TcpStream::connect(address).await.ok()
        };
        eventually("haproxy listens", Duration::from_secs(10), listening).await;
        haproxy
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("── log of haproxy ──\n{}", self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian puts it where only the administrator's `PATH` leads.
fn program() -> PathBuf {
    let sbin = PathBuf::from("/usr/sbin/haproxy");
    if sbin.is_file() { sbin } else { PathBuf::from("haproxy") }
}
