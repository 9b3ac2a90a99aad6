//! The resource usage of a process over time, and limits on its growth.

use std::fs;

/// The resource usage of a process at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) memory_kb: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
}

impl Sample {
    /// Measures a process. `None`: the process has ended, or the system has no `/proc`.
    pub(crate) fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let number = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).ok()?.count();
        Some(Self {
            memory_kb: number("VmRSS:")?,
            threads: number("Threads:")?,
            descriptors: u64::try_from(descriptors).ok()?,
        })
    }
}

/// How much a resource may grow: its median in the last quarter of a run, compared with the second.
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) read: fn(&Sample) -> u64,
    /// The allowed growth: a percentage of the second quarter's median, plus a constant.
    percent: u64,
    constant: u64,
}

/// At 300 calls per second for ten minutes, half of the run is 90,000 calls, which is enough to
/// detect a leak of 100 bytes per call.
pub(crate) const LIMITS: [Limit; 3] = [
    Limit { name: "memory (KiB)", read: |sample| sample.memory_kb, percent: 5, constant: 4096 },
    Limit { name: "threads", read: |sample| sample.threads, percent: 0, constant: 1 },
    Limit { name: "descriptors", read: |sample| sample.descriptors, percent: 25, constant: 16 },
];

impl Limit {
    /// Returns the medians of the second and of the last quarter.
    pub(crate) fn medians(&self, samples: &[Sample]) -> Option<(u64, u64)> {
        let quarter = samples.len() / 4;
        let median = |samples: &[Sample]| {
            let mut numbers: Vec<_> = samples.iter().map(self.read).collect();
            numbers.sort_unstable();
            numbers.get(numbers.len() / 2).copied()
        };
        median(samples.get(quarter..2 * quarter)?).zip(median(samples.get(3 * quarter..)?))
    }

    /// Returns a message if the samples exceed the limit.
    pub(crate) fn violation(&self, samples: &[Sample]) -> Option<String> {
        let Some((before, after)) = self.medians(samples) else {
            return Some(format!("{} could not be measured", self.name));
        };
        let limit = before + before * self.percent / 100 + self.constant;
        (after > limit).then(|| format!("{} grew from {before} to {after}; the limit is {limit}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(memory: impl Fn(u64) -> u64) -> Vec<Sample> {
        (0..40).map(|second| Sample { memory_kb: memory(second), threads: 5, descriptors: 20 }).collect()
    }

    #[test]
    fn a_leak_exceeds_the_limit_and_a_warm_up_does_not() {
        let [memory, threads, descriptors] = LIMITS;
        let warm_up = samples(|second| if second < 8 { 10_000 * second } else { 80_000 });
        assert_eq!(memory.violation(&warm_up), None);
        assert_eq!((threads.violation(&warm_up), descriptors.violation(&warm_up)), (None, None));
        let leak = samples(|second| 50_000 + 500 * second);
        assert_eq!(memory.medians(&leak), Some((57_500, 67_500)));
        assert_eq!(
            memory.violation(&leak).as_deref(),
            Some("memory (KiB) grew from 57500 to 67500; the limit is 64471")
        );
        assert_eq!(memory.violation(&[]).as_deref(), Some("memory (KiB) could not be measured"));
    }

    #[test]
    fn this_process_can_be_measured() {
        let sample = Sample::of(std::process::id()).expect("there is /proc");
        assert!(sample.memory_kb > 0 && sample.threads > 0 && sample.descriptors > 0);
        assert_eq!(Sample::of(u32::MAX), None);
    }
}
