//! Nothing that can be sent takes more than its share of memory or time. Each file is drawn by a process that may have so
//! much and no more: what allocates beyond it dies, and the test with it.

mod files;

use std::fs;
use std::path::Path;
use std::process::Command;

use files::hostile::{corpus, large};
use rustix::process::{Resource, Rlimit, setrlimit};
use village_picture::{MAX_MEMORY_BYTES, draw};

/// The folder with the files, for the process that draws them.
const FOLDER: &str = "VILLAGE_PICTURE_FOLDER";
/// What drawing one of them may take.
const BYTES: &str = "VILLAGE_PICTURE_BYTES";
/// Seconds of one core, for all files.
const CPU_SECONDS: u64 = 60;

fn limit(resource: Resource, most: u64) {
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).unwrap();
}

/// Address space in use, in bytes.
fn in_use() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').next().unwrap().parse::<u64>().unwrap() * rustix::param::page_size() as u64
}

/// Not a test of its own: what the others run as a process.
#[test]
fn draw_within_limits() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let bytes: u64 = std::env::var(BYTES).unwrap().parse().unwrap();
    limit(Resource::Cpu, CPU_SECONDS);
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    // The largest one is in memory all the time.
    let longest = names.iter().map(|path| path.metadata().unwrap().len()).max().unwrap();
    limit(Resource::As, in_use() + longest + bytes);
    for path in names {
        let file = fs::read(&path).unwrap();
        let outcome = match draw(&file) {
            Ok(picture) => format!("{}x{}", picture.sizes[0].width, picture.sizes[0].height),
            Err(rejected) => format!("{rejected:?}"),
        };
        fs::write(path.with_extension("outcome"), outcome).unwrap();
    }
}

fn draw_all(files: &[(&str, Vec<u8>, &str)], bytes: u64) {
    let folder = tempfile::tempdir().unwrap();
    for (name, file, _) in files {
        fs::write(folder.path().join(name).with_extension("file"), file).unwrap();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "draw_within_limits", "--test-threads", "1"])
        .env(FOLDER, folder.path())
        .env(BYTES, bytes.to_string())
        // Each thread would otherwise reserve address space that it never uses.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let outcome = |name: &str| fs::read_to_string(folder.path().join(name).with_extension("outcome")).ok();
    for (name, _, expected) in files {
        let log = || format!("{} {}", output.status, String::from_utf8_lossy(&output.stderr));
        assert_eq!(outcome(name).as_deref(), Some(*expected), "{name}: {}", log());
    }
    assert!(output.status.success());
    assert!(Path::new("/proc/self/statm").exists());
}

#[test]
fn hostile_files_take_a_few_megabytes() {
    draw_all(&corpus(), 40_000_000);
}

#[test]
fn the_largest_pictures_are_drawn_within_the_memory_of_one() {
    draw_all(&large(), MAX_MEMORY_BYTES);
}
