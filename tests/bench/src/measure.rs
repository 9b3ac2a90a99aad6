//! The clocks, and statistics over rounds.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Measures wall time and CPU time (user and system).
pub(crate) struct Stopwatch {
    clock: ClockId,
    cpu: Duration,
    wall: Instant,
}

impl Stopwatch {
    /// Counts the CPU time of every thread of the process, so that the threads of a library count
    /// too.
    pub(crate) fn for_process() -> Self {
        Self::start(ClockId::ProcessCPUTime)
    }

    pub(crate) fn for_thread() -> Self {
        Self::start(ClockId::ThreadCPUTime)
    }

    fn start(clock: ClockId) -> Self {
        Self { clock, cpu: now(clock), wall: Instant::now() }
    }

    pub(crate) fn stop(self, count: u32) -> Sample {
        Sample::new(count, now(self.clock).saturating_sub(self.cpu), self.wall.elapsed())
    }
}

fn now(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// The times that a number of calls or signatures took.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    count: f64,
    cpu: f64,
    wall: f64,
}

impl Sample {
    pub(crate) fn new(count: u32, cpu: Duration, wall: Duration) -> Self {
        Self { count: count.into(), cpu: cpu.as_secs_f64(), wall: wall.as_secs_f64() }
    }

    /// Returns the CPU time of 1,000 calls, in seconds.
    pub(crate) fn cpu_per_thousand(&self) -> f64 {
        self.cpu / self.count * 1000.0
    }

    /// Returns the calls per second of wall time.
    pub(crate) fn rate(&self) -> f64 {
        self.count / self.wall
    }

    /// Returns the calls per second of CPU time: the rate of a thread that does not share its core.
    pub(crate) fn cpu_rate(&self) -> f64 {
        self.count / self.cpu
    }
}

/// The minimum, median and maximum of the rounds.
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of<T>(rounds: &[T], value: impl Fn(&T) -> f64) -> Self {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        Self { min: at(0), median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), max: at(last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        let median = |values: &[f64]| Spread::of(values, |value| *value).median;
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(median(&[7.0]), 7.0);
    }

    #[test]
    fn cpu_time_counts_work_and_not_sleep() {
        let stopwatch = Stopwatch::for_thread();
        std::thread::sleep(Duration::from_millis(50));
        let asleep = stopwatch.stop(1);
        assert!(asleep.wall >= 0.05 && asleep.cpu < 0.04, "{} of {}", asleep.cpu, asleep.wall);

        let stopwatch = Stopwatch::for_process();
        let mut sum = 0_u64;
        (0..20_000_000_u64).for_each(|number| sum = std::hint::black_box(sum ^ number));
        assert!(stopwatch.stop(1).cpu > 0.0);
    }
}
