//! Every case in every language that is asked for: `cargo test -p devcred-conformance --test suite`.

use std::process::ExitCode;

use devcred_conformance::{language, suite};

fn main() -> ExitCode {
    suite::main(language::all(env!("CARGO_BIN_EXE_devcred-probe-rust")))
}
