//! A database belongs to one master key, which every process that starts must hold.

mod support;

use support::*;
use village_db::{execute, transaction};
use village_testkit::{Fresh, on_both_engines};

/// As a version left it that knew no check.
async fn forget_the_check(fresh: &Fresh) {
    transaction!(&fresh.db, |tx| -> village_db::Result<u64> { execute!(tx, "delete from auth_master_key") }).unwrap();
}

#[tokio::test]
async fn the_first_key_of_a_database_is_the_right_one() {
    on_both_engines(async |fresh: &Fresh| {
        let [first, again, other] = [1, 1, 2].map(|key| process_with(fresh, settings(), key).auth);
        assert!(first.has_right_master_key().await.unwrap());
        assert!(again.has_right_master_key().await.unwrap());
        assert!(!other.has_right_master_key().await.unwrap());
        assert!(first.has_right_master_key().await.unwrap(), "who asked in vain changed nothing");
        other.adopt_master_key().await.unwrap();
        assert!(other.has_right_master_key().await.unwrap());
        assert!(!first.has_right_master_key().await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_many_that_start_at_once_all_hold_the_key_that_was_first() {
    on_both_engines(async |fresh: &Fresh| {
        let starts = (0..8).map(|number| {
            let auth = process_with(fresh, settings(), 1 + number % 2).auth;
            tokio::spawn(async move { (number % 2, auth.has_right_master_key().await.unwrap()) })
        });
        let outcomes: Vec<_> = futures::future::join_all(starts).await.into_iter().map(Result::unwrap).collect();
        let right: Vec<_> = outcomes.iter().filter(|(_, right)| *right).collect();
        assert_eq!(right.len(), 4, "{outcomes:?}");
        assert!(right.iter().all(|(key, _)| key == &right[0].0), "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn a_database_from_before_the_check_is_judged_by_its_signing_keys() {
    on_both_engines(async |fresh: &Fresh| {
        let process = process_with(fresh, settings(), 1);
        process.sign_up("ana").await;
        forget_the_check(fresh).await;
        assert!(!process_with(fresh, settings(), 2).auth.has_right_master_key().await.unwrap());
        assert!(process.auth.has_right_master_key().await.unwrap());
        assert!(!process_with(fresh, settings(), 2).auth.has_right_master_key().await.unwrap());
    })
    .await;
}
