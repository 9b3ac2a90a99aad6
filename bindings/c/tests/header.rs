//! The header in the repository is the one that cbindgen generates.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

#[test]
fn the_checked_in_header_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut generated = Vec::new();
    cbindgen::generate(folder).unwrap().write(&mut generated);
    let file = folder.join("include/devcred.h");
    if std::env::var_os("DEVCRED_WRITE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &generated).unwrap();
    }
    let checked_in = fs::read(&file).unwrap_or_default();
    assert!(
        checked_in == generated,
        "{} does not match src/; to update it, run DEVCRED_WRITE=1 cargo test -p devcred-c --test header",
        file.display()
    );
}
