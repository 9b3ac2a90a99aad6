//! Runs the built command: with only the variables that a test sets, and a limit for every wait.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Far longer than any test needs: a test that waits so long has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn devcred<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_devcred"));
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Another program, with only PATH of this machine's environment.
pub(crate) fn tool(program: &str) -> Command {
    let mut command = Command::new(program);
    let kept = ["PATH", "HOME"].map(|name| (name, std::env::var_os(name).unwrap_or_default()));
    command.env_clear().envs(kept).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

pub(crate) fn run(command: &mut Command) -> Ended {
    let begun = Instant::now();
    let ended = wait(command.spawn().unwrap());
    Ended { took: begun.elapsed(), ..ended }
}

/// Waits for a child and returns how it ended.
fn wait(child: Child) -> Ended {
    let id = child.id();
    let begun = Instant::now();
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(LIMIT) else {
        signal(id, "KILL");
        panic!("the command did not end within {LIMIT:?}");
    };
    let output = output.unwrap();
    Ended {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        took: begun.elapsed(),
    }
}

/// A command that runs until a test ends it, at the latest when it is dropped.
pub(crate) struct Running(Option<Child>);

impl Running {
    pub(crate) fn new(child: Child) -> Self {
        Self(Some(child))
    }

    /// Sends it this signal, `INT` or `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.0.as_ref().unwrap().id(), name);
    }

    /// Ends it with this signal.
    pub(crate) fn end_by(self, name: &str) -> Ended {
        self.signal(name);
        self.end()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        wait(self.0.take().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn signal(id: u32, name: &str) {
    let script = format!("kill -{name} {id}");
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
}

/// The lines of a stream, so that waiting for one can have a limit.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self(receiver)
    }

    pub(crate) fn next(&self) -> String {
        self.0.recv_timeout(LIMIT).expect("no further line came")
    }

    /// Returns every line up to the end of the stream.
    pub(crate) fn rest(&self) -> Vec<String> {
        self.0.iter().collect()
    }
}
