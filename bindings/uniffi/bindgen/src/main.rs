//! Generates the code between `bindings/uniffi` and the facade in Swift: `devcred-uniffi-bindgen
//! LIBRARY FOLDER`.
//!
//! A crate of its own, so that the library's build stays small.

use std::env;

use anyhow::{Result, bail};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [library, folder] = arguments.as_slice() else {
        bail!("usage: devcred-uniffi-bindgen LIBRARY FOLDER");
    };
    generate(GenerateOptions {
        languages: vec![TargetLanguage::Swift],
        source: library.into(),
        out_dir: folder.into(),
        format: false,
        ..GenerateOptions::default()
    })
}
