//! Every case in every requested language: `cargo test -p devcred-conformance --test suite`.

use std::process::ExitCode;

use devcred_conformance::{language, suite};

fn main() -> ExitCode {
    suite::main(language::all(env!("CARGO_BIN_EXE_devcred-probe-rust")))
}
