//! The header that is checked in is the one that cbindgen makes.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

#[test]
fn the_header_that_is_checked_in_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut made = Vec::new();
    cbindgen::generate(folder).unwrap().write(&mut made);
    let file = folder.join("include/devcred.h");
    if std::env::var_os("DEVCRED_WRITE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &made).unwrap();
    }
    let written = fs::read(&file).unwrap_or_default();
    assert!(
        written == made,
        "{} is not what src/ says: DEVCRED_WRITE=1 cargo test -p devcred-c --test header writes it",
        file.display()
    );
}
