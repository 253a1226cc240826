//! The source tree as these tests see it.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the testkit lies in crates/")
}

/// Relative to the root, for messages.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}

/// Folders of the crates of this repository, in order.
pub fn crates() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["crates", "crates/platform", "crates/services", "."]
        .iter()
        .flat_map(|folder| children(&root().join(folder)))
        .collect();
    found.retain(|folder| folder.join("Cargo.toml").is_file());
    found.sort();
    found
}

pub fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// All files below `folder` with that extension.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    children(folder)
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path, extension) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

/// The string literals of a Rust file with the lines they begin on; comments are passed over.
pub fn literals(source: &str) -> Vec<(usize, String)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let line_of = |at: usize| source[..at].matches('\n').count() + 1;
    let end = |from: usize, stop: &str| source[from..].find(stop).map_or(source.len(), |length| from + length);
    while at < bytes.len() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at = end(at, "\n");
        } else if rest.starts_with("/*") {
            at = end(at + 2, "*/");
        } else if let Some(hashes) = raw_string_hashes(rest).filter(|_| at == 0 || !is_word(bytes[at - 1])) {
            let (from, stop) = (at + 2 + hashes, format!("\"{}", "#".repeat(hashes)));
            let to = end(from, &stop);
            found.push((line_of(at), source[from..to].to_owned()));
            at = to + stop.len();
        } else if rest.starts_with('"') {
            let mut to = at + 1;
            while to < bytes.len() && bytes[to] != b'"' {
                to += if bytes[to] == b'\\' { 2 } else { 1 };
            }
            let text = source.get(at + 1..to).unwrap_or_default();
            found.push((line_of(at), text.replace("\\n", "\n").replace("\\\"", "\"")));
            at = to + 1;
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            // A character: the only ones that could be taken for the start of a string.
            at += if rest.starts_with("'\\") { 4 } else { 3 };
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        while at < source.len() && !source.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

/// `r"`, `r#"` …: how many `#`.
fn raw_string_hashes(text: &str) -> Option<usize> {
    let text = text.strip_prefix('r')?;
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    text[hashes..].starts_with('"').then_some(hashes)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[test]
fn literals_are_found_and_nothing_else() {
    let source = r####"
        // from comment_a
        let a = "select \"x\" from b"; /* "from c" */
        let d = r#"from "d" join e"#; let f = '"'; let g = '\"'; let h: &'static str = "h";
        attr"####;
    let texts: Vec<String> = literals(source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["select \"x\" from b", "from \"d\" join e", "h"]);
    assert_eq!(literals(source)[0].0, 3);
}
