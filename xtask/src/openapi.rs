//! openapi.json and what is generated from it, which are committed.

use std::fs;

use anyhow::bail;

use crate::steps::{cargo, command, complete, progress, read, root, village_binary};
use crate::web;

const TYPES: &str = "web/src/api/generated/schema.d.ts";

pub fn write() -> anyhow::Result<()> {
    web::check_tools()?;
    web::install_if_needed()?;
    progress("Building the server");
    complete(&mut cargo(&["build", "--package", "village"]))?;
    let document = generate()?;
    fs::write(root().join("openapi.json"), document)?;
    progress("Wrote openapi.json");
    complete(&mut web::npm(&["run", "types"]))?;
    progress(&format!("Wrote {TYPES}"));
    Ok(())
}

/// Fails when one of them is not what the built server says.
pub fn check() -> anyhow::Result<()> {
    let committed = fs::read_to_string(root().join("openapi.json")).unwrap_or_default();
    if committed != generate()? {
        bail!("openapi.json is not what the code says: run `cargo xtask openapi` and commit the result");
    }
    let types = root().join(TYPES);
    let before = fs::read(&types).unwrap_or_default();
    complete(&mut web::npm(&["run", "--silent", "types"]))?;
    if before != fs::read(&types)? {
        bail!("{TYPES} was not what openapi.json says; it has been written anew: look at the change and commit it");
    }
    Ok(())
}

fn generate() -> anyhow::Result<String> {
    let document = read(&mut command(village_binary("debug")?, &["openapi"]))?;
    if document.trim().is_empty() {
        bail!("`village openapi` wrote nothing");
    }
    Ok(document)
}
