//! A language's program while it soaks.

use std::io;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::book::Book;
use crate::random::Random;
use crate::report::Row;
use crate::samples::Sample;
use crate::server::Server;

/// So few that calls for one device overlap.
const DEVICES: u64 = 500;
/// In thousandths of the calls, which of them are cancelled.
const CANCELLED: u64 = 50;
/// After at most so many later calls have been started.
const CANCELLED_WITHIN: u64 = 60;
const TIMEOUT_MS: &str = "10000";
const ATTEMPT_TIMEOUT_MS: &str = "2000";
/// Longer than a call may take, and a process to end.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Program {
    name: String,
    process: Child,
    starter: Option<Starter>,
    starting: Option<JoinHandle<ChildStdin>>,
    reading: JoinHandle<()>,
    book: Arc<Mutex<Book>>,
    samples: Vec<Sample>,
}

/// Writes to the program which calls to start and to cancel.
struct Starter {
    name: String,
    stdin: ChildStdin,
    random: Random,
    book: Arc<Mutex<Book>>,
}

impl Program {
    /// Starts a program with its arguments, split at spaces.
    pub(crate) fn start(name: &str, command: &str, server: &Arc<Server>, seed: u64) -> Result<Self> {
        let mut words = command.split_whitespace();
        let mut command = Command::new(words.next().context("a command names a program")?);
        command.args(words).args(server.arguments()).args([TIMEOUT_MS, ATTEMPT_TIMEOUT_MS]);
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.with_context(|| format!("the program of {name} does not start"))?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).context("its input and output are pipes")?;
        let book = Arc::<Mutex<Book>>::default();
        let reading = thread::spawn({
            let (book, server) = (Arc::clone(&book), Arc::clone(server));
            move || {
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else { return lock(&book).find("a line that is not UTF-8".to_owned()) };
                    lock(&book).end(&line, |client_id| server.password(client_id));
                }
            }
        });
        let starter = Starter { name: name.to_owned(), stdin, random: Random::new(seed), book: Arc::clone(&book) };
        let name = name.to_owned();
        Ok(Self { name, process, starter: Some(starter), starting: None, reading, book, samples: Vec::new() })
    }

    /// Starts calls at this rate from `begin` on, in a thread.
    pub(crate) fn start_calls(&mut self, rate: u64, begin: Instant, lasts: Duration) {
        let starter = self.starter.take();
        self.starting = starter.map(|starter| thread::spawn(move || starter.run(rate, begin, lasts)));
    }

    pub(crate) fn take_sample(&mut self) {
        self.samples.extend(Sample::of(self.process.id()));
    }

    /// `rust: ok 2871, failed 2, cancelled 110, running 17, 8 MiB`
    pub(crate) fn progress(&self) -> String {
        let book = lock(&self.book);
        let (ok, cancelled) = (book.count("ok"), book.count("cancelled"));
        let failed = book.ended.values().sum::<u64>() - ok - cancelled;
        let memory = self.samples.last().map_or(0, |sample| sample.memory_kb / 1024);
        let (name, running) = (&self.name, book.open());
        format!("{name}: ok {ok}, failed {failed}, cancelled {cancelled}, running {running}, {memory} MiB")
    }

    /// Waits until every call has ended, and the program after its input.
    pub(crate) fn finish(mut self) -> Row {
        let stdin = self.starting.take().and_then(|starting| starting.join().ok());
        wait_for(|| lock(&self.book).open() == 0);
        lock(&self.book).close();
        drop(stdin);
        let ended = wait_for(|| self.process.try_wait().is_ok_and(|status| status.is_some()));
        let finding = match self.process.try_wait() {
            Ok(Some(status)) if status.success() => None,
            Ok(Some(status)) => Some(format!("the program ended with {status}")),
            _ if !ended => Some("the program does not end when its input does".to_owned()),
            _ => Some("the program cannot be waited for".to_owned()),
        };
        // It fails when the program has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Its output ends with it.
        let _ = self.reading.join();
        let mut book = std::mem::take(&mut *lock(&self.book));
        finding.into_iter().for_each(|finding| book.find(finding));
        Row { name: self.name, book, samples: self.samples }
    }
}

impl Starter {
    fn run(mut self, rate: u64, begin: Instant, lasts: Duration) -> ChildStdin {
        let last = lasts.as_secs() * rate;
        let mut cancels: Vec<(u64, u64)> = Vec::new();
        for number in 0..last {
            let due = begin
                + Duration::from_secs(1) * u32::try_from(number).unwrap_or(u32::MAX) / u32::try_from(rate).unwrap_or(1);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if self.random.below(1000) < CANCELLED {
                // Most calls end before the next one is started, so every other cancel comes at once.
                let later_calls = self.random.below(2) * self.random.below(CANCELLED_WITHIN);
                cancels.push((number + later_calls, number));
            }
            let (now, later): (Vec<_>, Vec<_>) = cancels.into_iter().partition(|(when, _)| *when <= number);
            cancels = later;
            if let Err(error) = self.step(number, &now) {
                lock(&self.book).find(format!("the program does not read its input any more: {error}"));
                break;
            }
        }
        self.stdin
    }

    /// Starts a call, and cancels those that are to be cancelled now, which may be this one.
    fn step(&mut self, number: u64, cancels: &[(u64, u64)]) -> io::Result<()> {
        let client_id = format!("GID_soak@@@{}-{}", self.name, self.random.below(DEVICES));
        lock(&self.book).start(number, &client_id);
        let mut lines = format!("start {number} {client_id}\n");
        for (_, cancelled) in cancels {
            if lock(&self.book).cancel(*cancelled) {
                lines += &format!("cancel {cancelled}\n");
            }
        }
        self.stdin.write_all(lines.as_bytes())
    }
}

/// Looks again and again, and says whether it came true in time.
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

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}
