//! What other programs count: system calls by strace, allocations and instructions by valgrind. Two
//! runs, one with three times the calls of the other, are subtracted, so that the start and the end
//! of the process vanish.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::load::Load;
use crate::program::Program;

/// A program that counts, and where its report has the sum.
pub(crate) struct Counter {
    pub(crate) program: &'static str,
    arguments: &'static [&'static str],
    /// The option before the file of the report.
    file_option: &'static str,
    parse: fn(&str) -> Option<u64>,
}

pub(crate) const SYSTEM_CALLS: Counter = Counter {
    program: "strace",
    arguments: &["-f", "-qq", "-c", "-U", "name,calls"],
    file_option: "--output=",
    parse: parse_system_calls,
};

/// `malloc` and what calls it; the other checks of valgrind are switched off. If a script starts the
/// program, the report of the program replaces that of the script.
pub(crate) const ALLOCATIONS: Counter = Counter {
    program: "valgrind",
    arguments: &["--tool=memcheck", "--undef-value-errors=no", "--leak-check=no", "--trace-children=yes"],
    file_option: "--log-file=",
    parse: parse_allocations,
};

/// Instructions of the process itself, not of those that it starts.
pub(crate) const INSTRUCTIONS: Counter = Counter {
    program: "valgrind",
    arguments: &["--tool=callgrind", "--callgrind-out-file=/dev/null", "--child-silent-after-fork=yes"],
    file_option: "--log-file=",
    parse: parse_instructions,
};

impl Counter {
    pub(crate) fn is_installed(&self) -> bool {
        is_installed(self.program)
    }

    /// Returns the count for one call of a contender, one at a time.
    pub(crate) fn count_call(&self, program: &Program, endpoint: &str, calls: u32) -> Result<f64> {
        let run = |calls| {
            let input = Load { calls, at_once: 1 }.line();
            self.count(|runner| program.command(runner, endpoint), &input).with_context(|| program.name.clone())
        };
        difference(calls, run)
    }

    /// Returns the count for the command that `command` makes from the words that run it, with this
    /// stdin.
    pub(crate) fn count(&self, command: impl FnOnce(&[&str]) -> Result<Command>, input: &str) -> Result<u64> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("report");
        let option = format!("{}{}", self.file_option, file.display());
        let runner: Vec<&str> = [self.program].iter().chain(self.arguments).copied().chain([option.as_str()]).collect();
        run_with_input(&mut command(&runner)?, input).context(self.program)?;
        (self.parse)(&fs::read_to_string(&file)?).with_context(|| format!("{} counted nothing", self.program))
    }
}

/// Returns the count of one of many equal things, of which `count` counts a number.
pub(crate) fn difference(number: u32, count: impl Fn(u32) -> Result<u64>) -> Result<f64> {
    let (few, many) = (count(number)?, count(3 * number)?);
    Ok((many as f64 - few as f64) / f64::from(2 * number))
}

/// Whether a program can be started.
pub(crate) fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command to its end.
fn run_with_input(command: &mut Command, input: &str) -> Result<()> {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    process.stdin.take().context("stdin is not a pipe")?.write_all(input.as_bytes())?;
    let status = process.wait()?;
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}

fn parse_system_calls(report: &str) -> Option<u64> {
    let total = report.lines().find(|line| line.split_whitespace().next() == Some("total"))?;
    total.split_whitespace().nth(1)?.parse().ok()
}

fn parse_allocations(report: &str) -> Option<u64> {
    let (_, usage) = report.split_once("total heap usage: ")?;
    let (count, _) = usage.split_once(" allocs")?;
    count.replace(',', "").parse().ok()
}

fn parse_instructions(report: &str) -> Option<u64> {
    let (_, count) = report.split_once(" Collected : ")?;
    count.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_a_report_is_found() {
        let strace = "syscall              calls\n--------- ---------\nread   12\n---------\ntotal     1029\n";
        assert_eq!(parse_system_calls(strace), Some(1029));
        assert_eq!(parse_system_calls("syscall calls\n"), None);
        let valgrind = "==7==   total heap usage: 12,345 allocs, 12,300 frees, 678,900 bytes allocated\n";
        assert_eq!(parse_allocations(valgrind), Some(12_345));
        assert_eq!(parse_allocations("==7== no heap\n"), None);
        let callgrind = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(parse_instructions(callgrind), Some(123_456));
        assert_eq!(parse_instructions("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn start_and_end_vanish_from_a_difference() {
        let count = |number: u32| Ok(1_000_000 + 17 * u64::from(number));
        assert_eq!(difference(100, count).expect("it counts"), 17.0);
    }

    #[test]
    fn a_program_that_is_missing_is_not_installed() {
        assert!(!is_installed("devcred-no-such-program"));
    }
}
