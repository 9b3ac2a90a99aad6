//! What a process takes of the machine over time, and whether that is flat.

use std::fs;

/// One look at a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) memory_kb: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
}

impl Sample {
    /// Looks at a process. `None`: it has ended, or the system has no `/proc`.
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

/// What may grow from the second quarter of a run to its last, by the medians.
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) read: fn(&Sample) -> u64,
    /// A part of the second quarter's, in percent, and a number beside it.
    percent: u64,
    beside: u64,
}

/// At 300 calls a second for ten minutes, half of the run is 90,000 calls: a leak of a hundred bytes a call shows.
pub(crate) const LIMITS: [Limit; 3] = [
    Limit { name: "memory (KiB)", read: |sample| sample.memory_kb, percent: 5, beside: 4096 },
    Limit { name: "threads", read: |sample| sample.threads, percent: 0, beside: 1 },
    Limit { name: "descriptors", read: |sample| sample.descriptors, percent: 25, beside: 16 },
];

impl Limit {
    /// The medians of the second quarter and of the last.
    pub(crate) fn medians(&self, samples: &[Sample]) -> Option<(u64, u64)> {
        let quarter = samples.len() / 4;
        let median = |samples: &[Sample]| {
            let mut numbers: Vec<_> = samples.iter().map(self.read).collect();
            numbers.sort_unstable();
            numbers.get(numbers.len() / 2).copied()
        };
        median(samples.get(quarter..2 * quarter)?).zip(median(samples.get(3 * quarter..)?))
    }

    /// Why these samples are not flat.
    pub(crate) fn judge(&self, samples: &[Sample]) -> Option<String> {
        let Some((before, after)) = self.medians(samples) else {
            return Some(format!("{} could not be measured", self.name));
        };
        let most = before + before * self.percent / 100 + self.beside;
        (after > most).then(|| format!("{} grew from {before} to {after}; at most {most} is flat", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(memory: impl Fn(u64) -> u64) -> Vec<Sample> {
        (0..40).map(|second| Sample { memory_kb: memory(second), threads: 5, descriptors: 20 }).collect()
    }

    #[test]
    fn a_leak_is_seen_and_a_start_is_not() {
        let [memory, threads, descriptors] = LIMITS;
        let starts = of(|second| if second < 8 { 10_000 * second } else { 80_000 });
        assert_eq!(memory.judge(&starts), None);
        assert_eq!((threads.judge(&starts), descriptors.judge(&starts)), (None, None));
        let leaks = of(|second| 50_000 + 500 * second);
        assert_eq!(memory.medians(&leaks), Some((57_500, 67_500)));
        assert_eq!(
            memory.judge(&leaks).as_deref(),
            Some("memory (KiB) grew from 57500 to 67500; at most 64471 is flat")
        );
        assert_eq!(memory.judge(&[]).as_deref(), Some("memory (KiB) could not be measured"));
    }

    #[test]
    fn this_process_can_be_looked_at() {
        let sample = Sample::of(std::process::id()).expect("there is /proc");
        assert!(sample.memory_kb > 0 && sample.threads > 0 && sample.descriptors > 0);
        assert_eq!(Sample::of(u32::MAX), None);
    }
}
