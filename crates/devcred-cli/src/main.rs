//! The command `devcred`: fetches the credential of a device, and runs the emulator.
//!
//! The result goes to stdout, everything else to stderr; the exit status says what kind of failure
//! it was.

#![forbid(unsafe_code)]

mod args;
mod call_log;
mod console;
mod emulator;
mod exit;
mod failure;
mod firewall;
mod get;
mod key_pair;
mod output;
mod runtime;
mod served;
mod shell;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(Arguments { command: Command::Get(arguments) }) => get::run(arguments),
        Ok(Arguments { command: Command::Emulator(arguments) }) => emulator::run(&arguments),
        Err(help_or_usage) => {
            // Where even this cannot be written, the exit status is all there is to say.
            let _ = help_or_usage.print();
            exit::usage(&help_or_usage)
        }
    }
}
