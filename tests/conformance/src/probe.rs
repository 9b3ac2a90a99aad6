//! One probe: a process that makes one call at a time.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::language::Language;
use crate::leak_check::Secrets;
use crate::line::Line;

/// A virtual machine on a busy host is slow.
const GREETING_LIMIT: Duration = Duration::from_secs(60);
/// Far longer than any line: a probe that writes without end must not fill the memory.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// A running probe. Dropping it kills its process.
pub(crate) struct Probe {
    process: Child,
    /// `None` once its input is closed.
    stdin: Option<ChildStdin>,
    lines: Receiver<Result<String, String>>,
    log: Log,
    /// Whether each call had exactly one answer.
    in_sync: bool,
    /// The secrets of all of its cases, because it may leak one late.
    secrets: Secrets,
    /// The case of its last call.
    case: String,
}

impl Probe {
    /// Starts a probe with only these variables, and checks its greeting.
    pub(crate) fn start(language: &Language, environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let no_log = |error: io::Error| format!("the probe's log cannot be kept: {error}");
        let log = Log::new().map_err(no_log)?;
        let mut command = language.command();
        command.envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(log.for_writing().map_err(no_log)?);
        let mut process = command.spawn().map_err(|error| {
            let (name, program, hint) = (language.name, command.get_program(), language.if_missing);
            format!("the probe of {name} cannot be started: {program:?}: {error}; {hint}")
        })?;
        let (sender, lines) = sync_channel(16);
        if let Some(stdout) = process.stdout.take() {
            thread::spawn(move || read_lines(stdout, &sender));
        }
        let stdin = process.stdin.take();
        let secrets = Secrets::default();
        let mut probe = Self { process, stdin, lines, log, in_sync: false, secrets, case: "its greeting".to_owned() };
        let greeting = probe.receive(GREETING_LIMIT).and_then(|greeting| language.check_greeting(&greeting));
        greeting.map_err(|wrong| format!("{wrong}\n{}", probe.new_log()))?;
        probe.in_sync = true;
        Ok(probe)
    }

    /// Sends a call and reads the answer. After an error the probe is killed, because its next line
    /// could not be assigned to a call.
    pub(crate) fn ask(&mut self, call: &Line, limit: Duration) -> Result<Line, String> {
        let case = call.get("case").unwrap_or_default();
        let before = std::mem::replace(&mut self.case, case.to_owned());
        if self.lines.try_recv().is_ok() {
            self.end();
            return Err(format!("the probe wrote an unexpected line after {before}"));
        }
        if let Some(stdin) = &mut self.stdin {
            // If this fails the probe has ended, which `receive` reports.
            let _ = writeln!(stdin, "{call}").and_then(|()| stdin.flush());
        }
        let answer = self.receive(limit)?;
        match answer.get("case") {
            Some(answered) if answered == case => Ok(answer),
            other => {
                let failure = format!("the probe answered for another case: {}", other.unwrap_or("none"));
                self.end();
                Err(failure)
            }
        }
    }

    /// Adds these secrets.
    pub(crate) fn add_secrets(&mut self, secrets: &Secrets) {
        self.secrets.extend(secrets);
    }

    /// Returns every secret that it has received.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Returns what it has written to stderr since the last call of this.
    pub(crate) fn new_log(&mut self) -> String {
        self.log.new_text()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it can make another call.
    pub(crate) fn is_in_sync(&self) -> bool {
        self.in_sync
    }

    /// Closes its input, waits until it has ended, and returns what it did wrong after its last
    /// answer.
    pub(crate) fn finish(mut self, limit: Duration) -> Result<(), String> {
        self.stdin = None;
        let ended = self.wait(limit);
        let case = &self.case;
        if !ended {
            return Err(format!("the probe did not end with its input within {limit:?}; its last case was {case}"));
        }
        if self.lines.try_recv().is_ok() {
            return Err(format!("the probe wrote an unexpected line after {case}"));
        }
        let log = self.log.new_text();
        let found = self.secrets.found_in(&log);
        if !found.is_empty() {
            return Err(format!("after {case} the probe wrote to its log: {}", found.join(", ")));
        }
        match self.process.try_wait() {
            Ok(Some(status)) if !status.success() => {
                Err(format!("after {case} the probe ended with {status}:\n{}", self.secrets.redact(&log)))
            }
            _ => Ok(()),
        }
    }

    fn receive(&mut self, limit: Duration) -> Result<Line, String> {
        let failure = match self.lines.recv_timeout(limit) {
            Ok(Ok(line)) => match Line::parse(&line) {
                Ok(line) => return Ok(line),
                Err(wrong) => format!("the probe wrote an invalid line of the protocol: {wrong}"),
            },
            Ok(Err(unreadable)) => format!("the probe wrote {unreadable}"),
            Err(RecvTimeoutError::Timeout) => {
                format!("the probe did not answer within {limit:?}; its process {} was ended", self.process.id())
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.wait(Duration::from_secs(1));
                let status = self.process.try_wait().ok().flatten();
                let status = status.map_or("it runs, but its output is closed".to_owned(), |status| status.to_string());
                format!("the probe has ended: {status}")
            }
        };
        self.end();
        Err(failure)
    }

    /// Waits for its end. Returns whether it ended within this time.
    fn wait(&mut self, limit: Duration) -> bool {
        let begun = Instant::now();
        loop {
            match self.process.try_wait() {
                Ok(None) if begun.elapsed() < limit => thread::sleep(Duration::from_millis(2)),
                Ok(status) => return status.is_some(),
                Err(_) => return false,
            }
        }
    }

    /// Kills the process, unless it has ended.
    fn end(&mut self) {
        self.in_sync = false;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.end();
    }
}

fn read_lines(stdout: ChildStdout, to: &SyncSender<Result<String, String>>) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let line = match stdout.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Err(error) => Err(format!("what cannot be read: {error}")),
            Ok(_) if line.pop() != Some(b'\n') => Err("a line without its end".to_owned()),
            Ok(_) => String::from_utf8(line).map_err(|_| "a line that is not UTF-8".to_owned()),
        };
        let is_the_last = line.is_err();
        if to.send(line).is_err() || is_the_last {
            return;
        }
    }
}

/// A probe's stderr is a file: what was written before an answer is in it when the answer is read,
/// and no probe has to wait because a pipe is full.
struct Log {
    /// Removes the file when it is dropped.
    file: NamedTempFile,
    reader: File,
}

impl Log {
    fn new() -> io::Result<Self> {
        let file = NamedTempFile::new()?;
        let reader = file.reopen()?;
        Ok(Self { file, reader })
    }

    /// Appends, because a probe may pass its stderr to child processes.
    fn for_writing(&self) -> io::Result<File> {
        OpenOptions::new().append(true).open(self.file.path())
    }

    fn new_text(&mut self) -> String {
        let mut bytes = Vec::new();
        match self.reader.read_to_end(&mut bytes) {
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(the probe's log cannot be read: {error})"),
        }
    }
}
