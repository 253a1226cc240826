//! What both engines promise. One body for each rule.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use village_db::{Connection, Db, Engine, Error, IdList, Tx, execute, fetch_all, fetch_one, transaction};
use village_kernel::{Clock, Instant, PostId};
use village_testkit::{Fresh, on_both_engines};

/// `bus_dead` is a plain table that no foreign key guards.
async fn insert(tx: &mut Tx, id: PostId, attempts: i64, at: Instant) -> Result<u64, Error> {
    let sql = "insert into bus_dead (subscriber, event_id, event, attempts, last_error, died_at)
               values ('t', $1, '', $2, '', $3)";
    execute!(tx, sql, id, attempts, at)
}

async fn count(db: &Db) -> i64 {
    let mut reader = db.reader().await.unwrap();
    let (rows,): (i64,) = fetch_one!(&mut reader, "select count(*) from bus_dead").unwrap();
    rows
}

#[tokio::test]
async fn what_was_committed_is_read_back_exactly() {
    on_both_engines(async |fresh: &Fresh| {
        let (id, at) = (PostId::new(fresh.clock.now()), Instant::from_micros(1_700_000_000_123_457));
        transaction!(&fresh.db, |tx| -> Result<u64, Error> { insert(tx, id, 7, at).await }).unwrap();
        let mut reader = fresh.db.reader().await.unwrap();
        let row: (PostId, i64, Instant) =
            fetch_one!(&mut reader, "select event_id, attempts, died_at from bus_dead").unwrap();
        assert_eq!(row, (id, 7, at));
    })
    .await;
}

