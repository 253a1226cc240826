//! Whether the database is fit for use, and that one server uses an SQLite file.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use village_db::{
    ByEngine, Connection, DatabaseConfig, DatabaseLock, DatabaseUrl, Db, Error, Locked, execute, fetch_one, transaction,
};
use village_testkit::{Fresh, fresh_postgres, fresh_sqlite, on_both_engines, schema_from_disk};

async fn fill(db: &Db, rows: i64) -> Result<(), Error> {
    transaction!(db, |tx| -> Result<(), Error> {
        for number in 0..rows {
            let sql = "insert into bus_dead (subscriber, event_id, event, attempts, last_error, died_at)
                       values ('t', $1, $2, 0, '', $3)";
            let id = village_kernel::PostId::new(village_kernel::Instant::from_micros(number));
            execute!(tx, sql, id, "x".repeat(1_000), village_kernel::Instant::from_micros(number))?;
        }
        Ok(())
    })
}

#[tokio::test]
async fn a_probe_writes_and_reads_one_row_again_and_again() {
    on_both_engines(async |fresh: &Fresh| {
        for _ in 0..3 {
            fresh.db.probe().await.unwrap();
        }
        let mut reader = fresh.db.reader().await.unwrap();
        let (rows,): (i64,) = fetch_one!(&mut reader, "select count(*) from db_probes").unwrap();
        assert_eq!(rows, 1);
        drop(reader);
        fresh.db.look_for_damage().await.unwrap();
        fresh.db.probe().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_not_fit() {
    let fresh = fresh_postgres().await;
    let url = format!("{}?options[default_transaction_read_only]=on", fresh.url);
    let standby = Db::connect(&DatabaseConfig::new(url.parse().unwrap())).await.unwrap();
    let refused = standby.probe().await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
    standby.close().await;
    fresh.discard().await;
}

#[tokio::test]
async fn a_write_that_found_no_room_is_believed_over_a_small_one_that_did() {
    let fresh = fresh_sqlite().await;
    transaction!(&fresh.db, |tx| -> Result<(), Error> {
        let ByEngine::Sqlite(connection) = tx.by_engine() else { return Ok(()) };
        let (pages,): (i64,) = sqlx::query_as("pragma page_count").fetch_one(&mut *connection).await?;
        let limit = sqlx::AssertSqlSafe(format!("pragma max_page_count = {}", pages + 8));
        sqlx::query(limit).execute(connection).await.map(|_| ())
    })
    .unwrap();
    fresh.db.probe().await.unwrap();
    let full = fill(&fresh.db, 200).await.unwrap_err().to_string();
    assert!(full.contains("full"), "{full}");
    let unfit = fresh.db.probe().await.unwrap_err().to_string();
    assert!(unfit.contains("disk is full"), "{unfit}");
    fresh.discard().await;
}

#[tokio::test]
async fn damaged_pages_are_found_before_anybody_asks_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("village.db");
    let config = DatabaseConfig::new(DatabaseUrl::Sqlite(path.clone()));
    let db = Db::connect(&config).await.unwrap();
    schema_from_disk().apply(&db).await.unwrap();
    fill(&db, 2_000).await.unwrap();
    db.close().await;
    damage(&path);
    let db = Db::connect(&config).await.unwrap();
    db.probe().await.expect("the pages that it needs are sound");
    db.look_for_damage().await.unwrap();
    let unfit = db.probe().await.unwrap_err().to_string();
    assert!(unfit.contains("damaged"), "{unfit}");
    db.close().await;
}

/// Overwrites pages near the end: rows of the largest table.
fn damage(path: &Path) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::End(-40 * 4096)).unwrap();
    file.write_all(&[0x5a; 20 * 4096]).unwrap();
    file.sync_all().unwrap();
}

#[test]
fn a_database_is_locked_whatever_path_leads_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("village.db");
    let lock = DatabaseLock::acquire(&path).unwrap();
    let (symlink, hard_link) = (folder.path().join("symlink.db"), folder.path().join("hard.db"));
    std::os::unix::fs::symlink(&path, &symlink).unwrap();
    fs::hard_link(&path, &hard_link).unwrap();
    for other in [&path, &symlink, &hard_link, &folder.path().join("./village.db")] {
        let refused = DatabaseLock::acquire(other).unwrap_err();
        assert!(matches!(refused, Locked::DatabaseInUse(_)), "{refused}");
    }
    drop(lock);
    DatabaseLock::acquire(&symlink).unwrap();
}
