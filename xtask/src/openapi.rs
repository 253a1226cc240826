//! openapi.json, asyncapi.json and what is generated from them, which are committed.

use std::fs;

use anyhow::bail;

use crate::steps::{cargo, command, complete, progress, read, root, village_binary};
use crate::web;

/// Each is what the command of its name prints.
const DOCUMENTS: [&str; 2] = ["openapi", "asyncapi"];
const TYPES: &str = "web/src/api/generated/schema.d.ts";

pub fn write() -> anyhow::Result<()> {
    web::check_tools()?;
    web::install_if_needed()?;
    progress("Building the server");
    complete(&mut cargo(&["build", "--package", "village"]))?;
    for name in DOCUMENTS {
        fs::write(root().join(format!("{name}.json")), generate(name)?)?;
        progress(&format!("Wrote {name}.json"));
    }
    complete(&mut web::npm(&["run", "types"]))?;
    progress(&format!("Wrote {TYPES}"));
    Ok(())
}

/// Fails when one of them is not what the built server says.
pub fn check() -> anyhow::Result<()> {
    for name in DOCUMENTS {
        let committed = fs::read_to_string(root().join(format!("{name}.json"))).unwrap_or_default();
        if committed != generate(name)? {
            bail!("{name}.json is not what the code says: run `cargo xtask openapi` and commit the result");
        }
    }
    let types = root().join(TYPES);
    let before = fs::read(&types).unwrap_or_default();
    complete(&mut web::npm(&["run", "--silent", "types"]))?;
    if before != fs::read(&types)? {
        bail!("{TYPES} was not what openapi.json says; it has been written anew: look at the change and commit it");
    }
    Ok(())
}

fn generate(name: &str) -> anyhow::Result<String> {
    let document = read(&mut command(village_binary("debug")?, &[name]))?;
    if document.trim().is_empty() {
        bail!("`village {name}` wrote nothing");
    }
    Ok(document)
}
