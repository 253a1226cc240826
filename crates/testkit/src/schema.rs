//! The whole schema, read from the source tree, so that a store's tests need no other service's crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use village_db::{Migration, Schema};

/// Every migration below `crates/`. That the binary embeds the same ones is a test of the binary.
pub fn schema_from_disk() -> Schema {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the testkit lies in crates/");
    let mut files: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
    for folder in migration_folders(crates) {
        for (position, engine) in ["sqlite", "postgres"].into_iter().enumerate() {
            for entry in fs::read_dir(folder.join(engine)).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.extension().is_some_and(|extension| extension == "sql") {
                    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    files.entry(name).or_default()[position] = fs::read_to_string(&path).ok();
                }
            }
        }
    }
    let migrations: Vec<Migration> = files
        .into_iter()
        .map(|(name, [sqlite, postgres])| {
            let missing = |engine| panic!("migration {name} has no file for {engine}");
            Migration {
                sqlite: leak(sqlite.unwrap_or_else(|| missing("SQLite"))),
                postgres: leak(postgres.unwrap_or_else(|| missing("PostgreSQL"))),
                name: leak(name),
            }
        })
        .collect();
    Schema::merge(&[&migrations]).expect("names are unique")
}

fn migration_folders(crates: &Path) -> Vec<PathBuf> {
    let children = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    children(crates)
        .into_iter()
        .flat_map(|folder| std::iter::once(folder.clone()).chain(children(&folder)))
        .map(|folder| folder.join("migrations"))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Tests are short-lived processes; what they leak is bounded by the schema.
fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}
