//! How long the driver waits for a probe.

use std::time::Duration;

/// How long the driver waits before it fails a case.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For an answer, after the longest deadline of the case.
    pub answer: Duration,
    /// For the end of a probe, after the end of its input.
    pub end: Duration,
    /// For a cancelled call to close its connection, after the probe's answer.
    pub closed: Duration,
    /// For a request that a cancelled call must not send.
    pub quiet: Duration,
    /// By how much slower than usual the probe is: a checker such as valgrind makes it so.
    pub slow: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs(10);
        Self { answer: seconds, end: seconds, closed: seconds, quiet: Duration::from_millis(1200), slow: 1 }
    }
}

impl Limits {
    /// The same for a probe that is so many times slower.
    #[must_use]
    pub fn slowed(self, slow: u32) -> Self {
        let Self { answer, end, closed, quiet, .. } = self;
        Self { answer: answer * slow, end: end * slow, closed: closed * slow, quiet, slow }
    }
}
