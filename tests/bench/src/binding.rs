//! A binding as a contender: a program of its language that calls the same stub server, and measures itself.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::contender::{ACCESS_KEY, CLIENT_ID, INSTANCE_ID};
use crate::load::Load;
use crate::measure::Sample;

pub(crate) struct Binding {
    pub(crate) name: String,
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Binding {
    /// `NAME=PROGRAM ARGUMENT...`, split at spaces; what to call stands behind its own arguments.
    pub(crate) fn start(asked: &str, endpoint: &str) -> Result<Self> {
        let (name, command) = asked.split_once('=').context("--binding takes NAME=COMMAND")?;
        let mut words = command.split_whitespace();
        let [id, secret] = ACCESS_KEY;
        let mut command = Command::new(words.next().context("--binding takes NAME=COMMAND")?);
        command.args(words).args([endpoint, id, secret, INSTANCE_ID, CLIENT_ID]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
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
}

impl Drop for Binding {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
