//! How long the driver waits for a probe.

use std::time::Duration;

/// How long the driver waits before it fails a case.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For an answer, after the last deadline of the case.
    pub answer: Duration,
    /// For a probe to end, after the end of its input.
    pub end: Duration,
    /// For a cancelled call to close its connection, after the probe's answer.
    pub closed: Duration,
    /// For a request that a cancelled call must not send.
    pub quiet: Duration,
    /// How many times slower than usual the probe is, for example under valgrind.
    pub slow: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs(10);
        Self { answer: seconds, end: seconds, closed: seconds, quiet: Duration::from_millis(1200), slow: 1 }
    }
}

impl Limits {
    /// Returns the limits for a probe that is this many times slower.
    #[must_use]
    pub fn slowed(self, slow: u32) -> Self {
        let Self { answer, end, closed, quiet, .. } = self;
        Self { answer: answer * slow, end: end * slow, closed: closed * slow, quiet, slow }
    }
}
