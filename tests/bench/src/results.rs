//! What was measured.

use std::fmt;

use crate::cold::ColdStart;
use crate::instructions::Count;
use crate::measure::{Sample, median};
use crate::program::{Origin, Program};
use crate::signing::Signing;

/// How many calls run at the same time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    OneAtATime,
    AtOnce,
}

pub(crate) const PACES: [Pace; 2] = [Pace::OneAtATime, Pace::AtOnce];

impl Pace {
    pub(crate) fn at_once(self) -> u32 {
        match self {
            Self::OneAtATime => 1,
            Self::AtOnce => 64,
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneAtATime => f.write_str("one at a time"),
            Self::AtOnce => write!(f, "{} at once", self.at_once()),
        }
    }
}

/// A number, or why it was not measured.
pub(crate) type Measured = Result<f64, &'static str>;

/// What was measured of one program.
pub(crate) struct Contender {
    pub(crate) program: Program,
    pub(crate) version: Option<String>,
    one_at_a_time: Vec<Sample>,
    at_once: Vec<Sample>,
    /// For one call, one at a time, in each round.
    switches: Vec<f64>,
    pub(crate) system_calls: Measured,
    pub(crate) allocations: Measured,
    /// Opened by the first 1,920 calls, 64 at once.
    pub(crate) connections: Measured,
    /// Resident after 20,000 calls, 64 at once, in bytes.
    pub(crate) memory: Measured,
    /// By how many bytes the memory grows during the next 20,000 calls.
    pub(crate) growth: Measured,
}

impl Contender {
    pub(crate) fn new(program: Program) -> Self {
        let none = Err("not measured");
        Self {
            version: program.version(),
            program,
            one_at_a_time: Vec::new(),
            at_once: Vec::new(),
            switches: Vec::new(),
            system_calls: none,
            allocations: none,
            connections: none,
            memory: none,
            growth: none,
        }
    }

    pub(crate) fn push(&mut self, pace: Pace, sample: Sample, switches: Option<f64>) {
        match pace {
            Pace::OneAtATime => {
                self.one_at_a_time.push(sample);
                self.switches.extend(switches);
            }
            Pace::AtOnce => self.at_once.push(sample),
        }
    }

    fn rounds(&self, pace: Pace) -> &[Sample] {
        match pace {
            Pace::OneAtATime => &self.one_at_a_time,
            Pace::AtOnce => &self.at_once,
        }
    }

    /// Returns the CPU time of a call in microseconds.
    pub(crate) fn cpu(&self, pace: Pace) -> Option<f64> {
        median(self.rounds(pace).iter().map(Sample::cpu_micros))
    }

    /// Returns the calls per second.
    pub(crate) fn rate(&self, pace: Pace) -> Option<f64> {
        median(self.rounds(pace).iter().map(Sample::rate))
    }

    pub(crate) fn context_switches(&self) -> Option<f64> {
        median(self.switches.iter().copied())
    }

    /// Returns the CPU time as a multiple of another contender's: the median of the rounds.
    pub(crate) fn cpu_ratio(&self, base: &Self, pace: Pace) -> Option<f64> {
        let rounds = self.rounds(pace).iter().zip(base.rounds(pace));
        median(rounds.map(|(own, base)| own.cpu_micros() / base.cpu_micros()))
    }
}

pub(crate) struct Results {
    pub(crate) rounds: usize,
    pub(crate) is_quick: bool,
    /// The load averages of the machine before the run.
    pub(crate) load_before: Option<String>,
    pub(crate) contenders: Vec<Contender>,
    pub(crate) cold_starts: Vec<ColdStart>,
    /// The contenders that could not be measured, and why.
    pub(crate) failures: Vec<String>,
    pub(crate) signing: Signing,
    /// The instructions of each kind of work, or why they were not counted.
    pub(crate) instructions: Result<Vec<Count>, String>,
}

impl Results {
    /// Notes that a contender could not be measured, so that the others still are.
    pub(crate) fn fail(&mut self, name: &str, error: &anyhow::Error) {
        eprintln!("{name}: {error:#}");
        self.failures.push(format!("{name}: {error:#}"));
    }

    pub(crate) fn contender(&self, name: &str) -> Option<&Contender> {
        self.contenders.iter().find(|contender| contender.program.name == name)
    }

    pub(crate) fn core(&self) -> Option<&Contender> {
        self.contenders.iter().find(|contender| contender.program.origin == Origin::Core)
    }

    /// Returns the first alternative of a language whose name contains a text and not another.
    pub(crate) fn alternative(&self, language: &str, text: &str, other: &str) -> Option<&Contender> {
        self.contenders.iter().find(|Contender { program, .. }| {
            program.origin == Origin::Alternative
                && program.language() == language
                && program.name.contains(text)
                && !program.name.contains(other)
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::program::{CORE, REQWEST};

    /// Results of some contenders whose calls took these microseconds, one number a round.
    pub(crate) fn results(rows: &[(&str, Origin, &[u64])]) -> Results {
        let contender = |(name, origin, micros): &(&str, Origin, &[u64])| {
            let program = Program::parse(&format!("{name}=false"), *origin).expect("it is valid");
            let mut contender = Contender::new(program);
            for micros in *micros {
                let time = Duration::from_micros(*micros);
                let sample = Sample { count: 1, cpu: time, wall: 2 * time };
                contender.push(Pace::OneAtATime, sample, Some(1.0));
                contender.push(Pace::AtOnce, sample, None);
            }
            contender
        };
        Results {
            rounds: 3,
            is_quick: true,
            load_before: None,
            contenders: rows.iter().map(contender).collect(),
            cold_starts: Vec::new(),
            failures: vec!["Node, x: it has ended".to_owned()],
            signing: Signing::new().expect("it can sign"),
            instructions: Err("valgrind is not installed".to_owned()),
        }
    }

    #[test]
    fn a_ratio_is_the_median_of_the_ratios_within_a_round() {
        // The medians are 20 and 30, but no round is slower by half.
        let results = results(&[(REQWEST, Origin::Alternative, &[10, 20, 30]), (CORE, Origin::Core, &[11, 40, 30])]);
        let (core, base) = (results.core().expect("it is there"), results.contender(REQWEST).expect("it is there"));
        assert_eq!(core.cpu_ratio(base, Pace::AtOnce), Some(1.1));
        assert_eq!(core.cpu(Pace::OneAtATime), Some(30.0));
        assert_eq!(core.rate(Pace::OneAtATime).map(f64::round), Some(16_667.0));
        assert_eq!(core.context_switches(), Some(1.0));
    }

    #[test]
    fn an_alternative_is_found_by_a_part_of_its_name() {
        let rows = ["Node, the vendor's SDK", "Python, the vendor's SDK, async", "Python, the vendor's SDK (x), sync"];
        let rows = rows.map(|name| (name, Origin::Alternative, &[1][..]));
        let results = results(&rows);
        let found = results.alternative("Python", "vendor", ", async").expect("it is there");
        assert_eq!(found.program.name, "Python, the vendor's SDK (x), sync");
        assert!(results.alternative("C", "vendor", ", async").is_none());
    }
}
