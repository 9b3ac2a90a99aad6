//! The command `devcred`: fetches the credential of a device, registers devices, and runs the
//! emulator.
//!
//! The result goes to stdout, everything else to stderr; the exit status says what kind of failure
//! it was.

#![forbid(unsafe_code)]

mod args;
mod call;
mod call_log;
mod child;
mod console;
mod emulator;
mod exit;
mod failure;
mod generation;
mod output;
mod panic_guard;
mod runtime;
mod shell;
mod variables;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::call::Operation;

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(Arguments { command: Command::Get(arguments) }) => call::run(Operation::Get, arguments),
        Ok(Arguments { command: Command::Register(arguments) }) => call::run(Operation::Register, arguments),
        Ok(Arguments { command: Command::Emulator(arguments) }) => emulator::run(&arguments),
        Ok(Arguments { command: Command::Completions { shell } }) => generation::print_completions(shell),
        Ok(Arguments { command: Command::Man { subcommand } }) => generation::print_manual(subcommand.as_deref()),
        Err(help_or_usage) => {
            // If this cannot be written, the exit status remains.
            let _ = help_or_usage.print();
            exit::for_usage(&help_or_usage)
        }
    }
}
