//! Messaging never loses a message: a short run of the torture on both engines, and the proof that its checker can
//! fail. `cargo xtask torture` is the long run. See docs/reliability.md.

#![allow(clippy::print_stdout, reason = "what a test prints is shown when it fails")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use village_torture::excerpt::excerpt;
use village_torture::plan::{Engine, Plan};
use village_torture::recorder::judge;
use village_torture::report::Report;
use village_torture::run::run;
use village_torture::sabotage::{self, Course};

/// Runs it on the binary of this test. The history stays when there is something to see in it.
async fn torture(plan: Plan, binary: &Path) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history.jsonl");
    let plan = Plan { binary: binary.to_owned(), history: history.clone(), ..plan };
    let report = run(plan).await.unwrap();
    println!("{report}");

    // The file alone says the same.
    let (judge, violations) = judge(&history).unwrap();
    assert_eq!(judge.total(), report.checker.total());
    assert_eq!(violations, report.violations);
    if report.plan.sabotage.is_none()
        && let Some(first) = violations.first()
    {
        println!("what the history says of the first violation:");
        excerpt(&history, first).unwrap().iter().for_each(|line| println!("{line}"));
        for (node, log) in report.logs.iter().enumerate() {
            let lines: Vec<&str> = log.lines().collect();
            println!("the last that node {node} logged:\n{}", lines[lines.len().saturating_sub(30)..].join("\n"));
        }
        println!("the history is kept in {}", folder.keep().display());
    }
    report
}

fn good() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_village"))
}

/// Beside the folder of the good one, where `cargo xtask sabotaged` puts it.
fn broken() -> PathBuf {
    let target = good().ancestors().nth(2).unwrap().to_owned();
    let broken = target.join("sabotaged/village");
    assert!(broken.is_file(), "{} is missing: `cargo xtask sabotaged` builds it", broken.display());
    broken
}

fn assert_clean(report: &Report) {
    assert_eq!(report.checker.total(), 0, "{report}");
}

async fn a_short_run_is_clean_on(engine: Engine) {
    let report = torture(Plan::short(engine, 1, Duration::from_secs(20)), &good()).await;
    assert_clean(&report);
    let counts = &report.checker.counts;
    assert!(counts.acknowledged_sends > 100 && counts.resumes > 30, "{report}");
    assert!(counts.timely.sampled > 20, "hardly anything was judged by its time\n{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_by_three_nodes_on_postgres_and_redis() {
    a_short_run_is_clean_on(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_by_one_node_on_sqlite() {
    a_short_run_is_clean_on(Engine::Sqlite).await;
}

/// What the broken builds go through does nothing to a good one.
async fn a_good_build_is_clean_in(course: Course) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if sabotage::ALL.iter().any(|one| one.course == course && one.engine == engine) {
            assert_clean(&torture(course.plan(engine), &good()).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_build_is_clean_when_nothing_breaks() {
    a_good_build_is_clean_in(Course::Busy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_build_is_never_late_when_nothing_breaks() {
    a_good_build_is_clean_in(Course::Quiet).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_build_is_clean_under_kills() {
    a_good_build_is_clean_in(Course::Deadly).await;
}

async fn is_caught(name: &str) {
    let sabotage = sabotage::ALL.iter().find(|sabotage| sabotage.name == name).unwrap();
    let report = torture(sabotage.plan(), &broken()).await;
    let first = report.violations.first().unwrap_or_else(|| panic!("{name} was not caught\n{report}"));
    assert!(sabotage.shows_as.contains(&first.rule), "{name} shows as {first}");
    println!("{name} was caught as {} after {} operations", first.rule, first.operations);
    assert!(first.operations <= sabotage.within_operations, "{name} was caught late: {first}");
}

macro_rules! each_is_caught {
    ($($name:ident),+ $(,)?) => {
        mod caught {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::is_caught(stringify!($name)).await;
            })+

            #[test]
            fn every_sabotage_has_its_test() {
                let tested = [$(stringify!($name)),+];
                assert!(super::sabotage::ALL.iter().all(|sabotage| tested.contains(&sabotage.name)));
            }
        }
    };
}

each_is_caught!(
    ack_before_commit,
    no_deduplication,
    hint_before_commit,
    seq_outside_lock,
    read_before_register,
    relay_to_everybody,
    outbox_row_dropped,
    resume_forgets_edits,
    hints_never_sent,
    relay_drops_row,
);

#[test]
fn the_binary_that_people_run_cannot_be_sabotaged() {
    let output = std::process::Command::new(good())
        .arg("config")
        .env_clear()
        .env("VILLAGE_SABOTAGE", "ack_before_commit")
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && message.contains("no setting `VILLAGE_SABOTAGE`"), "{message}");
}
