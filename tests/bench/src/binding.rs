//! A binding as a contender: a program in its language that calls the same stub server and measures
//! itself.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::contender::{ACCESS_KEY, CLIENT_ID, INSTANCE_ID};
use crate::load::{AT_ONCE, Load};
use crate::measure::Sample;

pub(crate) struct Binding {
    pub(crate) name: String,
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// Calls before memory is measured, and between the two measurements.
const CALLS_BEFORE_GROWTH: u32 = 1_000;
const CALLS_OF_GROWTH: u32 = 20_000;

impl Binding {
    /// Starts the program of `NAME=PROGRAM ARGUMENT...`, which is split at spaces.
    pub(crate) fn start(option: &str, endpoint: &str) -> Result<Self> {
        let (name, program) = option.split_once('=').context("--binding takes NAME=COMMAND")?;
        let mut command = command(program)?;
        command.args(arguments(endpoint)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("cannot start the program of {name}"))?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).context("stdin and stdout are not pipes")?;
        Ok(Self { name: name.to_owned(), process, stdin, stdout: BufReader::new(stdout) })
    }

    pub(crate) fn measure(&mut self, load: &Load) -> Result<Sample> {
        writeln!(self.stdin, "{} {}", load.calls, load.at_once)?;
        self.stdin.flush()?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [cpu, wall] = numbers.as_slice() else {
            bail!("the program of {} printed {line:?} instead of two numbers", self.name);
        };
        let calls = load.calls / load.at_once * load.at_once;
        Ok(Sample::new(calls, Duration::from_nanos(*cpu), Duration::from_nanos(*wall)))
    }

    /// Returns by how many bytes the process grows during 20,000 calls, after its first 1,000.
    /// `None`: the system does not report memory.
    pub(crate) fn growth(&mut self) -> Result<Option<i64>> {
        self.measure(&Load { calls: CALLS_BEFORE_GROWTH, at_once: AT_ONCE })?;
        let before = self.memory();
        self.measure(&Load { calls: CALLS_OF_GROWTH, at_once: AT_ONCE })?;
        Ok(before.zip(self.memory()).map(|(before, after)| after - before))
    }

    /// Returns the resident memory of the process, in bytes.
    fn memory(&self) -> Option<i64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }
}

/// Returns the command for a program and its arguments, split at spaces.
pub(crate) fn command(text: &str) -> Result<Command> {
    let mut words = text.split_whitespace();
    let mut command = Command::new(words.next().context("the command is empty")?);
    command.args(words);
    Ok(command)
}

/// Returns the arguments for a call, which follow the arguments of the command.
pub(crate) fn arguments(endpoint: &str) -> [&str; 5] {
    let [id, secret] = ACCESS_KEY;
    [endpoint, id, secret, INSTANCE_ID, CLIENT_ID]
}

impl Drop for Binding {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
