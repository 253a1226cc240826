//! What the kernel says of a process, and of the machine.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Kernel ticks in a second, in which it counts the time of processes. 100 on every Linux that this runs on.
fn ticks_per_second() -> anyhow::Result<f64> {
    let output = std::process::Command::new("getconf").arg("CLK_TCK").output().context("getconf is missing")?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Processor time that `pid` has used so far, in seconds, all its threads together.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    // utime and stime are fields 14 and 15 of the whole line (proc(5)).
    Ok(ticks(pid, 2)? / ticks_per_second()?)
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

/// The fields of `/proc/PID/stat` after the name, which may hold spaces.
fn stat(pid: u32) -> anyhow::Result<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat has another form")?;
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

/// The first `count` of its times in ticks: in its own code, in the kernel, and the same of children that ended.
fn ticks(pid: u32, count: usize) -> anyhow::Result<f64> {
    stat(pid)?.iter().skip(11).take(count).map(|field| Ok(field.parse::<f64>()?)).sum()
}

pub fn parent(pid: u32) -> anyhow::Result<u32> {
    Ok(stat(pid)?.get(1).context("a field")?.parse()?)
}

/// Processor time of `pid`, of its children that ended, and of those that run, in seconds. It never falls: whoever
/// ends is counted with its parent.
pub fn family_cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    // The two after those are of the children that have ended and were waited for.
    let mut sum = ticks(pid, 4)?;
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may end while we look.
        if parent(child).is_ok_and(|parent| parent == pid) {
            sum += ticks(child, 2).unwrap_or(0.0);
        }
    }
    Ok(sum / ticks_per_second()?)
}

/// The most memory that `pid` has held in RAM, and what it holds now, in KiB.
pub fn resident_kib(pid: u32) -> anyhow::Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = |name: &str| -> anyhow::Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("the kernel tells no memory")?;
        Ok(line.split_whitespace().next().context("a number")?.parse()?)
    };
    Ok((line("VmHWM:")?, line("VmRSS:")?))
}
