//! The programs that are measured, and one that runs.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::contender::{ACCESS_KEY, CLIENT_ID, INSTANCE_ID};
use crate::load::Load;
use crate::measure::Sample;

/// What a contender is to devcred.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Devcred's client for Rust, which all bindings use.
    Core,
    Binding,
    /// What a user would choose instead.
    Alternative,
}

/// The name of the core, and of what it is built on.
pub(crate) const CORE: &str = "Rust";
pub(crate) const REQWEST: &str = "Rust, raw reqwest";
pub(crate) const HYPER: &str = "Rust, raw hyper";

pub(crate) struct Program {
    /// A language, and after a comma what distinguishes the program from others in this language.
    pub(crate) name: String,
    pub(crate) origin: Origin,
    words: Vec<String>,
}

impl Program {
    /// Parses `NAME=PROGRAM ARGUMENT...`, which is split at spaces.
    pub(crate) fn parse(option: &str, origin: Origin) -> Result<Self> {
        let (name, command) = option.split_once('=').with_context(|| format!("{option:?} is not NAME=COMMAND"))?;
        Ok(Self { name: name.to_owned(), origin, words: words(command) })
    }

    /// The contenders in Rust, which are this program again.
    pub(crate) fn in_rust() -> Result<[Self; 3]> {
        let own = std::env::current_exe()?.into_os_string();
        let own = own.into_string().ok().context("the path of this program is not UTF-8")?;
        let program = |name: &str, origin, kind: &str| Self {
            name: name.to_owned(),
            origin,
            words: [&own, "contender", kind].map(str::to_owned).into(),
        };
        Ok([
            program(HYPER, Origin::Alternative, "hyper"),
            program(REQWEST, Origin::Alternative, "reqwest"),
            program(CORE, Origin::Core, "core"),
        ])
    }

    pub(crate) fn language(&self) -> &str {
        self.name.split(", ").next().unwrap_or_default()
    }

    /// Returns the language whose binding a user of this language takes.
    pub(crate) fn group(&self) -> &str {
        match self.language() {
            "Java" => "Kotlin",
            language => language,
        }
    }

    /// Returns the name without the language.
    pub(crate) fn client(&self) -> String {
        let rest = self.name.split_once(", ").map(|(_, rest)| rest);
        match (self.origin, rest) {
            (Origin::Alternative, rest) => rest.unwrap_or("other").to_owned(),
            (_, None) => "**devcred**".to_owned(),
            (_, Some(rest)) => format!("**devcred**, {rest}"),
        }
    }

    /// Whether the program allocates its memory with `malloc` only, whose calls valgrind counts.
    pub(crate) fn is_native(&self) -> bool {
        matches!(self.language(), "Rust" | "C")
    }

    /// Whether the program runs on a JVM, all of whose heap is resident.
    pub(crate) fn runs_on_jvm(&self) -> bool {
        self.group() == "Kotlin"
    }

    /// A command that calls this endpoint, run by another program if `runner` is not empty.
    pub(crate) fn command(&self, runner: &[&str], endpoint: &str) -> Result<Command> {
        let mut command = command(runner.iter().copied().chain(self.words.iter().map(String::as_str)))?;
        command.args(arguments(endpoint));
        Ok(command)
    }

    /// Returns the first line that it prints if called with `--version`, if it can do that.
    pub(crate) fn version(&self) -> Option<String> {
        let mut command = command(self.words.iter().map(String::as_str)).ok()?;
        let output = command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
        text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
    }

    pub(crate) fn start(&self, endpoint: &str) -> Result<Process> {
        let mut command = self.command(&[], endpoint)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("it cannot be started")?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).context("stdin and stdout are not pipes")?;
        Ok(Process { process, stdin, stdout: BufReader::new(stdout) })
    }
}

pub(crate) fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

pub(crate) fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Command> {
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().context("the command is empty")?);
    command.args(words);
    Ok(command)
}

/// Returns the arguments for calls, which follow the arguments of the command.
pub(crate) fn arguments(endpoint: &str) -> [&str; 5] {
    let [id, secret] = ACCESS_KEY;
    [endpoint, id, secret, INSTANCE_ID, CLIENT_ID]
}

/// A program that runs and waits for loads.
pub(crate) struct Process {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn measure(&mut self, load: Load) -> Result<Sample> {
        let line = self.answer(&load.line())?;
        let Some((cpu, wall)) = parse_times(&line) else {
            bail!("it printed {line:?} instead of two numbers");
        };
        Ok(Sample { count: load.calls / load.at_once * load.at_once, cpu, wall })
    }

    /// Makes a program on a JVM collect its garbage, and returns how many bytes of its heap are free
    /// then.
    pub(crate) fn collect_garbage(&mut self) -> Result<f64> {
        let line = self.answer("collect\n")?;
        line.trim_end().parse().with_context(|| format!("it printed {line:?} instead of a number"))
    }

    /// Returns the line that the program prints for a line.
    fn answer(&mut self, line: &str) -> Result<String> {
        self.stdin.write_all(line.as_bytes()).context("it has ended")?;
        self.stdin.flush()?;
        let mut answer = String::new();
        self.stdout.read_line(&mut answer)?;
        Ok(answer)
    }

    /// Returns the resident memory in bytes, if the system reports it.
    pub(crate) fn memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        Some(status_field(&status, "VmRSS:")? * 1024.0)
    }

    /// Returns how often the threads that exist now have given up a core or lost it.
    pub(crate) fn context_switches(&self) -> Option<f64> {
        let mut sum = 0.0;
        for task in fs::read_dir(format!("/proc/{}/task", self.process.id())).ok()? {
            // A thread that has ended is left out.
            let Ok(status) = fs::read_to_string(task.ok()?.path().join("status")) else { continue };
            sum += status_field(&status, "voluntary_ctxt_switches:")?;
            sum += status_field(&status, "nonvoluntary_ctxt_switches:")?;
        }
        Some(sum)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn parse_times(line: &str) -> Option<(Duration, Duration)> {
    let (cpu, wall) = line.trim_end().split_once(' ')?;
    Some((Duration::from_nanos(cpu.parse().ok()?), Duration::from_nanos(wall.parse().ok()?)))
}

/// Returns the number after a name at the start of a line.
fn status_field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_language_and_a_client() {
        let name = |option: &str, origin| {
            let program = Program::parse(option, origin).expect("it is valid");
            (program.language().to_owned(), program.client(), program.words.join("|"))
        };
        let expected = |language: &str, client: &str, words: &str| (language.into(), client.into(), words.into());
        assert_eq!(name("C, callback=a/b  x", Origin::Binding), expected("C", "**devcred**, callback", "a/b|x"));
        assert_eq!(name("Node=node", Origin::Binding), expected("Node", "**devcred**", "node"));
        let name = name("Java, a = b (1, 2)=java", Origin::Alternative);
        assert_eq!(name.0, "Java", "an option is split at the first =");
        assert!(Program::parse("C", Origin::Binding).is_err());
    }

    #[test]
    fn the_fields_of_a_process_are_read() {
        let status = "VmRSS:\t   1234 kB\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t7\n";
        let fields = ["VmRSS:", "voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:", "VmSwap:"];
        assert_eq!(fields.map(|name| status_field(status, name)), [Some(1234.0), Some(5.0), Some(7.0), None]);
    }

    #[test]
    fn times_are_two_numbers() {
        let times = (Duration::from_nanos(12), Duration::from_nanos(345));
        assert_eq!(parse_times("12 345\n"), Some(times));
        for line in ["", "12", "12 x\n", "1 2 3\n"] {
            assert_eq!(parse_times(line), None, "{line}");
        }
    }
}
