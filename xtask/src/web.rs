//! The web client: its tools, its packages, its build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, bail};

use crate::steps::{complete, find_program, progress, read, root};

/// Older ones lack what the build tools use.
const OLDEST_NODE: (u32, u32) = (20, 19);

fn folder() -> PathBuf {
    root().join("web")
}

pub fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    // No advertisement of newer versions and no survey between our lines.
    command.args(arguments).current_dir(folder()).env("NO_UPDATE_NOTIFIER", "1").env("NPM_CONFIG_FUND", "false");
    command
}

pub fn check_tools() -> anyhow::Result<()> {
    let fix = "install Node 20.19 or newer, which brings npm: https://nodejs.org, or `nvm install 20`";
    for program in ["node", "npm"] {
        if find_program(program).is_none() {
            bail!("`{program}` is missing, it builds the web client: {fix}");
        }
    }
    let version = read(Command::new("node").arg("--version"))?;
    match parse_version(&version) {
        Some(found) if found >= OLDEST_NODE => Ok(()),
        _ => bail!("Node {} is too old to build the web client: {fix}", version.trim()),
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// npm writes `.package-lock.json` when it has installed what the lock file says.
pub fn install_if_needed() -> anyhow::Result<()> {
    let installed = modified(&folder().join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(&folder().join("package-lock.json")) {
        return Ok(());
    }
    progress("Installing the client's packages");
    complete(&mut npm(&["ci", "--no-audit"]))
}

pub fn build_if_needed() -> anyhow::Result<()> {
    let built = modified(&folder().join("dist/index.html"));
    if built.is_some() && built >= newest_source()? {
        return Ok(());
    }
    progress("Building the client");
    complete(&mut npm(&["run", "build"]))
}

/// Everything that the build reads: all of web/ but what tools put there, and tests.
fn newest_source() -> anyhow::Result<Option<SystemTime>> {
    let outside = ["node_modules", "dist", "tests", "e2e"];
    let mut newest = None;
    for entry in fs::read_dir(folder()).context("the folder web/ cannot be read")? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !outside.contains(&&*name) && !name.starts_with('.') && !name.ends_with(".tsbuildinfo") {
            newest = newest.max(newest_below(&entry.path()));
        }
    }
    Ok(newest)
}

/// Folders count as well: deleting a file changes its folder.
fn newest_below(path: &Path) -> Option<SystemTime> {
    let children = fs::read_dir(path).into_iter().flatten().flatten();
    children.map(|entry| newest_below(&entry.path())).fold(modified(path), Option::max)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(parse_version("v20.19.3\n"), Some((20, 19)));
        assert!(parse_version("v100.2.0") > Some(OLDEST_NODE));
        assert!(parse_version("v20.9.0") < Some(OLDEST_NODE));
        assert_eq!(parse_version("nonsense"), None);
    }

    #[test]
    fn a_changed_file_deep_below_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let file = deep.join("c.ts");
        fs::write(&file, "").unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        fs::File::open(&file).unwrap().set_modified(later).unwrap();
        assert_eq!(newest_below(folder.path()), Some(later));
    }
}
