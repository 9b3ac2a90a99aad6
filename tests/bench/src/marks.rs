//! The marks: what each number should be, as a ratio to something that is measured in the same run.
//! A mark that is missed is reported, but the run does not fail.

use crate::cold::Cost;
use crate::program::{CORE, Origin, REQWEST};
use crate::results::{Contender, Pace, Results};

/// What is compared with a mark.
#[derive(Clone, Copy)]
enum Measure {
    /// The CPU time of a call, as a multiple of another contender's.
    Cpu(Base, Pace),
    Allocations,
    /// For one call, one at a time.
    ContextSwitches,
    /// What a cold start adds to the bare runtime, in ms of the clock and of CPU time.
    ColdWall,
    ColdCpu,
    /// Of ACS3-HMAC-SHA256, in percent of the hashes alone.
    SigningShare,
}

#[derive(Clone, Copy)]
enum Base {
    Core,
    Reqwest,
    /// An alternative in the same language, whose name contains this text.
    Alternative(&'static str),
}

enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

struct Mark {
    contender: &'static str,
    measure: Measure,
    bound: Bound,
}

/// A mark, compared with what was measured.
pub(crate) struct Verdict {
    pub(crate) contender: String,
    pub(crate) measure: String,
    pub(crate) mark: String,
    /// `None`: not measured.
    pub(crate) measured: Option<String>,
    pub(crate) is_met: bool,
}

const fn at_most(contender: &'static str, measure: Measure, limit: f64) -> Mark {
    Mark { contender, measure, bound: Bound::AtMost(limit) }
}

const fn cpu(contender: &'static str, base: Base, limits: [f64; 2]) -> [Mark; 2] {
    let [one_at_a_time, at_once] = limits;
    [
        at_most(contender, Measure::Cpu(base, Pace::OneAtATime), one_at_a_time),
        at_most(contender, Measure::Cpu(base, Pace::AtOnce), at_once),
    ]
}

/// Less than what the kernel's own interruptions cause.
const NO_SWITCH: f64 = 0.05;

/// In bytes, between 20,000 and 40,000 calls.
const GROWTH_MAX: f64 = 500_000.0;

fn marks() -> Vec<Mark> {
    let pairs = [
        cpu(CORE, Base::Reqwest, [1.3, 1.25]),
        cpu("C, callback", Base::Core, [1.25, 1.5]),
        cpu("C, blocking", Base::Core, [1.25, 2.0]),
        cpu("Python, sync", Base::Core, [1.6, 2.7]),
        cpu("Python, sync", Base::Alternative("vendor"), [1.0 / 9.0, 1.0 / 13.0]),
        cpu("Python, async", Base::Alternative("asyncio"), [1.8, 1.5]),
        cpu("Node", Base::Alternative("http"), [1.1, 0.6]),
        cpu("Kotlin", Base::Core, [2.3, 2.0]),
        cpu("Kotlin, blocking", Base::Core, [1.5, 2.5]),
        cpu("Swift", Base::Core, [2.0, 1.7]),
    ];
    let others = [
        at_most(CORE, Measure::Allocations, 75.0),
        at_most("C, blocking", Measure::ContextSwitches, NO_SWITCH),
        at_most("Python", Measure::ColdWall, 5.0),
        at_most("Node", Measure::ColdWall, 10.0),
        at_most("Kotlin", Measure::ColdCpu, 200.0),
        at_most("Kotlin, blocking", Measure::ColdCpu, 90.0),
        Mark { contender: CORE, measure: Measure::SigningShare, bound: Bound::AtLeast(40.0) },
    ];
    pairs.into_iter().flatten().chain(others).collect()
}

/// Compares every mark with the results.
pub(crate) fn verdicts(results: &Results) -> Vec<Verdict> {
    let mut verdicts: Vec<_> = marks().iter().map(|mark| mark.verdict(results)).collect();
    for contender in results.contenders.iter().filter(|contender| contender.program.origin != Origin::Alternative) {
        let measured = contender.growth.ok();
        let megabytes = |bytes: f64| format!("{:.2} MB", bytes / 1e6);
        verdicts.push(Verdict {
            contender: contender.program.name.clone(),
            measure: "memory growth from 20,000 to 40,000 calls".to_owned(),
            mark: format!("at most {}", megabytes(GROWTH_MAX)),
            is_met: measured.is_some_and(|bytes| bytes <= GROWTH_MAX),
            measured: measured.map(megabytes),
        });
    }
    verdicts
}

impl Mark {
    fn verdict(&self, results: &Results) -> Verdict {
        let measured = self.measured(results);
        let (relation, limit, is_met) = match self.bound {
            Bound::AtMost(limit) => ("at most", limit, measured.is_some_and(|value| value <= limit)),
            Bound::AtLeast(limit) => ("at least", limit, measured.is_some_and(|value| value >= limit)),
        };
        Verdict {
            contender: self.contender.to_owned(),
            measure: self.measure.describe(),
            mark: format!("{relation} {}", self.measure.format(limit)),
            measured: measured.map(|value| self.measure.format(value)),
            is_met,
        }
    }

