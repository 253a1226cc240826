//! Programs that tests need besides Rust and Node: found, or installed where that is allowed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::bail;

use crate::postgres;
use crate::steps::{cargo, complete, find_program, progress};

/// A program and the Debian package that brings it.
#[derive(Clone, Copy)]
pub struct Package {
    debian: &'static str,
    find: fn() -> Option<PathBuf>,
}

pub const POSTGRESQL: Package = Package { debian: "postgresql", find: || postgres::program("initdb") };
pub const HAPROXY: Package = Package { debian: "haproxy", find: || find_program("haproxy") };
pub const REDIS: Package = Package { debian: "redis-server", find: || find_program("redis-server") };
/// With its module for virtual environments, which Debian packs by itself; it needs `ensurepip` inside.
pub const PYTHON: Package = Package { debian: "python3-venv", find: python };
pub const CHROMIUM: Package = Package { debian: "chromium", find: || find_program("chromium") };

impl Package {
    pub fn path(&self) -> Option<PathBuf> {
        (self.find)()
    }
}

/// The first python3 that can make a virtual environment with pip in it.
fn python() -> Option<PathBuf> {
    let can = |path: &PathBuf| {
        let mut try_it = Command::new(path);
        try_it.args(["-c", "import venv, ensurepip"]).stdout(Stdio::null()).stderr(Stdio::null());
        try_it.status().is_ok_and(|status| status.success())
    };
    find_program("python3").filter(can).or_else(|| Some(PathBuf::from("/usr/bin/python3")).filter(can))
}

/// Installs those that are missing, or says how.
pub fn require(packages: &[Package]) -> anyhow::Result<()> {
    let missing = || packages.iter().filter(|package| package.path().is_none()).map(|package| package.debian);
    let wanted: Vec<&str> = missing().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let fix = format!(
        "install {} (on Debian and Ubuntu: `sudo apt-get install {}`), then run this again",
        wanted.join(", "),
        wanted.join(" ")
    );
    let Some(administrator) = find_program("apt-get").and_then(|_| administrator()) else {
        bail!("programs that the tests need are missing: {fix}");
    };
    progress(&format!("Installing {}", wanted.join(", ")));
    let apt = |arguments: &[&str]| {
        let mut words = administrator.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        let mut command = Command::new(words.next().unwrap_or("env"));
        complete(command.args(words).args(arguments).stdin(Stdio::null()))
    };
    // An outdated list of packages names versions that are gone; without any list nothing is found.
    let installed = apt(&["update", "-qq"]).and_then(|()| {
        let mut arguments = vec!["install", "-qq", "-y", "--no-install-recommends"];
        arguments.extend(&wanted);
        apt(&arguments)
    });
    if let Err(error) = installed {
        bail!("{error:#}: {fix}");
    }
    if let Some(still) = missing().next() {
        bail!("{still} was installed but is not found: {fix}");
    }
    Ok(())
}

/// What to write before a command that needs the administrator's rights; `None` when we cannot have them.
fn administrator() -> Option<Vec<&'static str>> {
    if is_root() {
        return Some(Vec::new());
    }
    let silent = Command::new("sudo").args(["-n", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    silent.is_ok_and(|status| status.success()).then(|| vec!["sudo", "-n"])
}

pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The test runner. Each test is a process of its own there, so that one that hangs or crashes is named.
pub fn require_nextest() -> anyhow::Result<()> {
    let mut version = cargo(&["nextest", "--version"]);
    if version.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    progress("Installing cargo-nextest (some minutes, once)");
    if let Err(error) = complete(&mut cargo(&["install", "cargo-nextest", "--locked"])) {
        bail!("{error:#}: install it from https://nexte.st/docs/installation, then run this again");
    }
    Ok(())
}
