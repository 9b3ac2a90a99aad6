//! A running program of a language.

use std::io;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::random::Random;
use crate::report::Row;
use crate::samples::Sample;
use crate::server::Server;
use crate::tracker::CallTracker;

/// Few enough that calls for one device overlap.
const DEVICES: u64 = 500;
/// How many of 1,000 calls are cancelled.
const CANCELLED_PER_MILLE: u64 = 50;
/// The maximum number of later calls that are started before a call is cancelled.
const CANCELLED_WITHIN: u64 = 60;
const TIMEOUT_MS: &str = "10000";
const ATTEMPT_TIMEOUT_MS: &str = "2000";
/// Longer than a call, or the exit of a program, can take.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Program {
    name: String,
    process: Child,
    starter: Option<Starter>,
    starter_thread: Option<JoinHandle<ChildStdin>>,
    reader_thread: JoinHandle<()>,
    tracker: Arc<Mutex<CallTracker>>,
    samples: Vec<Sample>,
}

/// Writes the lines that start and cancel calls to the program.
struct Starter {
    name: String,
    stdin: ChildStdin,
    random: Random,
    tracker: Arc<Mutex<CallTracker>>,
}

impl Program {
    /// Starts the program of a command, which is split at spaces.
    pub(crate) fn start(name: &str, command: &str, server: &Arc<Server>, seed: u64) -> Result<Self> {
        let mut words = command.split_whitespace();
        let mut command = Command::new(words.next().context("the command is empty")?);
        command.args(words).args(server.arguments()).args([TIMEOUT_MS, ATTEMPT_TIMEOUT_MS]);
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.with_context(|| format!("cannot start the program of {name}"))?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).context("stdin and stdout are not pipes")?;
        let tracker = Arc::<Mutex<CallTracker>>::default();
        let reader_thread = thread::spawn({
            let (tracker, server) = (Arc::clone(&tracker), Arc::clone(server));
            move || {
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else {
                        return lock(&tracker).add_finding("a line that is not UTF-8".to_owned());
                    };
                    lock(&tracker).end(&line, |client_id| server.password(client_id));
                }
            }
        });
        let starter =
            Starter { name: name.to_owned(), stdin, random: Random::new(seed), tracker: Arc::clone(&tracker) };
        let name = name.to_owned();
        Ok(Self {
            name,
            process,
            starter: Some(starter),
            starter_thread: None,
            reader_thread,
            tracker,
            samples: Vec::new(),
        })
    }

    /// Starts calls at this rate for `duration` after `begin`, in a thread.
    pub(crate) fn start_calls(&mut self, rate: u64, begin: Instant, duration: Duration) {
        let starter = self.starter.take();
        self.starter_thread = starter.map(|starter| thread::spawn(move || starter.run(rate, begin, duration)));
    }

    pub(crate) fn take_sample(&mut self) {
        self.samples.extend(Sample::of(self.process.id()));
    }

    /// Returns a line such as `rust: ok 2871, failed 2, cancelled 110, running 17, 8 MiB`.
    pub(crate) fn progress(&self) -> String {
        let tracker = lock(&self.tracker);
        let (ok, cancelled) = (tracker.count("ok"), tracker.count("cancelled"));
        let failed = tracker.outcomes.values().sum::<u64>() - ok - cancelled;
        let memory = self.samples.last().map_or(0, |sample| sample.memory_kb / 1024);
        let (name, running) = (&self.name, tracker.running());
        format!("{name}: ok {ok}, failed {failed}, cancelled {cancelled}, running {running}, {memory} MiB")
    }

    /// Waits until every call has ended, closes the program's input, and waits until the program
    /// has exited.
    pub(crate) fn finish(mut self) -> Row {
        let stdin = self.starter_thread.take().and_then(|thread| thread.join().ok());
        wait_for(|| lock(&self.tracker).running() == 0);
        lock(&self.tracker).finish();
        drop(stdin);
        let has_exited = wait_for(|| self.process.try_wait().is_ok_and(|status| status.is_some()));
        let finding = match self.process.try_wait() {
            Ok(Some(status)) if status.success() => None,
            Ok(Some(status)) => Some(format!("the program exited with {status}")),
            _ if !has_exited => Some("the program did not exit at the end of its input".to_owned()),
            _ => Some("cannot wait for the program".to_owned()),
        };
        // Fails if the program has exited.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The reader ends with the program's output.
        let _ = self.reader_thread.join();
        let mut tracker = std::mem::take(&mut *lock(&self.tracker));
        finding.into_iter().for_each(|finding| tracker.add_finding(finding));
        Row { name: self.name, tracker, samples: self.samples }
    }
}

impl Starter {
    fn run(mut self, rate: u64, begin: Instant, duration: Duration) -> ChildStdin {
        let last = duration.as_secs() * rate;
        let mut cancels: Vec<(u64, u64)> = Vec::new();
        for number in 0..last {
            let due = begin
                + Duration::from_secs(1) * u32::try_from(number).unwrap_or(u32::MAX) / u32::try_from(rate).unwrap_or(1);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if self.random.below(1000) < CANCELLED_PER_MILLE {
                // Most calls end before the next one is started, so cancel half of them
                // immediately.
                let later_calls = self.random.below(2) * self.random.below(CANCELLED_WITHIN);
                cancels.push((number + later_calls, number));
            }
            let (now, later): (Vec<_>, Vec<_>) = cancels.into_iter().partition(|(when, _)| *when <= number);
            cancels = later;
            if let Err(error) = self.step(number, &now) {
                lock(&self.tracker).add_finding(format!("cannot write to the program: {error}"));
                break;
            }
        }
        self.stdin
    }

    /// Starts a call and cancels those that are due, possibly including this one.
    fn step(&mut self, number: u64, cancels: &[(u64, u64)]) -> io::Result<()> {
        let client_id = format!("GID_soak@@@{}-{}", self.name, self.random.below(DEVICES));
        lock(&self.tracker).start(number, &client_id);
        let mut lines = format!("start {number} {client_id}\n");
        for (_, cancelled) in cancels {
            if lock(&self.tracker).cancel(*cancelled) {
                lines += &format!("cancel {cancelled}\n");
            }
        }
        self.stdin.write_all(lines.as_bytes())
    }
}

/// Polls until the condition is true; returns `false` if it is not true in time.
fn wait_for(mut condition: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !condition() {
        if begin.elapsed() > LIMIT {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}

fn lock(tracker: &Mutex<CallTracker>) -> MutexGuard<'_, CallTracker> {
    tracker.lock().unwrap_or_else(PoisonError::into_inner)
}
