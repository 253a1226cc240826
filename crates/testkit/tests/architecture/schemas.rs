//! The two schemas are one: what a statement finds on one engine, it finds on the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use village_db::{Db, Engine, Error, execute, fetch_all, transaction};
use village_testkit::{fresh_postgres, fresh_sqlite};

use crate::sources::{crates, files, read, shown};

#[derive(Debug, Default, PartialEq, Eq)]
struct Relation {
    is_view: bool,
    columns: BTreeMap<String, Column>,
    /// In order.
    primary_key: Vec<String>,
    indexes: BTreeSet<Index>,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    /// As SQLite stores it; empty where a view computes it.
    storage: String,
    nullable: bool,
    has_default: bool,
}

/// Names of indexes do not matter to any statement.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    /// `created_at desc`; an expression is `(…)`.
    columns: Vec<String>,
    unique: bool,
    partial: bool,
}

type Relations = BTreeMap<String, Relation>;

async fn sqlite(db: &Db) -> Relations {
    let mut reader = db.reader().await.unwrap();
    let mut relations = Relations::new();
    let sql = "select m.name, m.type, c.name, lower(c.type), c.\"notnull\", c.pk, c.dflt_value is not null
               from sqlite_master m join pragma_table_info(m.name) c
               where m.type in ('table', 'view') and m.name not like 'sqlite\\_%' escape '\\'
               order by m.name, c.pk";
    let columns: Vec<(String, String, String, String, i64, i64, bool)> = fetch_all!(&mut reader, sql).unwrap();
    for (relation, kind, name, storage, not_null, key, has_default) in columns {
        let relation = relations.entry(relation).or_default();
        relation.is_view = kind == "view";
        if key > 0 {
            relation.primary_key.push(name.clone());
        }
        relation.columns.insert(name, Column { storage, nullable: not_null == 0 && key == 0, has_default });
    }
    let sql = "select m.name, i.name, i.\"unique\", i.partial, coalesce(c.name, '(…)'), c.desc
               from sqlite_master m
               join pragma_index_list(m.name) i
               join pragma_index_xinfo(i.name) c
               where m.type = 'table' and i.origin <> 'pk' and c.key = 1
               order by m.name, i.name, c.seqno";
    let indexes: Vec<(String, String, i64, i64, String, i64)> = fetch_all!(&mut reader, sql).unwrap();
    collect_indexes(&mut relations, indexes);
    relations
}

async fn postgres(db: &Db) -> Relations {
    let mut reader = db.reader().await.unwrap();
    let mut relations = Relations::new();
    let sql = "select c.relname::text, c.relkind = 'v', a.attname::text, format_type(a.atttypid, null),
                      a.attnotnull, a.atthasdef,
                      coalesce(array_position(k.indkey::int2[], a.attnum), -1)::bigint
               from pg_class c
               join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               left join pg_index k on k.indrelid = c.oid and k.indisprimary
               where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v')
               order by 1, 7";
    let columns: Vec<(String, bool, String, String, bool, bool, i64)> = fetch_all!(&mut reader, sql).unwrap();
    for (table, is_view, name, kind, not_null, has_default, key) in columns {
        let storage = storage_of(&kind).unwrap_or_else(|| {
            panic!("{}: {table}.{name} is a {kind}, which SQLite has no match for", file_of(&table))
        });
        let relation = relations.entry(table).or_default();
        relation.is_view = is_view;
        if key >= 0 {
            relation.primary_key.push(name.clone());
        }
        relation.columns.insert(name, Column { storage: storage.to_owned(), nullable: !not_null, has_default });
    }
    let sql =
        "select t.relname::text, i.relname::text, x.indisunique::int::bigint, (x.indpred is not null)::int::bigint,
                      coalesce(a.attname::text, '(…)'), (x.indoption[position] & 1)::bigint
               from pg_index x
               join pg_class t on t.oid = x.indrelid and t.relnamespace = current_schema()::regnamespace
               join pg_class i on i.oid = x.indexrelid
               cross join generate_series(0, x.indnkeyatts - 1) as position
               left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[position] and a.attnum > 0
               where not x.indisprimary
               order by t.relname, i.relname, position";
    let indexes: Vec<(String, String, i64, i64, String, i64)> = fetch_all!(&mut reader, sql).unwrap();
    collect_indexes(&mut relations, indexes);
    relations
}

/// Rows of (table, index, unique, partial, column, descending), columns in order.
fn collect_indexes(relations: &mut Relations, rows: Vec<(String, String, i64, i64, String, i64)>) {
    let mut indexes: BTreeMap<(String, String), Index> = BTreeMap::new();
    for (table, name, unique, partial, column, descending) in rows {
        let index = indexes.entry((table, name)).or_insert_with(|| Index {
            columns: Vec::new(),
            unique: unique == 1,
            partial: partial == 1,
        });
        index.columns.push(if descending == 1 { format!("{column} desc") } else { column });
    }
    for ((table, _), index) in indexes {
        relations.entry(table).or_default().indexes.insert(index);
    }
}

/// docs/sql-dialect.md: what a type of PostgreSQL is on SQLite.
fn storage_of(kind: &str) -> Option<&'static str> {
    match kind {
        "uuid" | "bytea" => Some("blob"),
        "bigint" | "timestamp with time zone" | "boolean" => Some("integer"),
        "text" => Some("text"),
        "double precision" => Some("real"),
        _ => None,
    }
}

