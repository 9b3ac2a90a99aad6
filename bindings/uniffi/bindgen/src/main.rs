//! Generates the code between `bindings/uniffi` and a facade: `devcred-uniffi-bindgen LIBRARY
//! kotlin|swift FOLDER`.
//!
//! A crate of its own, so that the library's build stays small.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [library, language, folder] = arguments.as_slice() else {
        bail!("usage: devcred-uniffi-bindgen LIBRARY kotlin|swift FOLDER");
    };
    let language = match language.as_str() {
        "kotlin" => TargetLanguage::Kotlin,
        "swift" => TargetLanguage::Swift,
        other => bail!("no facade is written in {other:?}"),
    };
    generate(GenerateOptions {
        languages: vec![language],
        source: library.into(),
        out_dir: folder.into(),
        format: false,
        ..GenerateOptions::default()
    })?;
    for file in kotlin_files(Path::new(folder))? {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        fs::write(&file, with_status_kept(&hidden(&text))?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn kotlin_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.append(&mut kotlin_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "kt") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The same Kotlin, with every top-level declaration `internal`: uniffi has no option for it. One
/// that is overlooked fails to compile, since the facade is built with `-Xexplicit-api=strict`.
fn hidden(kotlin: &str) -> String {
    const MODIFIERS: &[&str] = &["open ", "data ", "sealed ", "enum ", "abstract ", "inline "];
    const DECLARATIONS: &[&str] = &["class ", "interface ", "object ", "fun ", "typealias "];
    /// How a function begins, which is indented.
    const FUNCTION: &str = "         */ fun ";

    let hide = |line: &str| {
        let plain = line.strip_prefix("public ").unwrap_or(line);
        let declaration = MODIFIERS.iter().fold(plain, |rest, modifier| rest.strip_prefix(modifier).unwrap_or(rest));
        match line.strip_prefix(FUNCTION) {
            Some(function) => format!("{}internal fun {function}", FUNCTION.trim_end_matches("fun ")),
            None if DECLARATIONS.iter().any(|word| declaration.starts_with(word)) => format!("internal {plain}"),
            None => line.to_owned(),
        }
    };
    kotlin.split_inclusive('\n').map(hide).collect()
}

/// The same Kotlin, with one place a thread for the status of a call in the place of a new one each
/// time: JNA allocates memory for it, and registers what frees it, which together cost more than
/// all the rest of a call.
///
/// One place is enough: a call's status is read before the thread makes its next one, and a success
/// writes nothing there.
fn with_status_kept(kotlin: &str) -> Result<String> {
    const NEW: &str = "var status = UniffiRustCallStatus()";
    const KEPT: &str = "val status = STATUS.get().apply { code = UNIFFI_CALL_SUCCESS }";
    const PLACE: &str = "\nprivate val STATUS: ThreadLocal<UniffiRustCallStatus> = ThreadLocal.withInitial { UniffiRustCallStatus() }\n";
    if kotlin.matches(NEW).count() != 1 {
        bail!("uniffi's Kotlin has changed: it has not one place with `{NEW}`");
    }
    Ok(kotlin.replace(NEW, KEPT) + PLACE)
}
