//! Faults that are part of a device's name.

use std::collections::HashMap;
use std::time::Duration;

use crate::fault::step::{Action, Step};

/// The fault that a device's name asks for.
#[derive(Debug, PartialEq)]
struct FaultSpec {
    step: Step,
    /// How many requests meet the fault before one succeeds; `None`: all do.
    times: Option<u32>,
}

impl FaultSpec {
    /// Parses `GROUP@@@fault-slow-<ms>`, or `-close`, `-lost`, `-hang`, `-<code>`, each with or
    /// without `-<times>`.
    fn from_client_id(client_id: &str) -> Option<Self> {
        let (_, device_id) = client_id.split_once("@@@")?;
        let spec = device_id.strip_prefix("fault-").filter(|spec| !spec.is_empty())?;
        let number = |text: &str| text.parse::<u32>().ok();
        let (name, last) = match spec.rsplit_once('-') {
            Some((name, last)) if number(last).is_some() => (name, number(last)),
            _ => (spec, None),
        };
        Some(match (name, last) {
            ("", _) => return None,
            ("close", times) => Self { step: Action::Close.into(), times },
            ("lost", times) => Self { step: Step::response_lost(), times },
            ("hang", times) => Self { step: Action::Hang.into(), times },
            ("slow", Some(ms)) => Self { step: Step::late(Duration::from_millis(ms.into())), times: None },
            (code, times) => Self { step: Step::code(code), times },
        })
    }
}

/// How many faults each device has met since its last success.
#[derive(Default)]
pub(crate) struct FaultCounters(HashMap<String, u32>);

impl FaultCounters {
    /// Returns the fault that the next request of this device meets.
    pub(crate) fn next(&mut self, client_id: &str) -> Option<Step> {
        let FaultSpec { step, times } = FaultSpec::from_client_id(client_id)?;
        let Some(times) = times else { return Some(step) };
        let faults = self.0.entry(client_id.to_owned()).or_default();
        if *faults >= times {
            *faults = 0;
            return None;
        }
        *faults += 1;
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FaultCounters, FaultSpec};
    use crate::fault::step::{Action, Step};

    #[test]
    fn names_are_parsed() {
        let spec = |device_id: &str| {
            FaultSpec::from_client_id(&format!("GID_x@@@{device_id}")).map(|spec| (spec.step, spec.times))
        };
        assert_eq!(spec("fault-close"), Some((Action::Close.into(), None)));
        assert_eq!(spec("fault-lost-1"), Some((Step::response_lost(), Some(1))));
        assert_eq!(spec("fault-hang"), Some((Action::Hang.into(), None)));
        assert_eq!(spec("fault-slow-3000"), Some((Step::late(Duration::from_secs(3)), None)));
        assert_eq!(spec("fault-Throttling.User-2"), Some((Step::code("Throttling.User"), Some(2))));
        assert_eq!(spec("fault-Throttling.User"), Some((Step::code("Throttling.User"), None)));
        assert_eq!(spec("fault-close-1"), Some((Action::Close.into(), Some(1))));
        for device_id in ["device-1", "fault-", "fault--1", "fault", "Fault-close"] {
            assert_eq!(spec(device_id), None, "{device_id}");
        }
        assert_eq!(FaultSpec::from_client_id("fault-close"), None);
    }

    #[test]
    fn a_number_repeats_faults_and_then_one_success() {
        let mut counters = FaultCounters::default();
        let mut at_fault = |client_id| counters.next(client_id).is_some();
        let faults: Vec<bool> = (0..6).map(|_| at_fault("G@@@fault-InternalError-2")).collect();
        assert_eq!(faults, [true, true, false, true, true, false]);
        assert!((0..6).all(|_| at_fault("G@@@fault-InternalError")));
    }
}