#[tokio::test]
async fn an_error_undoes_the_whole_transaction_and_runs_no_hook() {
    on_both_engines(async |fresh: &Fresh| {
        let ran = Arc::new(AtomicUsize::new(0));
        let outcome = transaction!(&fresh.db, |tx| -> Result<(), Error> {
            let ran = ran.clone();
            tx.after_commit(move || {
                ran.fetch_add(1, Ordering::SeqCst);
            });
            insert(tx, PostId::new(fresh.clock.now()), 1, fresh.clock.now()).await?;
            Err(Error::RowNotFound)
        });
        assert!(outcome.is_err());
        assert_eq!((count(&fresh.db).await, ran.load(Ordering::SeqCst)), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn one_failing_write_leaves_the_others_of_its_group_alone() {
    on_both_engines(async |fresh: &Fresh| {
        let hooks = Arc::new(AtomicUsize::new(0));
        let writes = (0..64).map(|number| {
            let (db, now, hooks) = (fresh.db.clone(), fresh.clock.now(), hooks.clone());
            tokio::spawn(async move {
                transaction!(&db, |tx| -> Result<(), Error> {
                    let hooks = hooks.clone();
                    tx.after_commit(move || {
                        hooks.fetch_add(1, Ordering::SeqCst);
                    });
                    insert(tx, PostId::new(now), number, now).await?;
                    if number % 4 == 0 { Err(Error::RowNotFound) } else { Ok(()) }
                })
                .is_ok()
            })
        });
        let written =
            futures::future::join_all(writes).await.into_iter().filter(|done| *done.as_ref().unwrap()).count();
        assert_eq!((written, count(&fresh.db).await, hooks.load(Ordering::SeqCst)), (48, 48, 48));
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_writes_nothing_and_blocks_nobody() {
    on_both_engines(async |fresh: &Fresh| {
        for _ in 0..20 {
            let (db, now) = (fresh.db.clone(), fresh.clock.now());
            let (inside, entered) = tokio::sync::oneshot::channel::<()>();
            let inside = std::sync::Mutex::new(Some(inside));
            let abandoned = tokio::spawn(async move {
                transaction!(&db, |tx| -> Result<(), Error> {
                    insert(tx, PostId::new(now), 1, now).await?;
                    if let Some(inside) = inside.lock().unwrap().take() {
                        let _ = inside.send(());
                    }
                    std::future::pending::<()>().await;
                    Ok(())
                })
            });
            entered.await.unwrap();
            abandoned.abort();
            let id = PostId::new(fresh.clock.now());
            transaction!(&fresh.db, |tx| -> Result<u64, Error> { insert(tx, id, 2, fresh.clock.now()).await }).unwrap();
        }
        assert_eq!(count(&fresh.db).await, 20);
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_goes_away_at_any_moment_blocks_nobody() {
    on_both_engines(async |fresh: &Fresh| {
        let now = fresh.clock.now();
        for moments in 0..40 {
            let mut write = Box::pin(async {
                transaction!(&fresh.db, |tx| -> Result<u64, Error> { insert(tx, PostId::new(now), 1, now).await })
            });
            for _ in 0..moments {
                if futures::poll!(&mut write).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
                std::thread::sleep(std::time::Duration::from_micros(50));
            }
            drop(write);
            let before = count(&fresh.db).await;
            transaction!(&fresh.db, |tx| -> Result<u64, Error> { insert(tx, PostId::new(now), 2, now).await }).unwrap();
            assert!(count(&fresh.db).await > before);
        }
    })
    .await;
}

#[tokio::test]
async fn concurrent_increments_are_all_counted() {
    on_both_engines(async |fresh: &Fresh| {
        let id = PostId::new(fresh.clock.now());
        transaction!(&fresh.db, |tx| -> Result<u64, Error> { insert(tx, id, 0, fresh.clock.now()).await }).unwrap();
        let writes = (0..50).map(|_| {
            let db = fresh.db.clone();
            tokio::spawn(async move {
                transaction!(&db, |tx| -> Result<(i64,), Error> {
                    let sql = "update bus_dead set attempts = attempts + 1 where event_id = $1 returning attempts";
                    fetch_one!(tx, sql, id)
                })
                .unwrap()
                .0
            })
        });
        let mut seen: Vec<i64> =
            futures::future::join_all(writes).await.into_iter().map(|attempts| attempts.unwrap()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (1..=50).collect::<Vec<i64>>());
    })
    .await;
}

#[tokio::test]
async fn a_list_of_ids_finds_those_and_no_others() {
    on_both_engines(async |fresh: &Fresh| {
        let now = fresh.clock.now();
        let ids: Vec<PostId> = (0..5).map(|_| PostId::new(now)).collect();
        transaction!(&fresh.db, |tx| -> Result<(), Error> {
            for id in &ids {
                insert(tx, *id, 1, now).await?;
            }
            Ok(())
        })
        .unwrap();
        for wanted in [&ids[1..3], &ids[..0], &ids[..]] {
            let mut reader = fresh.db.reader().await.unwrap();
            let sql = reader.any_of("select event_id from bus_dead where event_id = any_of($1) order by event_id");
            let list: IdList = wanted.iter().copied().collect();
            let found: Vec<(PostId,)> = fetch_all!(&mut reader, sql, &list).unwrap();
            assert_eq!(found.into_iter().map(|(id,)| id).collect::<Vec<_>>(), wanted);
        }
    })
    .await;
}

#[tokio::test]
async fn a_reader_cannot_write_on_sqlite() {
    let fresh = village_testkit::fresh_sqlite().await;
    assert_eq!(fresh.engine, Engine::Sqlite);
    let mut reader = fresh.db.reader().await.unwrap();
    assert!(execute!(&mut reader, "delete from bus_dead").is_err());
}

#[tokio::test]
async fn migrating_twice_applies_nothing_and_unknown_steps_are_left_alone() {
    on_both_engines(async |fresh: &Fresh| {
        let schema = village_testkit::schema_from_disk();
        transaction!(&fresh.db, |tx| -> Result<u64, Error> {
            let sql = "insert into schema_migrations (name, applied_at) values ('99990101000000_from_the_future', $1)";
            execute!(tx, sql, fresh.clock.now())
        })
        .unwrap();
        assert_eq!(schema.apply(&fresh.db).await.unwrap(), Vec::<&str>::new());
        assert_eq!(schema.pending(&fresh.db).await.unwrap(), Vec::<&str>::new());
    })
    .await;
}

#[tokio::test]
async fn each_engine_is_set_up_as_we_measured_it() {
    on_both_engines(async |fresh: &Fresh| {
        let mut reader = fresh.db.reader().await.unwrap();
        match fresh.db.engine() {
            Engine::Sqlite => {
                let options: Vec<(String,)> =
                    fetch_all!(&mut reader, "select compile_options from pragma_compile_options").unwrap();
                let has = |option: &str| options.iter().any(|(built,)| built.starts_with(option));
                assert!(has("ENABLE_QPSG") && has("DEFAULT_MEMSTATUS=0"), "LIBSQLITE3_FLAGS of .cargo/config.toml");
                assert!(
                    !has("ENABLE_MEMORY_MANAGEMENT") && !has("ENABLE_STAT4"),
                    "LIBSQLITE3_FLAGS of .cargo/config.toml"
                );
            }
            Engine::Postgres => {
                let (cost,): (String,) = fetch_one!(&mut reader, "show random_page_cost").unwrap();
                assert_eq!(cost, "1.1");
            }
        }
    })
    .await;
}
