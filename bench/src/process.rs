//! The server under measure, and what the kernel says of a process.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use village_testkit::{Launch, VillageProcess};

use crate::Messaging;

/// Limits that protect a community from one person are lifted: the load comes from one address.
pub async fn village(options: &Messaging, postgres: Option<&str>) -> anyhow::Result<VillageProcess> {
    let mut launch = Launch::new(&options.village)
        .env("VILLAGE_REGISTRATION", "open")
        .env("VILLAGE_PASSWORD_HASH_MEMORY_KIB", 8)
        .env("VILLAGE_LIMITS_READS_PER_MINUTE", 100_000_000)
        .env("VILLAGE_LIMITS_WRITES_PER_MINUTE", 100_000_000)
        .env("VILLAGE_LIMITS_ANONYMOUS_PER_MINUTE", 100_000_000)
        .env("VILLAGE_LIMITS_LOGINS_PER_MINUTE", 100_000_000)
        .env("VILLAGE_MESSAGING_FRAMES_PER_SECOND", 100_000)
        .env("VILLAGE_LOG_FILTER", "warn")
        .env("VILLAGE_DRAIN_SECONDS", 1);
    if let Some(url) = postgres {
        launch = launch.env("VILLAGE_DATABASE_URL", url);
    }
    Ok(launch.start().await)
}

/// Kernel ticks in a second, in which it counts the time of processes. 100 on every Linux that this runs on.
fn ticks_per_second() -> anyhow::Result<f64> {
    let output = std::process::Command::new("getconf").arg("CLK_TCK").output().context("getconf is missing")?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Processor time that `pid` has used so far, in seconds, all its threads together.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold spaces.
    let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat has another form")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |position: usize| -> anyhow::Result<f64> { Ok(fields.get(position).context("a field")?.parse()?) };
    // utime and stime are fields 14 and 15 of the whole line (proc(5)).
    Ok((ticks(11)? + ticks(12)?) / ticks_per_second()?)
}

/// Memory that belongs to `pid` alone and to no file, in KiB.
pub fn anonymous_kib(pid: u32) -> anyhow::Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line =
        rollup.lines().find(|line| line.starts_with("Anonymous:")).context("the kernel names no anonymous memory")?;
    Ok(line.split_whitespace().nth(1).context("a number")?.parse()?)
}

/// Processor, cores, memory and system, for the head of the report.
pub fn machine() -> String {
    let read = |path: &str| fs::read_to_string(Path::new(path)).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let memory = read("/proc/meminfo");
    let kib: f64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0.0);
    let system = read("/etc/os-release");
    let system = system.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or("Linux").trim_matches('"');
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{model}, {cores} cores, {:.0} GiB, {system}, kernel {}", kib / 1_048_576.0, kernel.trim())
}
