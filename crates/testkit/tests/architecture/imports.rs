//! Who may import whom, read from the manifests: without a dependency there, no `use` compiles.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use crate::sources::{crates, read, root, shown};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Kernel,
    Events,
    Ports,
    Platform,
    Service,
    Village,
    Testkit,
    Torture,
    Bench,
    Xtask,
}

fn layer(folder: &Path) -> Layer {
    let path = shown(folder);
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["crates", "kernel"] => Layer::Kernel,
        ["crates", "events"] => Layer::Events,
        ["crates", "ports"] => Layer::Ports,
        ["crates", "testkit"] => Layer::Testkit,
        ["crates", "torture"] => Layer::Torture,
        ["bench"] => Layer::Bench,
        ["crates", "village"] => Layer::Village,
        ["crates", "platform", _] => Layer::Platform,
        ["crates", "services", _] => Layer::Service,
        ["xtask"] => Layer::Xtask,
        _ => panic!("{path}: this crate has no place in the architecture; give it one in {}", file!()),
    }
}

/// `village` → services → platform, events, ports → kernel. Ports carry the caller's transaction, so they know the
/// database; the HTTP conventions ask a port who is calling.
fn may_import(importer: (Layer, &str), imported: (Layer, &str)) -> bool {
    use Layer::{Bench, Events, Kernel, Platform, Ports, Service, Testkit, Torture, Village, Xtask};
    match (importer.0, imported.0) {
        // Both judge or measure from outside, so they know nothing of the code.
        (Torture, layer) => layer == Testkit,
        // Drawing pictures is measured without the server around it.
        (Bench, layer) => layer == Testkit || imported.1 == "village-picture",
        (_, Village | Testkit | Torture | Bench | Xtask) | (Xtask | Kernel, _) => false,
        (Events, layer) => layer == Kernel,
        (Ports, layer) => layer == Kernel || imported.1 == "village-db",
        (Platform, Ports) => importer.1 == "village-http",
        (Platform | Service | Testkit, layer) => layer != Service && (importer.0 != Platform || layer != Ports),
        (Village, _) => true,
    }
}

/// (dependency, only for tests) of one manifest.
fn dependencies(manifest: &Table) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (name, value) in manifest {
        match (name.as_str(), value) {
            ("dependencies" | "build-dependencies" | "dev-dependencies", Value::Table(entries)) => {
                // `package` names the crate where the key is another name for it.
                found.extend(entries.iter().map(|(key, entry)| {
                    let package = entry.get("package").and_then(Value::as_str).unwrap_or(key);
                    (package.to_owned(), name == "dev-dependencies")
                }));
            }
            ("target", Value::Table(targets)) => {
                found.extend(targets.values().filter_map(Value::as_table).flat_map(dependencies));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn imports_point_downwards_and_no_service_imports_another() {
    let manifests: Vec<_> = crates()
        .into_iter()
        .map(|folder| {
            let path = folder.join("Cargo.toml");
            let manifest: Table = read(&path).parse().unwrap_or_else(|error| panic!("{}: {error}", shown(&path)));
            (folder, path, manifest)
        })
        .filter(|(folder, _, _)| folder != root())
        .collect();
    let name = |manifest: &Table| manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
    let layers: BTreeMap<String, Layer> =
        manifests.iter().map(|(folder, _, manifest)| (name(manifest), layer(folder))).collect();
    let mut wrong = Vec::new();
    for (folder, path, manifest) in &manifests {
        let importer = name(manifest);
        for (imported, in_tests) in dependencies(manifest) {
            let Some(of) = layers.get(&imported) else { continue };
            let testing =
                in_tests && (*of == Layer::Testkit || (*of == Layer::Torture && layer(folder) == Layer::Village));
            if !testing && !may_import((layer(folder), &importer), (*of, &imported)) {
                wrong.push(format!("{}: {importer} must not import {imported}", shown(path)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let services = layers.values().filter(|layer| **layer == Layer::Service).count();
    assert!(services >= 5, "only {services} services were found: this test looks in the wrong place");
}

#[test]
fn the_rule_itself() {
    let posts = (Layer::Service, "village-posts");
    let db = (Layer::Platform, "village-db");
    assert!(may_import(posts, db) && may_import(posts, (Layer::Ports, "village-ports")));
    assert!(!may_import(posts, (Layer::Service, "village-users")));
    assert!(!may_import(posts, (Layer::Village, "village")));
    assert!(!may_import(db, (Layer::Ports, "village-ports")));
    assert!(may_import((Layer::Platform, "village-http"), (Layer::Ports, "village-ports")));
    assert!(!may_import(db, posts));
    assert!(!may_import((Layer::Kernel, "village-kernel"), (Layer::Events, "village-events")));
    assert!(!may_import((Layer::Testkit, "village-testkit"), posts));
    assert!(may_import((Layer::Village, "village"), posts));
}