/// The migration that creates it, for messages.
fn file_of(relation: &str) -> String {
    let migrations = crates().into_iter().flat_map(|folder| files(&folder.join("migrations"), "sql"));
    let names_it = |path: &PathBuf| {
        let sql = read(path).to_lowercase();
        ["table", "view"].iter().any(|kind| sql.contains(&format!("create {kind} {relation} ")))
    };
    migrations.filter(names_it).map(|path| shown(&path)).collect::<Vec<_>>().join(" and ")
}

#[tokio::test]
async fn the_two_schemas_are_one() {
    let (on_sqlite, on_postgres) = (fresh_sqlite().await, fresh_postgres().await);
    assert_eq!((on_sqlite.engine, on_postgres.engine), (Engine::Sqlite, Engine::Postgres));
    let (mut left, mut right) = (sqlite(&on_sqlite.db).await, postgres(&on_postgres.db).await);
    let names: BTreeSet<String> = left.keys().chain(right.keys()).cloned().collect();
    assert!(names.len() >= 5, "this test looks in the wrong place: {names:?}");
    let mut wrong = Vec::new();
    for name in names {
        let (Some(sqlite), Some(postgres)) = (left.remove(&name), right.remove(&name)) else {
            wrong.push(format!("{}: {name} exists on one engine only", file_of(&name)));
            continue;
        };
        wrong.extend(
            differences(&sqlite, &postgres).into_iter().map(|what| format!("{}: {name}{what}", file_of(&name))),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    on_postgres.discard().await;
}

fn differences(sqlite: &Relation, postgres: &Relation) -> Vec<String> {
    let mut found = Vec::new();
    if sqlite.is_view != postgres.is_view {
        found.push(" is a view on one engine only".to_owned());
    }
    let columns: BTreeSet<&String> = sqlite.columns.keys().chain(postgres.columns.keys()).collect();
    for column in columns {
        match (sqlite.columns.get(column), postgres.columns.get(column)) {
            // Neither engine knows of a view's columns whether they may be null, and SQLite not always the type.
            (Some(a), Some(b)) if sqlite.is_view && (a.storage.is_empty() || a.storage == b.storage) => {}
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => found.push(format!(".{column} differs: SQLite {a:?}, PostgreSQL {b:?}")),
            _ => found.push(format!(".{column} exists on one engine only")),
        }
    }
    if sqlite.primary_key != postgres.primary_key {
        found.push(format!(": keys differ: SQLite {:?}, PostgreSQL {:?}", sqlite.primary_key, postgres.primary_key));
    }
    for index in sqlite.indexes.symmetric_difference(&postgres.indexes) {
        found.push(format!(" has this index on one engine only: {index:?}"));
    }
    found
}

#[tokio::test]
async fn text_is_compared_and_ordered_byte_by_byte_on_both() {
    let fresh = fresh_postgres().await;
    let mut reader = fresh.db.reader().await.unwrap();
    let sql = "select table_name::text, column_name::text from information_schema.columns
               where table_schema = current_schema() and data_type = 'text' and coalesce(collation_name, '') <> 'C'
               order by 1, 2";
    let wrong: Vec<(String, String)> = fetch_all!(&mut reader, sql).unwrap();
    let wrong: Vec<String> = wrong
        .iter()
        .map(|(table, column)| format!("{}: {table}.{column} needs collate \"C\"", file_of(table)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    drop(reader);
    fresh.discard().await;
}

#[tokio::test]
async fn tables_check_the_types_of_their_columns_on_sqlite_too() {
    let fresh = fresh_sqlite().await;
    let mut reader = fresh.db.reader().await.unwrap();
    let sql = "select name from pragma_table_list
               where type = 'table' and strict = 0 and schema = 'main' and name not like 'sqlite\\_%' escape '\\'";
    let loose: Vec<(String,)> = fetch_all!(&mut reader, sql).unwrap();
    let loose: Vec<String> =
        loose.iter().map(|(table,)| format!("{}: {table} is not strict", file_of(table))).collect();
    assert!(loose.is_empty(), "\n{}", loose.join("\n"));
}

#[tokio::test]
async fn every_kind_of_difference_is_found() {
    let (on_sqlite, on_postgres) = (fresh_sqlite().await, fresh_postgres().await);
    let on_both = "create index a_both on a_t (second, third desc)";
    for (db, statements) in [
        (
            &on_sqlite.db,
            [
                "create table a_t (first blob not null, second integer not null, third text, fourth integer default 1,
                 fifth integer, primary key (first, second)) strict, without rowid",
                on_both,
                "create index a_more on a_t (third) where fourth = 1",
            ],
        ),
        (
            &on_postgres.db,
            [
                "create table a_t (first uuid not null, second bigint not null, third text not null, fourth boolean,
                 fifth bytea, sixth bigint, primary key (second, first))",
                on_both,
                "create index a_more on a_t (third)",
            ],
        ),
    ] {
        for sql in statements {
            transaction!(db, |tx| -> Result<u64, Error> { execute!(tx, sql) }).unwrap();
        }
    }
    let (left, right) = (sqlite(&on_sqlite.db).await, postgres(&on_postgres.db).await);
    let found = differences(&left["a_t"], &right["a_t"]).join("\n");
    for expected in
        [".third differs", ".fourth differs", ".fifth differs", ".sixth exists", "keys differ", "partial: true"]
    {
        assert!(found.contains(expected), "{expected}: {found}");
    }
    for same in [".first", ".second", "third desc"] {
        assert!(!found.contains(same), "{same}: {found}");
    }
    on_postgres.discard().await;
}
