//! A binding as a contender: a program of its language that calls the same stub server, and measures itself.

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

/// Calls before memory is looked at, and between the two looks.
const SETTLED_AFTER: u32 = 1_000;
const GROWS_IN: u32 = 20_000;

impl Binding {
    /// `NAME=PROGRAM ARGUMENT...`, split at spaces.
    pub(crate) fn start(asked: &str, endpoint: &str) -> Result<Self> {
        let (name, program) = asked.split_once('=').context("--binding takes NAME=COMMAND")?;
        let mut command = command(program)?;
        command.args(arguments(endpoint)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("the program of {name} does not start"))?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).context("its input and output are pipes")?;
        Ok(Self { name: name.to_owned(), process, stdin, stdout: BufReader::new(stdout) })
    }

    pub(crate) fn put_on(&mut self, load: &Load) -> Result<Sample> {
        writeln!(self.stdin, "{} {}", load.calls, load.at_once)?;
        self.stdin.flush()?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [cpu, wall] = numbers.as_slice() else {
            bail!("the program of {} answered {line:?}", self.name);
        };
        let calls = load.calls / load.at_once * load.at_once;
        Ok(Sample::new(calls, Duration::from_nanos(*cpu), Duration::from_nanos(*wall)))
    }

    /// By how many bytes 20,000 calls make the process grow that has made its first 1,000. `None`: the system does not say.
    pub(crate) fn growth(&mut self) -> Result<Option<i64>> {
        self.put_on(&Load { calls: SETTLED_AFTER, at_once: AT_ONCE })?;
        let before = self.memory();
        self.put_on(&Load { calls: GROWS_IN, at_once: AT_ONCE })?;
        Ok(before.zip(self.memory()).map(|(before, after)| after - before))
    }

    /// What of the process is in memory.
    fn memory(&self) -> Option<i64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }
}

/// A program and its arguments, split at spaces.
pub(crate) fn command(text: &str) -> Result<Command> {
    let mut words = text.split_whitespace();
    let mut command = Command::new(words.next().context("a command names a program")?);
    command.args(words);
    Ok(command)
}

/// What to call stands behind a program's own arguments.
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
