//! The clocks, and the median of rounds.

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
        Sample { count, cpu: now(self.clock).saturating_sub(self.cpu), wall: self.wall.elapsed() }
    }
}

fn now(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// The times that a number of calls or signatures took.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) count: u32,
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
}

impl Sample {
    /// Returns the CPU time of one call, in microseconds.
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() / f64::from(self.count) * 1e6
    }

    /// Returns the calls per second of wall time.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.count) / self.wall.as_secs_f64()
    }
}

/// Returns the median, or `None` without values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(f64::midpoint(*values.get(last / 2)?, *values.get(last.div_ceil(2))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median([9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([9.0, 1.0, 2.0, 4.0]), Some(3.0));
        assert_eq!(median([7.0]), Some(7.0));
        assert_eq!(median([]), None);
    }

    #[test]
    fn cpu_time_counts_work_and_not_sleep() {
        let stopwatch = Stopwatch::for_thread();
        std::thread::sleep(Duration::from_millis(50));
        let asleep = stopwatch.stop(1);
        let limit = Duration::from_millis(50);
        assert!(asleep.wall >= limit && asleep.cpu < limit, "{:?} of {:?}", asleep.cpu, asleep.wall);

        let stopwatch = Stopwatch::for_process();
        let mut sum = 0_u64;
        (0..20_000_000_u64).for_each(|number| sum = std::hint::black_box(sum ^ number));
        assert!(stopwatch.stop(1).cpu > Duration::ZERO);
    }
}
