//! Each table has one owner, whose name it bears; others read what the owner publishes as views (`…_v`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::sources::{children, crates, files, literals, read, shown};

const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// Crates with tables, by the prefix of their names. `schema_migrations` belongs to the database layer.
fn owners() -> BTreeMap<String, PathBuf> {
    let with_tables = crates().into_iter().filter(|folder| folder.join("migrations").is_dir());
    with_tables
        .map(|folder| (folder.file_name().expect("a crate has a name").to_string_lossy().into_owned(), folder))
        .collect()
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').filter(|word| !word.is_empty())
}

/// Without what follows `--` on a line.
fn without_comments(sql: &str) -> String {
    sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// What a file of migrations creates: (kind, name).
fn created(sql: &str) -> Vec<(String, String)> {
    let sql = without_comments(sql).to_lowercase();
    let words: Vec<&str> =
        words(&sql).filter(|word| !["unique", "if", "not", "exists", "or", "replace"].contains(word)).collect();
    let creations = words.windows(3).filter(|window| window[0] == "create");
    creations
        .filter(|window| ["table", "view", "index", "trigger"].contains(&window[1]))
        .map(|window| (window[1].to_owned(), window[2].to_owned()))
        .collect()
}

/// Tables that `sql` names and `owner` does not own. A word is one when it stands where SQL expects a table, or when
/// a table of that name exists.
fn foreign_tables(sql: &str, owner: &str, prefixes: &BTreeSet<String>, tables: &BTreeSet<String>) -> Vec<String> {
    const BEFORE_A_TABLE: [&str; 6] = ["from", "join", "into", "update", "table", "references"];
    let sql = sql.to_lowercase();
    let words: Vec<&str> = words(&sql).collect();
    let mut previous = "";
    let mut found = Vec::new();
    for word in words {
        let prefix = word.split('_').next().unwrap_or_default();
        let is_prefixed = word.contains('_') && prefixes.contains(prefix);
        let is_table = tables.contains(word) || is_prefixed && BEFORE_A_TABLE.contains(&previous);
        if is_table && prefix != owner && !word.ends_with("_v") {
            found.push(word.to_owned());
        }
        previous = word;
    }
    found
}

fn known_tables() -> BTreeSet<String> {
    let migrations = owners().into_values().flat_map(|folder| files(&folder.join("migrations"), "sql"));
    let created = migrations.flat_map(|path| created(&read(&path)));
    created.filter(|(kind, _)| kind == "table").map(|(_, name)| name).collect()
}

#[test]
fn statements_touch_only_the_tables_of_their_crate_and_the_views_of_others() {
    let (prefixes, tables) = (owners().into_keys().collect(), known_tables());
    let mut wrong = Vec::new();
    let mut checked = 0;
    for folder in crates() {
        let owner = folder.file_name().expect("a crate has a name").to_string_lossy().into_owned();
        // The testkit makes situations of all kinds, the bench a community, and the torture looks from outside.
        if ["testkit", "bench", "torture"].contains(&owner.as_str()) {
            continue;
        }
        for path in files(&folder.join("src"), "rs") {
            for (line, text) in literals(&read(&path)) {
                checked += 1;
                for table in foreign_tables(&text, &owner, &prefixes, &tables) {
                    wrong.push(format!("{}:{line}: {table} does not belong to {owner}", shown(&path)));
                }
            }
        }
        let sql = files(&folder.join("src"), "sql").into_iter().chain(files(&folder.join("migrations"), "sql"));
        for path in sql {
            for table in foreign_tables(&without_comments(&read(&path)), &owner, &prefixes, &tables) {
                wrong.push(format!("{}: {table} does not belong to {owner}", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "ask its owner through a port, or read a view that it publishes:\n{}", wrong.join("\n"));
    assert!(checked > 100 && tables.len() >= 4, "this test looks in the wrong place");
}

#[test]
fn everything_a_migration_creates_bears_the_name_of_its_owner() {
    for (owner, folder) in owners() {
        for path in files(&folder.join("migrations"), "sql") {
            for (kind, name) in created(&read(&path)) {
                assert!(
                    name.starts_with(&format!("{owner}_")),
                    "{}: the {kind} {name} must be {owner}_…",
                    shown(&path)
                );
                let is_view = kind == "view";
                assert_eq!(is_view, name.ends_with("_v"), "{}: views, and only views, end in _v: {name}", shown(&path));
            }
        }
    }
}

#[test]
fn every_migration_exists_for_both_engines_and_is_embedded() {
    let stem = |path: &Path| path.file_stem().expect("files have names").to_string_lossy().into_owned();
    let mut all = BTreeMap::new();
    for folder in owners().into_values() {
        let [sqlite, postgres] = ENGINES.map(|engine| {
            files(&folder.join("migrations").join(engine), "sql").iter().map(|path| stem(path)).collect::<BTreeSet<_>>()
        });
        let shown_folder = shown(&folder.join("migrations"));
        assert_eq!(sqlite, postgres, "{shown_folder}: sqlite/ and postgres/ must hold files of the same names");
        for other in children(&folder.join("migrations")) {
            assert!(ENGINES.iter().any(|engine| other.ends_with(engine)), "{}: nothing reads this", shown(&other));
        }
        let embedded: String = files(&folder.join("src"), "rs").iter().map(|path| read(path)).collect();
        for name in sqlite {
            assert!(
                embedded.contains(&format!("\"{name}\"")),
                "{shown_folder}: {name} is not in the list `migrations!` of its crate"
            );
            let timestamp: String = name.chars().take_while(char::is_ascii_digit).collect();
            assert_eq!(timestamp.len(), 14, "{shown_folder}: {name} must begin with a timestamp of 14 digits");
            if let Some(other) = all.insert(timestamp, name.clone()) {
                panic!("{shown_folder}: {name} has the timestamp of {other}, so their order is not certain");
            }
        }
    }
}

#[test]
fn the_rule_about_tables_itself() {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let (prefixes, tables) = (set(&["users", "posts", "bus"]), set(&["users_follows", "posts_posts"]));
    let foreign = |sql: &str| foreign_tables(sql, "posts", &prefixes, &tables);
    assert_eq!(foreign("select 1 from posts_posts join users_follows f on true"), ["users_follows"]);
    assert_eq!(foreign("delete from users_blocks"), ["users_blocks"]);
    assert_eq!(foreign("INSERT INTO bus_outbox (event) values ($1)"), ["bus_outbox"]);
    assert!(foreign("select follower_id from users_follows_v where users_id = $1").is_empty());
    assert!(foreign("posts.post_published.v1 comes from users everywhere").is_empty());
    assert_eq!(
        created("create unique index if not exists a_b on a_t (b); -- create table c_d\ncreate view a_v as"),
        [("index".to_owned(), "a_b".to_owned()), ("view".to_owned(), "a_v".to_owned()),]
    );
}
