//! The performance targets. A target that is not met is reported, but the run does not fail.

use std::fmt;

/// The maximum CPU time, as a multiple of raw reqwest's.
pub(crate) const CPU_RATIO_MAX: f64 = 1.5;
/// The minimum number of calls per second, as a fraction of raw reqwest's.
pub(crate) const RATE_RATIO_MIN: f64 = 0.8;
/// The minimum number of ACS3 signatures per second on one thread.
pub(crate) const ACS3_MIN: f64 = 500_000.0;

/// The targets of a binding. Without a target, a value is only measured.
#[derive(Clone, Copy)]
pub(crate) struct BindingTargets {
    /// The start of the binding's name, up to a comma.
    language: &'static str,
    /// The minimum number of calls per second, as a fraction of the Rust client's.
    pub(crate) rate_ratio_min: Option<f64>,
    /// The maximum CPU time of 1,000 sequential calls, in seconds.
    pub(crate) cpu_sequential_max: Option<f64>,
    /// The maximum CPU time of 1,000 calls, 64 at once, in seconds.
    pub(crate) cpu_at_once_max: Option<f64>,
    /// The maximum time that a process with one call takes longer than the bare runtime, in
    /// milliseconds.
    pub(crate) cold_start_max: Option<f64>,
    /// The maximum memory growth over 20,000 calls, in bytes.
    pub(crate) growth_max: Option<f64>,
}

const NONE: BindingTargets = BindingTargets {
    language: "",
    rate_ratio_min: None,
    cpu_sequential_max: None,
    cpu_at_once_max: None,
    cold_start_max: None,
    growth_max: None,
};

const SCRIPT: BindingTargets = BindingTargets {
    cpu_sequential_max: Some(0.04),
    cpu_at_once_max: Some(0.04),
    growth_max: Some(1_000_000.0),
    ..NONE
};

const BINDINGS: &[BindingTargets] = &[
    BindingTargets { language: "C", rate_ratio_min: Some(0.9), ..NONE },
    BindingTargets { language: "Python", cold_start_max: Some(15.0), ..SCRIPT },
    BindingTargets { language: "Node", cold_start_max: Some(10.0), ..SCRIPT },
    BindingTargets { language: "Kotlin", cpu_at_once_max: Some(0.06), cold_start_max: Some(150.0), ..NONE },
];

/// Returns the targets of a binding such as `Python, async`.
pub(crate) fn for_binding(name: &str) -> BindingTargets {
    let language = name.split(',').next().unwrap_or_default();
    BINDINGS.iter().find(|targets| targets.language == language).copied().unwrap_or(NONE)
}

/// A target value.
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    /// Writes a line of the table of targets. `format` formats a number with its unit.
    pub(crate) fn write_line(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        measured: f64,
        format: impl Fn(f64) -> String,
    ) -> fmt::Result {
        let (relation, target, is_met) = match *self {
            Self::AtMost(target) => ("at most", target, measured <= target),
            Self::AtLeast(target) => ("at least", target, measured >= target),
        };
        let verdict = if is_met { "met" } else { "NOT met" };
        writeln!(f, "  {name}: target: {relation} {}, measured {}: {verdict}", format(target), format(measured))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_has_the_targets_of_its_language() {
        assert_eq!(for_binding("C, callback").rate_ratio_min, Some(0.9));
        assert_eq!(for_binding("Node").cold_start_max, Some(10.0));
        assert_eq!(for_binding("Cobol").rate_ratio_min, None);
    }
}
