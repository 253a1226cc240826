//! The client is embedded from `web/dist`. The folder must exist for the build; when the client has not been
//! built the server says so instead of serving it.

use std::path::Path;

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    // A read-only source tree is fine when the folder is there already.
    let _ = std::fs::create_dir_all(&dist);
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rerun-if-changed=build.rs");
}