    fn measured(&self, results: &Results) -> Option<f64> {
        let contender = results.contender(self.contender);
        let cold_start = results.cold_starts.iter().find(|cold_start| cold_start.name == self.contender);
        match self.measure {
            Measure::Cpu(base, pace) => contender?.cpu_ratio(base.find(contender?, results)?, pace),
            Measure::Allocations => contender?.allocations.ok(),
            Measure::ContextSwitches => contender?.context_switches(),
            Measure::ColdWall => cold_start?.added(Cost::wall),
            Measure::ColdCpu => cold_start?.added(Cost::cpu),
            Measure::SigningShare => results.signing.share(),
        }
    }
}

impl Base {
    fn find<'a>(self, contender: &Contender, results: &'a Results) -> Option<&'a Contender> {
        match self {
            Self::Core => results.core(),
            Self::Reqwest => results.contender(REQWEST),
            Self::Alternative(text) => {
                // Calls of an async SDK are not what calls in threads are compared with.
                results.alternative(contender.program.language(), text, ", async")
            }
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Core => "the core",
            Self::Reqwest => "raw reqwest",
            Self::Alternative("vendor") => "the vendor's SDK",
            Self::Alternative("asyncio") => "a bare asyncio protocol",
            Self::Alternative(_) => "bare `node:http`",
        }
    }
}

impl Measure {
    fn describe(self) -> String {
        match self {
            Self::Cpu(base, pace) => format!("CPU time of a call, of {}, {pace}", base.describe()),
            Self::Allocations => "allocations of a call".to_owned(),
            Self::ContextSwitches => "context switches of a call, one at a time".to_owned(),
            Self::ColdWall => "cold start over the bare runtime".to_owned(),
            Self::ColdCpu => "CPU time of a cold start over the bare runtime".to_owned(),
            Self::SigningShare => "ACS3 signatures, of SHA-256 and HMAC alone".to_owned(),
        }
    }

    fn format(self, value: f64) -> String {
        match self {
            Self::Cpu(..) => format_ratio(value),
            Self::Allocations => format!("{value:.0}"),
            Self::ContextSwitches => format!("{value:.2}"),
            Self::ColdWall | Self::ColdCpu => format!("{value:.1} ms"),
            Self::SigningShare => format!("{value:.0} %"),
        }
    }
}

/// Formats a small ratio as a fraction: `1/9.0`.
pub(crate) fn format_ratio(ratio: f64) -> String {
    if ratio < 0.2 { format!("1/{:.1}", 1.0 / ratio) } else { format!("{ratio:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::HYPER;
    use crate::results::tests::results;

    fn find<'a>(verdicts: &'a [Verdict], contender: &str, measure: &str) -> &'a Verdict {
        let mut found = verdicts.iter().filter(|row| row.contender == contender && row.measure.contains(measure));
        found.next().expect("there is such a mark")
    }

    #[test]
    fn a_mark_is_met_missed_or_not_measured() {
        let results = results(&[
            (HYPER, Origin::Alternative, &[8]),
            (REQWEST, Origin::Alternative, &[10]),
            (CORE, Origin::Core, &[13]),
            ("C, callback", Origin::Binding, &[17]),
            ("Python, sync", Origin::Binding, &[20]),
            ("Python, the vendor's SDK (x), async", Origin::Alternative, &[40]),
            ("Python, the vendor's SDK (x), sync", Origin::Alternative, &[200]),
        ]);
        let verdicts = verdicts(&results);
        let row = |contender, measure| {
            let row = find(&verdicts, contender, measure);
            (row.mark.as_str(), row.measured.as_deref(), row.is_met)
        };
        assert_eq!(row(CORE, "raw reqwest, one at a time"), ("at most 1.30", Some("1.30"), true));
        assert_eq!(row(CORE, "raw reqwest, 64"), ("at most 1.25", Some("1.30"), false));
        assert_eq!(row("C, callback", "one at a time"), ("at most 1.25", Some("1.31"), false));
        assert_eq!(row("Python, sync", "SDK, one at a time"), ("at most 1/9.0", Some("1/10.0"), true));
        assert_eq!(row("Python, sync", "SDK, 64"), ("at most 1/13.0", Some("1/10.0"), false));
        assert_eq!(row("Swift", "one at a time"), ("at most 2.00", None, false));
        assert_eq!(row(CORE, "growth"), ("at most 0.50 MB", None, false));
        assert_eq!(row(CORE, "alone"), ("at least 40 %", None, false));
    }

    #[test]
    fn every_part_of_devcred_has_a_mark_of_growth() {
        let results = results(&[
            (CORE, Origin::Core, &[1]),
            ("Swift", Origin::Binding, &[1]),
            ("C, bare", Origin::Alternative, &[1]),
        ]);
        assert_eq!(verdicts(&results).len(), marks().len() + 2);
    }
}
