//! The marks: what is to be reached. One that is not met is said, and is no failure of the run.

use std::fmt;

/// At most so many times the CPU of raw reqwest.
pub(crate) const CPU_RATIO_MAX: f64 = 1.5;
/// At least this part of its calls a second.
pub(crate) const RATE_RATIO_MIN: f64 = 0.8;
/// At least so many ACS3 signatures a second on one thread.
pub(crate) const ACS3_MIN: f64 = 500_000.0;

/// What a binding is to reach; where there is no number, it is only measured.
#[derive(Clone, Copy)]
pub(crate) struct BindingMarks {
    /// The first word of its name.
    language: &'static str,
    /// At least this part of the Rust core's calls a second.
    pub(crate) rate_ratio_min: Option<f64>,
    /// At most so many seconds of CPU for 1,000 calls, one after the other.
    pub(crate) cpu_sequential_max: Option<f64>,
    /// The same, 64 at once.
    pub(crate) cpu_at_once_max: Option<f64>,
    /// At most so many milliseconds more than the bare runtime takes, from its start to its end.
    pub(crate) cold_start_max: Option<f64>,
    /// At most so many bytes of growth over 20,000 calls.
    pub(crate) growth_max: Option<f64>,
}

const NONE: BindingMarks = BindingMarks {
    language: "",
    rate_ratio_min: None,
    cpu_sequential_max: None,
    cpu_at_once_max: None,
    cold_start_max: None,
    growth_max: None,
};

const SCRIPT: BindingMarks =
    BindingMarks { cpu_sequential_max: Some(0.04), cpu_at_once_max: Some(0.04), growth_max: Some(1_000_000.0), ..NONE };

const BINDINGS: &[BindingMarks] = &[
    BindingMarks { language: "C", rate_ratio_min: Some(0.9), ..NONE },
    BindingMarks { language: "Python", cold_start_max: Some(15.0), ..SCRIPT },
    BindingMarks { language: "Node", cold_start_max: Some(10.0), ..SCRIPT },
    BindingMarks { language: "Kotlin", cpu_at_once_max: Some(0.06), cold_start_max: Some(150.0), ..NONE },
];

/// The marks of a contender such as `Python, async`.
pub(crate) fn of_binding(name: &str) -> BindingMarks {
    let language = name.split(',').next().unwrap_or_default();
    BINDINGS.iter().find(|marks| marks.language == language).copied().unwrap_or(NONE)
}

/// A mark, and what was measured of it.
pub(crate) enum Mark {
    AtMost(f64),
    AtLeast(f64),
}

impl Mark {
    /// A line of the table of marks. `show` writes a number with its unit.
    pub(crate) fn line(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: &str,
        measured: f64,
        show: impl Fn(f64) -> String,
    ) -> fmt::Result {
        let (word, mark, met) = match *self {
            Self::AtMost(mark) => ("at most", mark, measured <= mark),
            Self::AtLeast(mark) => ("at least", mark, measured >= mark),
        };
        let verdict = if met { "met" } else { "NOT met" };
        writeln!(f, "  {what}: mark: {word} {}, measured {}: {verdict}", show(mark), show(measured))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_has_the_marks_of_its_language() {
        assert_eq!(of_binding("C, callback").rate_ratio_min, Some(0.9));
        assert_eq!(of_binding("Node").cold_start_max, Some(10.0));
        assert_eq!(of_binding("Cobol").rate_ratio_min, None);
    }
}
